/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * With which user, group, home directory and environment a command runs in a container.
 * The container wrote all of this: passwd(5), group(5) and the environment of its first
 * process. It is believed only about that command, and nothing of it is used here. The
 * files are opened below the container's root, read up to a bound, and parsed strictly: a
 * line with another number of fields is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/below.h"
#include "base/file.h"
#include "base/nss.h"
#include "base/num.h"
#include "base/statx.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "ns/step.h"
#include "proc/status.h"

#define FILE_BYTES    ((size_t)1 << 20) /* of passwd or group */
#define ENVIRON_BYTES ((size_t)1 << 18)
#define PASSWD_FIELDS 7
#define GROUP_FIELDS  4
#define ID_BYTES      12

/* An id, as text or number, and the line that has it. */
struct account {
	uint32_t id, gid; /* gid: of a user */
	char home[sizeof(((struct ipcx_ns_user *)0)->home)];
	bool listed;
};

/*
 * Read passwd or group below a root. Returns 0 or -errno.
 *
 * The mere opening of a device can have effects on the machine, and the limits of a
 * container's devices are not ours. So find out first what the file is.
 */
static int account_read(struct ipcx *x, int root, bool group, struct ix_buf *ret_text)
{
	auto_fd int held =
		ix_open_below(root, group ? "etc/group" : "etc/passwd", O_PATH, true);
	auto_fd int fd = -1;
	char through[40];
	struct statx st;
	int r;

	if (held < 0)
		return held;
	r = ix_statx(held, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.stx_mode))
		return -EINVAL;
	(void)snprintf(through, sizeof(through), "thread-self/fd/%d", held);
	fd = ix_open(ix_procfd(x), through, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? fd : ix_read_all(fd, FILE_BYTES, ret_text);
}

/* Split a line at its colons. Returns the number of fields; more than max is max + 1. */
static size_t account_split(char *line, char **fields, size_t max)
{
	size_t n = 0;

	for (char *at = line; at; n++) {
		char *field = strsep(&at, ":");

		if (n == max)
			return max + 1;
		fields[n] = field;
	}
	return n;
}

static bool account_number(const char *text, uint32_t *ret_id)
{
	uint64_t n;

	if (!*text || strspn(text, "0123456789") != strlen(text) ||
	    strlen(text) >= ID_BYTES || ix_parse_u64(text, UINT32_MAX - 1, &n) < 0)
		return false;
	*ret_id = (uint32_t)n;
	return true;
}

/* Take a line if it is that of the name or, if name is NULL, of the id. */
static bool account_line(char *line, bool group, const char *name, struct account *a)
{
	char *f[PASSWD_FIELDS];
	size_t want = group ? GROUP_FIELDS : PASSWD_FIELDS;
	uint32_t id, gid = 0;

	if (account_split(line, f, want) != want || !*f[0] || !account_number(f[2], &id))
		return false;
	if (name ? strcmp(f[0], name) != 0 : id != a->id)
		return false;
	if (!group && !account_number(f[3], &gid))
		return false;
	a->id = id;
	a->gid = gid;
	a->listed = true;
	if (!group && *f[5] == '/' && strlen(f[5]) < sizeof(a->home))
		(void)snprintf(a->home, sizeof(a->home), "%s", f[5]);
	return true;
}

static void account_search(struct ix_buf *b, bool group, const char *name,
			   struct account *a)
{
	char *at = b->data;

	if (!b->len || memchr(b->data, '\0', b->len) || ix_buf_add(b, "", 1) < 0)
		return;
	for (at = b->data; at && *at;)
		if (account_line(strsep(&at, "\n"), group, name, a))
			return;
}

/*
 * Find a user or group: a number, or a name in the files below a root; in our own root,
 * in the sources of nsswitch.conf(5). For a number, the line is optional.
 */
static int account_find(struct ipcx *x, int root, bool ours, bool group, const char *text,
			struct account *a)
{
	const char *what = group ? "group" : "user", *name = NULL;
	auto_buf struct ix_buf b = { 0 };
	int r = account_read(x, root, group, &b), found = 0;

	if (!account_number(text, &a->id)) {
		if (ours)
			found = ix_nss_id(group, text, &a->id);
		else
			name = text;
	}
	if (r == 0)
		account_search(&b, group, name, a);
	if (found < 0 && found != -ENOENT)
		return ix_fail_plain(x, -EIO, "%s '%s': %s", what, text,
				     ix_nss_why(found));
	if (found < 0 || (name && !a->listed && (r == 0 || r == -ENOENT)))
		return ix_fail_plain(x, -EINVAL, "there is no %s '%s'%s", what, text,
				     ours ? "" : " in its root");
	return name && r < 0 ? ix_fail(x, r, "the file of its %ss", what) : 0;
}

/* ---- ids that are mapped */

/* Whether a user namespace maps an id, by the text of its uid_map or gid_map. */
static bool account_is_mapped(const char *map, uint32_t id)
{
	for (const char *at = map; *at;) {
		uint64_t inner, outer, count;
		const char *end = at + strlen(at);

		for (int i = 0; i < 3; i++) {
			uint64_t *const to[] = { &inner, &outer, &count };

			at += strspn(at, " ");
			if (ix_take_u64(&at, end, UINT32_MAX, to[i]) < 0)
				return false;
		}
		if (id >= inner && id - inner < count)
			return true;
		at += strspn(at, "\n");
	}
	return false;
}

