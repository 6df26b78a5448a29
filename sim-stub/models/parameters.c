#include "models/parameters.h"

#include "base/suggest.h"

#include <math.h>
#include <stdlib.h>

#include "models/air_to_ground.h"
#include "models/modulation.h"
#include "models/text.h"

#define NUMBER(field, least, most, default_value)                                                  \
	{                                                                                          \
		.name = #field, .min = (least), .max = (most), .preset = (default_value),          \
		.offset = offsetof(struct model_settings, field)                                   \
	}
#define WORD(field, words, default_value)                                                          \
	{                                                                                          \
		.name = #field, .word = (words), .preset = (default_value),                        \
		.offset = offsetof(struct model_settings, field)                                   \
	}

static const char *modulation_word(size_t index)
{
	const struct modulation *modulation = modulation_at(index);

	return modulation ? modulation->name : NULL;
}

static const char *los_word(size_t index)
{
	static const char *const words[] = {
		[LOS_AUTO] = "auto", [LOS_ALWAYS] = "los", [LOS_NEVER] = "nlos"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

static const char *ground_word(size_t index)
{
	static const char *const words[] = {
		[GROUND_FRESNEL] = "fresnel", [GROUND_CROSSOVER] = "crossover"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

static const char *polarization_word(size_t index)
{
	static const char *const words[] = {
		[POLARIZATION_VERTICAL] = "vertical", [POLARIZATION_HORIZONTAL] = "horizontal"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

static const char *fading_word(size_t index)
{
	static const char *const words[] = {
		[FADING_NONE] = "none", [FADING_RAYLEIGH] = "rayleigh", [FADING_RICIAN] = "rician"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

static const char *motion_word(size_t index)
{
	static const char *const words[] = {[MOTION_RECKONED] = "reckoned", [MOTION_TOLD] = "told"};

	return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

/* The least bit rate keeps the airtime of a 64 KiB payload within the 32 bits
 * of airtime_us. Exponent 2.7 is the least that Rappaport (Wireless Communications,
 * table 4.2) gives for urban cells; 2 would be free space. QPSK is the second of the
 * modulations. Buildings and streets are those of TR 38.901, table 7.4.1-1; the
 * second environment is urban. A sensitivity of -200
 * dBm is under all noise: there is none then. */
static const struct parameter_row rows[PARAMETER_COUNT] = {
	[PARAMETER_FREQUENCY] = NUMBER(frequency_hz, 1e6, 300e9, 2.4e9),
	[PARAMETER_BANDWIDTH] = NUMBER(bandwidth_hz, 1, 10e9, 1e6),
	[PARAMETER_TX_POWER] = NUMBER(tx_power_dbm, -100, 100, 20),
	[PARAMETER_NOISE_FIGURE] = NUMBER(noise_figure_db, 0, 60, 6),
	[PARAMETER_ANTENNA_GAIN] = NUMBER(antenna_gain_dbi, -100, 100, 0),
	[PARAMETER_EXPONENT] = NUMBER(exponent, 1, 8, 2.7),
	[PARAMETER_REFERENCE] = NUMBER(reference_m, 1, 10000, 1),
	[PARAMETER_BASE_HEIGHT] = NUMBER(base_height_m, 1.5, 150, NAN),
	[PARAMETER_BUILDING_HEIGHT] = NUMBER(building_height_m, 5, 50, 5),
	[PARAMETER_STREET_WIDTH] = NUMBER(street_width_m, 5, 50, 20),
	[PARAMETER_ENVIRONMENT] = WORD(environment, air_to_ground_environment, 1),
	[PARAMETER_GROUND] = WORD(ground, ground_word, GROUND_FRESNEL),
	[PARAMETER_POLARIZATION] = WORD(polarization, polarization_word, POLARIZATION_VERTICAL),
	[PARAMETER_PERMITTIVITY] = NUMBER(permittivity, 1, 100, NAN),
	[PARAMETER_CONDUCTIVITY] = NUMBER(conductivity_s_per_m, 0, 10, NAN),
	[PARAMETER_LOS] = WORD(los, los_word, LOS_AUTO),
	[PARAMETER_SHADOWING] = NUMBER(shadowing_db, 0, 40, NAN),
	[PARAMETER_DECORRELATION] = NUMBER(decorrelation_m, 0, 1e6, NAN),
	[PARAMETER_FADING] = WORD(fading, fading_word, FADING_NONE),
	[PARAMETER_K_FACTOR] = NUMBER(k_factor_db, -40, 60, 9),
	[PARAMETER_MOTION] = WORD(motion, motion_word, MOTION_RECKONED),
	[PARAMETER_SENSITIVITY] = NUMBER(sensitivity_dbm, -200, 100, -200),
	[PARAMETER_MODULATION] = WORD(modulation, modulation_word, 1),
	[PARAMETER_BITRATE] = NUMBER(bitrate_bps, 125, 100e9, 1e6),
};

static const char model_key[] = "model";

const struct parameter_row *parameter_at(size_t index)
{
	return index < PARAMETER_COUNT ? &rows[index] : NULL;
}

static void *field_of(struct model_settings *settings, const struct parameter_row *row)
{
	return (char *)settings + row->offset;
}

static void set_word(struct model_settings *settings, const struct parameter_row *row, size_t index)
{
	*(uint32_t *)field_of(settings, row) = (uint32_t)index;
}

static void set_number(struct model_settings *settings, const struct parameter_row *row,
		       double number)
{
	*(double *)field_of(settings, row) = number;
}

void parameters_presets(struct model_settings *settings)
{
	*settings = (struct model_settings){0};
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		if (rows[i].word) {
			set_word(settings, &rows[i], (size_t)rows[i].preset);
		} else {
			set_number(settings, &rows[i], rows[i].preset);
		}
	}
}

/* ------------------------------------------------------------- refusals */

static struct text begin(struct refusal *refusal)
{
	return text_in(refusal->text, sizeof(refusal->text));
}

static bool known_to(const struct model *model, size_t index)
{
	return model->parameters & PARAMETER_BIT(index);
}

/* Where the refusal has no room for all that is known, the names stand whole up to there. */
static bool add_known(struct text *text, const char *name)
{
	static const char more[] = ", ...";
	bool fits = text->size + strlen(", ") + strlen(name) + sizeof(more) <= text->cap;

	text_add(text, fits ? ", " : more);
	text_add(text, fits ? name : "");
	return fits;
}

static void add_models(struct text *text)
{
	const struct model *model;

	for (size_t i = 0; (model = model_at(i)); i++) {
		text_add(text, i ? ", " : "");
		text_add(text, model->name);
	}
}

static void add_words(struct text *text, const struct parameter_row *row)
{
	const char *word;

	for (size_t i = 0; (word = row->word(i)); i++) {
		text_add(text, i ? ", " : "");
		text_add(text, word);
	}
}

static int refuse_model(struct refusal *refusal, struct slice name)
{
	struct text text = begin(refusal);

	text_add(&text, "unknown model ");
	text_add_quoted(&text, name);
	text_add(&text, "; known: ");
	add_models(&text);
	return -1;
}

/* The given key that was most likely meant to be `model`, or NULL. */
static const struct parameter *nearest_to_model(const struct parameter *parameters, size_t count)
{
	const struct parameter *nearest = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		struct suggestion meant = {0};

		suggest_consider(&meant, parameters[i].key, model_key);
		if (meant.name && meant.distance < least) {
			nearest = &parameters[i];
			least = meant.distance;
		}
	}
	return nearest;
}

static int refuse_without_model(struct refusal *refusal, const struct parameter *parameters,
				size_t count)
{
	const struct parameter *meant = nearest_to_model(parameters, count);
	struct text text = begin(refusal);

	text_add(&text, "no parameter \"model\" given");
	if (meant) {
		text_add(&text, "; nearest given: ");
		text_add_quoted(&text, meant->key);
	}
	text_add(&text, "; known models: ");
	add_models(&text);
	return -1;
}

/* The model's parameter that `key` was most likely meant to be, or NULL. */
static const char *nearest(const struct model *model, struct slice key)
{
	struct suggestion best = {0};

	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		if (known_to(model, i)) {
			suggest_consider(&best, key, rows[i].name);
		}
	}
	return best.name;
}

static int refuse_key(struct refusal *refusal, const struct model *model, struct slice key)
{
	struct text text = begin(refusal);
	const char *meant = nearest(model, key);

	text_add(&text, "unknown parameter ");
	text_add_quoted(&text, key);
	if (meant) {
		text_add(&text, "; nearest known: ");
		text_add(&text, meant);
		return -1;
	}
	text_add(&text, "; ");
	text_add(&text, model->name);
	text_add(&text, " knows: ");
	text_add(&text, model_key);
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		if (known_to(model, i) && !add_known(&text, rows[i].name)) {
			break;
		}
	}
	return -1;
}

static int refuse_twice(struct refusal *refusal, struct slice key)
{
	struct text text = begin(refusal);

	text_add(&text, "parameter ");
	text_add_quoted(&text, key);
	text_add(&text, " given twice");
	return -1;
}

static int refuse_value(struct refusal *refusal, const struct parameter_row *row,
			struct slice value)
{
	struct text text = begin(refusal);

	text_add(&text, row->name);
	text_add(&text, " is ");
	text_add_quoted(&text, value);
	if (row->word) {
		text_add(&text, "; known: ");
		add_words(&text, row);
		return -1;
	}
	text_add(&text, "; allowed: a number from ");
	text_add_number(&text, row->min);
	text_add(&text, " to ");
	text_add_number(&text, row->max);
	return -1;
}

static int refuse_frequency(struct refusal *refusal, const struct channel *channel)
{
	struct text text = begin(refusal);

	text_add(&text, "frequency_hz ");
	text_add_number(&text, channel->settings.frequency_hz);
	text_add(&text, " is not for ");
	text_add(&text, channel->model->name);
	text_add(&text, "; allowed: from ");
	text_add_number(&text, channel->model->frequency_min_hz);
	text_add(&text, " to ");
	text_add_number(&text, channel->model->frequency_max_hz);
	return -1;
}

static int refuse_bitrate(struct refusal *refusal, const struct model_settings *settings,
			  double most)
{
	struct text text = begin(refusal);

	text_add(&text, "bitrate_bps ");
	text_add_number(&text, settings->bitrate_bps);
	text_add(&text, " does not fit bandwidth_hz ");
	text_add_number(&text, settings->bandwidth_hz);
	text_add(&text, " with ");
	text_add(&text, modulation_at(settings->modulation)->name);
	text_add(&text, "; allowed: at most ");
	text_add_number(&text, most);
	return -1;
}

/* -------------------------------------------------------------- reading */

/* A decimal number, all of `value`. strtod alone would take hexadecimal
 * numbers, "inf" and "nan". */
static bool read_number(struct slice value, double *number)
{
	char digits[64];
	char *end;

	if (value.size == 0 || value.size >= sizeof(digits)) {
		return false;
	}
	memcpy(digits, value.data, value.size);
	digits[value.size] = '\0';
	if (strspn(digits, "+-.0123456789eE") != value.size) {
		return false;
	}
	*number = strtod(digits, &end);
	return *end == '\0' && end != digits && isfinite(*number);
}

static bool read_word(struct model_settings *settings, const struct parameter_row *row,
		      struct slice value)
{
	const char *word;

	for (size_t i = 0; (word = row->word(i)); i++) {
		if (slice_equal(value, slice_str(word))) {
			set_word(settings, row, i);
			return true;
		}
	}
	return false;
}

static bool read_value(struct model_settings *settings, const struct parameter_row *row,
		       struct slice value)
{
	double number;

	if (row->word) {
		return read_word(settings, row, value);
	}
	if (!read_number(value, &number) || number < row->min || number > row->max) {
		return false;
	}
	set_number(settings, row, number);
	return true;
}

static int find_model(const struct parameter *parameters, size_t count, const struct model **model,
		      struct refusal *refusal)
{
	*model = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!slice_equal(parameters[i].key, slice_str(model_key))) {
			continue;
		}
		if (*model) {
			return refuse_twice(refusal, parameters[i].key);
		}
		*model = model_find(parameters[i].value);
		if (!*model) {
			return refuse_model(refusal, parameters[i].value);
		}
	}
	return *model ? 0 : refuse_without_model(refusal, parameters, count);
}

static size_t find_row(const struct model *model, struct slice key)
{
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		if (known_to(model, i) && slice_equal(slice_str(rows[i].name), key)) {
			return i;
		}
	}
	return PARAMETER_COUNT;
}

/* Symbols cannot follow each other faster than the bandwidth (Nyquist 1928). */
static int check_bitrate(const struct model_settings *settings, struct refusal *refusal)
{
	double most = settings->bandwidth_hz *
		      (double)modulation_at(settings->modulation)->bits_per_symbol;

	return settings->bitrate_bps <= most ? 0 : refuse_bitrate(refusal, settings, most);
}

static int check_frequency(const struct channel *channel, struct refusal *refusal)
{
	const struct model *model = channel->model;
	double frequency_hz = channel->settings.frequency_hz;

	if (model->frequency_max_hz > 0.0 &&
	    (frequency_hz < model->frequency_min_hz || frequency_hz > model->frequency_max_hz)) {
		return refuse_frequency(refusal, channel);
	}
	return 0;
}

int parameters_read(const struct parameter *parameters, size_t count, struct channel *channel,
		    struct refusal *refusal)
{
	uint64_t given = 0;

	if (find_model(parameters, count, &channel->model, refusal) < 0) {
		return -1;
	}
	parameters_presets(&channel->settings);
	for (size_t i = 0; i < count; i++) {
		struct slice key = parameters[i].key;
		size_t row = find_row(channel->model, key);

		if (slice_equal(key, slice_str(model_key))) {
			continue;
		}
		if (row == PARAMETER_COUNT) {
			return refuse_key(refusal, channel->model, key);
		}
		if (given & PARAMETER_BIT(row)) {
			return refuse_twice(refusal, key);
		}
		given |= PARAMETER_BIT(row);
		if (!read_value(&channel->settings, &rows[row], parameters[i].value)) {
			return refuse_value(refusal, &rows[row], parameters[i].value);
		}
	}
	if (check_frequency(channel, refusal) < 0) {
		return -1;
	}
	return check_bitrate(&channel->settings, refusal);
}
