/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether systemd-logind removes a user's objects at its last logout (RemoveIPC=). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "why/sysv.h"

#define LOGOUT_CONF 65536

/* logind.conf(5): a file of a name hides those of the same name in later directories;
 * all are read in the order of their names, after the main file. */
static const char logout_dirs[][IX_TEXT(40)] = {
	"etc/systemd/logind.conf.d",
	"run/systemd/logind.conf.d",
	"usr/local/lib/systemd/logind.conf.d",
	"usr/lib/systemd/logind.conf.d",
};

struct logout_file {
	char name[256];
	unsigned dir;
};

/* Whether a text is one of the words for "yes" (1) or "no" (0); else -1. */
static int logout_bool(const char *word)
{
	static const char words[][IX_TEXT(6)] = { "no",  "false", "off", "n", "f", "0",
						  "yes", "true",  "on",  "y", "t", "1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(word, words[i]))
			return i >= ARRAY_SIZE(words) / 2;
	return -1;
}

/* Take the setting from a file's text. */
static void logout_parse(char *text, int *setting)
{
	bool login = false;
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		size_t len;

		line += strspn(line, " \t");
		len = strlen(line);
		while (len && strchr(" \t\r", line[len - 1]))
			line[--len] = '\0';
		if (line[0] == '[')
			login = !strcmp(line, "[Login]");
		if (!login || strncmp(line, "RemoveIPC", 9))
			continue;
		line += 9;
		line += strspn(line, " \t");
		if (*line != '=')
			continue;
		line++;
		line += strspn(line, " \t");
		if (logout_bool(line) >= 0)
			*setting = logout_bool(line);
	}
}

/* Read one file; what is not there sets nothing. Returns 0 or -errno. */
static int logout_read(int root, const char *path, int *setting)
{
	auto_free char *text = malloc(LOGOUT_CONF);
	ssize_t len;

	if (!text)
		return -ENOMEM;
	len = ix_read_file(root, path, text, LOGOUT_CONF);
	if (len == -ENOENT)
		return 0;
	if (len < 0)
		return (int)len;
	logout_parse(text, setting);
	return 0;
}

static int logout_order(const void *a, const void *b)
{
	const struct logout_file *one = a, *two = b;
	int r = strcmp(one->name, two->name);

	return r ? r : (int)one->dir - (int)two->dir;
}

/* Collect the names of one directory. Returns 0 or -errno. */
static int logout_list(int root, unsigned dir, struct logout_file **files, size_t *n)
{
	int fd = openat(root, logout_dirs[dir], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!d) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d))) {
		size_t len = strlen(e->d_name);
		struct logout_file *more;

		if (len < 6 || strcmp(e->d_name + len - 5, ".conf") != 0)
			continue;
		more = realloc(*files, (*n + 1) * sizeof(**files));
		if (!more) {
			r = -ENOMEM;
			break;
		}
		*files = more;
		(void)snprintf(more[*n].name, sizeof(more[*n].name), "%s", e->d_name);
		more[(*n)++].dir = dir;
	}
	(void)closedir(d);
	return r;
}

/* Read the setting as systemd does: 1, 0, or -errno if a file could not be read. */
static int logout_setting(int root)
{
	static const char main_files[][IX_TEXT(32)] = { "usr/lib/systemd/logind.conf",
							"etc/systemd/logind.conf" };
	auto_free struct logout_file *files = NULL;
	int setting = 1, r = 0; /* its default */
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(main_files) && r == 0; i++)
		r = logout_read(root, main_files[i], &setting);
	for (unsigned i = 0; i < ARRAY_SIZE(logout_dirs) && r == 0; i++)
		r = logout_list(root, i, &files, &n);
	if (n)
		qsort(files, n, sizeof(*files), logout_order);
	for (size_t i = 0; i < n && r == 0; i++) {
		char path[320];

		if (i && !strcmp(files[i].name, files[i - 1].name))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", logout_dirs[files[i].dir],
			       files[i].name);
		r = logout_read(root, path, &setting);
	}
	return r < 0 ? r : setting;
}

enum ix_so ix_why_removed_at_logout(struct ipcx *x, uint32_t uid, char *buf, size_t size)
{
	int root = ix_rootfd(x), setting;
	struct stat st;

	if (uid < 1000) {
		(void)snprintf(buf, size,
			       "uid %" PRIu32 " is a system user, whose objects stay",
			       uid);
		return IX_SO_NOT;
	}
	if (root < 0) {
		(void)snprintf(buf, size, "the root directory cannot be opened");
		return IX_SO_UNKNOWN;
	}
	/* systemd-logind makes this directory when it starts. */
	if (fstatat(root, "run/systemd/seats", &st, 0) < 0 && errno == ENOENT) {
		(void)snprintf(buf, size, "systemd-logind does not run here");
		return IX_SO_NOT;
	}
	setting = logout_setting(root);
	if (setting < 0)
		(void)snprintf(buf, size, "logind.conf could not be read");
	else
		(void)snprintf(
			buf, size, "RemoveIPC=%s%s", setting ? "yes" : "no: objects stay",
			setting ? " removes the objects of a user at its last logout"
				: "");
	return setting < 0 ? IX_SO_UNKNOWN : ix_so(setting);
}
