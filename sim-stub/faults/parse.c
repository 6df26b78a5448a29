#include "faults/parse.h"

#include "faults/quantity.h"
#include "faults/words.h"

static const char time_allowed[] = "a time of up to 1000h, as in 500us, 200ms, 2.5s, 3min, 1h";

/* A line being read into a fault. */
struct reader {
	struct words words;
	struct fault *fault;
};

/* --------------------------------------------------------------- clauses */

/* What may stand behind the deed, in any order, each once. */
enum clause {
	CLAUSE_FOR,
	CLAUSE_EVERY,
	CLAUSE_SCENARIO,
	CLAUSE_BITS,
	CLAUSE_POWER,
	CLAUSE_TO,
	CLAUSE_FREQUENCY,
	CLAUSE_BANDWIDTH,
	CLAUSE_EXIT,
	CLAUSE_COUNT
};

static const char *const clause_names[CLAUSE_COUNT] = {
	"for", "every", "scenario", "bits", "power", "to", "frequency", "bandwidth", "exit"};

#define BIT(clause) (1u << (clause))
enum { LASTING = BIT(CLAUSE_FOR) | BIT(CLAUSE_EVERY) | BIT(CLAUSE_SCENARIO) };

static int take_for(struct reader *reader)
{
	return words_take_time(&reader->words, "for", FAULT_AT_MAX_US, time_allowed,
			       &reader->fault->for_us);
}

static int take_every(struct reader *reader)
{
	return words_take_time(&reader->words, "every", FAULT_AT_MAX_US, time_allowed,
			       &reader->fault->every_us);
}

static int take_scenario(struct reader *reader)
{
	return words_take_name(&reader->words, "scenario", reader->fault->scenario);
}

static int take_bits(struct reader *reader)
{
	return words_take_count(&reader->words, "bits", 1, FAULT_BITS_MAX,
				"a whole number from 1 to 1000", &reader->fault->count);
}

static int take_power(struct reader *reader)
{
	static const struct quantity_unit dbm[] = {{"dBm", 1.0}, {0}};

	if (!quantity_number(words_peek(&reader->words), dbm, -100.0, 100.0,
			     &reader->fault->jammer.power_dbm)) {
		return words_refuse(&reader->words, "power", "-100dBm to 100dBm");
	}
	reader->words.next++;
	return 0;
}

static int take_to(struct reader *reader)
{
	return words_take_place(&reader->words, "to", &reader->fault->jammer.to);
}

static int take_frequency(struct reader *reader)
{
	return words_take_hertz(&reader->words, "frequency", 1e6, 300e9, "1MHz to 300GHz",
				&reader->fault->jammer.frequency_hz);
}

static int take_bandwidth(struct reader *reader)
{
	return words_take_hertz(&reader->words, "bandwidth", 1.0, 10e9, "1Hz to 10GHz",
				&reader->fault->jammer.bandwidth_hz);
}

static int take_exit(struct reader *reader)
{
	return words_take_count(&reader->words, "exit", 0, 255, "an exit code from 0 to 255",
				&reader->fault->count);
}

static int (*const clause_readers[CLAUSE_COUNT])(struct reader *reader) = {
	take_for, take_every,	  take_scenario,  take_bits, take_power,
	take_to,  take_frequency, take_bandwidth, take_exit};

/* Those that this deed may have, by name. */
static void list_clauses(unsigned allowed, const char *names[CLAUSE_COUNT + 1])
{
	for (int i = 0; i < CLAUSE_COUNT; i++) {
		if (allowed & BIT(i)) {
			*names++ = clause_names[i];
		}
	}
	*names = NULL;
}

static int place_of(const char *name)
{
	int place = 0;

	while (clause_names[place] != name) {
		place++;
	}
	return place;
}

