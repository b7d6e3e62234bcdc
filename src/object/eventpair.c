/*
 * Event pairs. Each end holds a reference on the other until one of them has no handles left; then
 * they part. One lock for all pairs guards the pointers: it is held for a few instructions.
 */
#include "object/event.h"
#include "object/fork_i.h"
#include "object/object.h"

struct eventpair {
	struct zi_object object;
	zx_koid_t peer_koid;    /* fixed, also after the peer is gone */
	struct eventpair *peer; /* one reference; NULL once parted */
};

static struct zi_lock pairs_lock = ZI_LOCK_INIT(ZI_RANK_LEAF);

static struct eventpair *pair_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct eventpair, object);
}

static void pair_on_zero_handles(struct zi_object *o)
{
	struct eventpair *e = pair_of(o), *peer;

	zi_lock(&pairs_lock);
	peer = e->peer;
	if (peer != NULL)
		e->peer = peer->peer = NULL;
	zi_unlock(&pairs_lock);
	if (peer == NULL)
		return;
	zi_object_update_signals(&peer->object, 0, ZX_EVENTPAIR_PEER_CLOSED, 0);
	zi_object_unref(&peer->object);
	/* The peer's reference on this end; the caller has another one. */
	zi_object_unref(o);
}

static struct zi_object *pair_get_peer(struct zi_object *o)
{
	ZI_LOCK_SCOPE(&pairs_lock);
	struct eventpair *peer = pair_of(o)->peer;

	if (peer == NULL)
		return NULL;
	zi_object_ref(&peer->object);
	return &peer->object;
}

static zx_koid_t pair_related_koid(struct zi_object *o)
{
	return pair_of(o)->peer_koid;
}

static const struct zi_object_ops pair_ops = {
	.type = ZX_OBJ_TYPE_EVENTPAIR,
	.type_name = "eventpair",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL | ZX_EVENTPAIR_SIGNALED,
	.peer_signals = ZX_USER_SIGNAL_ALL | ZX_EVENTPAIR_SIGNALED,
	.size = sizeof(struct eventpair),
	.on_zero_handles = pair_on_zero_handles,
	.related_koid = pair_related_koid,
	.get_peer = pair_get_peer,
};

bool zi_eventpair_new(struct zi_object **out_first, struct zi_object **out_second)
{
	struct eventpair *a = zi_object_new(&pair_ops, 0);
	struct eventpair *b = a == NULL ? NULL : zi_object_new(&pair_ops, 0);

	if (b == NULL) {
		if (a != NULL)
			zi_object_unref(&a->object);
		return false;
	}
	zi_object_ref(&a->object);
	zi_object_ref(&b->object);
	a->peer = b;
	b->peer = a;
	a->peer_koid = b->object.koid;
	b->peer_koid = a->object.koid;
	*out_first = &a->object;
	*out_second = &b->object;
	return true;
}

void zi_eventpair_after_fork(void)
{
	zi_lock_init(&pairs_lock, ZI_RANK_LEAF);
}
