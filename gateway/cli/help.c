#include "cli/help.h"

static const char help_overview[] =
	"Usage: uav-drone COMMAND [OPTION]...\n"
	"A drone, or a ground station, on the command line.\n"
	"\n"
	"  who      show who is online\n"
	"  send     send messages and tell what became of them\n"
	"  listen   join a scenario and show what comes\n"
	"\n"
	"uav-drone COMMAND --help tells more. --version prints the version.\n";

static const char help_who[] =
	"Usage: uav-drone who [--scenario NAME] [OPTION]...\n"
	"Shows the drones online: id, callsign, kind, scenario, how long online, how long\n"
	"silent, position. This program's own entry is left out.\n"
	"\n"
	"  --scenario NAME        only members of this scenario\n";

static const char help_send[] =
	"Usage: uav-drone send --scenario NAME (--to ID | --everyone) [OPTION]...\n"
	"Joins the scenario, sends, and prints what became of the message at each target:\n"
	"outcome and reason, and for each hop delay, SNR, path loss and distance.\n"
	"\n"
	"  --scenario NAME        the scenario to join\n"
	"  --to ID                the target's drone_id\n"
	"  --everyone             all others in the scenario\n"
	"  --payload TEXT         what to send; without it and --file: standard input\n"
	"  --file FILE            send the file's bytes; - is standard input\n"
	"  --content-type TYPE    what the payload is, as a media type\n"
	"  --count N              send it N times [1]\n"
	"  --report[=WISH]        what to be told: all, failures or none [all]. With\n"
	"                         failures the exit code tells of those alone; with none of\n"
	"                         refusals alone\n";

static const char help_listen[] =
	"Usage: uav-drone listen --scenario NAME [OPTION]...\n"
	"Joins the scenario and prints messages and who comes and goes, until SIGINT,\n"
	"SIGTERM, or one of:\n"
	"\n"
	"  --scenario NAME        the scenario to join\n"
	"  --count N              end after N messages\n"
	"  --for SECONDS          end after this time\n";

static const char help_state[] =
	"  --position LAT,LON,ALT where this drone is: degrees (WGS 84) and metres; needs a\n"
	"                         scenario with an origin\n"
	"  --local E,N,U          the same in metres from the scenario's origin\n";

static const char help_common[] =
	"\n"
	"Options of every command:\n"
	"  --gateway HOST:PORT    [127.0.0.1:7600]; [ADDRESS]:PORT for IPv6\n"
	"  --id ID                this drone's id [cli-PROCESS]: 1 to 32 of A-Z a-z 0-9 . _ -\n"
	"  --callsign NAME        its name for people [the id]\n"
	"  --kind KIND            drone or ground-station [drone]\n"
	"  --timeout SECONDS      longest wait for the connection and for each answer [10];\n"
	"                         so long a gateway that does not listen yet is tried again\n"
	"  --json                 one JSON object a line\n"
	"  --help, --version\n"
	"\n"
	"Exit codes:\n"
	"  0  as asked; send: delivered to every target\n"
	"  1  wrong usage, or trouble on this side\n"
	"  2  cannot connect, or the connection was lost\n"
	"  3  refused by the gateway, or told goodbye; the reason is printed\n"
	"  4  send: not delivered intact to every target (lost, corrupted, offline, no\n"
	"     route, ...), or nobody to deliver to\n"
	"  5  no answer in time\n";

void help_print(FILE *out, enum command command)
{
	const char *text = help_overview;

	if (command) {
		text = command == COMMAND_WHO	 ? help_who
		       : command == COMMAND_SEND ? help_send
						 : help_listen;
	}
	(void)fputs(text, out);
	if (command == COMMAND_SEND || command == COMMAND_LISTEN) {
		(void)fputs(help_state, out);
	}
	if (command) {
		(void)fputs(help_common, out);
	}
}
