#include "settings/value.h"

#include "base/patterns.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "core/name.h"
#include "settings/report.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DESCRIBE_BYTES = 256 };

static void *member(const struct row *row, void *target)
{
	return (char *)target + row->offset;
}

uint64_t value_number(const struct row *row, const void *target)
{
	const char *at = (const char *)target + row->offset;
	uint64_t wide;
	uint32_t narrow;

	if (row->kind == VALUE_U64) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return narrow;
}

/* "a, b or c" of those that are supported. */
static void describe_choices(const struct choice *choices, char *text, size_t cap)
{
	size_t left = 0, at = 0;

	for (const struct choice *c = choices; c->name; c++) {
		left += !c->unsupported;
	}
	text[0] = '\0';
	for (const struct choice *c = choices; c->name && at < cap; c++) {
		int size;

		if (c->unsupported) {
			continue;
		}
		left--;
		size = snprintf(text + at, cap - at, "%s%s", c->name,
				left > 1    ? ", "
				: left == 1 ? " or "
					    : "");
		at += size > 0 ? (size_t)size : 0;
	}
}

void value_describe(const struct row *row, char *text, size_t cap)
{
	switch (row->kind) {
	case VALUE_U32:
	case VALUE_U64:
		(void)snprintf(text, cap, "a whole number from %" PRIu64 " to %" PRIu64, row->min,
			       row->max);
		break;
	case VALUE_CHOICE:
	case VALUE_SWITCH:
	case VALUE_WORD:
		describe_choices(row->choices, text, cap);
		break;
	case VALUE_NAME:
		(void)snprintf(text, cap, "1 to %d letters, digits, dots, underscores or hyphens",
			       NAME_MAX_BYTES);
		break;
	case VALUE_TEXT:
		(void)snprintf(text, cap,
			       "at most %" PRIu64 " bytes of UTF-8 without control characters",
			       row->max);
		break;
	case VALUE_ADDRESS:
		(void)snprintf(text, cap, "a numeric address and a port, or unix: and a path");
		break;
	case VALUE_PATH:
		(void)snprintf(text, cap,
			       "a file's path, from the folder of this file, of at most %" PRIu64
			       " bytes with it",
			       row->max);
		break;
	case VALUE_HOST:
		(void)snprintf(text, cap, "a DNS name or a numeric address, without a port");
		break;
	case VALUE_GLOBS:
		(void)snprintf(text, cap,
			       "patterns of ids (letters, digits, . _ - and * ? [a-z] [!a-z]), "
			       "commas or blanks between them");
		break;
	case VALUE_ORIGIN:
		(void)snprintf(text, cap,
			       "latitude (-90 to 90), longitude (-180 to 180), altitude in m "
			       "(-10000 to 100000)");
		break;
	case VALUE_CHANNEL:
		(void)snprintf(text, cap, "UTF-8 without control characters");
		break;
	case VALUE_INCLUDE:
		(void)snprintf(text, cap, "a path or a pattern of paths");
		break;
	}
}

const char *value_comment_hint(const char *text)
{
	for (; *text; text++) {
		if ((*text == ' ' || *text == '\t') && (text[1] == '#' || text[1] == ';')) {
			return "; a comment needs a line of its own";
		}
	}
	return "";
}

static int refuse(const struct row *row, const char *text, char *why, size_t cap)
{
	char allowed[DESCRIBE_BYTES];

	value_describe(row, allowed, sizeof(allowed));
	(void)snprintf(why, cap, "%s%s must be %s", text, text[strlen(text) - 1] == '?' ? "" : ";",
		       allowed);
	return -1;
}

static int parse_number(const struct row *row, const char *text, void *target, char *why,
			size_t cap)
{
	uint64_t value = 0;
	uint32_t narrow;

	if (!*text || strspn(text, "0123456789") != strlen(text)) {
		return refuse(row, "is not a whole number", why, cap);
	}
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		/* Past every maximum there is, so that it cannot wrap. */
		if (value <= UINT64_MAX / 100) {
			value = value * 10 + digit;
		}
	}
	if (value < row->min || value > row->max) {
		return refuse(row, value < row->min ? "is too small" : "is too large", why, cap);
	}
	if (row->kind == VALUE_U64) {
		memcpy(member(row, target), &value, sizeof(value));
	} else {
		narrow = (uint32_t)value;
		memcpy(member(row, target), &narrow, sizeof(narrow));
	}
	return 0;
}

static void store_choice(const struct row *row, const struct choice *choice, void *target)
{
	bool on = choice->value != 0;

	if (row->kind == VALUE_WORD) {
		memcpy(member(row, target), choice->name, strlen(choice->name) + 1);
	} else if (row->kind == VALUE_SWITCH) {
		memcpy(member(row, target), &on, sizeof(on));
	} else {
		memcpy(member(row, target), &choice->value, sizeof(choice->value));
	}
}

static int parse_choice(const struct row *row, const char *text, void *target, char *why,
			size_t cap)
{
	const struct choice *choice = row->choices;
	struct suggestion best = {0};
	char what[96] = "is not known";

	for (; choice->name && strcmp(choice->name, text) != 0; choice++) {
		if (!choice->unsupported) {
			suggest_consider(&best, slice_str(text), choice->name);
		}
	}
	if (!choice->name) {
		if (best.name) {
			(void)snprintf(what, sizeof(what), "is not known; did you mean %s?",
				       best.name);
		}
		return refuse(row, what, why, cap);
	}
	if (choice->unsupported) {
		return refuse(row, "is not supported yet", why, cap);
	}
	store_choice(row, choice, target);
	return 0;
}

