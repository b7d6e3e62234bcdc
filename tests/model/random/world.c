/* The state of a running program, and one step of it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "world.h"

/* A file with more operations adds a row here. */
static const struct {
	const struct op_kind *kinds;
	const unsigned *n;
} tables[] = {
	{op_kinds_vmo, &nops_vmo},
	{op_kinds_map, &nops_map},
};

unsigned w_nkinds(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		n += *tables[i].n;
	return n;
}

const struct op_kind *w_kind(unsigned index)
{
	size_t i = 0;

	while (index >= *tables[i].n)
		index -= *tables[i++].n;
	return &tables[i].kinds[index];
}

bool w_is_reset(const struct op *op)
{
	return strcmp(w_kind(op->kind)->name, "reset") == 0;
}

/* ---- text */

void w_say(struct world *w, const char *format, ...)
{
	va_list ap;

	if (w->print == NULL)
		return;
	fputc('\t', w->print);
	va_start(ap, format);
	vfprintf(w->print, format, ap);
	va_end(ap);
	fputc('\n', w->print);
}

void w_say_call(struct world *w, zx_status_t want, const char *format, ...)
{
	va_list ap;

	fputs("\tCHECK(", w->print);
	va_start(ap, format);
	vfprintf(w->print, format, ap);
	va_end(ap);
	fprintf(w->print, " == %s);\n", zx_status_get_string(want));
}

void w_fail(struct world *w, const char *check, const char *format, ...)
{
	struct failure *f = w->failure;
	va_list ap;

	if (f->failed)
		return;
	f->failed = true;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
	snprintf(f->check, sizeof(f->check), "%s", check);
}

void w_bad_status(struct world *w, zx_status_t want, zx_status_t got, const char *format, ...)
{
	char call[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(call, sizeof(call), format, ap);
	va_end(ap);
	w_fail(w, "", "%s: %s, expected %s", call, zx_status_get_string(got),
	       zx_status_get_string(want));
}

void w_say_close_full(struct world *w, unsigned i)
{
	if (w->reduced[i])
		w_say(w, "close_full(%u);", i);
	w->reduced[i] = false;
}

/* ---- life */

static void must(zx_status_t st, const char *what)
{
	if (st == ZX_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, zx_status_get_string(st));
	exit(2);
}

void w_init(struct world *w, bool lib, struct failure *failure)
{
	memset(w, 0, sizeof(*w));
	w->as[1].index = 1;
	w->lib = lib;
	w->failure = failure;
	w->bytes = malloc(2 * W_BUFFER);
	if (w->bytes == NULL)
		abort();
	w->other = w->bytes + W_BUFFER;
	if (!lib)
		return;
	must(zx_vmar_allocate(zx_vmar_root_self(),
			      ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE, 0,
			      M_VMAR_PAGES * M_PAGE, &w->vmar[0], &w->base[0]),
	     "zx_vmar_allocate");
	must(zx_process_create(zx_job_default(), "other", 5, 0, &w->process, &w->vmar[1]),
	     "zx_process_create");
	zx_handle_t root = w->vmar[1];

	must(zx_vmar_allocate(root,
			      ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE, 0,
			      M_VMAR_PAGES * M_PAGE, &w->vmar[1], &w->base[1]),
	     "zx_vmar_allocate in the other process");
	zx_handle_close(root);
}

void w_reset(struct world *w)
{
	for (unsigned i = 0; i < W_VMOS; i++) {
		if (w->vmo[i] == NULL)
			continue;
		m_close(w->vmo[i]);
		w->vmo[i] = NULL;
		w_say_close_full(w, i);
		w_say(w, "zx_handle_close(v[%u]);", i);
		if (w->lib) {
			if (w->full[i] != w->handle[i])
				zx_handle_close(w->full[i]);
			zx_handle_close(w->handle[i]);
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		if (w->as[i].nmaps == 0)
			continue;
		CALL(w, m_unmap(&w->as[i], 0, M_VMAR_PAGES),
		     zx_vmar_unmap(w->vmar[i], w->base[i], M_VMAR_PAGES * M_PAGE),
		     "zx_vmar_unmap(vmar[%u], base[%u], VMAR_SIZE)", i, i);
	}
}

void w_done(struct world *w)
{
	w_reset(w);
	if (w->lib) {
		zx_vmar_destroy(w->vmar[0]);
		zx_handle_close(w->vmar[0]);
		zx_handle_close(w->vmar[1]);
		zx_handle_close(w->process);
	}
	free(w->bytes);
}

void w_adopt(struct world *w, unsigned i, struct m_vmo *v, zx_handle_t handle)
{
	w->vmo[i] = v;
	w->full_rights[i] = v->rights;
	if (w->lib) {
		zx_info_handle_basic_t info;

		w->handle[i] = w->full[i] = handle;
		if (zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
				       NULL) == ZX_OK)
			v->koid = info.koid;
		else
			w_fail(w, "false", "ZX_INFO_HANDLE_BASIC of v[%u] failed", i);
	}
}

unsigned w_free_var(const struct world *w, struct rng *r)
{
	const unsigned start = (unsigned)rng_below(r, W_VMOS);

	for (unsigned i = 0; i < W_VMOS; i++) {
		if (w->vmo[(start + i) % W_VMOS] == NULL)
			return (start + i) % W_VMOS;
	}
	return W_VMOS;
}

unsigned w_nvmos(const struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < W_VMOS; i++)
		n += w->vmo[i] != NULL;
	return n;
}

void w_fill(uint8_t *bytes, uint64_t len, uint32_t serial)
{
	uint64_t x = (serial + 1ull) * 0x9E3779B97F4A7C15ull;

	for (uint64_t i = 0; i < len; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(bytes + i, &x, len - i < 8 ? len - i : 8);
	}
}

static void say_looks(struct world *w, const struct op *op)
{
	if (op->v < W_VMOS && w->vmo[op->v] != NULL)
		w_say(w, "info(v[%u]);", op->v);
	if (op->w < W_VMOS && op->w != op->v && w->vmo[op->w] != NULL)
		w_say(w, "info(v[%u]);", op->w);
}

bool w_step(struct world *w, const struct op *op)
{
	w_kind(op->kind)->run(w, op);
	w->steps++;
	if (w->print != NULL && op->look)
		say_looks(w, op);
	if (!w->lib)
		return true;
	if (op->look && op->v < W_VMOS && w->vmo[op->v] != NULL)
		w_check_info(w, op->v);
	if (op->look && op->w < W_VMOS && op->w != op->v && w->vmo[op->w] != NULL)
		w_check_info(w, op->w);
	w->failure->done++;
	return !w->failure->failed;
}
