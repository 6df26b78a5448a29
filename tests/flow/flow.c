/* Plays the core by seed. Each run has its own seed: the first has --seed, the next
 * ones count up from there. Prints TAP. */
#include <stdio.h>
#include <stdlib.h>

#include "fair.h"
#include "world.h"

enum { DEFAULT_RUNS = 10000, DEFAULT_STEPS = 300, DEFAULT_DRONES = 9, LEAST_OF_EACH = 100 };

static int usage(const char *program)
{
	fprintf(stderr,
		"usage: %s [--runs N] [--seed S] [--steps N] [--drones N] [--no-quota]\n"
		"            [--trace]\n"
		"  --runs N    how many runs (%d)\n"
		"  --seed S    seed of the first run (1); each further run has the next\n"
		"  --steps N   steps of a run (%d)\n"
		"  --drones N  drones, 8 to %d (%d)\n"
		"  --no-quota  do not ask that everything occurs\n"
		"  --trace     print what happens\n",
		program, DEFAULT_RUNS, DEFAULT_STEPS, FLOW_MAX_DRONES, DEFAULT_DRONES);
	return 2;
}

static bool number_option(int argc, char **argv, int *at, const char *name, uint64_t *number)
{
	char *end;

	if (strcmp(argv[*at], name) != 0 || *at + 1 >= argc) {
		return false;
	}
	*number = strtoull(argv[++*at], &end, 10);
	return *end == '\0';
}

static bool read_options(int argc, char **argv, struct options *options)
{
	uint64_t steps = DEFAULT_STEPS, drones = DEFAULT_DRONES;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0) {
			options->trace = true;
		} else if (strcmp(argv[i], "--no-quota") == 0) {
			options->no_quota = true;
		} else if (!number_option(argc, argv, &i, "--runs", &options->runs) &&
			   !number_option(argc, argv, &i, "--seed", &options->seed) &&
			   !number_option(argc, argv, &i, "--steps", &steps) &&
			   !number_option(argc, argv, &i, "--drones", &drones)) {
			return false;
		}
	}
	options->steps = (uint32_t)steps;
	options->drones = (uint32_t)drones;
	return options->runs > 0 && steps > 0 && steps < 1000000 && drones >= 8 &&
	       drones <= FLOW_MAX_DRONES;
}

static void play(struct world *world, const struct options *options, struct tally *tally)
{
	for (uint64_t run = 0; run < options->runs; run++) {
		world_open(world, options, options->seed + run, tally);
		world_play(world);
		count_run(world);
		world_close(world);
		if ((run + 1) % 1000 == 0) {
			fprintf(stderr, "flow: %llu of %llu runs\n", (unsigned long long)run + 1,
				(unsigned long long)options->runs);
		}
	}
}

enum { FAIR_RUNS = 200 };

static bool share(uint64_t seed)
{
	unsigned unfair = 0;

	for (uint64_t run = 0; run < FAIR_RUNS; run++) {
		unfair += !fair_play(seed + run);
	}
	printf("%s 1 - who floods leaves the others their share, in %d runs\n",
	       unfair ? "not ok" : "ok", FAIR_RUNS);
	return unfair == 0;
}

int main(int argc, char **argv)
{
	struct options options = {
		.seed = 1,
		.runs = DEFAULT_RUNS,
		.program = argv[0],
	};
	static struct world world;
	static struct tally tally;
	unsigned missing;
	bool fair;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_options(argc, argv, &options)) {
		return usage(argv[0]);
	}
	printf("TAP version 13\n1..3\n");
	fair = share(options.seed);
	play(&world, &options, &tally);
	world_fini(&world);
	count_print(&tally);
	printf("ok 2 - %llu runs of %u steps with %u drones from seed %llu\n",
	       (unsigned long long)options.runs, options.steps, options.drones,
	       (unsigned long long)options.seed);
	if (options.no_quota || options.runs < DEFAULT_RUNS || options.steps < DEFAULT_STEPS) {
		printf("ok 3 - everything occurs # SKIP fewer runs or steps than the default\n");
		return fair ? 0 : 1;
	}
	missing = count_missing(&tally, LEAST_OF_EACH);
	printf("%s 3 - everything occurs at least %d times\n", missing ? "not ok" : "ok",
	       LEAST_OF_EACH);
	return fair && !missing ? 0 : 1;
}
