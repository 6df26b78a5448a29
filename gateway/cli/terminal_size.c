#include "cli/terminal_size.h"

#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal_size terminal_size_of(int fd)
{
	struct winsize size = {0};
	bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;

	return (struct terminal_size){
		.columns = known && size.ws_col > 1 ? size.ws_col : 80,
		.rows = known && size.ws_row > 0 ? size.ws_row : 24,
	};
}

size_t terminal_size_columns(FILE *file)
{
	int fd = fileno(file);

	return fd >= 0 && isatty(fd) == 1 ? terminal_size_of(fd).columns : 0;
}
