/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LD_PRELOAD: lookups that fail. $UNANSWERED is a comma-separated list: "users" and
 * "groups" fail lookups of names with $UNANSWERED_ERRNO, "match" makes regexec(3) run out
 * of memory. $UNANSWERED_FROM: fail only from that call on, counted from 1.
 * $UNANSWERED_LOG: a file that gets a letter for each lookup.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(const char *what, const char *letter)
{
	static int calls;
	const char *list = getenv("UNANSWERED"), *from = getenv("UNANSWERED_FROM");
	const char *log = getenv("UNANSWERED_LOG");

	if (log) {
		int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

		if (fd >= 0) {
			(void)!write(fd, letter, 1);
			(void)close(fd);
		}
	}
	if (!list || !strstr(list, what))
		return 0;
	return ++calls >= (from ? atoi(from) : 1);
}

static int why(void)
{
	const char *error = getenv("UNANSWERED_ERRNO");

	errno = error ? atoi(error) : EIO;
	return errno;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int getpwnam_r(const char *name, struct passwd *p, char *buf, size_t size,
	       struct passwd **found)
{
	*found = NULL;
	return fails("users", "n") ? why() : REAL(getpwnam_r)(name, p, buf, size, found);
}

int getpwuid_r(uid_t id, struct passwd *p, char *buf, size_t size, struct passwd **found)
{
	*found = NULL;
	return fails("users", "u") ? why() : REAL(getpwuid_r)(id, p, buf, size, found);
}

int getgrnam_r(const char *name, struct group *g, char *buf, size_t size,
	       struct group **found)
{
	*found = NULL;
	return fails("groups", "N") ? why() : REAL(getgrnam_r)(name, g, buf, size, found);
}

int getgrgid_r(gid_t id, struct group *g, char *buf, size_t size, struct group **found)
{
	*found = NULL;
	return fails("groups", "g") ? why() : REAL(getgrgid_r)(id, g, buf, size, found);
}

/* The same for programs that use the non-reentrant function. */
struct passwd *getpwnam(const char *name)
{
	return fails("users", "n") ? (why(), NULL) : REAL(getpwnam)(name);
}

struct group *getgrnam(const char *name)
{
	return fails("groups", "N") ? (why(), NULL) : REAL(getgrnam)(name);
}

int regexec(const regex_t *regex, const char *text, size_t n, regmatch_t *m, int flags)
{
	return fails("match", "r") ? REG_ESPACE : REAL(regexec)(regex, text, n, m, flags);
}
