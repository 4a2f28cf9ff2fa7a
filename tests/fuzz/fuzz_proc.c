/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of /proc, parts of which the process itself chooses: status, stat, children,
 * setgroups, uid_map, mountinfo and links of namespaces. Every parser gets every text. A
 * result must occur in the text as the kernel would write it; a refused text leaves the
 * output unchanged. (cgroup has its own target.)
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "base/mnt.h"
#include "base/num.h"
#include "base/util.h"
#include "core/idmap.h"
#include "fuzz.h"
#include "ns/discover.h"
#include "proc/stat.h"
#include "proc/status.h"

/* Return whether the text has this line, whole. */
static bool has_line(const char *text, size_t size, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = text, *end = text + size; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		if (!newline)
			return false;
		if ((size_t)(newline - p) == n && !memcmp(p, line, n))
			return true;
		p = newline + 1;
	}
	return false;
}

/* ---- status */

typedef int ids_fn(const char *text, size_t len, struct ix_status_ids *ret_ids);

static void check_ids(const char *text, size_t size, const char *key, ids_fn *parse)
{
	struct ix_status_ids ids = { 1, 2, 3, 4 };
	char line[80];
	int r = parse(text, size, &ids);

	CHECK(r == 0 || r == -ENODATA || r == -EPROTO);
	if (r < 0) {
		CHECK(ids.real == 1 && ids.effective == 2 && ids.saved == 3 &&
		      ids.fs == 4);
		return;
	}
	CHECK(ids.real != UINT32_MAX && ids.effective != UINT32_MAX &&
	      ids.saved != UINT32_MAX && ids.fs != UINT32_MAX);
	(void)snprintf(line, sizeof(line), "%s:\t%u\t%u\t%u\t%u", key, ids.real,
		       ids.effective, ids.saved, ids.fs);
	CHECK(has_line(text, size, line));
}

static void check_bounding(const char *text, size_t size)
{
	uint64_t caps = 77, again = 0;
	char line[40];
	int r = ix_status_bounding(text, size, &caps);

	CHECK(r == 0 || r == -ENODATA || r == -EPROTO);
	if (r < 0) {
		CHECK(caps == 77);
		return;
	}
	(void)snprintf(line, sizeof(line), "CapBnd:\t%016" PRIx64 "\n", caps);
	CHECK(ix_status_bounding(line, strlen(line), &again) == 0 && again == caps);
}

static void check_state(const char *text, size_t size)
{
	uint64_t switches = 77;
	char state = '?', start[] = "State:\t?";
	int r = ix_status_state(text, size, &state);

	CHECK(r == 0 || ((r == -ENODATA || r == -EPROTO) && state == '?'));
	start[sizeof(start) - 2] = state;
	CHECK(r < 0 || memmem(text, size, start, sizeof(start) - 1));
	r = ix_status_switches(text, size, &switches);
	CHECK(r == 0 || ((r == -ENODATA || r == -EPROTO) && switches == 77));
}

static void check_pids(const char *text, size_t size)
{
	struct ix_status_pids pids = { 77, 78, 79 }, again;
	char line[80];
	int32_t at = 0;
	int r = ix_status_pids(text, size, &pids);

	CHECK(r == 0 || r == -ENODATA || r == -EPROTO);
	if (r < 0) {
		CHECK(pids.levels == 77 && pids.first == 78 && pids.last == 79);
		return;
	}
	CHECK(pids.levels > 0 && pids.first >= 0 && pids.last >= 0);
	CHECK(pids.levels > 1 || pids.first == pids.last);
	CHECK(ix_status_pid_at(text, size, 0, &at) == 0 && at == pids.first);
	CHECK(ix_status_pid_at(text, size, pids.levels - 1, &at) == 0 && at == pids.last);
	CHECK(ix_status_pid_at(text, size, pids.levels, &at) == -ENODATA);
	(void)snprintf(line, sizeof(line), "NSpid:\t%d\t%d\n", pids.first, pids.last);
	CHECK(ix_status_pids(line, strlen(line), &again) == 0 && again.levels == 2 &&
	      again.first == pids.first && again.last == pids.last);
}

/* ---- related files */

static void check_small(const char *text, size_t size)
{
	bool denied = false;
	int32_t pids[8];
	char line[8 * 12];
	size_t n, len = 0;
	int r = ix_setgroups_denied(text, size, &denied);

	CHECK(r == 0 || r == -EPROTO);
	CHECK(denied == (size == 5 && !memcmp(text, "deny\n", 5)));
	n = ix_children_parse(text, size, pids, ARRAY_SIZE(pids));
	CHECK(n <= ARRAY_SIZE(pids));
	for (size_t i = 0; i < n; i++) {
		CHECK(pids[i] > 0);
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%d ", pids[i]);
	}
	CHECK(len <= size && !memcmp(text, line, len));
}

static void check_link(const char *text, size_t size, const char *type)
{
	uint64_t n = ix_ns_number(type, text, size);
	char link[40];
	int len = snprintf(link, sizeof(link), "%s:[%" PRIu64 "]", type, n);

	CHECK(!n || ((size_t)len == size && !memcmp(text, link, size)));
}

