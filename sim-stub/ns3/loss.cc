#include "ns3/loss.h"

#include <algorithm>

#include <ns3/boolean.h>
#include <ns3/channel-condition-model.h>
#include <ns3/constant-position-mobility-model.h>
#include <ns3/double.h>
#include <ns3/itu-r-1411-los-propagation-loss-model.h>
#include <ns3/kun-2600-mhz-propagation-loss-model.h>
#include <ns3/okumura-hata-propagation-loss-model.h>
#include <ns3/propagation-loss-model.h>
#include <ns3/random-variable-stream.h>
#include <ns3/three-gpp-propagation-loss-model.h>

namespace
{

using ns3::Ptr;

// ---------------------------------------------------------------------- paths

// The two nodes of whatever is asked at present.
struct Nodes {
	Ptr<ns3::MobilityModel> low = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
	Ptr<ns3::MobilityModel> high = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
};

const Nodes &Place(const ns3_path &path)
{
	static const Nodes nodes;

	nodes.low->SetPosition(ns3::Vector(0.0, 0.0, path.low_m));
	nodes.high->SetPosition(ns3::Vector(path.horizontal_m, 0.0, path.high_m));
	return nodes;
}

// Of a packet sent with 0 dBm. The lower node is the first one: by ns-3's UMi-Street Canyon
// it is the terminal then, whatever the heights.
double Loss(const ns3::PropagationLossModel &model, const ns3_path &path)
{
	const Nodes &nodes = Place(path);

	return -model.CalcRxPower(0.0, nodes.low, nodes.high);
}

// ----------------------------------------------------------- what ns-3 keeps private

// What a class of ns-3 computes on its way, but has no public function for, is taken by its
// address: the usual access rules do not apply to names in an explicit instantiation (C++20,
// [temp.spec.general], 6).
template <typename Name, typename Name::Type Address> struct Opened {
	friend typename Name::Type Member(Name)
	{
		return Address;
	}
};

struct Plos {
	using Type = double (ns3::ThreeGppChannelConditionModel::*)(
		Ptr<const ns3::MobilityModel>, Ptr<const ns3::MobilityModel>) const;
	friend Type Member(Plos);
};
template struct Opened<Plos, &ns3::ThreeGppChannelConditionModel::ComputePlos>;

struct ShadowingStd {
	using Type = double (ns3::ThreeGppPropagationLossModel::*)(
		Ptr<ns3::MobilityModel>, Ptr<ns3::MobilityModel>,
		ns3::ChannelCondition::LosConditionValue) const;
	friend Type Member(ShadowingStd);
};
template struct Opened<ShadowingStd, &ns3::ThreeGppPropagationLossModel::GetShadowingStd>;

struct CorrelationDistance {
	using Type = double (ns3::ThreeGppPropagationLossModel::*)(
		ns3::ChannelCondition::LosConditionValue) const;
	friend Type Member(CorrelationDistance);
};
template struct Opened<CorrelationDistance,
		       &ns3::ThreeGppPropagationLossModel::GetShadowingCorrelationDistance>;

struct EnvironmentHeight {
	using Type = Ptr<ns3::UniformRandomVariable> ns3::ThreeGppUmaPropagationLossModel::*;
	friend Type Member(EnvironmentHeight);
};
template struct Opened<EnvironmentHeight, &ns3::ThreeGppUmaPropagationLossModel::m_uniformVar>;

// ----------------------------------------------------------------------- 3GPP

// The condition that the caller asks for.
class AskedCondition : public ns3::ChannelConditionModel
{
public:
	ns3::ChannelCondition::LosConditionValue asked = ns3::ChannelCondition::LOS;

	Ptr<ns3::ChannelCondition> GetChannelCondition(Ptr<const ns3::MobilityModel>,
						       Ptr<const ns3::MobilityModel>) const override
	{
		return asked == ns3::ChannelCondition::LOS ? los_ : nlos_;
	}

	int64_t AssignStreams(int64_t) override
	{
		return 0;
	}

private:
	Ptr<ns3::ChannelCondition> los_ =
		ns3::CreateObject<ns3::ChannelCondition>(ns3::ChannelCondition::LOS);
	Ptr<ns3::ChannelCondition> nlos_ =
		ns3::CreateObject<ns3::ChannelCondition>(ns3::ChannelCondition::NLOS);
};

// Under every probability.
class AlwaysZero : public ns3::UniformRandomVariable
{
public:
	double GetValue() override
	{
		return 0.0;
	}
};

struct Scenario {
	Ptr<ns3::ThreeGppPropagationLossModel> loss;
	Ptr<ns3::ThreeGppChannelConditionModel> sight;
	Ptr<AskedCondition> condition = ns3::CreateObject<AskedCondition>();

