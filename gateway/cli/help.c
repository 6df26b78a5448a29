#include "cli/help.h"

static const char help_overview[] =
	"Usage: uav-drone COMMAND [OPTION]...\n"
	"A drone, or a ground station, on the command line.\n"
	"\n"
	"  who        show who is online\n"
	"  scenarios  show the scenarios: which can be joined, and why others cannot\n"
	"  send       send messages and tell what became of them\n"
	"  listen     join a scenario and show what comes\n"
	"  swarm      fly many drones and tell what became of their messages\n"
	"  top        show live who sends how much, and how much of it arrives\n"
	"  console    talk and listen at a terminal, line by line\n"
	"\n"
	"uav-drone COMMAND --help tells more. --version prints the version.\n";

static const char help_who[] =
	"Usage: uav-drone who [--scenario NAME] [OPTION]...\n"
	"Shows the drones online: id, callsign, kind, scenario, how long online, how\n"
	"long silent, position. This program's own entry is left out.\n"
	"\n"
	"  --scenario NAME        only members of this scenario\n"
	"  --wait ID              first wait until this drone is online, and in the\n"
	"                         scenario if one is named and that is available; at\n"
	"                         most --timeout\n";

static const char help_scenarios[] =
	"Usage: uav-drone scenarios [OPTION]...\n"
	"Shows the gateway's scenarios: name, topology, hub of a star, drones in it and\n"
	"the most there may be, whether the channel simulator has accepted it,\n"
	"description. Below one that is not available: why not. This program does not\n"
	"count itself.\n";

static const char help_send[] =
	"Usage: uav-drone send --scenario NAME (--to ID | --group NAME | --everyone)\n"
	"                      [OPTION]...\n"
	"Joins the scenario, sends, and prints what became of the message at each\n"
	"target: outcome and reason, and for each hop delay, SNR, path loss and\n"
	"distance.\n"
	"\n"
	"  --scenario NAME        the scenario to join\n"
	"  --to ID                the target's drone_id\n"
	"  --group NAME           all others in the group; this drone need not be in it\n"
	"  --everyone             all others in the scenario\n"
	"  --payload TEXT         what to send; without it and --file: standard input\n"
	"  --file FILE            send the file's bytes; - is standard input\n"
	"  --content-type TYPE    what the payload is, as a media type\n"
	"  --count N              send it N times [1]\n"
	"  --wait                 first wait until the target, or for a group or\n"
	"                         everyone anybody else, is in the scenario, and that is\n"
	"                         available; at most --timeout\n"
	"  --report[=WISH]        what to be told: all, failures or none [all]. With\n"
	"                         failures the exit code tells of those alone; with none\n"
	"                         of refusals alone\n";

static const char help_listen[] =
	"Usage: uav-drone listen --scenario NAME [OPTION]...\n"
	"Joins the scenario and prints messages, who comes and goes anywhere, and what\n"
	"becomes of the scenario, until SIGINT, SIGTERM, or one of:\n"
	"\n"
	"  --count N              end after N messages\n"
	"  --for SECONDS          end after this time; with --count, exit code 5 if\n"
	"                         fewer came\n"
	"\n"
	"  --scenario NAME        the scenario to join; uav-drone scenarios lists them\n"
	"  --group NAME           join this group too; may stand several times\n";

