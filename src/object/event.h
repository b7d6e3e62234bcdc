/* Events, event pairs and counters: state that programs set. */
#ifndef ZI_OBJECT_EVENT_H
#define ZI_OBJECT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

struct zi_object;
struct zi_counter;

/* With one reference; NULL: no memory. event.c */
struct zi_object *zi_event_new(void);
/* Both ends, one reference each. False: no memory. eventpair.c */
bool zi_eventpair_new(struct zi_object **out_first, struct zi_object **out_second);

/* ---- counter.c */

struct zi_counter *zi_counter_new(void);
static inline struct zi_object *zi_counter_object(struct zi_counter *c)
{
	return (struct zi_object *)c;
}
/* OUT_OF_RANGE: the sum does not fit; the value stays. */
zx_status_t zi_counter_add(struct zi_counter *c, int64_t amount);
int64_t zi_counter_read(struct zi_counter *c);
void zi_counter_write(struct zi_counter *c, int64_t value);

#endif
