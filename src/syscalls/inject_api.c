/* zirconia/inject.h */
#include <zirconia/inject.h>

#include "base/format.h"
#include "base/inject.h"

zx_status_t zirconia_inject_set(const char *spec)
{
	struct zi_inject_problem problem;

	return zi_inject_set(spec, &problem) ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

zx_status_t zirconia_inject_check(const char *spec, size_t *out_at, char *text, size_t size)
{
	struct zi_inject_problem problem;

	if (spec == NULL || zi_inject_parse(spec, &problem))
		return ZX_OK;
	if (out_at != NULL)
		*out_at = problem.at;
	if (text != NULL)
		zi_format(text, size, "%s", problem.what);
	return ZX_ERR_INVALID_ARGS;
}

uint64_t zirconia_inject_count(const char *point)
{
	return zi_inject_count(point);
}

uint64_t zirconia_inject_fired(void)
{
	return zi_inject_fired();
}

const char *zirconia_inject_point(size_t index, const char **out_text)
{
	const char *name = zi_inject_name(index);

	if (name != NULL && out_text != NULL)
		*out_text = zi_inject_text(index);
	return name;
}

zx_status_t zirconia_inject_here(const char *point)
{
	return zi_inject_reach_name(point);
}
