/*
 * The version of the library that runs.
 */
#include <zirconia/zirconia.h>

const char *zirconia_version(void)
{
	return ZIRCONIA_VERSION_STRING;
}
