/*
 * To be preloaded: leaves the program about $ZI_MAPS_LEFT maps below the system's limit, which no process can lower for itself.
 * Pages of alternating protection take up the rest; children of fork(2) inherit them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE ((size_t)4096)

static size_t limit_of_maps(void)
{
	size_t limit = 0;
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");

	if (f == NULL || fscanf(f, "%zu", &limit) != 1)
		limit = 0;
	if (f != NULL)
		fclose(f);
	return limit;
}

static size_t count_maps(void)
{
	char text[4096];
	size_t lines = 0;
	ssize_t got;
	const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (got = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < got; i++)
			lines += text[i] == '\n';
	if (fd >= 0)
		close(fd);
	return lines;
}

__attribute__((noreturn)) static void give_up(const char *why)
{
	fprintf(stderr, "few_maps: %s\n", why);
	_exit(125);
}

__attribute__((constructor)) static void use_up(void)
{
	const char *option = getenv("ZI_MAPS_LEFT");
	const size_t left = option != NULL ? strtoul(option, NULL, 10) : 0;
	const size_t limit = limit_of_maps(), used = count_maps();

	if (left == 0)
		return;
	if (limit == 0 || used == 0)
		give_up("cannot tell how many maps there are");
	if (limit <= used + left + 2)
		return;

	const size_t pages = limit - used - left;
	char *at = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			-1, 0);

	if (at == MAP_FAILED)
		give_up("no room for the pages");
	for (size_t i = 1; i < pages; i += 2)
		if (mprotect(at + i * PAGE, PAGE, PROT_READ) != 0)
			give_up("the limit came early");
}
