#include "plot/script.h"

#include <math.h>

#include "models/modulation.h"
#include "models/parameters.h"
#include "models/text.h"

/* --------------------------------------------------------------- branches */

/* One of the ways in which a link may be: the channel with `los` said. */
struct branch {
	struct channel channel;
	const char *name; /* of the data; "" where there is one */
	const char *dash; /* gnuplot's */
};

enum { BRANCHES_MAX = 2 };

/* A packet error rate beyond which a link is of little use. */
#define EDGE 0.1

enum { GIVEN_BYTES = 60 };  /* of parameters, from which on no more are shown */
enum { MIDDLE_HEIGHT = 2 }; /* of the modulations, 100 m */

static size_t branches_of(const struct channel *channel, struct branch branches[BRANCHES_MAX])
{
	static const struct branch both[BRANCHES_MAX] = {{.name = "los", .dash = "1"},
							 {.name = "nlos", .dash = "(8,5)"}};
	static const uint32_t los[BRANCHES_MAX] = {LOS_ALWAYS, LOS_NEVER};
	size_t count = 0;

	if (!channel->model->line_of_sight) {
		branches[0] = (struct branch){*channel, "", "1"};
		return 1;
	}
	for (size_t i = 0; i < BRANCHES_MAX; i++) {
		if (channel->settings.los == LOS_AUTO || channel->settings.los == los[i]) {
			branches[count] = both[i];
			branches[count].channel = *channel;
			branches[count++].channel.settings.los = los[i];
		}
	}
	return count;
}

/* ------------------------------------------------------------------- data */

/* A block of data of each curve, "$loss_HEIGHT_BRANCH": distance, path loss, packet error rate in
 * percent, probability of line of sight in percent. */
static void write_points(const struct sounding_point points[SOUNDING_POINTS], FILE *out)
{
	for (size_t i = 0; i < SOUNDING_POINTS; i++) {
		(void)fprintf(out, "%.5g %.2f %.3f %.2f\n", points[i].distance_m,
			      points[i].path_loss_db, 100.0 * points[i].packet_error_rate,
			      100.0 * points[i].line_of_sight);
	}
}

static void write_curve(const char *kind, size_t first, size_t second,
			const struct channel *channel, double height_m, FILE *out)
{
	struct sounding_point points[SOUNDING_POINTS];

	sounding_curve(channel, height_m, points);
	(void)fprintf(out, "$%s_%zu_%zu << END\n", kind, first, second);
	write_points(points, out);
	(void)fputs("END\n", out);
}

/* Columns are log10 of the distance: pixels of an image are of one size. Where one packet in ten
 * is lost, if that is on the map, is found by gnuplot as the contour $edge; then true. */
static bool write_map(const struct channel *channel, FILE *out)
{
	double least = 1.0, most = 0.0;

	(void)fputs("$map << END\n", out);
	for (size_t row = 0; row < SOUNDING_ROWS; row++) {
		for (size_t column = 0; column < SOUNDING_COLUMNS; column++) {
			struct sounding_point cell;
			double height_m;

			sounding_cell(channel, column, row, &cell, &height_m);
			least = fmin(least, cell.packet_error_rate);
			most = fmax(most, cell.packet_error_rate);
			(void)fprintf(out, "%.5f %.2f %.1f %.3f\n", log10(cell.distance_m),
				      height_m, cell.path_loss_db, 100.0 * cell.packet_error_rate);
		}
		(void)fputc('\n', out);
	}
	(void)fputs("END\n", out);
	if (least < EDGE && most > EDGE) {
		(void)fprintf(out,
			      "set contour base\nset cntrparam levels discrete %.0f\n"
			      "unset surface\nset table $edge\nsplot $map using 1:2:4 with lines\n"
			      "unset table\nunset contour\nset surface\n",
			      100.0 * EDGE);
		return true;
	}
	return false;
}

void script_write_data(const struct channel *channel, FILE *out)
{
	struct branch branches[BRANCHES_MAX];
	size_t count = branches_of(channel, branches);

	(void)fputs("height_m,distance_m,line_of_sight,path_loss_db,packet_error_rate,"
		    "line_of_sight_probability\n",
		    out);
	for (size_t i = 0; i < SOUNDING_HEIGHTS * count; i++) {
		struct sounding_point points[SOUNDING_POINTS];
		double height_m = sounding_height_m(i / count);

		sounding_curve(&branches[i % count].channel, height_m, points);
		for (size_t at = 0; at < SOUNDING_POINTS; at++) {
			(void)fprintf(out, "%.12g,%.6g,%s,%.3f,%.6g,%.6g\n", height_m,
				      points[at].distance_m, branches[i % count].name,
				      points[at].path_loss_db, points[at].packet_error_rate,
				      points[at].line_of_sight);
		}
	}
}

