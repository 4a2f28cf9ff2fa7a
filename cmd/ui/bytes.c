/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output formats of xxd(1) and strings(1). */
#include "ui/bytes.h"

#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "ui/out.h"

static bool printable(unsigned char c)
{
	return c >= ' ' && c <= '~';
}

/* ---- dump */

static void bytes_put_line(const struct hex *h, const unsigned char *line, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *p = ix_put_hex(out_room(), h->at, 8);

	*p++ = ':';
	*p++ = ' ';
	for (size_t i = 0; i < HEX_LINE; i++) {
		*p++ = i < n ? digits[line[i] >> 4] : ' ';
		*p++ = i < n ? digits[line[i] & 15] : ' ';
		if (i % 2)
			*p++ = ' ';
	}
	*p++ = ' ';
	for (size_t i = 0; i < n; i++)
		*p++ = printable(line[i]) ? (char)line[i] : '.';
	*p++ = '\n';
	out_done(p);
}

static void end_line(struct hex *h)
{
	if (h->any && !memcmp(h->line, h->before, HEX_LINE)) {
		if (!h->star)
			out_text("*\n");
		h->star = true;
	} else {
		bytes_put_line(h, h->line, HEX_LINE);
		memcpy(h->before, h->line, HEX_LINE);
		h->any = true;
		h->star = false;
	}
	h->at += HEX_LINE;
	h->n = 0;
}

void hex_add(struct hex *h, const char *data, size_t n)
{
	while (n > 0) {
		size_t part = MIN(n, HEX_LINE - h->n);

		memcpy(h->line + h->n, data, part);
		h->n += part;
		data += part;
		n -= part;
		if (h->n == HEX_LINE)
			end_line(h);
	}
}

void hex_end(struct hex *h)
{
	if (h->n > 0) {
		bytes_put_line(h, h->line, h->n);
	} else if (h->star) {
		h->at -= HEX_LINE;
		bytes_put_line(h, h->before, HEX_LINE);
	}
}

/* ---- texts */

static void end_text(struct strings *s)
{
	if (s->n >= s->min)
		out_text("\n");
	s->n = 0;
}

/* Return the length of the run of printable bytes at data. */
static size_t run_of(const char *data, size_t n)
{
	size_t run = 0;

	while (run < n && (printable((unsigned char)data[run]) || data[run] == '\t'))
		run++;
	return run;
}

void strings_add(struct strings *s, const char *data, size_t n)
{
	while (n > 0) {
		size_t run = run_of(data, n), few = 0;

		if (run == 0) {
			end_text(s);
			data++;
			n--;
			continue;
		}
		if (s->n < s->min) {
			few = MIN(run, s->min - s->n);
			memcpy(s->kept + s->n, data, few);
			if (s->n + few == s->min)
				out_bytes(s->kept, s->min);
		}
		out_bytes(data + few, run - few);
		s->n += run;
		data += run;
		n -= run;
	}
}

void strings_end(struct strings *s)
{
	end_text(s);
}