static int account_check(struct ipcx *x, const struct ix_target *p, bool ours, bool group,
			 uint32_t id)
{
	const char *file = group ? "gid_map" : "uid_map";
	int proc = ours || p->dirfd < 0 ? ix_procfd(x) : p->dirfd, r;
	auto_buf struct ix_buf b = { 0 };
	auto_fd int fd = -1;
	char path[24];

	(void)snprintf(path, sizeof(path), "%s%s", proc == p->dirfd ? "" : "self/", file);
	fd = ix_open(proc, path, O_RDONLY);
	r = fd < 0 ? fd : ix_read_all(fd, FILE_BYTES, &b);
	if (r == 0)
		r = ix_buf_add(&b, "", 1);
	if (r < 0)
		return ix_fail(x, r, "the ids of its user namespace");
	return account_is_mapped(b.data, id)
		       ? 0
		       : ix_fail_plain(x, -EINVAL,
				       "%s %u is not mapped in %s user namespace",
				       group ? "group" : "user", id,
				       ours ? "our" : "its");
}

/* ---- the public calls */

int ipcx_ns_user(struct ipcx *x, const struct ipcx_ns *ns, unsigned flags,
		 const char *user, const char *group, struct ipcx_ns_user *ret_user)
{
	IX_REQUIRE(x, ns, ret_user);
	const struct ix_target *p = ns->places;
	bool own_root = !(flags & IPCX_ENTER_MOUNT),
	     ours = !(flags & (IPCX_ENTER_MOUNT | IPCX_ENTER_USER));
	struct account u = { .id = 0 }, g = { .id = 0 };
	struct ipcx_ns_user found = { .size = sizeof(found) };
	int root = own_root ? ix_rootfd(x) : p->rootfd;
	int r = IX_COPY_CHECK(x, ipcx_ns_user, IPCX_NS_USER_SIZE_0_1, ret_user);

	if (r == 0)
		r = ix_ns_needed(x, ns);
	if (r == 0 && (ns->all || root < 0))
		r = ix_fail_plain(x, -EINVAL,
				  "no process is known whose users could be read");
	if (r == 0)
		r = account_find(x, root, own_root, false, user ? user : "0", &u);
	if (r == 0 && group)
		r = account_find(x, root, own_root, true, group, &g);
	else if (r == 0 && own_root && user && u.id && !u.listed)
		r = ix_fail_plain(x, -EINVAL, "user '%s': its group is unknown", user);
	if (r == 0 && user)
		r = account_check(x, p, ours, false, u.id);
	if (r == 0 && (user || group))
		r = account_check(x, p, ours, true, group ? g.id : u.gid);
	if (r < 0)
		return r;
	found.uid = u.id;
	found.gid = group ? g.id : u.gid;
	(void)snprintf(found.home, sizeof(found.home), "%s",
		       *u.home     ? u.home
		       : u.id == 0 ? "/root"
				   : "/");
	return IX_COPY_OUT(x, ipcx_ns_user, IPCX_NS_USER_SIZE_0_1, &found, ret_user);
}

/* Keep the variables with a name, and pack them. Returns the number of bytes left. */
static size_t account_pack(char *text, size_t len)
{
	size_t kept = 0;

	for (size_t at = 0; at < len;) {
		size_t n = strnlen(text + at, len - at) + 1, name = 0;

		if (at + n > len)
			break; /* cut off */
		while (text[at + name] > ' ' && text[at + name] < 0x7f &&
		       text[at + name] != '=')
			name++;
		if (name && text[at + name] == '=') {
			memmove(text + kept, text + at, n);
			kept += n;
		}
		at += n;
	}
	return kept;
}

int ipcx_ns_environ(struct ipcx *x, const struct ipcx_ns *ns, char *buf, size_t size,
		    size_t *ret_len)
{
	IX_REQUIRE(x, ns, buf, ret_len);
	const struct ix_target *p = ns->places;
	auto_buf struct ix_buf b = { 0 };
	auto_fd int fd = -1;
	int r;

	if (ns->all || p->dirfd < 0) {
		*ret_len = 0;
		return 0;
	}
	fd = ix_open(p->dirfd, "environ", O_RDONLY);
	r = fd < 0 ? fd : ix_read_all(fd, MIN(size, ENVIRON_BYTES), &b);
	if (r < 0)
		return ix_fail(x, r, "process %d: its environment", p->pid);
	if (b.len)
		memcpy(buf, b.data, b.len);
	*ret_len = account_pack(buf, b.len);
	return 0;
}

/*
 * Drop the supplementary groups, unless the user namespace of the target's process forbids
 * setgroups(2): there, a process keeps those with which it came (user_namespaces(7)). The
 * descriptor of that process still shows it; our own /proc may be the container's by now.
 */
static int account_drop_groups(struct ipcx *x, const struct ix_target *p)
{
	int r = ix_step_drop_groups(x), len;
	char text[16];
	bool denied;

	if (r != -EPERM || p->dirfd < 0)
		return r;
	len = ix_read_file(p->dirfd, "setgroups", text, sizeof(text));
	return len > 0 && ix_setgroups_denied(text, (size_t)len, &denied) == 0 && denied
		       ? 0
		       : r;
}

int ipcx_ns_become(struct ipcx *x, const struct ipcx_ns *ns, uint32_t uid, uint32_t gid)
{
	IX_REQUIRE(x, ns);
	int r, hidden;

	if (ns->all)
		return ix_fail_plain(x, -EINVAL, "one namespace can be entered, not all");
	r = account_drop_groups(x, ns->places);
	if (r == 0)
		r = ix_step_become(uid, gid);
	/* A change of user resets the dumpable flag. */
	hidden = ix_step_hide();
	r = r < 0 ? r : hidden;
	if (r == 0)
		return 0;
	(void)ix_fail_plain(x, r, "cannot become user %u of group %u: %s", uid, gid,
			    ix_step_text(r));
	return r == -EINVAL ? -EIO : r;
}