static int parse_name(const struct row *row, const char *text, void *target, char *why, size_t cap)
{
	if (!name_valid(slice_str(text))) {
		return refuse(row, "is not a name", why, cap);
	}
	memcpy(member(row, target), text, strlen(text) + 1);
	return 0;
}

static int parse_text(const struct row *row, const char *text, void *target, char *why, size_t cap)
{
	if (strlen(text) > row->max) {
		return refuse(row, "is too long", why, cap);
	}
	if (!utf8_is_printable(slice_str(text))) {
		return refuse(row, "has bytes that are not text", why, cap);
	}
	memcpy(member(row, target), text, strlen(text) + 1);
	return 0;
}

static int parse_address(const struct row *row, const char *text, void *target, char *why,
			 size_t cap)
{
	struct address address;
	const char *reason = "";

	if (address_parse(text, &address, &reason) < 0) {
		(void)snprintf(why, cap, "is not an address: %s", reason);
		return -1;
	}
	memcpy(member(row, target), &address, sizeof(address));
	return 0;
}

/* 1 to 63 letters, digits and hyphens, no hyphen at either end (RFC 1123, 2.1). */
static bool is_label(const char *label, size_t size)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-";

	return size >= 1 && size <= 63 && strspn(label, allowed) >= size && label[0] != '-' &&
	       label[size - 1] != '-';
}

/* The last label is not a number: that would be an address with a slip in it. */
static bool is_dns_name(const char *text)
{
	size_t size = strcspn(text, ".");

	while (is_label(text, size) && text[size] == '.') {
		text += size + 1;
		size = strcspn(text, ".");
	}
	return is_label(text, size) && strspn(text, "0123456789") < size;
}

static int parse_host(const struct row *row, const char *text, void *target, char *why, size_t cap)
{
	struct in6_addr address;

	if (strlen(text) > row->max) {
		return refuse(row, "is too long", why, cap);
	}
	if (inet_pton(AF_INET, text, &address) != 1 && inet_pton(AF_INET6, text, &address) != 1 &&
	    !is_dns_name(text)) {
		return refuse(row, "is not a host", why, cap);
	}
	memcpy(member(row, target), text, strlen(text) + 1);
	return 0;
}

static int parse_path(const struct row *row, const char *text, void *target, char *why, size_t cap)
{
	if (text[0] != '/') {
		return refuse(row, "names no file", why, cap);
	}
	return parse_text(row, text, target, why, cap);
}

static int parse_globs(const struct row *row, const char *text, void *target, char *why, size_t cap)
{
	const char *wrong = patterns_wrong(text);
	char what[128];

	if (strlen(text) > row->max) {
		return refuse(row, "is too long", why, cap);
	}
	if (strspn(text, ", \t") == strlen(text)) {
		return refuse(row, "has no pattern (* is everyone)", why, cap);
	}
	if (wrong) {
		(void)snprintf(what, sizeof(what), "is wrong from its byte %zu on, %s",
			       (size_t)(wrong - text) + 1, quote(wrong).text);
		return refuse(row, what, why, cap);
	}
	memcpy(member(row, target), text, strlen(text) + 1);
	return 0;
}

/* A decimal number between blanks, then `end`. What stands behind, or NULL. */
static const char *parse_part(const char *text, char end, double limit_low, double limit_high,
			      double *value)
{
	char *rest;

	text += strspn(text, " \t");
	*value = strtod(text, &rest);
	/* strtod reads hexadecimal numbers too. Infinity and NaN fail the bounds. */
	if (rest == text || text[strcspn(text, "xX")] != '\0') {
		return NULL;
	}
	rest += strspn(rest, " \t");
	if (*rest != end || !(*value >= limit_low && *value <= limit_high)) {
		return NULL;
	}
	return end ? rest + 1 : rest;
}

static int parse_origin(const struct row *row, const char *text, void *target, char *why,
			size_t cap)
{
	struct scenario_config *scenario = target;
	double latitude = 0, longitude = 0, altitude = 0;

	text = parse_part(text, ',', -90, 90, &latitude);
	text = text ? parse_part(text, ',', -180, 180, &longitude) : NULL;
	text = text ? parse_part(text, '\0', -10000, 100000, &altitude) : NULL;
	if (!text) {
		return refuse(row, "is not a place", why, cap);
	}
	scenario->has_origin = true;
	scenario->origin_latitude_deg = latitude;
	scenario->origin_longitude_deg = longitude;
	scenario->origin_altitude_m = altitude;
	return 0;
}

int value_parse(const struct row *row, const char *text, void *target, char *why, size_t cap)
{
	switch (row->kind) {
	case VALUE_U32:
	case VALUE_U64:
		return parse_number(row, text, target, why, cap);
	case VALUE_CHOICE:
	case VALUE_SWITCH:
	case VALUE_WORD:
		return parse_choice(row, text, target, why, cap);
	case VALUE_NAME:
		return parse_name(row, text, target, why, cap);
	case VALUE_TEXT:
		return parse_text(row, text, target, why, cap);
	case VALUE_ADDRESS:
		return parse_address(row, text, target, why, cap);
	case VALUE_PATH:
		return parse_path(row, text, target, why, cap);
	case VALUE_HOST:
		return parse_host(row, text, target, why, cap);
	case VALUE_GLOBS:
		return parse_globs(row, text, target, why, cap);
	case VALUE_ORIGIN:
		return parse_origin(row, text, target, why, cap);
	case VALUE_CHANNEL:
	case VALUE_INCLUDE:
		break;
	}
	return refuse(row, "cannot stand here", why, cap);
}
