/* Path losses as ns-3 3.37 works them out, one a line, for tests/unit/test_sim_reference.c.
 * README.md says what the columns are. `make reference-table` builds this and runs it. */
#include <cstdio>
#include <string>
#include <vector>

#include "ns3/boolean.h"
#include "ns3/channel-condition-model.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/propagation-loss-model.h"
#include "ns3/three-gpp-propagation-loss-model.h"

using namespace ns3;

/* What ns-3 works out but keeps to itself. The arguments of an explicit instantiation are not
 * subject to access ([temp.spec]), and a friend hands the member out. */
template <class Tag, typename Tag::member At> struct Opened {
	friend typename Tag::member open(Tag)
	{
		return At;
	}
};
#define OPEN(name, of, result, ...)                                                                \
	struct name {                                                                              \
		using member = result (of::*)(__VA_ARGS__) const;                                  \
		friend member open(name);                                                          \
	};                                                                                         \
	template struct Opened<name, &of::name>
using Where = Ptr<MobilityModel>;
using ConstWhere = Ptr<const MobilityModel>;
OPEN(ComputePlos, ThreeGppChannelConditionModel, double, ConstWhere, ConstWhere);
OPEN(GetShadowingStd, ThreeGppPropagationLossModel, double, Where, Where,
     ChannelCondition::LosConditionValue);
OPEN(GetShadowingCorrelationDistance, ThreeGppPropagationLossModel, double,
     ChannelCondition::LosConditionValue);

struct Row {
	std::string model, settings, sight;
	double transmitter_m, receiver_m, horizontal_m;
};

static void print(const Row &row, const char *quantity, double value)
{
	std::printf("%s,%s,%s,%.10g,%.10g,%.10g,%s,%.6f\n", row.model.c_str(), row.settings.c_str(),
		    row.sight.c_str(), row.transmitter_m, row.receiver_m, row.horizontal_m,
		    quantity, value);
}

static Where at(double east, double up)
{
	Where place = CreateObject<ConstantPositionMobilityModel>();

	place->SetPosition(Vector(east, 0, up));
	return place;
}

static std::string setting(const char *name, double value)
{
	char text[64];

	std::snprintf(text, sizeof(text), "%s=%.10g", name, value);
	return text;
}

/* --------------------------------------------------- one branch, no chance */

static void print_loss(const Row &row, Ptr<PropagationLossModel> loss)
{
	print(row, "loss_db",
	      -loss->CalcRxPower(0.0, at(0, row.transmitter_m),
				 at(row.horizontal_m, row.receiver_m)));
}

static void free_space(double frequency)
{
	Ptr<FriisPropagationLossModel> friis = CreateObject<FriisPropagationLossModel>();

	friis->SetFrequency(frequency);
	friis->SetMinLoss(-1000.0);
	for (double d : {1.0, 10.0, 123.0, 1000.0, 5600.0, 50000.0}) {
		for (double up : {0.0, 120.0}) {
			print_loss(
				{"free-space", setting("frequency_hz", frequency), "-", 0, up, d},
				friis);
		}
	}
}

static void log_distance(double exponent, double reference)
{
	double frequency = 868e6;
	Ptr<FriisPropagationLossModel> friis = CreateObject<FriisPropagationLossModel>();
	Ptr<LogDistancePropagationLossModel> loss = CreateObject<LogDistancePropagationLossModel>();

	friis->SetFrequency(frequency);
	friis->SetMinLoss(-1000.0);
	loss->SetPathLossExponent(exponent);
	loss->SetReference(reference, -friis->CalcRxPower(0.0, at(0, 0), at(reference, 0)));
	for (double d : {100.0, 250.0, 1000.0, 12000.0}) {
		print_loss({"log-distance",
			    setting("frequency_hz", frequency) + ";" +
				    setting("exponent", exponent) + ";" +
				    setting("reference_m", reference),
			    "-", 10, 60, d},
			   loss);
	}
}

static void two_ray(double frequency)
{
	Ptr<TwoRayGroundPropagationLossModel> loss =
		CreateObject<TwoRayGroundPropagationLossModel>();

	loss->SetFrequency(frequency);
	loss->SetMinDistance(0.0);
	for (double high : {1.5, 10.0, 40.0}) {
		for (double d : {10.0, 100.0, 300.0, 1000.0, 3000.0, 20000.0}) {
			print_loss({"two-ray",
				    setting("frequency_hz", frequency) + ";ground=crossover", "-",
				    2, high, d},
				   loss);
		}
	}
}

/* ------------------------------------------------------------------- 3GPP */

