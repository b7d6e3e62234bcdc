/* Asking the kernel whether an address is mapped at all. */
#include <sys/mman.h>

#include "base/inject.h"
#include "base/span.h"
#include "host/host.h"

bool zi_host_is_mapped(uintptr_t addr)
{
	unsigned char vec;

	/* Only the answer "nothing is mapped there" is of interest; residency is not. */
	return ZI_HOST(MINCORE, -1, mincore((void *)zi_page_down(addr), ZI_PAGE, &vec)) == 0;
}
