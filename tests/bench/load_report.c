/* The result as one line of JSON. Names of dialects, modes and watched processes are plain
 * ASCII of the caller's and stand in it as they are. */
#include <inttypes.h>
#include <stdio.h>

#include "load.h"

static const double ns_per_s = 1e9, ns_per_us = 1e3;

/* null for what was not measured: JSON has no other number for it. */
static void put_known(const char *name, bool known, double value, const char *after)
{
	if (known) {
		printf("\"%s\": %.6g%s", name, value, after);
	} else {
		printf("\"%s\": null%s", name, after);
	}
}

static void put_calls(const struct load *load, int64_t calls, const char *after)
{
	uint64_t over = load->measure.calls_over;

	put_known("calls_per_message", calls >= 0 && over > 0,
		  (double)calls / (double)(over ? over : 1), after);
}

static void put_shape(const struct load *load)
{
	const struct load_options *options = load->options;

	printf("\"dialect\": \"%s\", \"mode\": \"%s\", \"drones\": %u, \"base\": %u, "
	       "\"window\": %u, ",
	       options->dialect->name, load_mode_name(options->mode), options->drones,
	       options->base, options->window);
	put_known("rate", options->mode == MODE_OPEN || options->mode == MODE_PRESENCE,
		  options->rate, ", ");
	printf("\"payload\": %u, ", options->shape.payload_bytes);
}

static void put_counts(const struct load *load)
{
	const struct measure *measure = &load->measure;
	double seconds = (double)(measure->end_ns - measure->start_ns) / ns_per_s;

	printf("\"seconds\": %.6f, \"sent\": %" PRIu64 ", \"delivered\": %" PRIu64
	       ", \"lost\": %" PRIu64 ", \"per_second\": %.1f, \"told\": %" PRIu64
	       ", \"reported\": %" PRIu64
	       ", \"registered\": %u, \"turned_away\": %u, \"register_seconds\": %.6f, ",
	       seconds, measure->in.sent, measure->in.delivered, load->counts.lost,
	       seconds > 0 ? (double)measure->in.delivered / seconds : 0, measure->in.told,
	       measure->in.reported, load->registered, load->turned_away, load->register_seconds);
	if (load->options->mode == MODE_REGISTER) {
		printf("\"told_expected\": %" PRIu64 ", ", load->told_expected);
	}
	printf("\"late_sends\": %" PRIu64 ", \"cpu_s\": %.6f, ", measure->in.late,
	       (double)measure->own_cpu_ns / ns_per_s);
	put_calls(load, measure->own_calls, ", ");
}

static double quantile_us(const struct load *load, double share)
{
	return (double)histogram_quantile(&load->measure.latency, share) / ns_per_us;
}

static void put_latency(const struct load *load)
{
	const struct histogram *latency = &load->measure.latency;

	if (!latency->total) {
		printf("\"latency_us\": null, ");
		return;
	}
	printf("\"latency_us\": {\"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, \"p999\": %.2f, "
	       "\"max\": %.2f}, ",
	       quantile_us(load, 0.5), quantile_us(load, 0.9), quantile_us(load, 0.99),
	       quantile_us(load, 0.999), (double)latency->max_ns / ns_per_us);
}

static void put_cost(const struct load *load, size_t i)
{
	const struct cost *cost = &load->measure.costs[i];
	double cpu_ns = (double)(cost->after.all_ns - cost->before.all_ns);
	uint64_t delivered = load->measure.in.delivered;

	printf("\"%s\": {\"cpu_s\": %.6f, \"user_s\": %.2f, \"system_s\": %.2f, ",
	       load->options->watched[i].name, cpu_ns / ns_per_s,
	       cost->after.user_s - cost->before.user_s,
	       cost->after.system_s - cost->before.system_s);
	put_known("cpu_us_per_message", delivered > 0,
		  cpu_ns / ns_per_us / (double)(delivered ? delivered : 1), ", ");
	put_known("rss_kb_before", cost->resident_kib_before >= 0,
		  (double)cost->resident_kib_before, ", ");
	put_known("rss_kb", cost->resident_kib >= 0, (double)cost->resident_kib, ", ");
	put_calls(load, cost->calls, "}");
}

void load_report(const struct load *load, bool ready)
{
	printf("{%s", ready ? "\"ready\": true, " : "");
	put_shape(load);
	put_counts(load);
	put_latency(load);
	if (load->options->mode == MODE_OVERLOAD) {
		load_overload_report(load);
	}
	printf("\"watched\": {");
	for (size_t i = 0; i < load->options->watched_count; i++) {
		printf("%s", i ? ", " : "");
		put_cost(load, i);
	}
	printf("}}\n");
	(void)fflush(stdout);
}
