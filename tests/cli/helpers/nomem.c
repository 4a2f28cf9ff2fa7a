/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: make allocation number $NOMEM_AT (from 1) fail, and all later ones if
 * $NOMEM_ALL is set. Exits with 90 if that allocation was never reached. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __GLIBC__
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
#else
/* musl's dlsym() allocates nothing. */
#define REAL(name, result, ...)                                   \
	static result (*real_##name)(__VA_ARGS__);                \
	if (!real_##name)                                         \
		*(void **)&real_##name = dlsym(RTLD_NEXT, #name); \
	return real_##name

static void *__libc_malloc(size_t n)
{
	REAL(malloc, void *, size_t)(n);
}

static void *__libc_calloc(size_t n, size_t size)
{
	REAL(calloc, void *, size_t, size_t)(n, size);
}

static void *__libc_realloc(void *p, size_t n)
{
	REAL(realloc, void *, void *, size_t)(p, n);
}
#endif

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
