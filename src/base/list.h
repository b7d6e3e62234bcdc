/* Intrusive doubly linked list. A zeroed link is "not on a list"; a list head must be initialised. */
#ifndef ZI_BASE_LIST_H
#define ZI_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct zi_link {
	struct zi_link *next; /* NULL when not on a list */
	struct zi_link *prev;
};

#define ZI_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void zi_list_init(struct zi_link *head)
{
	head->next = head->prev = head;
}

static inline bool zi_list_is_empty(const struct zi_link *head)
{
	return head->next == head;
}

static inline bool zi_link_is_linked(const struct zi_link *l)
{
	return l->next != NULL;
}

/* Insert `l` before `at`: with a head this appends to the list. */
static inline void zi_list_insert_before(struct zi_link *at, struct zi_link *l)
{
	l->next = at;
	l->prev = at->prev;
	at->prev->next = l;
	at->prev = l;
}

static inline void zi_list_add_tail(struct zi_link *head, struct zi_link *l)
{
	zi_list_insert_before(head, l);
}

static inline void zi_list_add_head(struct zi_link *head, struct zi_link *l)
{
	zi_list_insert_before(head->next, l);
}

static inline void zi_list_del(struct zi_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = l->prev = NULL;
}

#define ZI_LIST_FOREACH(it, head) \
	for (struct zi_link *it = (head)->next; it != (head); it = it->next)

/* Safe against removal of the current link. */
#define ZI_LIST_FOREACH_SAFE(it, head)                                                \
	for (struct zi_link *it = (head)->next, *it##_next_ = it->next; it != (head); \
	     it = it##_next_, it##_next_ = it->next)

#endif
