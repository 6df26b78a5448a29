#include "plot/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity.h"
#include "job_arguments.h"
#include "plot/script.h"

extern char **environ;

/* ---------------------------------------------------------------- gnuplot */

/* gnuplot, which reads its program from the pipe that *program becomes and writes to `out`. 0, or
 * an errno. */
static int start(int out, FILE **program, pid_t *pid)
{
	static const char name[] = "gnuplot";
	char *const argv[] = {(char *)(uintptr_t)name, (char *)(uintptr_t) "-", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int ends[2], result;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return errno;
	}
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	result = posix_spawnp(pid, name, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(ends[0]);
	*program = result == 0 ? fdopen(ends[1], "w") : NULL;
	if (!*program) {
		close(ends[1]);
	}
	return result == 0 && !*program ? ENOMEM : result;
}

static int tell(const char *what, const char *why)
{
	(void)fprintf(stderr, "%s: %s: %s\n", this_simulator.name, what, why);
	return -1;
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0
							     : tell("gnuplot", "it could not draw");
}

/* What gnuplot draws, in a file that nobody else sees: a picture is whole, or it is not there. NULL
 * when it could not be drawn, which has been told. */
static FILE *draw(const struct job_arguments *arguments, const struct channel *channel)
{
	FILE *picture = tmpfile(), *program = NULL;
	pid_t pid = -1;
	int error = picture ? start(fileno(picture), &program, &pid) : errno;
	int failed = -1;

	if (program) {
		script_write(channel, arguments->parameters, arguments->parameter_count, program);
		(void)fclose(program);
	}
	if (error == ENOENT) {
		(void)tell("--plot needs gnuplot", "it is not here (Debian has it as gnuplot-nox); "
						   "--data prints the numbers without it");
	} else if (error != 0) {
		(void)tell("gnuplot", strerror(error));
	} else {
		failed = wait_for(pid);
	}
	if (failed && picture) {
		(void)fclose(picture);
		picture = NULL;
	}
	return picture;
}

static void copy(FILE *from, FILE *to)
{
	char bytes[16 * 1024];
	size_t size;

	rewind(from);
	while ((size = fread(bytes, 1, sizeof(bytes), from)) > 0) {
		(void)fwrite(bytes, 1, size, to);
	}
}

/* -------------------------------------------------------------------- job */

static int read_channel(const struct job_arguments *arguments, struct channel *channel)
{
	struct parameter all[PARAMETER_COUNT + 1];
	struct refusal refusal;

	memcpy(all, arguments->parameters, arguments->parameter_count * sizeof(*all));
	all[arguments->parameter_count] = (struct parameter){
		.key = slice_str("model"), .value = slice_str(arguments->subject)};
	if (parameters_read(all, arguments->parameter_count + 1, channel, &refusal) < 0) {
		return tell("--plot", refusal.text);
	}
	if (!channel->model->path_loss) {
		return tell("--plot",
			    "there is nothing to see of the model ideal: everything arrives, "
			    "at every distance");
	}
	return 0;
}

/* An SVG goes to a file of the model's name, unless another is said. */
static const char *output_of(const struct job_arguments *arguments, const struct channel *channel,
			     char path[NAME_MAX])
{
	if (arguments->output || arguments->data) {
		return arguments->output;
	}
	(void)snprintf(path, NAME_MAX, "%s.svg", channel->model->name);
	return path;
}

int plot_job(int argc, char **argv)
{
	struct job_arguments arguments;
	struct channel channel;
	char path[NAME_MAX];
	const char *output;
	FILE *picture = NULL, *out;

	if (job_arguments_read(argc, argv, "plot", &arguments) < 0 ||
	    read_channel(&arguments, &channel) < 0) {
		return JOB_WRONG_USAGE;
	}
	if (!arguments.data) {
		picture = draw(&arguments, &channel);
		if (!picture) {
			return JOB_FAILED;
		}
	}
	output = output_of(&arguments, &channel, path);
	out = job_output_open(output);
	if (out && picture) {
		copy(picture, out);
	} else if (out) {
		script_write_data(&channel, out);
	}
	if (picture) {
		(void)fclose(picture);
	}
	return out && job_output_close(out, output) == 0 ? JOB_DONE : JOB_FAILED;
}