static const char help_swarm[] =
	"Usage: uav-drone swarm --scenario NAME [OPTION]...\n"
	"Flies many drones in one process. They join the scenario, move, and send\n"
	"messages; at the end a table tells what became of these: outcomes, reasons,\n"
	"delay, SNR.\n"
	"\n"
	"  --scenario NAME        the scenario to join\n"
	"  --count N              how many drones [10]\n"
	"  --pattern NAME         how they fly, around the scenario's origin [circle]:\n"
	"                         circle  evenly on a circle, counter-clockwise\n"
	"                         grid    a square of side 2 R; east and west together\n"
	"                         line    2 R from west to east; north and south\n"
	"                                 together\n"
	"                         random  each from point to point in a disc, at heights\n"
	"                                 between H / 2 and 3 H / 2\n"
	"                         hover   evenly over a disc, standing still\n"
	"  --radius R             metres [100]\n"
	"  --height H             metres above the origin [50]\n"
	"  --speed V              metres a second [10]\n"
	"  --track FILE           fly flight logs instead: CSV with a header line and\n"
	"                         columns for time, drone, latitude, longitude,\n"
	"                         altitude. Each drone of the file is one of the swarm\n"
	"  --columns NAMES        what these columns are called:\n"
	"                         time=NAME,drone=NAME,... [usual names]. Time is in\n"
	"                         seconds, unless the name ends in _ms or _us\n"
	"  --speed-up X           fly X times as fast as the clock [1]\n"
	"  --to TARGET            random (another drone for each message), next (the one\n"
	"                         behind), everyone, hub, or a drone's id [random]\n"
	"  --rate HZ              messages a second, of each drone [1]\n"
	"  --size BYTES           of each payload [100]\n"
	"  --state-rate HZ        positions a second, of each drone; 0: only at the\n"
	"                         start [5]\n"
	"  --duration SECONDS     how long they send [10; the length of the logs]\n"
	"  --seed N               of targets, payloads and the random pattern [1]\n"
	"  --prefix NAME          ids are NAME-001, NAME-002, ...; with --track NAME and\n"
	"                         the drone's name in the file [swarm]\n"
	"  --hub ID               one drone more, a ground station with this id: the hub\n"
	"                         that a star needs. It stands at the scenario's origin,\n"
	"                         or where --position or --local puts it: near the\n"
	"                         flights of --track\n"
	"  --lockstep             in rounds, as fast as it goes: every drone's position\n"
	"                         is acknowledged, then every drone sends, and every\n"
	"                         report is awaited. The same seed gives the same table\n"
	"                         and log\n"
	"  --log FILE             write a CSV line for each message and target\n"
	"\n"
	"Rates and durations are in flight time. SIGINT ends the flight: what is on its\n"
	"way is waited for, and the table printed.\n";

static const char help_top[] =
	"Usage: uav-drone top [--scenario NAME] [OPTION]...\n"
	"Shows the drones online, again and again: messages a second sent and received,\n"
	"how much of what they sent was delivered unharmed (since the table before, and\n"
	"since they entered their scenario), the SNR of what they heard last, how long\n"
	"silent and online. This program is in no scenario, and its own entry is left\n"
	"out.\n"
	"\n"
	"  --scenario NAME        only members of this scenario\n"
	"  --interval SECONDS     between two tables [1]\n"
	"  --sort COLUMN          drone, sent, received, delivered, all, snr, idle,\n"
	"                         online or scenario, numbers with the largest first;\n"
	"                         -COLUMN the other way round [drone]\n"
	"  --count N              end after N tables\n"
	"  --once                 the same as --count 1\n"
	"\n"
	"On a terminal it fills the screen, unless --count, --once or --json is given.\n"
	"Keys: q ends, s sorts by the next column, r the other way round, p pauses.\n"
	"Elsewhere tables stand below each other, the first after one interval.\n"
	"With --json each is an object.\n";

static const char help_console[] =
	"Usage: uav-drone console [--scenario NAME] [OPTION]...\n"
	"Shows what comes and sends what is typed, until quit, Ctrl-D or SIGTERM. At a\n"
	"terminal lines can be edited, Tab completes commands and names, and what was\n"
	"typed is remembered. Else lines are read one after the other, each when what\n"
	"the one before it asked for is answered; the exit code tells of all of them.\n"
	"\n"
	"  who [SCENARIO], scenarios, scenario NAME, rename NAME, to NAME TEXT,\n"
	"  all TEXT, group NAME TEXT, join GROUP, leave GROUP, move EAST NORTH UP,\n"
	"  move geo LAT LON ALT, send-file NAME PATH, ping, help, quit; any other line\n"
	"  goes to everyone. NAME is an id or a callsign, in \"\" if it has blanks.\n"
	"  to|NAME|TEXT, rename|NAME ... are the same.\n"
	"\n"
	"  --scenario NAME        join it at once\n"
	"  --group NAME           join this group too; may stand several times\n"
	"  --save FOLDER          keep the files that others send, never over another\n"
	"  --piece-size BYTES     of files that are sent [4096]\n"
	"  --no-history           remember nothing of what is typed\n";

