#include "front/text_put.h"

#include "base/name_escape.h"
#include "wire/hot_codec.h"

#include <stdarg.h>
#include <stdio.h>

void text_put(struct text *text, struct slice bytes)
{
	if (!text->failed && buf_append(text->out, bytes.data, bytes.size) < 0) {
		text->failed = true;
	}
}

void text_print(struct text *text, const char *format, ...)
{
	char piece[128];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	text_put(text, slice_of(piece, size < 0			      ? 0
				       : (size_t)size < sizeof(piece) ? (size_t)size
								      : sizeof(piece) - 1));
}

/* What stands in front as plain ASCII, without a \ and without `signs`. */
static size_t plain_size(struct slice bytes, const char *signs)
{
	size_t size = 0;

	while (size < bytes.size && bytes.data[size] >= 0x20 && bytes.data[size] < 0x7f &&
	       bytes.data[size] != '\\' && (!*signs || !strchr(signs, bytes.data[size]))) {
		size++;
	}
	return size;
}

void text_name(struct text *text, struct slice name)
{
	while (name.size && !text->failed) {
		char unit[NAME_ESCAPE_MAX];
		size_t taken = plain_size(name, " |<>");

		if (taken) {
			text_put(text, slice_of(name.data, taken));
		} else {
			text_put(text, slice_of(unit, name_escape(name, unit, &taken)));
		}
		name = slice_of(name.data + taken, name.size - taken);
	}
}

void text_drone(struct text *text, struct slice id)
{
	text_name(text, text->names->callsign(text->names->ctx, id));
}

bool text_text(struct text *text, struct slice bytes, size_t most)
{
	size_t before = buf_size(text->out);

	while (bytes.size && !text->failed && buf_size(text->out) - before <= most) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken = plain_size(bytes, "");

		if (taken) {
			text_put(text, slice_of(bytes.data, taken));
		} else {
			text_put(text, slice_of(unit, utf8_escape(bytes, false, unit, &taken)));
		}
		bytes = slice_of(bytes.data + taken, bytes.size - taken);
	}
	return !text->failed && buf_size(text->out) - before <= most;
}

static void put_hop(struct text *text, const struct hop *hop)
{
	struct link_numbers numbers;

	if (hop->source == SOURCE_BYPASSED) {
		text_put(text, slice_str("BYPASSED"));
		return;
	}
	if (hop->outcome == OUTCOME_CORRUPTED) {
		text_put(text, slice_str("CORRUPTED "));
	}
	if (!hop->link.data || link_read(hop->link, &numbers) != HOT_OK) {
		text_put(text, slice_str("-"));
		return;
	}
	text_print(text, "%.2f dB %.3f ms", (double)numbers.snr_db, numbers.delay_us / 1000.0);
}

void text_hops(struct text *text, const struct hop *hops, size_t count)
{
	text_put(text, slice_str("["));
	for (size_t i = 0; i < count; i++) {
		if (i) {
			text_put(text, slice_str(", "));
		}
		put_hop(text, &hops[i]);
		if (hops[i].late_by_us) {
			text_print(text, " late %.3f ms", hops[i].late_by_us / 1000.0);
		}
	}
	text_put(text, slice_str(count ? "]" : "-]"));
}