/* ------------------------------------------------------------------ frame */

/* From the lowest to the highest, told apart by those who see few colours too (Okabe and Ito, Color
 * Universal Design, 2008), and of modulations. */
static const char *const colours[] = {"#D55E00", "#E69F00", "#009E73", "#0072B2"};

static const char frame[] =
	"set terminal svg size 1000,860 font 'Arial,Helvetica,sans-serif,14' background 'white'\n"
	"set multiplot\n"
	"set border 3 linecolor '#555555'\n"
	"set tics nomirror textcolor '#222222' font ',13'\n"
	"set grid linecolor '#DDDDDD' linetype 1 linewidth 1\n"
	"unset key\n"
	"set tmargin 0; set bmargin 0; set lmargin 0; set rmargin 0\n";

static const char axis_distance[] =
	"set logscale x\n"
	"set xrange [9.95:20000]\n"
	"set xtics ('10 m' 10, '30 m' 30, '100 m' 100, '300 m' 300, '1 km' 1000, '3 km' 3000, "
	"'' 10000, '20 km' 20000)\n"
	"set xlabel 'distance along the ground' offset 0,0.3\n";

static const char axis_log_distance[] =
	"unset logscale x\n"
	"set xrange [1:log10(20000)]\n"
	"set xtics ('10 m' 1, '30 m' log10(30), '100 m' 2, '300 m' log10(300), '1 km' 3, "
	"'3 km' log10(3000), '' 4, '20 km' log10(20000))\n";

struct place {
	double left, right, bottom, top;
};

static void begin_panel(const struct place *place, const char *title, FILE *out)
{
	(void)fprintf(out,
		      "set lmargin at screen %.4f; set rmargin at screen %.4f\n"
		      "set bmargin at screen %.4f; set tmargin at screen %.4f\n"
		      "set title '{/:Bold %s}' offset 0,-0.4 font ',15'\n",
		      place->left, place->right, place->bottom, place->top, title);
}

/* Words of a command line in a string of gnuplot, without what it would take for markup. */
static void add_word(struct text *text, struct slice word)
{
	for (size_t i = 0; i < word.size; i++) {
		char c = (char)word.data[i];

		if (c == '_') {
			text_add(text, "\\\\_");
		} else if (c >= ' ' && c <= '~' && !strchr("\"'\\{}@&~^`$%", c)) {
			text_add(text, (char[]){c, '\0'});
		}
	}
}

/* As many of them as there is room for beside the title. */
static void write_given(const struct parameter *given, size_t count, FILE *out)
{
	char room[256];
	size_t shown = 0;
	struct text text = text_in(room, sizeof(room));

	for (; shown < count && text.size < GIVEN_BYTES; shown++) {
		text_add(&text, shown ? ", " : "with ");
		add_word(&text, given[shown].key);
		text_add(&text, " = ");
		add_word(&text, given[shown].value);
	}
	if (shown) {
		(void)fprintf(out, "set label 3 \"%s%s\" at screen 0.98,0.972 right\n", room,
			      shown < count ? " ..." : "");
	}
}

/* "1 Mbit/s", "125 kHz". */
static void write_rate(double rate, const char *unit, FILE *out)
{
	static const char *const prefixes[] = {"", "k", "M", "G"};
	size_t prefix = 0;

	while (rate >= 1e3 && prefix < 3) {
		rate /= 1e3;
		prefix++;
	}
	(void)fprintf(out, "%.4g %s%s", rate, prefixes[prefix], unit);
}

static void write_titles(const struct channel *channel, const struct parameter *given, size_t count,
			 FILE *out)
{
	const struct model_settings *settings = &channel->settings;
	const char *modulation = modulation_at(settings->modulation)->name;

	(void)fprintf(out, "set label 1 '{/:Bold %s}' at screen 0.02,0.972 left font ',22'\n",
		      channel->model->name);
	(void)fputs("set label 2 '", out);
	write_rate(settings->frequency_hz, "Hz", out);
	(void)fprintf(out, ", %.4g dBm, %s at ", settings->tx_power_dbm, modulation);
	write_rate(settings->bitrate_bps, "bit/s", out);
	(void)fputs(" in ", out);
	write_rate(settings->bandwidth_hz, "Hz", out);
	(void)fprintf(out,
		      ", packets of %d bytes, to a ground station. Mean values: no shadowing, no "
		      "fading.' at screen 0.02,0.938 left\n",
		      SOUNDING_PAYLOAD_BYTES);
	write_given(given, count, out);
}

/* ----------------------------------------------------------------- legend */

