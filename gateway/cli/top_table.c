#include "cli/top_table.h"

#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>

const char *const top_column_names[TOP_COLUMNS + 1] = {
	[TOP_DRONE] = "drone",	       [TOP_SENT] = "sent",	[TOP_RECEIVED] = "received",
	[TOP_DELIVERED] = "delivered", [TOP_ALL] = "all",	[TOP_SNR] = "snr",
	[TOP_IDLE] = "idle",	       [TOP_ONLINE] = "online", [TOP_SCENARIO] = "scenario",
};

/* ------------------------------------------------------------------------ a list */

static void list_init(struct top_list *list)
{
	*list = (struct top_list){0};
	arena_init(&list->texts, SIZE_MAX);
}

static void list_fini(struct top_list *list)
{
	arena_fini(&list->texts);
	free(list->rows);
}

void top_table_init(struct top_table *table)
{
	*table = (struct top_table){0};
	list_init(&table->shown);
	list_init(&table->coming);
}

void top_table_fini(struct top_table *table)
{
	list_fini(&table->shown);
	list_fini(&table->coming);
}

static int list_grow(struct top_list *list)
{
	size_t room = list->room ? 2 * list->room : 64;
	struct top_row *rows;

	if (list->count < list->room) {
		return 0;
	}
	rows = realloc(list->rows, room * sizeof(*rows));
	if (!rows) {
		return -1;
	}
	list->rows = rows;
	list->room = room;
	return 0;
}

/* *text becomes a copy of itself, as far as the protocol lets a name go. */
static int keep_text(struct arena *texts, struct slice *text, size_t most)
{
	uint8_t *copy;

	*text = utf8_cut(*text, most);
	if (!text->size) {
		*text = slice_of(NULL, 0);
		return 0;
	}
	copy = arena_take(texts, text->size);
	if (!copy) {
		return -1;
	}
	memcpy(copy, text->data, text->size);
	text->data = copy;
	return 0;
}

int top_table_add(struct top_table *table, const struct drone_entry *drone)
{
	struct top_list *list = &table->coming;
	struct top_row *row;

	if (list_grow(list) < 0) {
		return -1;
	}
	row = &list->rows[list->count];
	*row = (struct top_row){.drone = *drone, .order = list->count};
	if (keep_text(&list->texts, &row->drone.drone_id, NAME_MAX_BYTES) < 0 ||
	    keep_text(&list->texts, &row->drone.callsign, CALLSIGN_MAX_BYTES) < 0 ||
	    keep_text(&list->texts, &row->drone.scenario, NAME_MAX_BYTES) < 0) {
		return -1;
	}
	list->count++;
	return 0;
}

/* ------------------------------------------------------------------------ order */

static int compare_texts(struct slice a, struct slice b)
{
	size_t least = a.size < b.size ? a.size : b.size;
	int order = least ? memcmp(a.data, b.data, least) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_id(const void *a, const void *b)
{
	const struct top_row *one = a, *two = b;
	int order = compare_texts(one->drone.drone_id, two->drone.drone_id);

	return order ? order : (one->order > two->order) - (one->order < two->order);
}

static void sort_by_id(struct top_list *list)
{
	if (list->count) {
		qsort(list->rows, list->count, sizeof(*list->rows), by_id);
	}
}

/* Sorted: of those with the same id, the last stays. */
static void drop_repeated(struct top_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (i + 1 == list->count ||
		    !slice_equal(list->rows[i].drone.drone_id, list->rows[i + 1].drone.drone_id)) {
			list->rows[kept++] = list->rows[i];
		}
	}
	list->count = kept;
}

bool top_value(const struct top_row *row, enum top_column column, double *value)
{
	const struct drone_entry *drone = &row->drone;
	const struct top_change *change = &row->change;

	switch (column) {
	case TOP_SENT:
		*value = change->sent_hz;
		return change->known;
	case TOP_RECEIVED:
		*value = change->received_hz;
		return change->known;
	case TOP_DELIVERED:
		*value = (double)change->delivered / (double)change->targets;
		return change->known && change->targets;
	case TOP_ALL:
		*value = (double)drone->traffic.delivered / (double)drone->traffic.targets;
		return drone->has_traffic && drone->traffic.targets;
	case TOP_SNR:
		*value = (double)drone->traffic.snr_db;
		return drone->has_traffic && drone->traffic.heard;
	case TOP_IDLE:
		*value = (double)drone->idle_ms;
		return true;
	case TOP_ONLINE:
		*value = (double)drone->online_ms;
		return true;
	case TOP_DRONE:
	case TOP_SCENARIO:
	case TOP_COLUMNS:
		break;
	}
	return false;
}

