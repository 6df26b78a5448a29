#include "cli/command.h"
#include "cli/dialogue.h"
#include "cli/wait.h"

static bool print_frame(const struct dialogue *dialogue, const struct event *event,
			struct table *table, FILE *out)
{
	struct slice own = slice_str(dialogue->options->id);

	for (size_t i = 0; i < event->drones.count; i++) {
		if (!slice_equal(event->drones.entries[i].drone_id, own)) {
			dialogue->printer->drone(out, table, &event->drones.entries[i]);
		}
	}
	return event->drones.more;
}

static enum cli_exit list(struct dialogue *dialogue, FILE *out)
{
	const struct dialogue_list drones = {"list of drones", EVENT_DRONES,
					     dialogue->printer->drones_begin, print_frame};
	uint32_t ref;
	int error = client_list_drones(&dialogue->connection->stream.client,
				       slice_str(dialogue->options->scenario), &ref);

	return error ? dialogue_unasked(drones.doing, error)
		     : dialogue_print_list(dialogue, ref, &drones, out);
}

enum cli_exit who_run(const struct options *options, const struct printer *printer, FILE *out)
{
	struct dialogue dialogue = {.options = options, .printer = printer, .wake_fd = -1};
	enum cli_exit status = dialogue_open(&dialogue, slice_str(""), PRESENCE_WISH_NONE, NULL);

	if (status == CLI_DONE && options->wait) {
		status = wait_for_drone(&dialogue, options->wait_for);
	}
	if (status == CLI_DONE) {
		status = list(&dialogue, out);
	}
	dialogue_close(&dialogue);
	return status;
}