static int take_clauses(struct reader *reader, unsigned allowed, unsigned *given)
{
	const char *names[CLAUSE_COUNT + 1];

	list_clauses(allowed, names);
	while (words_left(&reader->words)) {
		int at = words_take_one_of(&reader->words, "word", names), clause;

		if (at < 0) {
			return -1;
		}
		clause = place_of(names[at]);
		if (*given & BIT(clause)) {
			text_add(&reader->words.why, clause_names[clause]);
			return words_say(&reader->words, " given twice");
		}
		*given |= BIT(clause);
		if (clause_readers[clause](reader) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ----------------------------------------------------------------- deeds */

static int read_loss(struct reader *reader)
{
	return words_take_share(&reader->words, "loss", &reader->fault->probability);
}

/* The + says that it comes on top of what the channel takes anyway. */
static int read_latency(struct reader *reader)
{
	static const char allowed[] = "a time of up to 1h behind a +, as in +200ms";
	struct slice word = words_peek(&reader->words);

	if (!word.size || word.data[0] != '+' ||
	    !quantity_time(slice_of(word.data + 1, word.size - 1), FAULT_LATENCY_MAX_US,
			   &reader->fault->time_us)) {
		return words_refuse(&reader->words, "latency", allowed);
	}
	reader->words.next++;
	return 0;
}

static int read_corrupt(struct reader *reader)
{
	reader->fault->count = 1;
	return words_take_share(&reader->words, "corrupt", &reader->fault->probability);
}

static int read_jammer(struct reader *reader)
{
	return words_take_place(&reader->words, "at", &reader->fault->jammer.from);
}

static int read_nothing(struct reader *reader)
{
	(void)reader;
	return 0;
}

static int read_late(struct reader *reader)
{
	return words_take_time(&reader->words, "late", FAULT_LATE_MAX_US,
			       "a time of up to 1min, as in 300ms", &reader->fault->time_us);
}

static int read_reorder(struct reader *reader)
{
	return words_take_count(&reader->words, "reorder", 2, FAULT_WINDOW_MAX,
				"a whole number from 2 to 1000: so many answers are mixed",
				&reader->fault->count);
}

static int read_duplicate(struct reader *reader)
{
	return words_take_share(&reader->words, "duplicate", &reader->fault->probability);
}

static int read_lie(struct reader *reader)
{
	const char *names[LIE_COUNT];
	struct slice word;
	int lie;

	for (int i = LIE_NONE + 1; i < LIE_COUNT; i++) {
		names[i - 1] = fault_lie_name((enum fault_lie)i);
	}
	names[LIE_COUNT - 1] = NULL;
	lie = words_take_one_of(&reader->words, "lie", names);
	if (lie < 0) {
		return -1;
	}
	reader->fault->lie = (enum fault_lie)(lie + 1);
	reader->fault->probability = 1.0;
	word = words_peek(&reader->words);
	return word.size && word.data[word.size - 1] == '%'
		       ? words_take_share(&reader->words, "lie", &reader->fault->probability)
		       : 0;
}

static int read_die(struct reader *reader)
{
	reader->fault->count = 1;
	return 0;
}

struct deed_row {
	const char *name;
	enum fault_deed deed;
	unsigned allowed, needed; /* bits of clauses */
	int (*read)(struct reader *reader);
};

enum { DEEDS_MAX = 8 };

static const struct deed_row link_deeds[] = {
	{"loss", FAULT_LOSS, LASTING, 0, read_loss},
	{"latency", FAULT_LATENCY, LASTING, 0, read_latency},
	{"corrupt", FAULT_CORRUPT, LASTING | BIT(CLAUSE_BITS), 0, read_corrupt},
	{0}};

static const struct deed_row jammer_deeds[] = {{"at", FAULT_JAMMER,
						LASTING | BIT(CLAUSE_POWER) | BIT(CLAUSE_TO) |
							BIT(CLAUSE_FREQUENCY) |
							BIT(CLAUSE_BANDWIDTH),
						BIT(CLAUSE_POWER), read_jammer},
					       {0}};

static const struct deed_row node_deeds[] = {
	{"freeze", FAULT_FREEZE, LASTING, BIT(CLAUSE_FOR), read_nothing}, {0}};

static const struct deed_row simulator_deeds[] = {
	{"stall", FAULT_STALL, BIT(CLAUSE_FOR) | BIT(CLAUSE_EVERY), 0, read_nothing},
	{"late", FAULT_LATE, LASTING, 0, read_late},
	{"reorder", FAULT_REORDER, LASTING, BIT(CLAUSE_FOR), read_reorder},
	{"duplicate", FAULT_DUPLICATE, LASTING, 0, read_duplicate},
	{"lie", FAULT_LIE, LASTING, 0, read_lie},
	{"close", FAULT_CLOSE, BIT(CLAUSE_FOR) | BIT(CLAUSE_EVERY), 0, read_nothing},
	{"die", FAULT_DIE, BIT(CLAUSE_EXIT), 0, read_die},
	{0}};

static const struct deed_row *take_deed(struct reader *reader, const struct deed_row *rows)
{
	const char *names[DEEDS_MAX];
	int count = 0, at;

	for (; rows[count].name; count++) {
		names[count] = rows[count].name;
	}
	names[count] = NULL;
	at = words_take_one_of(&reader->words, "word", names);
	return at < 0 ? NULL : &rows[at];
}

/* -------------------------------------------------------------- subjects */

static int read_link(struct reader *reader)
{
	struct fault *fault = reader->fault;

	if (words_take_name(&reader->words, "link", fault->one) < 0) {
		return -1;
	}
	fault->one_way = words_take(&reader->words, "->");
	return words_take_name(&reader->words, "link", fault->other);
}

static int read_node(struct reader *reader)
{
	return words_take_name(&reader->words, "node", reader->fault->one);
}

enum { SUBJECT_LINK, SUBJECT_JAMMER, SUBJECT_NODE, SUBJECT_SIMULATOR };

static const char *const subject_names[] = {"link", "jammer", "node", "simulator", NULL};

static const struct {
	int (*read)(struct reader *reader);
	const struct deed_row *deeds;
} subjects[] = {
	[SUBJECT_LINK] = {read_link, link_deeds},
	[SUBJECT_JAMMER] = {read_nothing, jammer_deeds},
	[SUBJECT_NODE] = {read_node, node_deeds},
	[SUBJECT_SIMULATOR] = {read_nothing, simulator_deeds},
};

/* ---------------------------------------------------------- what must fit */

/* Without `for`: over at once, or never. */
static void set_end(struct fault *fault, unsigned given)
{
	bool at_once = fault->deed == FAULT_CLOSE || fault->deed == FAULT_DIE;

	if (!(given & BIT(CLAUSE_FOR))) {
		fault->for_us = at_once ? 0 : FAULT_FOREVER;
	}
}

static int check_needed(struct reader *reader, const struct deed_row *row, unsigned given)
{
	for (int i = 0; i < CLAUSE_COUNT; i++) {
		if (row->needed & ~given & BIT(i)) {
			text_add(&reader->words.why, row->deed == FAULT_JAMMER
							     ? subject_names[SUBJECT_JAMMER]
							     : row->name);
			text_add(&reader->words.why, " needs ");
			return words_say(&reader->words, clause_names[i]);
		}
	}
	return 0;
}

static int check_times(struct reader *reader, const struct deed_row *row, unsigned given)
{
	const struct fault *fault = reader->fault;

	if ((given & BIT(CLAUSE_FOR)) && fault->for_us == 0) {
		return words_say(&reader->words, "for is 0; allowed: a time of 1us or more");
	}
	if (fault->deed == FAULT_FREEZE && fault->for_us > FAULT_LATENCY_MAX_US) {
		return words_say(&reader->words,
				 "freeze is for 1h or less: a delay has 32 bits of microseconds");
	}
	if (!(given & BIT(CLAUSE_EVERY))) {
		return 0;
	}
	if (fault->every_us < FAULT_EVERY_MIN_US) {
		return words_say(&reader->words, "every is less than 100ms");
	}
	if (fault->for_us == FAULT_FOREVER) {
		text_add(&reader->words.why, row->name);
		return words_say(&reader->words,
				 " without for never ends, so that every says nothing; add for");
	}
	return fault->for_us < fault->every_us
		       ? 0
		       : words_say(&reader->words,
				   "every must be longer than for: it cannot begin again "
				   "before it has ended");
}

static int check_jammer(struct reader *reader, unsigned given)
{
	if (!(given & BIT(CLAUSE_TO))) {
		reader->fault->jammer.to = reader->fault->jammer.from;
		return 0;
	}
	return given & BIT(CLAUSE_FOR)
		       ? 0
		       : words_say(&reader->words,
				   "a jammer that moves to another place needs for: the time "
				   "that it takes");
}

/* ------------------------------------------------------------------ line */

/* The words from `first` to `last`, as far as they fit, for whoever reads the log. */
static void describe(struct reader *reader, size_t first, size_t last)
{
	struct text text = text_in(reader->fault->text, FAULT_TEXT_CAP);

	for (size_t i = first; i < last; i++) {
		char word[FAULT_TEXT_CAP];
		size_t size = reader->words.at[i].size;

		size = size < sizeof(word) ? size : sizeof(word) - 1;
		memcpy(word, reader->words.at[i].data, size);
		word[size] = '\0';
		text_add(&text, i > first ? " " : "");
		text_add(&text, word);
	}
}

/* Where the times begin: all before is what the log tells. */
static size_t times_at(const struct reader *reader, size_t from)
{
	while (from < reader->words.count &&
	       !slice_equal(reader->words.at[from], slice_str(clause_names[CLAUSE_FOR])) &&
	       !slice_equal(reader->words.at[from], slice_str(clause_names[CLAUSE_EVERY]))) {
		from++;
	}
	return from;
}

static int read_words(struct reader *reader)
{
	static const char *const starts[] = {"at", NULL};
	const struct deed_row *row;
	unsigned given = 0;
	int subject;

	if (words_take_one_of(&reader->words, "word at the start", starts) < 0 ||
	    words_take_time(&reader->words, "at", FAULT_AT_MAX_US, time_allowed,
			    &reader->fault->at_us) < 0) {
		return -1;
	}
	subject = words_take_one_of(&reader->words, "subject", subject_names);
	if (subject < 0 || subjects[subject].read(reader) < 0) {
		return -1;
	}
	row = take_deed(reader, subjects[subject].deeds);
	if (!row) {
		return -1;
	}
	reader->fault->deed = row->deed;
	if (row->read(reader) < 0 || take_clauses(reader, row->allowed, &given) < 0) {
		return -1;
	}
	set_end(reader->fault, given);
	describe(reader, 2, times_at(reader, 3));
	return check_needed(reader, row, given) < 0 || check_times(reader, row, given) < 0
		       ? -1
		       : check_jammer(reader, given);
}

enum parse_status parse_line(struct slice line, struct fault *fault, char why[PARSE_WHY_CAP])
{
	struct reader reader = {.words = {.why = text_in(why, PARSE_WHY_CAP)}, .fault = fault};

	memset(fault, 0, sizeof(*fault));
	if (!words_split(&reader.words, line)) {
		(void)words_say(&reader.words, "more than 40 words");
		return PARSE_WRONG;
	}
	if (reader.words.count == 0) {
		return PARSE_NOTHING;
	}
	return read_words(&reader) < 0 ? PARSE_WRONG : PARSE_FAULT;
}
