/*
 * Episodes of random operations. Repeat a run with ZI_SEED; ZI_ROUNDS asks for more episodes than the suite runs.
 *
 * zi-test: trap timeout=300
 */
#include "pager.h"

#include "vm/node.h"

enum { STEPS = 4000, ROUNDS = 6 };

static uint64_t state;

uint64_t below(uint64_t n)
{
	return t_below(&state, n);
}

static void do_ranges(struct view *v)
{
	(void)v;
	root_check_ranges();
}

enum { ANY = 1, PAGER = 2 };

static const struct {
	const char *name;
	void (*fn)(struct view *v);
	unsigned weight, flags; /* ANY view instead of the pager VMO; the PAGER must be open */
} ops[] = {
	{"read", do_read, 14, ANY},
	{"write", do_write, 14, ANY},
	{"store", do_store, 14, ANY},
	{"load", do_load, 16, ANY},
	{"commit", do_commit, 3, ANY},
	{"prefetch", do_prefetch, 4, ANY},
	{"zero", do_zero, 9, ANY},
	{"resize", do_resize, 4, ANY},
	{"child", do_child, 6, ANY},
	{"supply", do_supply, 5, PAGER},
	{"op dirty", do_op_dirty, 3, PAGER},
	{"begin", do_begin, 8, PAGER},
	{"end", do_end, 8, PAGER},
	{"ranges", do_ranges, 4, PAGER},
	{"evict", do_evict, 6, 0},
	{"stream size", do_stream_size, 2, 0},
	{"sectors", do_sectors, 2, 0},
	{"detach", do_detach, 0, PAGER}, /* its weight is the episode's */
};

static struct view *pick_view(unsigned flags)
{
	struct view *v = &m.view[below(VIEWS)];

	return (flags & ANY) == 0 || v->vmo == ZX_HANDLE_INVALID ? &m.view[0] : v;
}

static void one_episode(uint64_t seed, uint32_t options)
{
	const unsigned detach = (unsigned)below(3); /* 0: never */
	zx_vaddr_t addr;
	unsigned total = 0;

	/* In half of the episodes whatever can go over with its frames does. */
	zi_node_move_min = below(2) ? 1 : 32;
	memset(&m, 0, sizeof(m));
	m.seed = seed;
	m.trap = (options & PG_TRAP) != 0;
	m.resizable = (options & PG_RESIZABLE) != 0;
	m.size = 1 + below(PAGES_MAX);
	m.p = pg_open(options, m.size * PG);
	for (uint64_t i = 0; i < PAGES_MAX; i++)
		m.page[i].state = 'A';
	T_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW | ZX_VM_ALLOW_FAULTS, 0, m.p.vmo, 0,
			 PAGES_MAX * PG, &addr));
	m.view[0] = (struct view){.vmo = m.p.vmo,
				  .addr = (uint8_t *)addr,
				  .resizable = m.resizable,
				  .can_resize = m.resizable};
	service_start();
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		total += ops[i].weight;
	for (m.step = 0; m.step < STEPS; m.step++) {
		/* Late, so that most of the episode has a service; what is left runs without one. */
		const bool end = detach != 0 && m.step > STEPS / 8 * 7 && below(100) == 0;
		uint64_t pick = below(total);
		size_t i = 0;

		while (pick >= ops[i].weight)
			pick -= ops[i++].weight;
		if (end)
			i = sizeof(ops) / sizeof(ops[0]) - 1;
		if ((ops[i].flags & PAGER) != 0 && m.closed)
			continue;
		ops[i].fn(pick_view(ops[i].flags));
		root_settle();
		root_check(ops[i].name);
	}
	service_stop();
	views_close();
	t_unmap(m.view[0].addr, PAGES_MAX * PG);
	pg_close(&m.p);
}

Test(model_pager, random_operations__agree_with_plain_arrays, .timeout = 280)
{
	const char *more = getenv("ZI_ROUNDS");
	const int rounds = more != NULL ? atoi(more) : ROUNDS;
	const uint64_t seed = t_seed();

	pg_engine();
	for (int round = 0; round < rounds; round++) {
		state = seed + (uint64_t)round;
		one_episode(state, (round & 1 ? PG_TRAP : 0) | (round % 4 < 3 ? PG_RESIZABLE : 0));
		if (more != NULL && round % 100 == 99)
			fprintf(stderr, "%d episodes of %d operations\n", round + 1, STEPS);
	}
}
