/*
 * Pagers, and the messenger between each of their VMOs and its port.
 *
 * A messenger belongs to the VMO's tree and goes with it. While its packet is in the port's queue
 * it holds a reference on the tree, so that the last packet is delivered after the VMO is gone.
 */
#include "object/pager_object.h"

#include "base/assert.h"
#include "base/inject.h"
#include "base/slab.h"
#include "object/port.h"
#include "object/thread.h"
#include "vm/pager.h"

struct zi_pager {
	struct zi_object object;
	struct zi_lock lock;       /* rank SOURCE; guards what follows */
	bool closed;               /* the last handle is gone */
	struct zi_link messengers; /* struct messenger.in_pager */
};

struct messenger {
	struct zi_port_packet packet;
	struct zi_pager *pager; /* one reference */
	struct zi_port *port;   /* one reference */
	uint64_t key;
	struct zi_source *source; /* set once, when the VMO is made */
	struct zi_link in_pager;  /* until the pager is closed */
};

/* ---- the packet */

static struct messenger *messenger_of(struct zi_port_packet *p)
{
	return ZI_CONTAINER(p, struct messenger, packet);
}

/* A queued packet holds the tree already; the reference is dropped by packet_taken. */
static void packet_hold(struct zi_port_packet *p)
{
	(void)p;
}

static void packet_taken(struct zi_port_packet *p, bool port_closed)
{
	struct zi_source *s = messenger_of(p)->source;

	zi_source_packet_taken(s, port_closed);
	zi_source_unref(s);
}

static const struct zi_port_packet_ops packet_ops = {
	.hold = packet_hold,
	.taken = packet_taken,
};

/* Closed while the VMO was going: the source was not told (see pager_on_zero_handles). */
static bool is_closed(struct zi_pager *p)
{
	ZI_LOCK_SCOPE(&p->lock);
	return p->closed;
}

static bool send(void *ctx, enum zi_source_packet kind, uint64_t off, uint64_t len)
{
	static const uint16_t commands[] = {
		[ZI_PACKET_READ] = ZX_PAGER_VMO_READ,
		[ZI_PACKET_DIRTY] = ZX_PAGER_VMO_DIRTY,
		[ZI_PACKET_COMPLETE] = ZX_PAGER_VMO_COMPLETE,
	};
	struct messenger *m = ctx;

	if (is_closed(m->pager))
		return false;
	m->packet.packet = (zx_port_packet_t){
		.key = m->key,
		.type = ZX_PKT_TYPE_PAGE_REQUEST,
		.status = ZX_OK,
		.page_request = {.command = commands[kind], .offset = off, .length = len},
	};
	zi_source_ref(m->source);
	if (zi_port_queue_kernel(m->port, &m->packet, false))
		return true;
	/* Not the last one: the tree's lock is held. */
	zi_source_unref(m->source);
	return false;
}

static bool withdraw(void *ctx)
{
	struct messenger *m = ctx;

	if (!zi_port_cancel_kernel(m->port, &m->packet))
		return false;
	zi_source_unref(m->source);
	return true;
}

static void messenger_free(struct messenger *m)
{
	zi_object_unref(zi_port_object(m->port));
	zi_object_unref(&m->pager->object);
	zi_slab_free(m, sizeof(*m));
}

static void gone(void *ctx)
{
	struct messenger *m = ctx;

	zi_lock(&m->pager->lock);
	if (zi_link_is_linked(&m->in_pager))
		zi_list_del(&m->in_pager);
	zi_unlock(&m->pager->lock);
	messenger_free(m);
}

static const struct zi_source_ops source_ops = {
	.send = send,
	.withdraw = withdraw,
	.gone = gone,
};

/* ---- the pager */

static struct zi_pager *pager_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_pager, object);
}

static void pager_on_zero_handles(struct zi_object *o)
{
	struct zi_pager *p = pager_of(o);
	struct zi_source *s, *last;
	bool more;

	do {
		s = last = NULL;
		zi_lock(&p->lock);
		p->closed = true;
		more = !zi_list_is_empty(&p->messengers);
		if (more) {
			struct messenger *m =
				ZI_CONTAINER(p->messengers.next, struct messenger, in_pager);

			zi_list_del(&m->in_pager);
			/*
			 * A VMO that is just going needs nothing from us but that its last packet is not told, whose
			 * reference is ours then. The messenger cannot go meanwhile: that takes the lock.
			 */
			if (zi_source_tryref(m->source))
				s = m->source;
			else if (zi_port_cancel_kernel(m->port, &m->packet))
				last = m->source;
		}
		zi_unlock(&p->lock);
		if (s != NULL) {
			zi_pager_closed(s);
			zi_source_unref(s);
		}
		if (last != NULL)
			zi_source_unref(last);
	} while (more);
}

static const struct zi_object_ops pager_ops = {
	.type = ZX_OBJ_TYPE_PAGER,
	.type_name = "pager",
	.size = sizeof(struct zi_pager),
	.on_zero_handles = pager_on_zero_handles,
};

/* Listings name threads that wait for pages. */
static void on_page_wait(bool waiting)
{
	zi_thread_set_state(waiting ? ZX_THREAD_STATE_BLOCKED_PAGER : ZX_THREAD_STATE_RUNNING);
}

struct zi_pager *zi_pager_new(void)
{
	struct zi_pager *p = zi_object_new(&pager_ops, 0);

	if (p == NULL)
		return NULL;
	zi_lock_init(&p->lock, ZI_RANK_SOURCE);
	zi_list_init(&p->messengers);
	zi_page_wait_set_hook(on_page_wait);
	return p;
}

/* False: the pager has just been closed. */
static bool join(struct zi_pager *p, struct messenger *m)
{
	ZI_LOCK_SCOPE(&p->lock);
	if (!p->closed)
		zi_list_add_tail(&p->messengers, &m->in_pager);
	return !p->closed;
}

zx_status_t zi_pager_create_vmo(struct zi_pager *p, uint32_t options, struct zi_port *port,
				uint64_t key, uint64_t size, struct zi_vmo **out_vmo)
{
	struct messenger *m = ZI_ALLOC(MESSENGER, zi_slab_alloc(sizeof(*m)));
	struct zi_vmo *vmo;
	zx_status_t st;

	if (m == NULL)
		return ZX_ERR_NO_MEMORY;
	zi_object_ref(&p->object);
	zi_object_ref(zi_port_object(port));
	m->packet.ops = &packet_ops;
	m->pager = p;
	m->port = port;
	m->key = key;
	st = zi_pager_vmo_create(size, options, p->object.koid, &source_ops, m, &vmo);
	if (st != ZX_OK) {
		messenger_free(m);
		return st;
	}
	m->source = zi_source_of(vmo);
	if (!join(p, m)) {
		zi_pager_closed(m->source);
		zi_vmo_unref(vmo);
		return ZX_ERR_BAD_STATE;
	}
	*out_vmo = vmo;
	return ZX_OK;
}
