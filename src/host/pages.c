/* Memory for the slabs of base, which may not talk to Linux itself. Runs on the fault path. */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "base/slab.h"
#include "base/span.h"

void *zi_pages_from_system(size_t bytes)
{
	int saved = errno;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	errno = saved;
	return p == MAP_FAILED ? NULL : p;
}

void zi_pages_to_system(void *p, size_t bytes)
{
	munmap(p, zi_page_up(bytes));
}
