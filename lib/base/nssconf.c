/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the services of nsswitch.conf(5) are not asked, what it lists besides the files
 * is the reason for an entry that is not found. */
#include "base/nsscall.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"

/* The most bytes of nsswitch.conf(5) that are read. */
#define CONF_MAX ((size_t)1 << 20)

/* Whether this word of nsswitch.conf(5) is a service other than the files. */
static bool is_beside(const char *word)
{
	return strcmp(word, "files") != 0 && strcmp(word, "compat") != 0;
}

/* Whether a word in brackets, of "[STATUS=ACTION STATUS=ACTION]", ends the search for
 * what the service before it does not have. */
static bool ends_search(char *word)
{
	word += *word == '[';
	word[strcspn(word, "]")] = '\0';
	return strcasecmp(word, "notfound=return") == 0;
}

/* Whether a line, "DATABASE: SERVICE [STATUS=ACTION] SERVICE …", has other services that
 * would be asked for what the files do not have. */
static bool line_has_others(char *line, const char *database)
{
	char *state, *word;
	size_t len = strlen(database);

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t");
	if (strncmp(line, database, len) != 0)
		return false;
	line += len + strspn(line + len, " \t");
	if (*line++ != ':')
		return false;
	for (word = strtok_r(line, " \t\r", &state); word;
	     word = strtok_r(NULL, " \t\r", &state)) {
		bool status = strpbrk(word, "[=]") != NULL;

		if (status ? ends_search(word) : is_beside(word))
			return !status;
	}
	return false;
}

/* Without a configuration that it can read, glibc asks the files, too. */
int ix_nss_others(bool group)
{
	auto_fd int fd = ix_open(AT_FDCWD, "/etc/nsswitch.conf", O_RDONLY | O_NONBLOCK);
	auto_buf struct ix_buf b = { 0 };
	char *next;

	if (fd < 0 || ix_read_all(fd, CONF_MAX, &b) < 0)
		return 0;
	if (ix_buf_add(&b, "", 1) < 0)
		return ENOMEM;
	for (char *line = b.data; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (line_has_others(line, group ? "group" : "passwd"))
			return IX_NSS_FILES;
	}
	return 0;
}