	Scenario(Ptr<ns3::ThreeGppPropagationLossModel> loss_model,
		 Ptr<ns3::ThreeGppChannelConditionModel> sight_model)
	    : loss(loss_model), sight(sight_model)
	{
		loss->SetAttribute("ShadowingEnabled", ns3::BooleanValue(false));
		loss->SetChannelConditionModel(condition);
	}
};

Ptr<ns3::ThreeGppPropagationLossModel> UmaLoss()
{
	auto uma = ns3::CreateObject<ns3::ThreeGppUmaPropagationLossModel>();

	(*uma).*Member(EnvironmentHeight()) = ns3::CreateObject<AlwaysZero>();
	return uma;
}

const Scenario &Find(ns3_scenario scenario)
{
	// in the order of enum ns3_scenario
	static const Scenario scenarios[NS3_SCENARIOS] = {
		{ns3::CreateObject<ns3::ThreeGppRmaPropagationLossModel>(),
		 ns3::CreateObject<ns3::ThreeGppRmaChannelConditionModel>()},
		{UmaLoss(), ns3::CreateObject<ns3::ThreeGppUmaChannelConditionModel>()},
		{ns3::CreateObject<ns3::ThreeGppUmiStreetCanyonPropagationLossModel>(),
		 ns3::CreateObject<ns3::ThreeGppUmiStreetCanyonChannelConditionModel>()},
		{ns3::CreateObject<ns3::ThreeGppIndoorOfficePropagationLossModel>(),
		 ns3::CreateObject<ns3::ThreeGppIndoorOpenOfficeChannelConditionModel>()},
	};

	return scenarios[scenario];
}

// An attribute is found by its name, which takes longer than a formula: only when it has
// changed.
void SetAttribute(ns3::ObjectBase &object, const char *name, double value, double &told)
{
	if (told != value) {
		object.SetAttribute(name, ns3::DoubleValue(value));
		told = value;
	}
}

void SetSurroundings(ns3::ObjectBase &rma, const ns3_cell &cell)
{
	static double told_building_m = 0.0;
	static double told_street_m = 0.0;

	SetAttribute(rma, "AvgBuildingHeight", cell.building_m, told_building_m);
	SetAttribute(rma, "AvgStreetWidth", cell.street_m, told_street_m);
}

} // namespace

ns3_branch ns3_3gpp_branch(ns3_scenario scenario, const ns3_path *path, const ns3_cell *cell,
			   bool line_of_sight)
{
	const Scenario &asked = Find(scenario);
	const ns3::ThreeGppPropagationLossModel &loss = *asked.loss;
	auto condition = line_of_sight ? ns3::ChannelCondition::LOS : ns3::ChannelCondition::NLOS;
	ns3_branch branch;

	asked.condition->asked = condition;
	asked.loss->SetFrequency(cell->frequency_hz);
	if (scenario == NS3_RMA) {
		SetSurroundings(*asked.loss, *cell);
	}
	branch.loss_db = Loss(loss, *path);
	const Nodes &nodes = Place(*path);
	branch.shadowing_db = (loss.*Member(ShadowingStd()))(nodes.low, nodes.high, condition);
	branch.decorrelation_m = (loss.*Member(CorrelationDistance()))(condition);
	return branch;
}

double ns3_3gpp_line_of_sight(ns3_scenario scenario, const ns3_path *path)
{
	const ns3::ThreeGppChannelConditionModel &sight = *Find(scenario).sight;
	const Nodes &nodes = Place(*path);

	return std::clamp((sight.*Member(Plos()))(nodes.low, nodes.high), 0.0, 1.0);
}

// ---------------------------------------------------------------------- others

double ns3_friis_db(const ns3_path *path, double frequency_hz)
{
	static const auto model = ns3::CreateObject<ns3::FriisPropagationLossModel>();

	model->SetFrequency(frequency_hz);
	return Loss(*model, *path);
}

double ns3_two_ray_ground_db(const ns3_path *path, double frequency_hz)
{
	static const auto model = ns3::CreateObject<ns3::TwoRayGroundPropagationLossModel>();

	model->SetFrequency(frequency_hz);
	return Loss(*model, *path);
}

double ns3_log_distance_db(const ns3_path *path, double exponent, double reference_m,
			   double reference_db)
{
	static const auto model = ns3::CreateObject<ns3::LogDistancePropagationLossModel>();

	model->SetPathLossExponent(exponent);
	model->SetReference(reference_m, reference_db);
	return Loss(*model, *path);
}

double ns3_okumura_hata_db(const ns3_path *path, double frequency_hz)
{
	static const auto model = ns3::CreateObject<ns3::OkumuraHataPropagationLossModel>();
	static double told_hz = 0.0;

	SetAttribute(*model, "Frequency", frequency_hz, told_hz);
	return Loss(*model, *path);
}

double ns3_itu_r_1411_los_db(const ns3_path *path, double frequency_hz)
{
	static const auto model = ns3::CreateObject<ns3::ItuR1411LosPropagationLossModel>();

	model->SetFrequency(frequency_hz);
	return Loss(*model, *path);
}

double ns3_kun_2600_db(const ns3_path *path)
{
	static const auto model = ns3::CreateObject<ns3::Kun2600MhzPropagationLossModel>();

	return Loss(*model, *path);
}
