/* A fuzzer's corpus without the fuzzer: runs every file of the folders given through
 * LLVMFuzzerTestOneInput. What it would find ends the program by abort or by a
 * sanitizer; the last line of the output names the file. Prints TAP. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The file's bytes in memory of exactly their size, or NULL. */
static uint8_t *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	struct stat stat;

	if (!file) {
		return NULL;
	}
	if (fstat(fileno(file), &stat) == 0 && S_ISREG(stat.st_mode)) {
		*size = (size_t)stat.st_size;
		data = malloc(*size ? *size : 1);
		if (data && fread(data, 1, *size, file) != *size) {
			free(data);
			data = NULL;
		}
	}
	fclose(file);
	return data;
}

static int replay_file(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t size;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
		return -1;
	}
	data = load(path, &size);
	if (!data) {
		printf("# %s: cannot be read\n", path);
		return -1;
	}
	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

/* How many files went through, or -1. */
static int replay_folder(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_file, alphasort);
	int failed = 0;

	if (count < 0) {
		printf("# %s: cannot be read\n", folder);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		failed |= replay_file(folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return failed ? -1 : count;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);

		/* An empty corpus tests nothing. */
		printf("%sok %d - %s: %d inputs\n", count > 0 ? "" : "not ", i, argv[i], count);
		bad |= count <= 0;
	}
	return bad;
}
