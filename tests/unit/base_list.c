/* zi-test: valgrind */
#include "base/list.h"
#include "t.h"

struct item {
	int value;
	struct zi_link link;
};

static int values(const struct zi_link *head)
{
	int n = 0;

	ZI_LIST_FOREACH (it, head)
		n = n * 10 + ZI_CONTAINER(it, struct item, link)->value;
	return n;
}

Test(base_list, links__added_and_removed__in_order)
{
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
	struct zi_link head;

	zi_list_init(&head);
	cr_assert(zi_list_is_empty(&head));
	cr_assert_not(zi_link_is_linked(&a.link));
	zi_list_add_tail(&head, &b.link);
	zi_list_add_tail(&head, &c.link);
	zi_list_add_head(&head, &a.link);
	cr_assert_eq(values(&head), 123);
	cr_assert(zi_link_is_linked(&b.link));
	zi_list_del(&b.link);
	cr_assert_not(zi_link_is_linked(&b.link));
	cr_assert_eq(values(&head), 13);
	zi_list_insert_before(&c.link, &b.link);
	cr_assert_eq(values(&head), 123);
	ZI_LIST_FOREACH_SAFE (it, &head)
		if (ZI_CONTAINER(it, struct item, link)->value != 2)
			zi_list_del(it);
	cr_assert_eq(values(&head), 2);
	zi_list_del(&b.link);
	cr_assert(zi_list_is_empty(&head));
}
