#include "net/admission.h"

#include "base/clock.h"

/* Of the line in one turn of the loop: drones have theirs, too. */
enum { ADMISSION_BATCH = 64 };

static const struct settings *settings_of(const struct admission *admission)
{
	return *admission->settings;
}

static uint64_t cost_ns(const struct admission *admission)
{
	uint32_t rate = settings_of(admission)->accept_rate;

	return rate ? 1000000000ull / rate : 0;
}

/* The whole burst. */
static uint64_t depth_ns(const struct admission *admission)
{
	return settings_of(admission)->accept_burst * cost_ns(admission);
}

static bool has(const struct admission *admission)
{
	return settings_of(admission)->accept_rate == 0 ||
	       bucket_has(&admission->bucket, clock_mono_us(), depth_ns(admission),
			  cost_ns(admission));
}

static void on_turn(uv_timer_t *timer);

/* The loop's timers have milliseconds: what has come together by then is taken at once. */
static void set_timer(struct admission *admission)
{
	uint64_t now = clock_mono_us(), ready = 0;

	if (list_empty(&admission->line)) {
		uv_timer_stop(&admission->timer);
		return;
	}
	if (settings_of(admission)->accept_rate) {
		ready = bucket_ready_us(&admission->bucket, depth_ns(admission),
					cost_ns(admission));
	}
	uv_timer_start(&admission->timer, on_turn, ready > now ? (ready - now + 999) / 1000 : 1, 0);
}

/* Who finds nobody goes back to the poll, and makes way for the next. */
static void on_turn(uv_timer_t *timer)
{
	struct admission *admission = timer->data;
	struct list *first;

	for (int i = 0; i < ADMISSION_BATCH && has(admission); i++) {
		first = list_first(&admission->line);
		if (!first) {
			break;
		}
		list_remove(first);
		LIST_ENTRY(first, struct admission_place, link)
			->admit(LIST_ENTRY(first, struct admission_place, link));
	}
	set_timer(admission);
}

void admission_init(struct admission *admission, uv_loop_t *loop,
		    const struct settings *const *settings)
{
	*admission = (struct admission){.settings = settings};
	list_init(&admission->line);
	uv_timer_init(loop, &admission->timer);
	admission->timer.data = admission;
}

void admission_close(struct admission *admission)
{
	uv_close((uv_handle_t *)&admission->timer, NULL);
}

void admission_place_init(struct admission_place *place,
			  void (*admit)(struct admission_place *place))
{
	list_init(&place->link);
	place->admit = admit;
}

bool admission_is_open(const struct admission *admission)
{
	return list_empty(&admission->line) && has(admission);
}

void admission_take(struct admission *admission)
{
	bucket_take(&admission->bucket, clock_mono_us(), cost_ns(admission));
}

void admission_wait(struct admission *admission, struct admission_place *place)
{
	admission_leave(admission, place);
	list_push_back(&admission->line, &place->link);
	if (!uv_is_active((const uv_handle_t *)&admission->timer)) {
		set_timer(admission);
	}
}

void admission_leave(struct admission *admission, struct admission_place *place)
{
	list_remove(&place->link);
	if (list_empty(&admission->line)) {
		uv_timer_stop(&admission->timer);
	}
}

void admission_reload(struct admission *admission)
{
	uint64_t most = clock_mono_us() * 1000 + depth_ns(admission);

	if (admission->bucket.full_ns > most) {
		admission->bucket.full_ns = most;
	}
	set_timer(admission);
}