static const char help_state[] =
	"  --position LAT,LON,ALT where this drone is: degrees (WGS 84) and metres;\n"
	"                         needs a scenario with an origin\n"
	"  --local E,N,U          the same in metres from the scenario's origin\n";

static const char help_common[] =
	"\n"
	"Options of every command:\n"
	"  --gateway HOST:PORT    [the environment's UAV_GATEWAY, or 127.0.0.1:7600];\n"
	"                         [ADDRESS]:PORT for IPv6, unix:PATH for a Unix socket\n"
	"  --secret-file FILE     this drone's secret, for a gateway that asks for one:\n"
	"                         the secret alone, or lines \"ID SECRET\"; nobody but its\n"
	"                         owner may read it. Without it: the environment's\n"
	"                         UAV_SECRET\n"
	"  --tls-ca FILE          speak TLS with a gateway whose certificate this CA has\n"
	"                         signed (PEM)\n"
	"  --tls-cert FILE, --tls-key FILE\n"
	"                         this drone's certificate and the key to it, for a\n"
	"                         gateway that asks for them; {id} in them stands for\n"
	"                         the drone's id\n"
	"  --tls-name NAME        for whom the gateway's certificate must be [the HOST]\n"
	"  --timeout SECONDS      longest wait for the connection and for each answer\n"
	"                         [10]; so long a gateway that does not listen yet is\n"
	"                         tried again\n"
	"  --json                 one JSON object a line\n"
	"  --help (or -h), --version\n"
	"Of every command but swarm:\n"
	"  --id ID                this drone's id: 1 to 32 of A-Z a-z 0-9 . _ -\n"
	"                         [cli-PROCESS]\n"
	"  --callsign NAME        its name for people [the id]\n"
	"  --kind KIND            drone or ground-station [drone]\n"
	"\n"
	"Exit codes:\n"
	"  0  as asked; send: delivered to every target\n"
	"  1  wrong usage, or trouble on this side\n"
	"  2  cannot connect, or the connection was lost\n"
	"  3  refused by the gateway, or told goodbye; the reason is printed\n"
	"  4  send: not delivered intact to every target (lost, corrupted, offline, no\n"
	"     route, ...), or nobody to deliver to; swarm: the accounts do not close: a\n"
	"     message has no report, or an odd one. A swarm's losses are no failure\n"
	"  5  not in time: no answer, --wait in vain, or fewer messages within --for\n"
	"     than listen --count\n";

void help_print(FILE *out, enum command command)
{
	const char *text = help_overview;

	switch (command) {
	case COMMAND_NONE:
		break;
	case COMMAND_WHO:
		text = help_who;
		break;
	case COMMAND_SCENARIOS:
		text = help_scenarios;
		break;
	case COMMAND_SEND:
		text = help_send;
		break;
	case COMMAND_LISTEN:
		text = help_listen;
		break;
	case COMMAND_SWARM:
		text = help_swarm;
		break;
	case COMMAND_TOP:
		text = help_top;
		break;
	case COMMAND_CONSOLE:
		text = help_console;
		break;
	}
	(void)fputs(text, out);
	if (command == COMMAND_SEND || command == COMMAND_LISTEN || command == COMMAND_CONSOLE) {
		(void)fputs(help_state, out);
	}
	if (command) {
		(void)fputs(help_common, out);
	}
}