#define STROKE 0.034

#define COLOUR_OF_EDGE "#000000"

static void write_stroke(double x, double y, const char *colour, const char *dash, double width,
			 FILE *out)
{
	(void)fprintf(out,
		      "set arrow from screen %.4f,%.4f to screen %.4f,%.4f nohead linewidth %.1f "
		      "dashtype %s linecolor '%s'\n",
		      x, y, x + STROKE, y, width, dash, colour);
}

/* A stroke and its word, of a legend that lies outside of all panels. */
static double write_entry(double x, const char *colour, const char *dash, double width,
			  const char *word, FILE *out)
{
	static const double y = 0.897, letter = 0.0079;

	write_stroke(x, y, colour, dash, width, out);
	(void)fprintf(out, "set label '%s' at screen %.4f,%.4f left\n", word, x + STROKE + 0.008,
		      y);
	return x + STROKE + 0.026 + letter * (double)strlen(word);
}

static void write_legend(const struct branch *branches, size_t count, bool edge, FILE *out)
{
	/* gnuplot 5.4 draws a stroke of the same colour and width with the dashes of the last. */
	static const char *const shades[BRANCHES_MAX] = {"#444444", "#454545"};
	char word[32];
	double x = 0.02;

	for (size_t i = 0; i < SOUNDING_HEIGHTS; i++) {
		(void)snprintf(word, sizeof(word), "%.0f m up", sounding_height_m(i));
		x = write_entry(x, colours[i], "1", 2.5, word, out);
	}
	for (size_t i = 0; i < count && branches[0].name[0]; i++) {
		(void)snprintf(word, sizeof(word), "%s",
			       branches[i].name[0] == 'n' ? "NLOS" : "LOS");
		x = write_entry(x, shades[i], branches[i].dash, 2.0, word, out);
	}
	x = write_entry(x, "#999999", "(2,4)", 2.5, "free space", out);
	if (edge) {
		(void)write_entry(x, COLOUR_OF_EDGE, "1", 2.5, "10 % lost", out);
	}
}

/* ----------------------------------------------------------------- panels */

static const struct place at_loss = {0.07, 0.475, 0.55, 0.84};
static const struct place at_error = {0.575, 0.975, 0.55, 0.84};
static const struct place at_map = {0.07, 0.415, 0.075, 0.405};
static const struct place at_last = {0.575, 0.975, 0.075, 0.405};
/* The same with room for a legend below, which no curve runs through. */
static const struct place at_modulations = {0.575, 0.975, 0.14, 0.405};

/* Free space and every branch at every height, `column` of the data. */
static void plot_curves(size_t count, const struct branch *branches, int column, FILE *out)
{
	(void)fprintf(out,
		      "plot $free_0_0 using 1:%d with lines linewidth 2.5 dashtype (2,4) "
		      "linecolor '#999999'",
		      column);
	for (size_t i = 0; i < SOUNDING_HEIGHTS * count; i++) {
		(void)fprintf(out,
			      ", \\\n $loss_%zu_%zu using 1:%d with lines linewidth 2 dashtype %s "
			      "linecolor '%s'",
			      i / count, i % count, column, branches[i % count].dash,
			      colours[i / count]);
	}
	(void)fputc('\n', out);
}

static void plot_loss(const struct branch *branches, size_t count, FILE *out)
{
	begin_panel(&at_loss, "Path loss", out);
	(void)fputs(axis_distance, out);
	(void)fputs("set yrange [40:180]\nset ytics 20\nset ylabel 'path loss, dB' offset 1.2,0\n",
		    out);
	plot_curves(count, branches, 2, out);
	(void)fputs("unset label\nunset arrow\n", out);
}

static void plot_errors(const struct branch *branches, size_t count, FILE *out)
{
	begin_panel(&at_error, "Packet error rate", out);
	(void)fputs("set yrange [0:100]\nset ytics 20\nset ylabel 'packets lost, %' offset 1.2,0\n",
		    out);
	plot_curves(count, branches, 3, out);
}

