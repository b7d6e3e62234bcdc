/*
 * Reading a specification; the grammar stands in zirconia/inject.h. Nothing is allocated: names are copied into the rules.
 */
#include "base/inject_i.h"

#include <errno.h>
#include <string.h>

#include <zircon/errors.h>

#include "base/format.h"
#include "base/options.h"
#include "base/status.h"

#define APP "app."
#define STATUS_LOWEST (-1024)

/* The specification, and where reading is. */
struct reader {
	const char *spec;
	const char *at;
	struct zi_inject_problem *problem;
};

/* A word of the specification: what stands between separators, without blanks around it. */
struct word {
	const char *text;
	size_t len;
};

static bool wrong(const struct reader *r, struct word w, const char *why)
{
	r->problem->at = (size_t)(w.text - r->spec);
	if (w.len == 0)
		zi_format(r->problem->what, sizeof(r->problem->what), "%s", why);
	else
		zi_format(r->problem->what, sizeof(r->problem->what), "\"%.*s\": %s",
			  (int)(w.len < 40 ? w.len : 40), w.text, why);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The word up to the next ':' or ';', which is not consumed. */
static struct word next_word(struct reader *r)
{
	struct word w;

	while (is_blank(*r->at))
		r->at++;
	w.text = r->at;
	w.len = strcspn(r->at, ":;");
	r->at += w.len;
	while (w.len > 0 && is_blank(w.text[w.len - 1]))
		w.len--;
	return w;
}

static bool is_word(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(w.text, text, w.len) == 0;
}

/* Is it `key`=...? Then *out_value is what follows. */
static bool has_key(struct word w, const char *key, struct word *out_value)
{
	size_t n = strlen(key);

	if (w.len <= n || memcmp(w.text, key, n) != 0 || w.text[n] != '=')
		return false;
	*out_value = (struct word){.text = w.text + n + 1, .len = w.len - n - 1};
	return true;
}

/* ---- numbers */

/* Digits at the start of the word; how many they are. 0: none, or too large. */
static size_t digits(struct word w, uint64_t *out_number)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < w.len && w.text[i] >= '0' && w.text[i] <= '9'; i++)
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(w.text[i] - '0'), &n))
			return 0;
	*out_number = n;
	return i;
}

static bool number(struct word w, uint64_t *out_number)
{
	return w.len > 0 && digits(w, out_number) == w.len;
}

static bool duration(struct word w, int64_t *out_ns)
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
	uint64_t n = 0;
	size_t used = digits(w, &n);
	struct word unit = {.text = w.text + used, .len = w.len - used};

	if (used == 0 || n > INT64_MAX)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (is_word(unit, units[i].unit))
			return !__builtin_mul_overflow((int64_t)n, units[i].ns, out_ns) &&
			       *out_ns <= INT64_C(3600) * 1000000000;
	return false;
}

/* 0, 1, or a fraction with a point; read by hand because of the point of other languages. */
static bool chance(struct word w, uint64_t *out_chance)
{
	uint64_t whole = 0, part = 0;
	size_t used = digits(w, &whole);
	struct word rest;
	double value, scale = 1;

	if (used == 0 || whole > 1)
		return false;
	value = (double)whole;
	if (used < w.len) {
		rest = (struct word){.text = w.text + used + 1, .len = w.len - used - 1};
		if (w.text[used] != '.' || rest.len > 18 || !number(rest, &part))
			return false;
		for (size_t i = 0; i < rest.len; i++)
			scale *= 10;
		value += (double)part / scale;
	}
	if (value > 1)
		return false;
	*out_chance = value < 1 ? (uint64_t)(value * 18446744073709551616.0) : UINT64_MAX;
	return true;
}

/* ---- results */

static const struct {
	const char *name;
	int value;
} errors[] = {
	{"EPERM", EPERM},   {"ENOENT", ENOENT}, {"EINTR", EINTR},           {"EIO", EIO},
	{"ENXIO", ENXIO},   {"EBADF", EBADF},   {"EAGAIN", EAGAIN},         {"ENOMEM", ENOMEM},
	{"EACCES", EACCES}, {"EFAULT", EFAULT}, {"EBUSY", EBUSY},           {"EEXIST", EEXIST},
	{"EINVAL", EINVAL}, {"ENFILE", ENFILE}, {"EMFILE", EMFILE},         {"EFBIG", EFBIG},
	{"ENOSPC", ENOSPC}, {"ENOSYS", ENOSYS}, {"EOPNOTSUPP", EOPNOTSUPP},
};

