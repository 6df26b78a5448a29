#include "cli/fate_log.h"

#include <inttypes.h>

void fate_log_head(FILE *file, bool lockstep)
{
	(void)fprintf(file,
		      "time_us,round,sender,target,number,size_bytes,outcome,reason,hops,source,"
		      "delay_us,snr_db,path_loss_db,distance_m%s\n",
		      lockstep ? "" : ",late_by_us");
}

/* Nine significant digits read back as the same float. */
static void print_float(FILE *file, bool known, float value)
{
	if (known) {
		(void)fprintf(file, ",%.9g", (double)value);
	} else {
		(void)fputc(',', file);
	}
}

void fate_log_line(FILE *file, bool lockstep, const char *sender, const struct fate *fate)
{
	(void)fprintf(file, "%" PRIu64 ",%" PRIu64 ",%s,%s,%" PRIu64 ",%" PRIu32 ",%s,%s,%" PRIu32,
		      fate->time_us, fate->round, sender, fate->target, fate->number, fate->size,
		      outcome_name(fate->outcome), reason_name(fate->reason), fate->hops);
	(void)fprintf(file, ",%s", fate->hops ? source_name(fate->source) : "");
	if (fate->has_delay) {
		(void)fprintf(file, ",%" PRIu64, fate->delay_us);
	} else {
		(void)fputc(',', file);
	}
	print_float(file, fate->has_link, fate->snr_db);
	print_float(file, fate->has_link, fate->path_loss_db);
	print_float(file, fate->has_link, fate->distance_m);
	if (!lockstep) {
		(void)fprintf(file, ",%" PRIu32, fate->late_by_us);
	}
	(void)fputc('\n', file);
}
