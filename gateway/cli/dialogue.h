/* What every command says to the gateway: register, join, ask and wait for the
 * answer, leave. Trouble is told on the standard error, once, where it is found. */
#ifndef UAV_CLI_DIALOGUE_H
#define UAV_CLI_DIALOGUE_H

#include "cli/connection.h"
#include "cli/options.h"
#include "cli/printer.h"

struct dialogue {
	const struct options *options;
	const struct printer *printer;
	struct credentials credentials;
	struct connection *connection;
	int wake_fd; /* readable: this side wants to end; -1 = none */
	bool woken;  /* it was */
	/* What comes while an answer is awaited and is not it; may be NULL. */
	void (*other)(void *ctx, const struct event *event);
	/* Before dialogue_next tells of trouble on the standard error; may be NULL. */
	void (*before_trouble)(void *ctx);
	void *ctx;
};

/* An error of this side, a sentence without its end. Returns CLI_TROUBLE. */
enum cli_exit dialogue_trouble(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Connects, registers, joins `scenario` (empty: none) and tells the position, if
 * one was given. `chosen`, which may be NULL, is called with the scenario joined.
 * CLI_DONE, or what went wrong. */
enum cli_exit dialogue_open(struct dialogue *dialogue, struct slice scenario,
			    enum presence_wish presence,
			    void (*chosen)(void *ctx, const struct scenario_entry *scenario));

/* Leaves in good order, if the connection still stands, and closes it. */
void dialogue_close(struct dialogue *dialogue);

/* The next event: CLI_DONE, or why there is none. A goodbye is told as trouble, and
 * is CLI_REFUSED; CLI_TIMED_OUT is not told. The kind is EVENT_COUNT when there is room to send, as
 * the connection was asked to tell, or when woken. */
enum cli_exit dialogue_next(struct dialogue *dialogue, uint64_t deadline_us, struct event *event);

/* The same for what connection_next has returned: for who must get ready before words are told on
 * the standard error. */
enum cli_exit dialogue_take(struct dialogue *dialogue, enum connection_status status,
			    struct event *event);

/* The answer to `ref`; an error is CLI_REFUSED and told, as what failed `doing`, unless it
 * answers something else. When woken, CLI_TROUBLE, and nothing is told. */
enum cli_exit dialogue_answer(struct dialogue *dialogue, uint32_t ref, const char *doing,
			      struct event *event);

/* A gateway has fewer drones, or scenarios: a list with more has no end. */
enum { DIALOGUE_LIST_MAX = 100000 };

/* Tells of that. Returns CLI_TROUBLE. */
enum cli_exit dialogue_endless(const struct dialogue *dialogue, const char *doing);

/* Waits for the list that answers `ref`, in as many frames as it takes: `frame` is called with
 * each, and returns whether there are more. As dialogue_answer otherwise; what is waited for all
 * frames counts against --timeout, not what `frame` takes. */
enum cli_exit dialogue_hear_list(struct dialogue *dialogue, uint32_t ref, const char *doing,
				 enum event_kind kind,
				 bool (*frame)(void *ctx, const struct event *event), void *ctx);

/* A list that is to be printed. */
struct dialogue_list {
	const char *doing;
	enum event_kind kind;		    /* of its frames */
	void (*begin)(struct table *table); /* the printer's */
	/* Gives a frame to the printer, and returns whether there are more. */
	bool (*frame)(const struct dialogue *dialogue, const struct event *event,
		      struct table *table, FILE *out);
};

/* Waits for the list that answers `ref`, and prints it; nothing at all if it is refused. */
enum cli_exit dialogue_print_list(struct dialogue *dialogue, uint32_t ref,
				  const struct dialogue_list *list, FILE *out);

/* Tells that an answer did not come in time. Returns CLI_TIMED_OUT. */
enum cli_exit dialogue_late(const struct dialogue *dialogue);

/* Prints an error event in a line: what failed, why, and what to do ("" or "; ..."). */
void dialogue_print_error(FILE *file, const char *doing, const struct event_error *error,
			  const char *advice);

/* Tells of an error event, and which option to look at. Returns CLI_REFUSED. */
enum cli_exit dialogue_refused(const char *doing, const struct event_error *error);

/* Tells of what client_* returned. Returns CLI_TROUBLE. */
enum cli_exit dialogue_unasked(const char *doing, int error);

/* When an answer to what is asked now is late. */
uint64_t dialogue_deadline(const struct dialogue *dialogue);

#endif