/* ZX_ERR_BAD_STATE, or -20. */
static bool status_of(struct word w, int *out_status)
{
	uint64_t n = 0;

	if (w.len > 1 && w.text[0] == '-') {
		if (!number((struct word){.text = w.text + 1, .len = w.len - 1}, &n) || n == 0 ||
		    n > -STATUS_LOWEST)
			return false;
		*out_status = -(int)n;
		return true;
	}
	for (int status = -1; status >= STATUS_LOWEST; status--) {
		if (is_word(w, zi_status_name(status))) {
			*out_status = status;
			return true;
		}
	}
	return false;
}

static bool errno_of(struct word w, int *out_errno)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (is_word(w, errors[i].name)) {
			*out_errno = errors[i].value;
			return true;
		}
	}
	if (!number(w, &n) || n == 0 || n > 4095)
		return false;
	*out_errno = (int)n;
	return true;
}

static bool looks_like_result(struct word w)
{
	return w.len > 0 && memchr(w.text, '=', w.len) == NULL &&
	       (w.text[0] == 'E' || w.text[0] == 'Z' || w.text[0] == '-' ||
		(w.text[0] >= '0' && w.text[0] <= '9'));
}

static bool read_result(const struct reader *r, struct word w, struct zi_inject_rule *rule)
{
	if (rule->fails)
		return wrong(r, w, "a second result");
	if (is_word(w, "ZX_OK"))
		return wrong(r, w, "not a failure");
	if (!status_of(w, &rule->result) && !errno_of(w, &rule->result))
		return wrong(r, w, "neither a status (ZX_ERR_...) nor an errno (ENOMEM ...)");
	rule->fails = true;
	return true;
}

/* ---- items */

static bool set_when(const struct reader *r, struct word w, struct zi_inject_rule *rule,
		     enum zi_inject_when when)
{
	if (rule->when != ZI_WHEN_ALWAYS)
		return wrong(r, w, "only one of nth, every and p can be given");
	rule->when = when;
	return true;
}

static bool read_item(const struct reader *r, struct word w, struct zi_inject_rule *rule)
{
	struct word value;

	if (is_word(w, "log")) {
		rule->log = true;
		return true;
	}
	if (has_key(w, "nth", &value) || has_key(w, "every", &value)) {
		if (!number(value, &rule->n) || rule->n == 0)
			return wrong(r, w, "a number from 1 on is needed");
		return set_when(r, w, rule, w.text[0] == 'n' ? ZI_WHEN_NTH : ZI_WHEN_EVERY);
	}
	if (has_key(w, "p", &value)) {
		if (!chance(value, &rule->chance))
			return wrong(r, w, "a number from 0 to 1 is needed, as in p=0.01");
		return set_when(r, w, rule, ZI_WHEN_CHANCE);
	}
	if (has_key(w, "after", &value))
		return number(value, &rule->after) || wrong(r, w, "a number is needed");
	if (has_key(w, "times", &value))
		return number(value, &rule->times) || wrong(r, w, "a number is needed");
	if (has_key(w, "delay", &value))
		return duration(value, &rule->delay_ns) ||
		       wrong(r, w, "a time of at most an hour is needed, with ns, us, ms or s");
	if (looks_like_result(w))
		return read_result(r, w, rule);
	return wrong(r, w, w.len == 0 ? "an item is missing" : "there is no such item");
}

/* ---- rules */

/* What the point can do with the rule; NULL: what it says is fine. */
static const char *misfit(unsigned point, const struct zi_inject_rule *rule)
{
	switch (zi_inject_point_kind(point)) {
	case ZI_INJECT_DELAY:
		return rule->fails ? "this can only be delayed" : NULL;
	case ZI_INJECT_ALLOC:
		return rule->result != 0 && rule->result != ZX_ERR_NO_MEMORY ?
			       "an allocation can fail with ZX_ERR_NO_MEMORY only" :
			       NULL;
	case ZI_INJECT_HOST:
		return rule->result < 0 ? "a host call fails with an errno, not with a status" :
					  NULL;
	case ZI_INJECT_FIXED:
		return rule->result != 0 && rule->result != zi_inject_point_errno(point) ?
			       "this host call can fail in its own way only: leave the errno out" :
			       NULL;
	default:
		return rule->result > 0 ? "this fails with a status, not with an errno" : NULL;
	}
}

