#include "cli/command.h"
#include "cli/dialogue.h"

static void print_frame(const struct dialogue *dialogue, const struct event_drones *drones,
			FILE *out)
{
	struct slice own = slice_str(dialogue->options->id);

	for (size_t i = 0; i < drones->count; i++) {
		if (!slice_equal(drones->entries[i].drone_id, own)) {
			dialogue->printer->drone(out, &drones->entries[i]);
		}
	}
}

static enum cli_exit list(struct dialogue *dialogue, FILE *out)
{
	const char *doing = "list of drones";
	struct event event;
	uint32_t ref;
	int error = client_list_drones(&dialogue->connection->stream.client,
				       slice_str(dialogue->options->scenario), &ref);
	enum cli_exit status;
	bool more = true, first = true;

	if (error) {
		return dialogue_unasked(doing, error);
	}
	do {
		status = dialogue_answer(dialogue, ref, doing, &event);
		if (status == CLI_DONE && event.kind == EVENT_DRONES) {
			if (first) {
				dialogue->printer->drone_head(out);
			}
			print_frame(dialogue, &event.drones, out);
			first = false;
			more = event.drones.more;
		}
	} while (status == CLI_DONE && more);
	return status;
}

enum cli_exit who_run(const struct options *options, const struct printer *printer, FILE *out)
{
	struct dialogue dialogue = {.options = options, .printer = printer, .wake_fd = -1};
	enum cli_exit status = dialogue_open(&dialogue, slice_str(""), PRESENCE_WISH_NONE, NULL);

	if (status == CLI_DONE) {
		status = list(&dialogue, out);
	}
	dialogue_close(&dialogue);
	return status;
}
