/* The log of a radio on board, as CSV: where it was, what was sent with which power, and how
 * strong it was received at the other end of the link. Two kinds are told apart by the columns
 * that their first line names; others may stand between them.
 *
 * OpenTX (and EdgeTX) telemetry: `GPS` ("latitude longitude", degrees) and `1RSS(dB)`; as well
 * `2RSS(dB)` (a second antenna: the stronger of both counts), `TPWR(mW)`, `Alt(m)`, `Time`. The
 * strength is that of the way up: the radio of the ground station sends with `TPWR`, the aircraft
 * hears it with `1RSS`. Either sign means dBm under 0. The ground station is taken to be where
 * the first fix is, and so high as it says.
 *
 * Plain: `rssi_dbm`, and `distance_m` or `east_m` and `north_m` (and `up_m`) from the other end; as
 * well `tx_power_dbm`, `time_s`. */
#ifndef SIM_FIT_RADIO_LOG_H
#define SIM_FIT_RADIO_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { RADIO_LOG_ROWS_MAX = 1000000 };

struct radio_sample {
	double time_s;		       /* from the first row; NAN: not told */
	double east_m, north_m, up_m;  /* from the other end; of distance_m alone, all east */
	double distance_m;	       /* straight */
	double tx_power_dbm, rssi_dbm; /* tx_power_dbm: NAN when the log has none */
};

struct radio_log {
	struct radio_sample *samples; /* of the rows that have all of it, in their order */
	size_t count, cap;
	size_t rows;	    /* below the first line */
	size_t no_position; /* rows left out: without a fix */
	size_t no_strength; /* without a strength, or without the power of the sender */
	size_t malformed;   /* with something that is no such value; each was told */
	bool opentx;
	bool has_tx_power, has_height, has_track; /* has_track: not distances alone */
};

/* Reads the log and tells its mistakes on `errors`, "PROGRAM: NAME:LINE: what is wrong", at most
 * eight of them and how many more there are. Rows with one are left out. 0, or -1 when there is no
 * log in it, which has been told. Either way radio_log_free. */
int radio_log_read(struct radio_log *log, FILE *file, const char *name, FILE *errors)
	__attribute__((warn_unused_result));
void radio_log_free(struct radio_log *log);

/* One plain log, which radio_log_read reads again: its first line, and a row. */
void radio_log_write_head(FILE *out);
void radio_log_write(FILE *out, const struct radio_sample *sample);

#endif
