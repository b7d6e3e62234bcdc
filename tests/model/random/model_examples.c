/*
 * The worked examples A-G and I of the specification (vmo 5.10), on the model alone: the ruler is measured before it measures.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

static int wrong;
static const char *example;

static void expect(bool ok, int line, const char *what)
{
	if (!ok) {
		printf("example %s, line %d: %s\n", example, line, what);
		wrong++;
	}
}

#define IS(condition) expect((condition), __LINE__, #condition)

static void counts(const struct m_vmo *v, uint64_t committed, uint64_t private_, uint64_t scaled,
		   uint64_t fraction, int line)
{
	zx_info_vmo_t i;

	m_info(v, &i);
	if (i.committed_bytes == committed && i.committed_private_bytes == private_ &&
	    i.committed_scaled_bytes == scaled && i.committed_fractional_scaled_bytes == fraction)
		return;
	printf("example %s, line %d: %" PRIu64 "/%" PRIu64 "/%" PRIu64 "+%#" PRIx64 "\n", example,
	       line, i.committed_bytes, i.committed_private_bytes, i.committed_scaled_bytes,
	       i.committed_fractional_scaled_bytes);
	wrong++;
}

#define COUNTS(v, committed, private_, scaled) counts(v, committed, private_, scaled, 0, __LINE__)

#define THIRD 0x2AAAAAAAAAAAAAAAull

static struct m_vmo *make(uint64_t size, uint32_t options)
{
	struct m_vmo *v = NULL;

	IS(m_create(size, options, &v) == ZX_OK);
	return v;
}

static struct m_vmo *child(struct m_vmo *parent, uint32_t options, uint64_t off, uint64_t size)
{
	struct m_vmo *v = NULL;

	IS(m_create_child(parent, options, off, size, &v) == ZX_OK);
	return v;
}

static struct m_vmo *snapshot(struct m_vmo *parent, uint64_t off, uint64_t size)
{
	return child(parent, ZX_VMO_CHILD_SNAPSHOT, off, size);
}

static void put(struct m_vmo *v, uint64_t page, char c)
{
	IS(m_write(v, &c, page * M_PAGE, 1) == ZX_OK);
}

static char at(struct m_vmo *v, uint64_t page)
{
	char c = '?';

	IS(m_read(v, &c, page * M_PAGE, 1) == ZX_OK);
	return c;
}

static void a_snapshot(void)
{
	struct m_vmo *p = make(8192, 0), *c;

	put(p, 0, 'a');
	COUNTS(p, 4096, 4096, 4096);
	c = snapshot(p, 0, 8192);
	COUNTS(p, 4096, 0, 2048);
	COUNTS(c, 4096, 0, 2048);
	IS(m_decommit(p, 0, 4096) == ZX_ERR_NOT_SUPPORTED);
	IS(m_decommit(c, 0, 4096) == ZX_ERR_NOT_SUPPORTED);
	put(p, 0, 'b');
	COUNTS(p, 4096, 4096, 4096);
	COUNTS(c, 4096, 4096, 4096);
	IS(at(c, 0) == 'a' && at(p, 0) == 'b');
	put(c, 0, 'c');
	COUNTS(p, 4096, 4096, 4096);
	COUNTS(c, 4096, 4096, 4096);
	put(c, 1, 'd');
	COUNTS(p, 4096, 4096, 4096);
	COUNTS(c, 8192, 8192, 8192);
	IS(at(p, 1) == 0);
	m_close(p);
	COUNTS(c, 8192, 8192, 8192);
	IS(m_decommit(c, 0, 4096) == ZX_OK);
	COUNTS(c, 4096, 4096, 4096);
	m_close(c);
}

static void b_three_sharers(void)
{
	struct m_vmo *p = make(4096, 0), *c1, *c2;

	put(p, 0, 'p');
	c1 = snapshot(p, 0, 4096);
	c2 = snapshot(p, 0, 4096);
	counts(p, 4096, 0, 1365, THIRD, __LINE__);
	counts(c1, 4096, 0, 1365, THIRD, __LINE__);
	counts(c2, 4096, 0, 1365, THIRD, __LINE__);
	put(c1, 0, 'c');
	COUNTS(c1, 4096, 4096, 4096);
	COUNTS(p, 4096, 0, 2048);
	COUNTS(c2, 4096, 0, 2048);
	m_close(p);
	IS(m_decommit(c2, 0, 4096) == ZX_ERR_NOT_SUPPORTED);
	m_close(c1);
	COUNTS(c2, 4096, 4096, 4096);
	IS(m_decommit(c2, 0, 4096) == ZX_OK);
	m_close(c2);
}

static void c_past_the_end(void)
{
	struct m_vmo *p = make(8192, ZX_VMO_RESIZABLE), *c;

	put(p, 1, 'b');
	c = snapshot(p, 4096, 12288);
	IS(at(c, 0) == 'b' && at(c, 1) == 0 && at(c, 2) == 0);
	IS(m_set_size(p, 16384) == ZX_OK);
	put(p, 2, 'x');
	IS(at(c, 1) == 0);
	m_close(c);
	m_close(p);
}

static void d_clone_of_a_clone(void)
{
	struct m_vmo *p = make(4096, 0), *c, *g;
	zx_info_vmo_t info;

	put(p, 0, 'p');
	c = snapshot(p, 0, 4096);
	g = snapshot(c, 0, 4096);
	counts(p, 4096, 0, 1365, THIRD, __LINE__);
	counts(c, 4096, 0, 1365, THIRD, __LINE__);
	counts(g, 4096, 0, 1365, THIRD, __LINE__);
	m_close(g);
	put(c, 0, 'c');
	COUNTS(p, 4096, 4096, 4096);
	COUNTS(c, 4096, 4096, 4096);
	g = snapshot(c, 0, 4096);
	COUNTS(c, 4096, 0, 2048);
	COUNTS(g, 4096, 0, 2048);
	COUNTS(p, 4096, 4096, 4096);
	p->koid = 1111;
	m_close(c);
	COUNTS(g, 4096, 4096, 4096);
	m_info(g, &info);
	IS(info.parent_koid == 1111);
	IS((info.flags & ZX_INFO_VMO_IS_COW_CLONE) != 0);
	m_info(p, &info);
	IS(info.num_children == 1);
	m_close(p);
	m_info(g, &info);
	IS(info.parent_koid == 0);
	IS((info.flags & ZX_INFO_VMO_IS_COW_CLONE) == 0);
	m_close(g);
}

static void e_zeroing(void)
{
	struct m_vmo *p = make(8192, 0), *c;

	put(p, 0, 'a');
	put(p, 1, 'b');
	c = snapshot(p, 0, 8192);
	COUNTS(p, 8192, 0, 4096);
	COUNTS(c, 8192, 0, 4096);
	IS(m_zero(p, 0, 4096) == ZX_OK);
	COUNTS(p, 4096, 0, 2048);
	COUNTS(c, 8192, 4096, 6144);
	IS(m_zero(c, 4096, 4096) == ZX_OK);
	COUNTS(p, 4096, 4096, 4096);
	COUNTS(c, 4096, 4096, 4096);
	IS(at(p, 0) == 0 && at(p, 1) == 'b' && at(c, 0) == 'a' && at(c, 1) == 0);
	m_close(p);
	m_close(c);
}

static void f_resize(void)
{
	struct m_vmo *p = make(8192, ZX_VMO_RESIZABLE), *c;

	put(p, 0, 'a');
	put(p, 1, 'b');
	c = snapshot(p, 0, 8192);
	IS(m_set_size(p, 0) == ZX_OK);
	COUNTS(p, 0, 0, 0);
	COUNTS(c, 8192, 8192, 8192);
	IS(m_set_size(p, 8192) == ZX_OK);
	COUNTS(p, 0, 0, 0);
	IS(at(p, 0) == 0 && at(p, 1) == 0 && at(c, 1) == 'b');
	m_close(c);
	m_close(p);
}

static void g_slice_and_reference(void)
{
	struct m_vmo *p = make(8192, 0), *s, *r;

	put(p, 1, 'd');
	s = child(p, ZX_VMO_CHILD_SLICE, 4096, 4096);
	IS(at(s, 0) == 'd');
	COUNTS(s, 0, 0, 0);
	COUNTS(p, 4096, 4096, 4096);
	put(s, 0, 'e');
	IS(at(p, 1) == 'e');
	r = child(p, ZX_VMO_CHILD_REFERENCE, 0, 0);
	COUNTS(r, 0, 0, 0);
	put(r, 0, 'f');
	IS(at(p, 0) == 'f');
	COUNTS(p, 8192, 8192, 8192);
	m_close(p);
	IS(at(s, 0) == 'e' && at(r, 0) == 'f' && at(r, 1) == 'e');
	COUNTS(s, 0, 0, 0);
	COUNTS(r, 0, 0, 0);
	m_close(s);
	m_close(r);
}

static void i_partial_overlap(void)
{
	struct m_vmo *p = make(4 * 4096, 0), *c;

	for (uint64_t page = 0; page < 4; page++)
		put(p, page, 'i');
	c = snapshot(p, 4096, 8192);
	COUNTS(p, 16384, 8192, 12288);
	COUNTS(c, 8192, 0, 4096);
	m_close(p);
	COUNTS(c, 8192, 8192, 8192);
	m_close(c);
}

/* Mappings that touch and continue one another are one; a hole makes two. */
static void m_mappings(void)
{
	static struct m_vmar a;
	const uint32_t rw = ZX_VM_SPECIFIC | ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	struct m_vmo *v = make(8 * 4096, 0);

	memset(&a, 0, sizeof(a));
	IS(m_map(&a, rw, 10, 4, v, 0) == ZX_OK);
	IS(m_map(&a, rw, 13, 1, v, 0) == ZX_ERR_ALREADY_EXISTS);
	IS(v->nmappings == 1);
	IS(m_unmap(&a, 11, 1) == ZX_OK);
	IS(v->nmappings == 2 && a.map[1].first == 12 && a.map[1].vmo_off == 8192 &&
	   a.map[1].pages == 2);
	IS(m_fault(&a, 11, false) == ZX_ERR_NOT_FOUND);
	IS(m_map(&a, rw, 11, 1, v, 4096) == ZX_OK);
	IS(v->nmappings == 1 && a.map[0].pages == 4);
	IS(m_protect(&a, ZX_VM_PERM_READ, 11, 1) == ZX_OK);
	IS(m_fault(&a, 11, true) == ZX_ERR_ACCESS_DENIED && m_fault(&a, 11, false) == ZX_OK);
	m_store(&a, 12 * M_PAGE + 5, "x", 1);
	IS(v->store->nslots == 1 && v->store->slots[0].pgi == 2 &&
	   v->store->slots[0].page->bytes[5] == 'x');
	m_close(v);
	IS(a.nmaps == 1);
	IS(m_unmap(&a, 0, M_VMAR_PAGES) == ZX_OK);
	IS(a.nmaps == 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} examples[] = {
	{"A snapshot", a_snapshot},
	{"B three sharers", b_three_sharers},
	{"C past the end", c_past_the_end},
	{"D clone of a clone", d_clone_of_a_clone},
	{"E zeroing", e_zeroing},
	{"F resize", f_resize},
	{"G slice and reference", g_slice_and_reference},
	{"I partial overlap", i_partial_overlap},
	{"mappings", m_mappings},
};

int m_examples(void)
{
	wrong = 0;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		example = examples[i].name;
		examples[i].run();
	}
	return wrong;
}
