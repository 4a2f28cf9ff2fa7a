/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A line of /proc/PID/status consists of "KEY:", a tab, tab-separated values and a
 * newline. A process name cannot forge a line: the kernel escapes newlines in it
 * (proc(5)).
 */
#include "proc/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"

int ix_status_read(int dirfd, const char *path, struct ix_buf *ret_text)
{
	auto_fd int fd = ix_open(dirfd, path, O_RDONLY);

	return fd < 0 ? fd : ix_read_all(fd, IX_STATUS_MAX, ret_text);
}

/* The part of a line that has not been parsed yet, without the newline. */
struct words {
	const char *at, *end;
};

static bool has_key(const char *line, const char *end, const char *key)
{
	size_t n = strlen(key);

	return (size_t)(end - line) > n && !memcmp(line, key, n) && line[n] == ':';
}

static int find_line(const char *text, size_t len, const char *key, struct words *ret_w)
{
	struct words w = { .at = NULL };

	for (const char *p = text, *stop = text + len; p < stop;) {
		const char *newline = memchr(p, '\n', (size_t)(stop - p));

		if (has_key(p, newline ? newline : stop, key)) {
			if (w.at || !newline)
				return -EPROTO;
			w = (struct words){ .at = p + strlen(key) + 1, .end = newline };
		}
		p = newline ? newline + 1 : stop;
	}
	if (!w.at)
		return -ENODATA;
	*ret_w = w;
	return 0;
}

/* Parse the next value of a line, which must be a decimal number. */
static int status_take(struct words *w, uint64_t max, uint64_t *ret_n)
{
	if (w->at == w->end || *w->at++ != '\t')
		return -EPROTO;
	return ix_take_u64(&w->at, w->end, max, ret_n) < 0 ? -EPROTO : 0;
}

/* UINT32_MAX is not a valid id: to the set*id(2) calls it means "do not change this
 * id". */
static int take_id(struct words *w, uint32_t *ret_id)
{
	uint64_t n = 0;
	int r = status_take(w, UINT32_MAX - 1, &n);

	if (r == 0)
		*ret_id = (uint32_t)n;
	return r;
}

static int ids(const char *text, size_t len, const char *key,
	       struct ix_status_ids *ret_ids)
{
	struct ix_status_ids all = { .real = 0 };
	struct words w;
	int r = find_line(text, len, key, &w);

	if (r < 0)
		return r;
	if (take_id(&w, &all.real) < 0 || take_id(&w, &all.effective) < 0 ||
	    take_id(&w, &all.saved) < 0 || take_id(&w, &all.fs) < 0 || w.at != w.end)
		return -EPROTO;
	*ret_ids = all;
	return 0;
}

int ix_status_uids(const char *text, size_t len, struct ix_status_ids *ret_ids)
{
	return ids(text, len, "Uid", ret_ids);
}

int ix_status_gids(const char *text, size_t len, struct ix_status_ids *ret_ids)
{
	return ids(text, len, "Gid", ret_ids);
}

/* The kernel always writes the mask with sixteen digits. */
static int status_caps(const char *text, size_t len, const char *key, uint64_t *ret_caps)
{
	char hex[2 + 16 + 1] = "0x";
	struct words w;
	int r = find_line(text, len, key, &w);

	if (r < 0)
		return r;
	if (w.end - w.at != 1 + 16 || *w.at != '\t')
		return -EPROTO;
	memcpy(hex + 2, w.at + 1, 16);
	hex[2 + 16] = '\0';
	return ix_parse_u64(hex, UINT64_MAX, ret_caps) < 0 ? -EPROTO : 0;
}

int ix_status_bounding(const char *text, size_t len, uint64_t *ret_caps)
{
	return status_caps(text, len, "CapBnd", ret_caps);
}

int ix_status_effective(const char *text, size_t len, uint64_t *ret_caps)
{
	return status_caps(text, len, "CapEff", ret_caps);
}

