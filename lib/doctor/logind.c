/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration of systemd-logind, read as systemd reads it: the first logind.conf
 * of the directories below; then the files of logind.conf.d in all of them, sorted by
 * name, where a file hides those of the same name in later directories. The last line
 * that says something counts. An empty file, or a link to /dev/null, hides others, too.
 */
#include "doctor/logind.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/below.h"
#include "base/file.h"

#define LOGIND_FILE_MOST (64U << 10)
#define LOGIND_DROPINS   256

/* In the order in which one hides another. */
static const char logind_dirs[][IX_TEXT(24)] = {
	"etc/systemd",     "run/systemd", "usr/local/lib/systemd",
	"usr/lib/systemd", "lib/systemd",
};

/* ---- the text of a file */

/* Cut blanks off both ends. */
static char *logind_trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int logind_bool(const char *word)
{
	static const char words[2][6][IX_TEXT(6)] = {
		{ "0", "no", "n", "false", "f", "off" },
		{ "1", "yes", "y", "true", "t", "on" },
	};

	for (int yes = 0; yes < 2; yes++)
		for (unsigned i = 0; i < ARRAY_SIZE(words[yes]); i++)
			if (!strcasecmp(word, words[yes][i]))
				return yes;
	return -1;
}

/* Take a line that is complete; it is changed. */
static void logind_line(char *line, bool *login, int *says)
{
	char *text = logind_trim(line), *value;
	int b;

	if (*text == '[') {
		*login = !strcmp(text, "[Login]");
		return;
	}
	value = *login ? strchr(text, '=') : NULL;
	if (!value)
		return;
	*value++ = '\0';
	if (strcmp(logind_trim(text), "RemoveIPC") != 0)
		return;
	/* systemd ignores other words. */
	b = logind_bool(logind_trim(value));
	if (b >= 0)
		*says = b;
}

/* Move what continues a line to its end: after a backslash, comments are skipped.
 * Returns the first byte behind the line. */
static char *logind_join(char *line)
{
	char *to = line, *from = line, *end;
	bool first = true;

	for (;; first = false) {
		size_t blank = strspn(from, " \t\r");

		end = strchrnul(from, '\n');
		if (from[blank] == '#' || from[blank] == ';') {
			if (first || !*end) {
				*to = '\0';
				return *end ? end + 1 : end;
			}
			from = end + 1;
			continue;
		}
		memmove(to, from, (size_t)(end - from));
		to += end - from;
		if (to == line || to[-1] != '\\' || !*end)
			break;
		to[-1] = ' ';
		from = end + 1;
	}
	from = *end ? end + 1 : end;
	*to = '\0';
	return from;
}

int ix_logind_conf_parse(const char *text)
{
	auto_free char *copy = strdup(text);
	bool login = false;
	int says = -1;

	for (char *line = copy, *next; line && *line; line = next) {
		next = logind_join(line);
		logind_line(line, &login, &says);
	}
	return says;
}

/* ---- files */

/* Read a file; an absent one is empty. Returns 1 if it is there. */
static int logind_read(int root, const char *path, struct ix_logind_conf *c)
{
	auto_buf struct ix_buf text = { .len = 0 };
	auto_fd int fd = ix_open_below(root, path, O_RDONLY | O_NONBLOCK, true);
	struct stat st;
	int r, says;

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 1; /* /dev/null */
	r = ix_read_all(fd, LOGIND_FILE_MOST, &text);
	if (r == 0)
		r = ix_buf_add(&text, "", 1);
	if (r < 0)
		return r;
	says = ix_logind_conf_parse(text.data);
	if (says >= 0) {
		c->removes = says;
		(void)snprintf(c->source, sizeof(c->source), "/%s", path);
	}
	return 1;
}

struct logind_dropin {
	char path[320];
	size_t name; /* offset in path */
	unsigned dir;
};

static int logind_order(const void *a, const void *b)
{
	const struct logind_dropin *x = a, *y = b;
	int r = strcmp(x->path + x->name, y->path + y->name);

	return r ? r : (x->dir > y->dir) - (x->dir < y->dir);
}

static int logind_list(int root, unsigned dir, struct logind_dropin *list, size_t *n)
{
	const struct dirent *entry;
	auto_dir DIR *d = NULL;
	char path[sizeof(logind_dirs) + 32];
	int fd, r;

	(void)snprintf(path, sizeof(path), "%.40s/logind.conf.d", logind_dirs[dir]);
	fd = ix_open_below(root, path, O_RDONLY | O_DIRECTORY, true);
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return -ENOMEM;
	}
	while ((r = ix_readdir(d, &entry)) == 0 && entry && *n < LOGIND_DROPINS) {
		size_t len = strlen(entry->d_name);
		struct logind_dropin *to = &list[*n];

		if (entry->d_name[0] == '.' || len <= 5 || len > 120 ||
		    strcmp(entry->d_name + len - 5, ".conf") != 0)
			continue;
		to->dir = dir;
		to->name = (size_t)snprintf(to->path, sizeof(to->path), "%s/", path);
		(void)snprintf(to->path + to->name, sizeof(to->path) - to->name, "%s",
			       entry->d_name);
		(*n)++;
	}
	return r;
}

static int logind_dropins(int root, struct ix_logind_conf *c)
{
	auto_free struct logind_dropin *list = calloc(LOGIND_DROPINS, sizeof(*list));
	int r, first = 0;
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < ARRAY_SIZE(logind_dirs); i++) {
		r = logind_list(root, i, list, &n);
		first = first ? first : MIN(r, 0);
	}
	qsort(list, n, sizeof(*list), logind_order);
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(list[i].path + list[i].name,
				 list[i - 1].path + list[i - 1].name))
			continue;
		r = logind_read(root, list[i].path, c);
		first = first ? first : MIN(r, 0);
	}
	return first;
}

int ix_logind_conf_read(int root, struct ix_logind_conf *ret_conf)
{
	struct ix_logind_conf c = { .removes = true };
	int r = 0, dropins;
	char path[sizeof(logind_dirs) + 32];

	for (unsigned i = 0; r == 0 && i < ARRAY_SIZE(logind_dirs); i++) {
		(void)snprintf(path, sizeof(path), "%.40s/logind.conf", logind_dirs[i]);
		r = logind_read(root, path, &c);
	}
	dropins = logind_dropins(root, &c);
	*ret_conf = c;
	return r < 0 ? r : dropins;
}

/* ---- the service */

static bool logind_there(int root, const char *path)
{
	auto_fd int fd = ix_open_below(root, path, O_PATH, true);

	return fd >= 0;
}

enum ix_logind ix_logind_state(int root)
{
	/* The directory is made for every machine, and when the package is installed;
	 * logind itself writes the file of the first seat when it starts. */
	if (logind_there(root, "run/systemd/seats/seat0"))
		return IX_LOGIND_STARTED;
	if (logind_there(root, "run/systemd/system") &&
	    (logind_there(root, "usr/lib/systemd/systemd-logind") ||
	     logind_there(root, "lib/systemd/systemd-logind")))
		return IX_LOGIND_MAY;
	return IX_LOGIND_NONE;
}
