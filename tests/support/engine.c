/* Prints the trap engine that programs get here: what ZIRCONIA_TRAP names, or what is used because that is not to be had. */
#include <stdio.h>

#include <zirconia/zirconia.h>

int main(void)
{
	puts(zirconia_trap_engine());
	return 0;
}