/* ---- stat */

static void check_stat(const char *text, size_t size)
{
	struct ix_proc_stat st = { .state = '?', .parent = 77 }, again;
	char line[200];
	int len, r = ix_proc_stat_parse(text, size, &st);

	CHECK(r == 0 || r == -EPROTO);
	if (r < 0) {
		CHECK(st.state == '?' && st.parent == 77);
		return;
	}
	CHECK(memchr(st.comm, '\0', sizeof(st.comm)) && st.parent >= 0);
	if (!st.state)
		return;
	len = snprintf(line, sizeof(line),
		       "1 (%s) %c %d 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %" PRIu64
		       " 1\n",
		       st.comm, st.state, st.parent, st.start);
	CHECK(len > 0 && (size_t)len < sizeof(line));
	/* If the state were ')', it would end the command name instead. */
	if (st.state == ')')
		return;
	CHECK(ix_proc_stat_parse(line, (size_t)len, &again) == 0);
	CHECK(!strcmp(again.comm, st.comm) && again.state == st.state &&
	      again.parent == st.parent && again.start == st.start);
}

/* ---- uid_map */

static void check_range(const struct ix_idrange *ranges, int n,
			const struct ix_idrange *r)
{
	uint32_t there = 77, back;

	if (!r->count)
		return;
	/* The first range that contains the id counts; the kernel accepts no overlap. */
	CHECK(ix_id_there(ranges, (size_t)n, r->outside, &there) == 0);
	back = ix_id_here(ranges, (size_t)n, there);
	if (n == 1 && there != IX_UNMAPPED)
		CHECK(there == r->inside && back == r->outside);
}

static void check_idmap(const char *text, size_t size)
{
	static struct ix_idrange ranges[IX_IDMAP_MAX], again[IX_IDMAP_MAX];
	static char line[IX_IDMAP_MAX * 33 + 1];
	int n = ix_idmap_parse(text, size, ranges);
	size_t len = 0;

	CHECK(n == -EPROTO || (n >= 0 && n <= IX_IDMAP_MAX));
	for (int i = 0; i < n; i++) {
		check_range(ranges, n, &ranges[i]);
		len += (size_t)snprintf(line + len, sizeof(line) - len,
					"%10u %10u %10u\n", ranges[i].inside,
					ranges[i].outside, ranges[i].count);
	}
	if (n > 0)
		CHECK(ix_idmap_parse(line, len, again) == n &&
		      !memcmp(again, ranges, (size_t)n * sizeof(*ranges)));
}

/* ---- mountinfo */

static void check_type(const char *text, size_t size, uint64_t id, size_t room)
{
	auto_free char *type = malloc(room), *line = malloc(room + 8);
	int r;

	CHECK(type && line);
	memset(type, '?', room);
	r = ix_mnt_type_in(text, size, id, type, room);
	CHECK(r == 0 || r == -ENOENT || r == -EPROTO || r == -ENAMETOOLONG);
	if (r < 0) {
		CHECK(type[0] == '?' && type[room - 1] == '?');
		return;
	}
	CHECK(memchr(type, '\0', room));
	CHECK(!strchr(type, ' ') && !strchr(type, '\n'));
	(void)snprintf(line, room + 8, " - %s", type);
	CHECK(memmem(text, size, line, strlen(line)));
}

/* Look up the ids of the first lines, and an id that may not exist. */
static void check_types(const char *text, size_t size)
{
	const char *p = text, *end = text + size;

	check_type(text, size, 0, 16);
	for (int i = 0; i < 4 && p < end; i++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		uint64_t id = 0;

		if (ix_take_u64(&p, end, UINT64_MAX, &id) == 0) {
			check_type(text, size, id, 1);
			check_type(text, size, id, 16);
		}
		if (!newline)
			break;
		p = newline + 1;
	}
}

static void check_nsfs(char *text, size_t size)
{
	struct ix_mnt_list l = { .n = 77 };
	size_t lines = 1;
	int r = ix_mnt_nsfs_in(text, size, &l);

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	CHECK(r == 0 || r == -EPROTO || r == -ENOPKG);
	CHECK(r == 0 || l.n == 0);
	CHECK(l.n <= lines);
	for (size_t i = 0; i < l.n; i++) {
		CHECK(strlen(l.all[i].root) <= size && strlen(l.all[i].target) <= size);
		check_link(l.all[i].root, strlen(l.all[i].root), "ipc");
	}
	ix_mnt_list_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size ? size : 1);

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	check_ids(text, size, "Uid", ix_status_uids);
	check_ids(text, size, "Gid", ix_status_gids);
	check_state(text, size);
	check_bounding(text, size);
	check_pids(text, size);
	check_small(text, size);
	check_link(text, size, "ipc");
	check_link(text, size, "user");
	check_stat(text, size);
	check_idmap(text, size);
	check_types(text, size);
	check_nsfs(text, size);
	CHECK(!size || !memcmp(text, data, size));
	return 0;
}
