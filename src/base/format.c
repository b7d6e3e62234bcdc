/* Formatting without stdio; see format.h. Async-signal-safe: no lock, no heap, no locale. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/format.h"

struct sink {
	char *buf;
	size_t cap; /* characters that fit, the NUL not counted */
	size_t len;
};

struct spec {
	bool left;
	bool zeros;
	int width;
	int precision; /* negative: none */
	int longs;     /* -2 hh, -1 h, 0 int, 1 l, 2 ll; z, j and t count as l */
};

static void put(struct sink *s, char c)
{
	if (s->len < s->cap)
		s->buf[s->len++] = c;
}

static void put_padded(struct sink *s, const struct spec *sp, const char *text, size_t len,
		       char sign)
{
	size_t total = len + (sign != 0);
	size_t pad = sp->width > 0 && (size_t)sp->width > total ? (size_t)sp->width - total : 0;

	if (!sp->left && !sp->zeros)
		for (; pad > 0; pad--)
			put(s, ' ');
	if (sign != 0)
		put(s, sign);
	if (!sp->left && sp->zeros)
		for (; pad > 0; pad--)
			put(s, '0');
	for (size_t i = 0; i < len; i++)
		put(s, text[i]);
	for (; pad > 0; pad--)
		put(s, ' ');
}

static void put_number(struct sink *s, const struct spec *sp, uint64_t value, unsigned base,
		       char sign)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	put_padded(s, sp, digits + at, sizeof(digits) - at, sign);
}

static const char *read_spec(const char *p, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){.precision = -1};
	for (;; p++) {
		if (*p == '-')
			sp->left = true;
		else if (*p == '0')
			sp->zeros = true;
		else if (*p != '#' && *p != ' ' && *p != '+')
			break;
	}
	if (*p == '*') {
		sp->width = va_arg(*ap, int);
		p++;
	} else {
		for (; *p >= '0' && *p <= '9'; p++)
			sp->width = sp->width * 10 + (*p - '0');
	}
	if (*p == '.') {
		p++;
		sp->precision = 0;
		if (*p == '*') {
			sp->precision = va_arg(*ap, int);
			p++;
		} else {
			for (; *p >= '0' && *p <= '9'; p++)
				sp->precision = sp->precision * 10 + (*p - '0');
		}
	}
	for (;; p++) {
		if (*p == 'l')
			sp->longs++;
		else if (*p == 'h')
			sp->longs--;
		else if (*p == 'z' || *p == 'j' || *p == 't')
			sp->longs = 1;
		else
			return p;
	}
}

static int64_t take_signed(const struct spec *sp, va_list *ap)
{
	if (sp->longs >= 2)
		return va_arg(*ap, long long);
	return sp->longs == 1 ? va_arg(*ap, long) : va_arg(*ap, int);
}

static uint64_t take_unsigned(const struct spec *sp, va_list *ap)
{
	if (sp->longs >= 2)
		return va_arg(*ap, unsigned long long);
	if (sp->longs == 1)
		return va_arg(*ap, unsigned long);
	unsigned value = va_arg(*ap, unsigned);

	return sp->longs == -1 ? (uint16_t)value : sp->longs <= -2 ? (uint8_t)value : value;
}

static void put_conversion(struct sink *s, struct spec *sp, char conv, va_list *ap)
{
	switch (conv) {
	case 'd':
	case 'i': {
		int64_t v = take_signed(sp, ap);

		put_number(s, sp, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0 ? '-' : 0);
		break;
	}
	case 'u':
		put_number(s, sp, take_unsigned(sp, ap), 10, 0);
		break;
	case 'x':
	case 'X':
		put_number(s, sp, take_unsigned(sp, ap), 16, 0);
		break;
	case 'o':
		put_number(s, sp, take_unsigned(sp, ap), 8, 0);
		break;
	case 'p':
		put(s, '0');
		put(s, 'x');
		put_number(s, sp, (uint64_t)(uintptr_t)va_arg(*ap, void *), 16, 0);
		break;
	case 'c': {
		char c = (char)va_arg(*ap, int);

		put_padded(s, sp, &c, 1, 0);
		break;
	}
	case 's': {
		const char *text = va_arg(*ap, const char *);

		if (text == NULL)
			text = "(null)";
		sp->zeros = false;
		put_padded(s, sp, text,
			   sp->precision >= 0 ? strnlen(text, (size_t)sp->precision) : strlen(text),
			   0);
		break;
	}
	default:
		put(s, '%');
		if (conv != '%')
			put(s, conv);
	}
}

size_t zi_format_va(char *buf, size_t cap, const char *fmt, va_list ap)
{
	struct sink s = {.buf = buf, .cap = cap > 0 ? cap - 1 : 0};
	va_list args;

	va_copy(args, ap);
	for (const char *p = fmt; *p != 0; p++) {
		struct spec sp;

		if (*p != '%') {
			put(&s, *p);
			continue;
		}
		p = read_spec(p + 1, &sp, &args);
		if (*p == 0)
			break;
		put_conversion(&s, &sp, *p, &args);
	}
	va_end(args);
	if (cap > 0)
		buf[s.len] = 0;
	return s.len;
}

size_t zi_format(char *buf, size_t cap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	size_t len = zi_format_va(buf, cap, fmt, ap);

	va_end(ap);
	return len;
}

void zi_print_fd(int fd, const char *fmt, ...)
{
	char text[512];
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	size_t len = zi_format_va(text, sizeof(text), fmt, ap);

	va_end(ap);
	for (size_t at = 0; at < len;) {
		ssize_t wrote = zi_write_fd(fd, text + at, len - at);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			break;
		at += (size_t)wrote;
	}
	errno = saved;
}