static void plot_map(const struct channel *channel, bool edge, FILE *out)
{
	bool both = channel->model->line_of_sight && channel->settings.los == LOS_AUTO;

	begin_panel(&at_map,
		    both ? "Path loss of the likelier branch"
			 : "Path loss over distance and height",
		    out);
	(void)fputs(axis_log_distance, out);
	(void)fputs("set yrange [0:300]\nset ytics 50\nset ylabel 'height, m' offset 1.2,0\n"
		    "unset grid\n"
		    "set palette defined (0 '#FFFFD9', 1 '#EDF8B1', 2 '#C7E9B4', 3 '#7FCDBB', "
		    "4 '#41B6C4', 5 '#1D91C0', 6 '#225EA8', 7 '#253494', 8 '#081D58')\n"
		    "set palette maxcolors 14\n"
		    "set cbrange [40:180]\nset cbtics 20 font ',13'\nset format cb '%g dB'\n"
		    "set colorbox user origin screen 0.426,0.075 size screen 0.014,0.33\n"
		    "plot $map using 1:2:3 with image",
		    out);
	(void)fputs(edge ? ", \\\n $edge using 1:2 with lines linewidth 5 linecolor '#FFFFFF', \\\n"
			   " $edge using 1:2 with lines linewidth 2.5 linecolor '" COLOUR_OF_EDGE
			   "'\n"
			 : "\n",
		    out);
	(void)fputs("unset colorbox\nset grid linecolor '#DDDDDD' linetype 1 linewidth 1\n", out);
}

/* Each as fast as the bandwidth lets it be; BPSK and QPSK would be one curve at one bit rate. */
static void write_modulations(const struct channel *channel, FILE *out)
{
	const struct modulation *modulation;

	for (size_t i = 0; (modulation = modulation_at(i)); i++) {
		struct channel faster = *channel;

		faster.settings.modulation = (uint32_t)i;
		faster.settings.bitrate_bps =
			channel->settings.bandwidth_hz * (double)modulation->bits_per_symbol;
		write_curve("modulation", i, 0, &faster, sounding_height_m(MIDDLE_HEIGHT), out);
	}
}

static void plot_modulations(const struct channel *channel, FILE *out)
{
	static const char *const shades[] = {"#1B1B1B", "#7B3294", "#C2539B", "#F0A6C8"};
	const struct modulation *modulation;

	begin_panel(&at_modulations, "Packet error rate by modulation, 100 m up", out);
	(void)fputs(axis_distance, out);
	(void)fputs("set yrange [0:100]\nset ytics 20\nset ylabel 'packets lost, %' offset 1.2,0\n",
		    out);
	for (size_t i = 0; (modulation = modulation_at(i)); i++) {
		double x = i % 2 ? 0.79 : 0.585, y = i / 2 % 2 ? 0.018 : 0.044;

		write_stroke(x, y, shades[i % 4], "1", 2.0, out);
		(void)fprintf(out, "set label '%s, ", modulation->name);
		write_rate(channel->settings.bandwidth_hz * (double)modulation->bits_per_symbol,
			   "bit/s", out);
		(void)fprintf(out, "' at screen %.4f,%.4f left\n", x + STROKE + 0.008, y);
	}
	for (size_t i = 0; modulation_at(i); i++) {
		(void)fprintf(out,
			      "%s$modulation_%zu_0 using 1:3 with lines linewidth 2 linecolor '%s'",
			      i ? ", \\\n " : "plot ", i, shades[i % 4]);
	}
	(void)fputs("\nunset label\nunset arrow\n", out);
}

static void plot_sight(FILE *out)
{
	begin_panel(&at_last, "Probability of line of sight", out);
	(void)fputs(axis_distance, out);
	(void)fputs(
		"set yrange [0:100]\nset ytics 20\nset ylabel 'probability, %' offset 1.2,0\nplot ",
		out);
	for (size_t i = 0; i < SOUNDING_HEIGHTS; i++) {
		(void)fprintf(out, "%s$loss_%zu_0 using 1:4 with lines linewidth 2 linecolor '%s'",
			      i ? ", \\\n " : "", i, colours[i]);
	}
	(void)fputc('\n', out);
}

void script_write(const struct channel *channel, const struct parameter *given, size_t count,
		  FILE *out)
{
	struct channel free_space = {.model = model_find(slice_str("free-space")),
				     .settings = channel->settings};
	struct branch branches[BRANCHES_MAX];
	size_t branch_count = branches_of(channel, branches);
	bool edge;

	for (size_t i = 0; i < SOUNDING_HEIGHTS * branch_count; i++) {
		write_curve("loss", i / branch_count, i % branch_count,
			    &branches[i % branch_count].channel,
			    sounding_height_m(i / branch_count), out);
	}
	write_curve("free", 0, 0, &free_space, SOUNDING_STATION_M, out);
	edge = write_map(channel, out);
	write_modulations(channel, out);
	(void)fputs(frame, out);
	write_titles(channel, given, count, out);
	write_legend(branches, branch_count, edge, out);
	plot_loss(branches, branch_count, out);
	plot_errors(branches, branch_count, out);
	plot_map(channel, edge, out);
	if (channel->model->line_of_sight) {
		plot_sight(out);
	} else {
		plot_modulations(channel, out);
	}
	(void)fputs("unset multiplot\n", out);
}
