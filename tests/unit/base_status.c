/*
 * Names and meanings of status codes.
 */
#include <string.h>

#include <zirconia/zirconia.h>

#include "t.h"

static const zx_status_t codes[] = {
	0,   -1,  -2,  -3,  -4,  -6,  -10, -11, -12, -13, -14, -15, -20, -21, -22, -23,
	-24, -25, -26, -27, -28, -30, -40, -41, -42, -43, -44, -45, -46, -47, -50, -51,
	-52, -53, -54, -55, -60, -61, -62, -70, -71, -72, -73, -74, -75, -76,
};

static bool is_code(zx_status_t status)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == status)
			return true;
	return false;
}

Test(base_status, get_string__every_code__its_macro)
{
	static const struct {
		zx_status_t status;
		const char *name;
	} rows[] = {
		{ZX_OK, "ZX_OK"},
		{ZX_ERR_INTERNAL, "ZX_ERR_INTERNAL"},
		{ZX_ERR_NO_MEMORY, "ZX_ERR_NO_MEMORY"},
		{ZX_ERR_INTERNAL_INTR_RETRY, "ZX_ERR_INTERNAL_INTR_RETRY"},
		{ZX_ERR_BUFFER_TOO_SMALL, "ZX_ERR_BUFFER_TOO_SMALL"},
		{ZX_ERR_ACCESS_DENIED, "ZX_ERR_ACCESS_DENIED"},
		{ZX_ERR_IO_DATA_INTEGRITY, "ZX_ERR_IO_DATA_INTEGRITY"},
		{ZX_ERR_CONNECTION_ABORTED, "ZX_ERR_CONNECTION_ABORTED"},
	};

	T_EACH (rows, r)
		cr_expect_str_eq(zx_status_get_string(r->status), r->name);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		cr_expect_eq(strncmp(zx_status_get_string(codes[i]), "ZX_", 3), 0, "%d", codes[i]);
}

Test(base_status, get_string__any_other_number__unknown)
{
	static const zx_status_t far[] = {1, 1000, INT32_MAX, INT32_MIN, -502, -1024};

	for (zx_status_t status = -600; status <= 600; status++)
		if (!is_code(status))
			cr_expect_str_eq(zx_status_get_string(status), "(UNKNOWN)", "%d", status);
	T_EACH (far, f)
		cr_expect_str_eq(zx_status_get_string(*f), "(UNKNOWN)", "%d", *f);
}

Test(base_status, get_string__each_code__a_name_of_its_own)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(zx_status_get_string(codes[i]),
					  zx_status_get_string(codes[j]));
}

Test(base_status, get_string__second_name__same_text)
{
	cr_expect_eq(_zx_status_get_string(ZX_ERR_IO), zx_status_get_string(ZX_ERR_IO));
}

Test(base_status, meaning__every_code__one_line_of_words)
{
	const char *none = zirconia_status_meaning(1);

	cr_assert_not_null(none);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *words = zirconia_status_meaning(codes[i]);

		cr_assert_not_null(words);
		cr_expect_gt(strlen(words), 5, "%d", codes[i]);
		cr_expect_lt(strlen(words), 80, "%d", codes[i]);
		cr_expect_null(strchr(words, '\n'));
		cr_expect_str_neq(words, none, "%d", codes[i]);
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(words, zirconia_status_meaning(codes[j]), "%d and %d",
					  codes[i], codes[j]);
	}
}

Test(base_status, version__library__the_one_of_the_header)
{
	cr_expect_str_eq(zirconia_version(), ZIRCONIA_VERSION_STRING);
}