/* "Groups:", a tab, and after each number a blank. */
int ix_status_groups(const char *text, size_t len, uint32_t *ret_groups, size_t max,
		     size_t *ret_n)
{
	struct words w;
	size_t n = 0;
	int r = find_line(text, len, "Groups", &w);

	if (r < 0)
		return r;
	if (w.at == w.end || *w.at++ != '\t')
		return -EPROTO;
	while (w.at < w.end) {
		uint64_t id;

		if (w.end - w.at == 1 && *w.at == ' ')
			break; /* no groups at all */
		if (ix_take_u64(&w.at, w.end, UINT32_MAX - 1, &id) < 0 || w.at == w.end ||
		    *w.at++ != ' ')
			return -EPROTO;
		if (n < max)
			ret_groups[n] = (uint32_t)id;
		n++;
	}
	*ret_n = n;
	return 0;
}

int ix_status_number(const char *text, size_t len, const char *key, uint64_t *ret_n)
{
	struct words w;
	int r = find_line(text, len, key, &w);

	if (r < 0)
		return r;
	return status_take(&w, UINT64_MAX, ret_n) < 0 || w.at != w.end ? -EPROTO : 0;
}

int ix_status_pid_at(const char *text, size_t len, unsigned level, int32_t *ret_pid)
{
	struct words w;
	int r = find_line(text, len, "NSpid", &w);
	uint64_t n = 0;

	for (unsigned i = 0; r == 0 && i <= level; i++)
		r = w.at == w.end ? -ENODATA : status_take(&w, INT32_MAX, &n);
	if (r == 0)
		*ret_pid = (int32_t)n;
	return r;
}

int ix_status_pids(const char *text, size_t len, struct ix_status_pids *ret_pids)
{
	struct ix_status_pids pids = { .levels = 0 };
	struct words w;
	int r = find_line(text, len, "NSpid", &w);

	if (r < 0)
		return r;
	do {
		uint64_t n = 0;

		if (status_take(&w, INT32_MAX, &n) < 0)
			return -EPROTO;
		pids.last = (int32_t)n;
		if (pids.levels++ == 0)
			pids.first = pids.last;
	} while (w.at != w.end);
	*ret_pids = pids;
	return 0;
}

int ix_status_state(const char *text, size_t len, char *ret_state)
{
	struct words w;
	int r = find_line(text, len, "State", &w);

	if (r < 0)
		return r;
	if (w.end - w.at < 2 || *w.at != '\t')
		return -EPROTO;
	*ret_state = w.at[1];
	return 0;
}

int ix_status_switches(const char *text, size_t len, uint64_t *ret_n)
{
	static const char *const keys[] = { "voluntary_ctxt_switches",
					    "nonvoluntary_ctxt_switches" };
	uint64_t sum = 0, n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct words w;
		int r = find_line(text, len, keys[i], &w);

		if (r == 0)
			r = status_take(&w, UINT64_MAX, &n);
		if (r < 0)
			return r;
		sum += n;
	}
	*ret_n = sum;
	return 0;
}

/* ---- other files of /proc/PID */

static bool is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(text, word, len);
}

int ix_setgroups_denied(const char *text, size_t len, bool *ret_denied)
{
	bool denied = is(text, len, "deny\n");

	if (!denied && !is(text, len, "allow\n"))
		return -EPROTO;
	*ret_denied = denied;
	return 0;
}

/* The kernel writes a blank after each pid; a pid without a blank after it may be
 * truncated. */
size_t ix_children_parse(const char *text, size_t len, int32_t *ret_pids, size_t max)
{
	const char *p = text, *end = text + len;
	size_t n = 0;
	uint64_t pid;

	while (n < max && p < end && ix_take_u64(&p, end, INT32_MAX, &pid) == 0 && pid &&
	       p < end && *p++ == ' ')
		ret_pids[n++] = (int32_t)pid;
	return n;
}