struct order {
	enum top_column column;
	bool reverse;
};

static int in_order(const void *a, const void *b, void *ctx)
{
	const struct top_row *one = a, *two = b;
	const struct order *order = ctx;
	double left = 0, right = 0;
	bool has_left = top_value(one, order->column, &left);
	bool has_right = top_value(two, order->column, &right);
	int sign = order->reverse ? -1 : 1, result = 0;

	if (order->column == TOP_DRONE) {
		return sign * by_id(a, b);
	}
	if (order->column == TOP_SCENARIO) {
		result = compare_texts(one->drone.scenario, two->drone.scenario);
		has_left = one->drone.scenario.size > 0;
		has_right = two->drone.scenario.size > 0;
	} else if (has_left && has_right) {
		result = (left < right) - (left > right);
	}
	if (has_left != has_right) {
		return has_left ? -1 : 1;
	}
	return result ? sign * result : by_id(a, b);
}

void top_table_sort(struct top_table *table, enum top_column column, bool reverse)
{
	struct order order = {column, reverse};

	if (table->shown.count) {
		qsort_r(table->shown.rows, table->shown.count, sizeof(*table->shown.rows), in_order,
			&order);
	}
}

/* ------------------------------------------------------------------------ change */

/* Its counts only grow while it stays, and with them its time online: what says otherwise is not
 * the same stay, whatever its number. */
static bool goes_on(const struct drone_entry *before, const struct drone_entry *now)
{
	const struct drone_traffic *old = &before->traffic, *new = &now->traffic;

	return before->has_traffic && now->has_traffic && before->stay == now->stay &&
	       now->online_ms > before->online_ms &&
	       new->sent >= old->sent &&new->received >= old->received &&new->targets >=
		       old->targets &&new->delivered >= old->delivered;
}

/* By the gateway's clock: a list may come late, or take its time. */
static struct top_change change_of(const struct drone_entry *before, const struct drone_entry *now)
{
	double seconds;

	if (!goes_on(before, now)) {
		return (struct top_change){0};
	}
	seconds = (double)(now->online_ms - before->online_ms) / 1000;
	return (struct top_change){
		.known = true,
		.sent_hz = (double)(now->traffic.sent - before->traffic.sent) / seconds,
		.received_hz = (double)(now->traffic.received - before->traffic.received) / seconds,
		.targets = now->traffic.targets - before->traffic.targets,
		.delivered = now->traffic.delivered - before->traffic.delivered,
	};
}

/* Both by id. */
static void find_changes(const struct top_list *before, struct top_list *now)
{
	size_t old = 0;

	for (size_t i = 0; i < now->count; i++) {
		struct top_row *row = &now->rows[i];

		while (old < before->count &&
		       compare_texts(before->rows[old].drone.drone_id, row->drone.drone_id) < 0) {
			old++;
		}
		if (old < before->count &&
		    slice_equal(before->rows[old].drone.drone_id, row->drone.drone_id)) {
			row->change = change_of(&before->rows[old].drone, &row->drone);
		}
	}
}

static void add_up(struct top_sums *sums, const struct top_list *list)
{
	*sums = (struct top_sums){.drones = list->count};
	for (size_t i = 0; i < list->count; i++) {
		const struct top_row *row = &list->rows[i];

		sums->in_scenario += row->drone.scenario.size > 0;
		sums->targets += row->drone.traffic.targets;
		sums->delivered += row->drone.traffic.delivered;
		sums->change.known |= row->change.known;
		sums->change.sent_hz += row->change.sent_hz;
		sums->change.received_hz += row->change.received_hz;
		sums->change.targets += row->change.targets;
		sums->change.delivered += row->change.delivered;
	}
}

void top_table_complete(struct top_table *table)
{
	struct top_list before = table->shown;

	sort_by_id(&before);
	sort_by_id(&table->coming);
	drop_repeated(&table->coming);
	find_changes(&before, &table->coming);
	table->shown = table->coming;
	table->coming = before;
	table->coming.count = 0;
	arena_reset(&table->coming.texts);
	add_up(&table->sums, &table->shown);
	table->lists++;
}
