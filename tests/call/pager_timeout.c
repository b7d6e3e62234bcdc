/*
 * Requests that are given up: what becomes of them and of those that wait behind them. A wait ends
 * after one second here.
 *
 * zi-test: trap env:ZIRCONIA_PAGER_TIMEOUT=1
 */
#include "pager_t.h"

/* Also when the program is run by hand. */
static struct pg open_short(uint32_t options, uint64_t size)
{
	setenv("ZIRCONIA_PAGER_TIMEOUT", "1", 1);
	return pg_open(options, size);
}

/* spec: pager 2.8 time-out; pager 2.4 #3 #4 #5; pager 9.2 #3 */
Test(pager_timeout, alone__in_port_in_queue_or_taken__withdrawn_or_forgotten)
{
	struct pg p = open_short(PG_TRAP, 16 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 16);
	struct pg_call taken = pg_read_call(p.vmo, 0, 2), queued = pg_load_call(addr + 4 * PG),
		       behind = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 8, 2),
		       dirty = pg_write_call(p.vmo, 12, 1);

	pg_supply(&p, 12, 1);
	pg_go(&taken);
	PG_READ(&p, 0, 2);
	pg_go(&queued);
	PG_BLOCKS(&queued);
	pg_go(&behind);
	PG_BLOCKS(&behind);
	pg_go(&dirty);
	PG_BLOCKS(&dirty);
	PG_ENDS(&taken, ZX_ERR_TIMED_OUT);
	PG_ENDS(&queued, ZX_ERR_TIMED_OUT);
	PG_ENDS(&behind, ZX_ERR_TIMED_OUT);
	PG_ENDS(&dirty, ZX_ERR_TIMED_OUT);
	PG_QUIET(&p);
	/* The answer to the forgotten one populates pages, and that is all. */
	pg_supply(&p, 0, 2);
	struct pg_call again = pg_read_call(p.vmo, 0, 3);
	pg_go(&again);
	PG_READ(&p, 2, 1);
	pg_supply(&p, 2, 1);
	PG_ENDS(&again, ZX_OK);
	cr_assert(pg_is_supplied(again.buffer, 0, 3));
	pg_close(&p);
}

/* spec: pager 2.4 #1 #2 */
Test(pager_timeout, owner_with_silent_waiters__the_first_of_them_inherits)
{
	struct pg p = open_short(0, 16 * PG);
	struct pg_call owner = pg_read_call(p.vmo, 0, 8),
		       heir = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 2, 2),
		       third = pg_read_call(p.vmo, 4, 4);

	pg_go(&owner);
	PG_READ(&p, 0, 8);
	PG_BLOCKS(&owner);
	pg_sleep_ms(600);
	pg_go(&heir);
	PG_BLOCKS(&heir);
	pg_go(&third);
	PG_BLOCKS(&third);
	PG_ENDS(&owner, ZX_ERR_TIMED_OUT);
	PG_BLOCKS(&heir);
	/* No new packet; a request for a part of it waits behind the heir. */
	struct pg_call late = pg_read_call(p.vmo, 0, 1);
	pg_go(&late);
	PG_BLOCKS(&late);
	PG_QUIET(&p);
	pg_supply(&p, 0, 8);
	PG_ENDS(&heir, ZX_OK);
	PG_ENDS(&third, ZX_OK);
	PG_ENDS(&late, ZX_OK);
	PG_QUIET(&p);
	pg_close(&p);
}

/* The heir of a request that was not delivered yet is announced in its place. */
Test(pager_timeout, owner_not_delivered__the_heir_is_announced_once)
{
	struct pg p = open_short(0, 16 * PG);
	struct pg_call owner = pg_read_call(p.vmo, 0, 4), heir = pg_read_call(p.vmo, 1, 2);

	pg_go(&owner);
	PG_BLOCKS(&owner);
	pg_sleep_ms(600);
	pg_go(&heir);
	PG_BLOCKS(&heir);
	PG_ENDS(&owner, ZX_ERR_TIMED_OUT);
	PG_READ(&p, 0, 4);
	PG_QUIET(&p);
	pg_supply(&p, 0, 4);
	PG_ENDS(&heir, ZX_OK);
	pg_close(&p);
}

/* A silent waiter that gives up leaves no trace. */
Test(pager_timeout, silent_waiter__gives_up__owner_goes_on)
{
	struct pg p = open_short(0, 4 * PG);
	struct pg_call owner = pg_read_call(p.vmo, 0, 4),
		       silent = pg_op_call(p.vmo, ZX_VMO_OP_COMMIT, 1, 2);

	pg_go(&owner);
	PG_READ(&p, 0, 4);
	PG_BLOCKS(&owner);
	pg_go(&silent);
	PG_BLOCKS(&silent);
	/* Each piece that comes is a new wait for the reader. */
	pg_sleep_ms(600);
	pg_supply(&p, 0, 1);
	PG_ENDS(&silent, ZX_ERR_TIMED_OUT);
	PG_BLOCKS(&owner);
	pg_supply(&p, 1, 3);
	PG_ENDS(&owner, ZX_OK);
	cr_assert(pg_is_supplied(owner.buffer, 0, 4));
	pg_close(&p);
}
