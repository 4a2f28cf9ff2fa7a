/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of a log, as anyone can write it: it is read or refused, what is read are calls
 * and errnos that exist, texts end within their arrays, and a second reading gives the
 * same.
 */
#include <errno.h>

#include "base/util.h"
#include "fuzz.h"
#include "why/why.h"

static void check(const struct ix_why *w, int r)
{
	CHECK(r == 0 || r == -ENODATA);
	CHECK(!w->nerrors || w->nerrors == 1);
	if (r < 0) {
		CHECK(!w->calls);
		return;
	}
	CHECK(w->calls && !(w->calls & 1) && !(w->calls >> IX_CALLS));
	CHECK(!w->nerrors || w->errors[0] == IX_SIGBUS || w->errors[0] == IX_BLOCKS ||
	      (w->errors[0] < 0 && w->errors[0] >= -133));
	CHECK(!(w->a.has >> IX_ARGS));
	CHECK(memchr(w->a.name, '\0', sizeof(w->a.name)));
	CHECK(memchr(w->a.cmd, '\0', sizeof(w->a.cmd)));
	CHECK(memchr(w->program, '\0', sizeof(w->program)));
	CHECK(!(w->a.has >> IX_ARG_NAME & 1) || w->a.name[0]);
	CHECK(!(w->a.has >> IX_ARG_MODE & 1) || w->a.mode <= 0777);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *line = malloc(size + 1);
	auto_free struct ix_why *w = calloc(2, sizeof(*w));
	struct ipcx *x;
	int r;

	CHECK(line && w && ipcx_new(&x) == 0);
	if (size)
		memcpy(line, data, size);
	line[size] = '\0';
	for (size_t i = 0; i < 2; i++) {
		w[i].x = x;
		r = ix_why_line(&w[i], line);
		check(&w[i], r);
	}
	CHECK(w[0].calls == w[1].calls && w[0].a.has == w[1].a.has);
	(void)ix_why_error(line);
	ipcx_free(x);
	return 0;
}