struct Cell {
	const char *model;
	Ptr<ThreeGppPropagationLossModel> loss;
	Ptr<ThreeGppChannelConditionModel> condition;
	double base_m;
	std::vector<double> terminals_m; /* with a loss that ns-3 does not draw */
	std::vector<double> seen_from_m; /* with a probability of line of sight */
	std::string more;
};

/* ns-3 takes the lower one for the terminal; the models of sim-stub raise the lower one to the
 * base station. So both are told as the terminal and one on the ground. */
static Row row_of(const Cell &cell, double frequency, const char *sight, double terminal, double d)
{
	return {cell.model,
		setting("frequency_hz", frequency) + ";" + setting("base_height_m", cell.base_m) +
			cell.more,
		sight,
		0,
		terminal,
		d};
}

static void branch(const Cell &cell, double frequency, bool los)
{
	auto sigma = open(GetShadowingStd());
	auto correlation = open(GetShadowingCorrelationDistance());
	auto seen = los ? ChannelCondition::LOS : ChannelCondition::NLOS;

	cell.loss->SetFrequency(frequency);
	if (los) {
		cell.loss->SetChannelConditionModel(CreateObject<AlwaysLosChannelConditionModel>());
	} else {
		cell.loss->SetChannelConditionModel(CreateObject<NeverLosChannelConditionModel>());
	}
	for (double terminal : cell.terminals_m) {
		for (double d : {10.0, 35.0, 120.0, 400.0, 1000.0, 2500.0, 5000.0}) {
			Row row = row_of(cell, frequency, los ? "los" : "nlos", terminal, d);
			Where base = at(0, cell.base_m);
			Where there = at(d, terminal);

			print(row, "loss_db", -cell.loss->CalcRxPower(0.0, base, there));
			if (d == 120.0 || d == 5000.0) {
				print(row, "shadowing_db",
				      (PeekPointer(cell.loss)->*sigma)(base, there, seen));
				print(row, "decorrelation_m",
				      (PeekPointer(cell.loss)->*correlation)(seen));
			}
		}
	}
}

static void probabilities(const Cell &cell)
{
	auto probability = open(ComputePlos());

	for (double terminal : cell.seen_from_m) {
		for (double d : {5.0, 10.0, 18.0, 25.0, 60.0, 150.0, 400.0, 1500.0, 5000.0}) {
			print(row_of(cell, 2e9, "-", terminal, d), "los_probability",
			      (PeekPointer(cell.condition)->*probability)(at(0, cell.base_m),
									  at(d, terminal)));
		}
	}
}

static void cell(const Cell &cell, std::initializer_list<double> frequencies)
{
	cell.loss->SetAttribute("ShadowingEnabled", BooleanValue(false));
	for (double frequency : frequencies) {
		branch(cell, frequency, true);
		branch(cell, frequency, false);
	}
	probabilities(cell);
}

static Cell rural(double base, double building, double street)
{
	Ptr<ThreeGppPropagationLossModel> loss = CreateObject<ThreeGppRmaPropagationLossModel>();

	loss->SetAttribute("AvgBuildingHeight", DoubleValue(building));
	loss->SetAttribute("AvgStreetWidth", DoubleValue(street));
	return {"3gpp-rma",
		loss,
		CreateObject<ThreeGppRmaChannelConditionModel>(),
		base,
		{1.5, 4.0, 10.0},
		{1.5, 10.0},
		";" + setting("building_height_m", building) + ";" +
			setting("street_width_m", street)};
}

int main()
{
	std::puts("model,settings,sight,transmitter_m,receiver_m,horizontal_m,quantity,value");
	for (double frequency : {433e6, 868e6, 2.4e9, 5.8e9}) {
		free_space(frequency);
		two_ray(frequency);
	}
	log_distance(2.0, 1.0);
	log_distance(2.7, 100.0);
	log_distance(4.0, 10.0);
	cell(rural(35, 5, 20), {700e6, 2.4e9, 6e9});
	cell(rural(60, 50, 10), {868e6});
	cell({"3gpp-uma",
	      CreateObject<ThreeGppUmaPropagationLossModel>(),
	      CreateObject<ThreeGppUmaChannelConditionModel>(),
	      25,
	      {1.5, 5.0, 12.0},
	      {1.5, 13.0, 18.0, 22.5},
	      ""},
	     {868e6, 2.4e9, 5.8e9, 28e9});
	cell({"3gpp-umi",
	      CreateObject<ThreeGppUmiStreetCanyonPropagationLossModel>(),
	      CreateObject<ThreeGppUmiStreetCanyonChannelConditionModel>(),
	      10,
	      {1.5, 5.0, 22.5},
	      {1.5, 22.5},
	      ""},
	     {868e6, 2.4e9, 5.8e9, 28e9});
	return 0;
}
