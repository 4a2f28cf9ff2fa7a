/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: make allocation number $NOMEM_AT (from 1) fail, and all later ones if
 * $NOMEM_ALL is set. Exits with 90 if that allocation was never reached. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static long at = -1, count;
static int all;

static int refused(void)
{
	if (at < 0)
		return 0; /* before main(): an allocation of the loader */
	count++;
	if (count != at && !(all && count > at))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return refused() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return refused() ? NULL : __libc_realloc(p, n);
}

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("NOMEM_AT");

	all = getenv("NOMEM_ALL") != NULL;
	at = n ? atol(n) : -1;
}

__attribute__((destructor)) static void end(void)
{
	if (count < at)
		_exit(90);
}
