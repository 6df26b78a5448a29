#include "net/influx.h"

#include "base/clock.h"

/* Of the line in one turn of the loop: drones have theirs, too. */
enum { ADMISSION_BATCH = 64 };

static const struct settings *settings_of(const struct influx *influx)
{
	return *influx->settings;
}

static uint64_t cost_ns(const struct influx *influx)
{
	return bucket_cost_ns(settings_of(influx)->accept_rate);
}

/* The whole burst. */
static uint64_t depth_ns(const struct influx *influx)
{
	return settings_of(influx)->accept_burst * cost_ns(influx);
}

static bool has(const struct influx *influx)
{
	return settings_of(influx)->accept_rate == 0 ||
	       bucket_has(&influx->bucket, clock_mono_us(), depth_ns(influx), cost_ns(influx));
}

static void on_turn(uv_timer_t *timer);

/* The loop's timers have milliseconds: what has come together by then is taken at once. */
static void set_timer(struct influx *influx)
{
	uint64_t now = clock_mono_us(), ready = 0;

	if (list_empty(&influx->line)) {
		uv_timer_stop(&influx->timer);
		return;
	}
	if (settings_of(influx)->accept_rate) {
		ready = bucket_ready_us(&influx->bucket, depth_ns(influx), cost_ns(influx));
	}
	uv_timer_start(&influx->timer, on_turn, ready > now ? (ready - now + 999) / 1000 : 1, 0);
}

/* Who finds nobody goes back to the poll, and makes way for the next. */
static void on_turn(uv_timer_t *timer)
{
	struct influx *influx = timer->data;
	struct list *first;

	for (int i = 0; i < ADMISSION_BATCH && has(influx); i++) {
		first = list_first(&influx->line);
		if (!first) {
			break;
		}
		list_remove(first);
		LIST_ENTRY(first, struct influx_place, link)
			->admit(LIST_ENTRY(first, struct influx_place, link));
	}
	set_timer(influx);
}

void influx_init(struct influx *influx, uv_loop_t *loop, const struct settings *const *settings)
{
	*influx = (struct influx){.settings = settings};
	list_init(&influx->line);
	uv_timer_init(loop, &influx->timer);
	influx->timer.data = influx;
}

void influx_close(struct influx *influx)
{
	uv_close((uv_handle_t *)&influx->timer, NULL);
}

void influx_place_init(struct influx_place *place, void (*admit)(struct influx_place *place))
{
	list_init(&place->link);
	place->admit = admit;
}

bool influx_is_open(const struct influx *influx)
{
	return list_empty(&influx->line) && has(influx);
}

void influx_take(struct influx *influx)
{
	bucket_take(&influx->bucket, clock_mono_us(), cost_ns(influx));
}

void influx_wait(struct influx *influx, struct influx_place *place)
{
	influx_leave(influx, place);
	list_push_back(&influx->line, &place->link);
	if (!uv_is_active((const uv_handle_t *)&influx->timer)) {
		set_timer(influx);
	}
}

void influx_leave(struct influx *influx, struct influx_place *place)
{
	list_remove(&place->link);
	if (list_empty(&influx->line)) {
		uv_timer_stop(&influx->timer);
	}
}

void influx_reload(struct influx *influx)
{
	uint64_t most = clock_mono_us() * 1000 + depth_ns(influx);

	if (influx->bucket.full_ns > most) {
		influx->bucket.full_ns = most;
	}
	set_timer(influx);
}