static bool needs_result(enum zi_inject_kind kind)
{
	return kind != ZI_INJECT_ALLOC && kind != ZI_INJECT_HOST && kind != ZI_INJECT_FIXED;
}

/* For points of programs, whatever they are called? */
static bool is_app(const struct zi_inject_rule *rule)
{
	size_t n = strlen(rule->name);

	return strncmp(rule->name, APP, rule->prefix && n < strlen(APP) ? n : strlen(APP)) == 0;
}

/* NULL: the rule is for the point. */
static const char *why_not(unsigned point, const struct zi_inject_rule *rule, bool named)
{
	const char *why = misfit(point, rule);

	if (why == NULL && !named && rule->fails && needs_result(zi_inject_point_kind(point)))
		why = "a status or a delay is needed";
	return why;
}

/* A rule for many points is for those that it fits. */
static bool resolve(const struct reader *r, struct word name, struct word items,
		    struct zi_inject_plan *plan)
{
	const unsigned index = plan->rules;
	struct zi_inject_rule *rule = &plan->rule[index];
	const bool app = is_app(rule);
	const bool named = rule->fails;
	const char *why = app ? "this fails with a status, not with an errno" : NULL;
	bool found = app && rule->result <= 0;

	/* Without a result and without a delay, what has a natural way to fail does so. */
	rule->fails = named || rule->delay_ns == 0;
	plan->has_app |= found;
	for (unsigned i = 0; i < zi_inject_npoints(); i++) {
		if (!zi_inject_matches(rule, zi_inject_point_name(i)))
			continue;
		const char *not = why_not(i, rule, named);

		if (not == NULL) {
			plan->rules_of[i] |= (uint64_t)1 << index;
			found = true;
		} else {
			why = not ;
		}
	}
	if (!found && why == NULL)
		return wrong(r, name, "there is no such point");
	return found || wrong(r, named ? items : name, why);
}

static bool read_rule(struct reader *r, struct zi_inject_plan *plan, struct word name)
{
	struct zi_inject_rule *rule = &plan->rule[plan->rules];
	size_t len = name.len;
	struct word items;

	if (plan->rules == ZI_INJECT_RULES)
		return wrong(r, name, "more than 64 rules");
	rule->times = UINT64_MAX;
	rule->prefix = len > 0 && name.text[len - 1] == '*';
	len -= rule->prefix;
	if (len >= sizeof(rule->name) || (len == 0 && !rule->prefix))
		return wrong(r, name,
			     len == 0 ? "the name of a point is missing" :
					"there is no such point");
	memcpy(rule->name, name.text, len);
	items = (struct word){.text = r->at + (*r->at == ':'), .len = 0};
	while (*r->at == ':') {
		r->at++;
		struct word item = next_word(r);

		if (!read_item(r, item, rule))
			return false;
		if (rule->fails && looks_like_result(item))
			items = item;
	}
	if (!resolve(r, name, items, plan))
		return false;
	plan->rules++;
	return true;
}

static bool read_seed(const struct reader *r, struct word w, struct word value,
		      struct zi_inject_plan *plan)
{
	if (!number(value, &plan->seed))
		return wrong(r, w, "a number is needed");
	return *r->at != ':' || wrong(r, w, "nothing may follow the seed in its rule");
}

static void plan_init(struct zi_inject_plan *plan)
{
	plan->seed = zi_option(ZI_OPTION_INJECT_SEED)->number;
	plan->rules = 0;
	plan->has_app = false;
	memset(plan->rule, 0, sizeof(plan->rule));
	memset(plan->rules_of, 0, sizeof(plan->rules_of));
	for (unsigned i = 0; i < ZI_POINTS_MAX; i++)
		atomic_store_explicit(&plan->reached[i], 0, memory_order_relaxed);
	atomic_store_explicit(&plan->fired, 0, memory_order_relaxed);
}

bool zi_inject_read_spec(const char *spec, struct zi_inject_plan *plan,
			 struct zi_inject_problem *out_problem)
{
	struct reader r = {.spec = spec, .at = spec, .problem = out_problem};
	struct word value;

	plan_init(plan);
	for (;;) {
		struct word w = next_word(&r);

		if (has_key(w, "seed", &value)) {
			if (!read_seed(&r, w, value, plan))
				return false;
		} else if ((w.len > 0 || *r.at == ':') && !read_rule(&r, plan, w)) {
			return false;
		}
		if (*r.at == '\0')
			return true;
		r.at++;
	}
}
