/* A timeline of faults: either it is read, or each mistake is told in words that can be shown, with
 * the line on which it stands. What is read keeps its bounds: it begins and ends, one time after
 * the other; whatever it does to a packet, the packet arrives after it was sent; no time is told
 * of that is over. */
#include <stdio.h>
#include <stdlib.h>

#include "faults/agenda.h"
#include "faults/timeline.h"
#include "told_mistakes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 16 * 1024, TAKEN_MAX = 1000 };

static int read_file(void *into, const char *path)
{
	return fault_file_read(path, into);
}

static void check_fault(const struct fault *fault)
{
	uint64_t now_us = 0;

	must(utf8_is_printable(slice_str(fault->text)) && *fault->text, "no text");
	must(fault->probability >= 0.0 && fault->probability <= 1.0, "no probability");
	for (int i = 0; i < 6 && now_us != FAULT_FOREVER; i++) {
		struct fault_phase phase = fault_phase_at(fault, now_us);

		must(phase.next_us > now_us, "a change that is over");
		must(!phase.active || phase.began_us <= now_us, "active before it began");
		must(!phase.active || fault_end_us(fault, &phase) > now_us, "active after its end");
		now_us = phase.next_us;
	}
}

static void check_agenda(const struct fault_list *list)
{
	struct agenda agenda;
	uint64_t due_us = 0;
	bool ends;

	must(agenda_init(&agenda, list) == 0, "memory is out");
	for (int i = 0; i < TAKEN_MAX; i++) {
		uint64_t next_us = agenda_due_us(&agenda);

		must(next_us >= due_us, "back in time");
		due_us = next_us;
		must((agenda_take(&agenda, due_us, &ends) != NULL) == (due_us != FAULT_FOREVER),
		     "what is due is not there");
	}
	agenda_fini(&agenda);
}

static uint64_t no_clock(void)
{
	return 0;
}

static void check_packets(struct fault_list *list)
{
	const struct hash_key key = {1, 2};
	const struct draw_subject subject = {slice_str("field"), slice_str("uav1"),
					     slice_str("uav1"), slice_str("uav2"), 1};
	struct timeline timeline;

	timeline_init(&timeline, list, &key, no_clock);
	(void)timeline_meet(&timeline, 0);
	for (size_t i = 0; i < list->count; i++) {
		uint64_t at_us = list->at[i].at_us;
		struct fault_verdict verdict =
			timeline_judge(&timeline, at_us, &subject, 10, 800, 100);
		struct fault_answer answer = timeline_answer(&timeline, at_us, &subject);

		must(verdict.delay_us >= 800, "arrives before it could");
		must(verdict.valid_for_us <= 100, "more valid than the channel says");
		must(verdict.turned_bits <= 80 && verdict.first_bit < 80, "bits beyond the end");
		must(fault_lie_name(answer.lie) != NULL, "no lie");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault_list list;

	if (size > TEXT_MAX) {
		return 0;
	}
	check_reading(read_file, &list, "a.faults", slice_of(data, size));
	for (size_t i = 0; i < list.count; i++) {
		check_fault(&list.at[i]);
	}
	check_agenda(&list);
	check_packets(&list);
	fault_list_fini(&list);
	return 0;
}
