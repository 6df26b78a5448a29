#include "conformance/conformance.h"

#include <stdio.h>
#include <stdlib.h>

#include "conformance/checks.h"
#include "identity.h"

enum { EXIT_CONFORMS = 0, EXIT_FAILED = 1, EXIT_WRONG_USAGE = 2 };

static const struct check *const tables[] = {
	checks_hello,  checks_scenarios,     checks_hello_again, checks_frames,
	checks_sizes,  checks_nodes,	     checks_pipelining,	 checks_order,
	checks_errors, checks_repeatability, checks_numbers,
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

/* The first of the tables that has checks of that group; TABLES: none has. */
static size_t find_group(const char *name)
{
	size_t at = 0;

	while (at < TABLES && strcmp(tables[at]->group, name) != 0) {
		at++;
	}
	return at;
}

/* Whether there are checks of all groups that are asked for; if not, it is told which there are. */
static bool has_groups(const struct plan *plan)
{
	for (size_t i = 0; i < plan->only_count; i++) {
		if (find_group(plan->only[i]) < TABLES) {
			continue;
		}
		fprintf(stderr, "%s: --only takes one group and may be repeated: %s is none of",
			this_simulator.name, plan->only[i]);
		for (size_t at = 0; at < TABLES; at++) {
			if (find_group(tables[at]->group) == at) {
				fprintf(stderr, "%s %s", at ? "," : "", tables[at]->group);
			}
		}
		fprintf(stderr, "; see %s --help\n", this_simulator.name);
		return false;
	}
	return true;
}

/* Whether the check is asked for. */
static bool is_wanted(const struct plan *plan, const struct check *check)
{
	if (plan->only_count == 0 || check->needs & NEEDED_BY_ALL) {
		return true;
	}
	for (size_t i = 0; i < plan->only_count; i++) {
		if (strcmp(check->group, plan->only[i]) == 0) {
			return true;
		}
	}
	return false;
}

struct score {
	unsigned of[VERDICT_FAIL + 1];
};

/* Why the check cannot be played; NULL: it can. */
static const char *obstacle(const struct bench *bench, const struct check *check)
{
	if (check->needs & (NEEDS_HELLO | NEEDS_SCENARIO) && !bench->greeted) {
		return "hello is not answered";
	}
	if (check->needs & NEEDS_SCENARIO && !bench->accepted) {
		return "no scenario is taken";
	}
	return NULL;
}

static void print(const struct bench *bench, const struct check *check)
{
	static const char *const words[] = {[VERDICT_OK] = "ok   ",
					    [VERDICT_NOTE] = "note ",
					    [VERDICT_SKIP] = "skip ",
					    [VERDICT_FAIL] = "FAIL "};

	printf("%s %s: %s\n", words[bench->verdict], check->group, check->title);
	if (bench->verdict != VERDICT_OK) {
		printf("      %s\n", bench->finding);
	}
	if (bench->verdict == VERDICT_FAIL) {
		printf("      see proto/README.md, \"%s\"\n", check->where);
	}
	fflush(stdout);
}

static void play(struct bench *bench, const struct check *check, struct score *score)
{
	const char *why = obstacle(bench, check);

	bench_begin(bench, check->patience);
	if (why) {
		bench_skip(bench, "%s", why);
	} else {
		check->run(bench);
	}
	bench_end(bench);
	print(bench, check);
	score->of[bench->verdict]++;
}

/* Whether anybody is there, in words for who has mistyped the address. */
static bool is_there(struct bench *bench)
{
	bool there;

	bench_begin(bench, 1);
	there = bench_connect(bench) != NULL;
	bench_end(bench);
	if (!there) {
		const char *why = strstr(bench->finding, "came: ");

		fprintf(stderr, "%s: --conformance %s: cannot connect: %s\n", this_simulator.name,
			bench->plan->target, why ? why + strlen("came: ") : bench->finding);
	}
	return there;
}

static int play_all(struct bench *bench)
{
	struct score score = {{0}};

	for (size_t i = 0; i < TABLES; i++) {
		for (const struct check *check = tables[i]; check->run; check++) {
			if (is_wanted(bench->plan, check)) {
				play(bench, check, &score);
			}
		}
	}
	printf("%s at %s, model %s: %u ok, %u noted, %u skipped, %u failed\n",
	       bench->greeted ? bench->simulator : "what listens", bench->plan->target,
	       bench->greeted ? bench->model : "unknown", score.of[VERDICT_OK],
	       score.of[VERDICT_NOTE], score.of[VERDICT_SKIP], score.of[VERDICT_FAIL]);
	return score.of[VERDICT_FAIL] ? EXIT_FAILED : EXIT_CONFORMS;
}

int conformance_run(int argc, char **argv)
{
	struct plan plan;
	struct bench *bench;
	int code = EXIT_FAILED;

	if (plan_read(argc, argv, &plan) != OPTIONS_RUN || !has_groups(&plan)) {
		return EXIT_WRONG_USAGE;
	}
	bench = malloc(sizeof(*bench));
	if (!bench) {
		fprintf(stderr, "%s: out of memory\n", this_simulator.name);
		return EXIT_FAILED;
	}
	if (bench_init(bench, &plan)) {
		if (is_there(bench)) {
			code = play_all(bench);
		}
		bench_fini(bench);
	}
	free(bench);
	return code;
}
