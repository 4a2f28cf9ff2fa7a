/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads files written by others without being misled: no links are followed, no FIFO
 * blocks, and files with the wrong owner or of excessive size are rejected.
 */
#include "container/state.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/below.h"
#include "base/calls.h"
#include "base/file.h"
#include "base/mnt.h"
#include "base/mntinfo.h"
#include "base/num.h"
#include "base/statx.h"
#include "container/claim.h"

/* State files of runtimes are smaller than this. The limits for files of unprivileged
 * users are lower, because root reads these files, too. */
#define STATE_MAX      ((size_t)4 << 20)
#define STATE_MAX_USER ((size_t)256 << 10)
#define WORDS_MAX_USER ((size_t)16 << 10)

/* Maximum number of entries read from a user's directory: more than the containers of any
 * user need. */
#define ENTRIES_MAX_USER 4000

/* ---- command lines */

int ix_words_parse(struct ix_buf *text, struct ix_words *ret_w)
{
	struct ix_words w = { 0 };

	if (ix_buf_add(text, "", 1) < 0)
		return -ENOMEM;
	w.all = calloc(text->len + 1, sizeof(*w.all));
	if (!w.all)
		return -ENOMEM;
	for (size_t at = 0; at + 1 < text->len; at += strlen(text->data + at) + 1)
		w.all[w.n++] = text->data + at;
	w.text = TAKE(text->data);
	*ret_w = w;
	return 0;
}

int ix_words_of(const struct ix_giver *g, struct ix_words *ret_w)
{
	auto_buf struct ix_buf b = { 0 };
	auto_fd int fd = ix_open(g->dir, "cmdline", O_RDONLY);
	int r = fd < 0 ? fd
		       : ix_read_all(fd, g->ours && !g->uid ? STATE_MAX : WORDS_MAX_USER,
				     &b);

	return r < 0 ? r : ix_words_parse(&b, ret_w);
}

void ix_words_free(struct ix_words *w)
{
	free(w->text);
	free(w->all);
	*w = (struct ix_words){ 0 };
}

const char *ix_words_option(const struct ix_words *w, const char *brief, const char *full)
{
	size_t len = strlen(full);

	for (size_t i = 1; i < w->n; i++) {
		const char *word = w->all[i], *next = i + 1 < w->n ? w->all[i + 1] : NULL;

		if (!strcmp(word, "--"))
			break;
		if (!strcmp(word, full) || (brief && !strcmp(word, brief)))
			return next;
		if (!strncmp(word, full, len) && word[len] == '=')
			return word + len + 1;
		if (brief && !strncmp(word, brief, 2) && word[2] && word[1] != '-')
			return word + 2;
	}
	return NULL;
}

bool ix_words_has(const struct ix_words *w, const char *brief, const char *full)
{
	for (size_t i = 1; i < w->n && strcmp(w->all[i], "--") != 0; i++)
		if (!strcmp(w->all[i], brief) || !strcmp(w->all[i], full))
			return true;
	return false;
}

/* ---- files */

static bool believed(const struct stat *st, uid_t owner)
{
	return (st->st_uid == 0 || st->st_uid == owner) && !(st->st_mode & S_IWOTH);
}

/* Open the root directory at which a giver's paths start; -1 means our own root. */
static int open_root(const struct ix_giver *g, int *ret_fd)
{
	if (!g->pid || g->ours)
		return 0;
	*ret_fd = ix_open_link(g->dir, "root", O_PATH | O_DIRECTORY);
	return MIN(*ret_fd, 0);
}

/* Whether an overlay is also mounted in our own mount namespace, as those of containers
 * are: then root has mounted it. */
static bool is_roots_overlay(const struct ix_search *s, uint64_t dev)
{
	auto_buf struct ix_buf text = { 0 };
	struct ix_mntinfo m = { .dev = 0 };
	int r = ix_mntinfo_read(ix_procfd(s->x), 0, &text);
	char *pos = text.data;

	while (r >= 0 && (r = ix_mntinfo_next(&pos, &m)) > 0)
		if (m.dev == dev && !strcmp(m.type, "overlay"))
			return true;
	return false;
}

/* Whether reading a file depends on neither a user's program (FUSE) nor another machine,
 * so that it cannot block. The answer comes from the mount table, without touching the
 * file system. The layers of an overlay that a user has mounted may be on FUSE. */
static bool is_local(const struct ix_search *s, const struct ix_giver *g, int fd)
{
	static const char *const asks[] = { "fuse", "nfs", "9p", "cifs", "smb", "ceph" };
	struct statx st;
	char type[32];

	if (ix_statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_mask & STATX_MNT_ID))
		return true; /* Linux before 5.8 has no STATX_MNT_ID */
	if (ix_mnt_type(ix_procfd(s->x), g->pid && !g->ours ? g->pid : 0, st.stx_mnt_id,
			type, sizeof(type)) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++)
		if (!strncmp(type, asks[i], strlen(asks[i])))
			return false;
	return strcmp(type, "overlay") != 0 ||
	       is_roots_overlay(s, makedev(st.stx_dev_major, st.stx_dev_minor));
}

static int state_open_dir(const struct ix_search *s, const char *path,
			  const struct ix_giver *g)
{
	auto_fd int fd = -1, theirs = -1;
	int root, r = open_root(g, &theirs);
	struct stat st;

	if (r < 0)
		return r;
	root = theirs < 0 ? ix_rootfd(s->x) : theirs;
	if (root < 0)
		return root;
	/* A path given by a user may lead anywhere, even to a mount that never
	 * responds. */
	fd = ix_open_below(root, ix_relative(path), O_RDONLY | O_DIRECTORY,
			   g->files != 0 || !g->ours);
	if (fd < 0)
		return fd;
	if ((g->files || !g->ours) && !is_local(s, g, fd))
		return -EMEDIUMTYPE;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* In a sticky directory, a user cannot replace the file of another user. */
	return believed(&st, g->files) || ((st.st_mode & S_ISVTX) &&
					   (st.st_uid == 0 || st.st_uid == g->files))
		       ? take_fd(&fd)
		       : -EPERM;
}

/* Files that are missing or not trusted are ignored. Any other failure is reported, as
 * names may be missing because of it. */
static int state_lost(const struct ix_search *s, int r)
{
	static const int says_nothing[] = { ENOENT, ENOTDIR, ELOOP, EXDEV,       EPERM,
					    EFBIG,  EPROTO,  ESRCH, EMEDIUMTYPE, ENXIO };

	if (r >= 0 || !s->gaps)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(says_nothing); i++)
		if (r == -says_nothing[i])
			return r;
	s->gaps->names = true;
	if (r == -ENOPKG)
		ix_gap(s->gaps, r,
		       "json-c is not installed: names of containers are missing");
	else if (r == -EACCES)
		ix_gap(s->gaps, r,
		       "some state files of containers may not be read: names may be missing");
	else
		ix_gap(s->gaps, r,
		       "some state files of containers could not be read (%s): names may be missing",
		       ix_errno_text(r));
	return r;
}

int ix_state_dir(const struct ix_search *s, const char *path, const struct ix_giver *g)
{
	return state_lost(s, state_open_dir(s, path, g));
}

struct ix_state_list ix_state_list(const struct ix_search *s, const char *path,
				   const struct ix_giver *g)
{
	struct ix_state_list l = { .s = s, .g = g };
	int fd = ix_state_dir(s, path, g);

	l.dir = fd < 0 ? NULL : fdopendir(fd);
	if (!l.dir && fd >= 0) {
		(void)state_lost(s, -errno);
		(void)close(fd);
	}
	return l;
}

const char *ix_state_next(struct ix_state_list *l)
{
	const struct dirent *d = NULL;
	int r = 0;

	while (l->dir && (r = ix_readdir(l->dir, &d)) == 0 && d) {
		if (d->d_name[0] == '.')
			continue;
		if (l->n++ < ENTRIES_MAX_USER || (!l->g->files && l->g->ours))
			return d->d_name;
		if (l->s->gaps) {
			l->s->gaps->names = true;
			ix_gap(l->s->gaps, -EOVERFLOW,
			       "a directory of user %u has more than %d files of containers: the rest is not read",
			       l->g->files, ENTRIES_MAX_USER);
		}
		break;
	}
	(void)state_lost(l->s, r);
	return NULL;
}

void ix_state_list_end(const struct ix_state_list *l)
{
	if (l->dir)
		(void)closedir(l->dir);
}

static int open_plain(int dir, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	long fd = IX_CALL(SYS_openat2, dir, path, &how, sizeof(how));

	return fd < 0 ? -errno : ix_fd_lift((int)fd);
}

static int state_read_file(int dir, const char *path, uid_t owner,
			   struct ix_state *ret_state)
{
	struct ix_state state = { .written = 0 };
	auto_fd int fd = open_plain(dir, path);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* By creating many hard links, a user could make us read one file many times. */
	if (!S_ISREG(st.st_mode) || !believed(&st, owner) || (owner && st.st_nlink > 1))
		return -EPERM;
	r = ix_read_all(fd, owner ? STATE_MAX_USER : STATE_MAX, &state.text);
	if (r < 0)
		return r;
	state.written = st.st_mtime;
	*ret_state = state;
	return 0;
}

int ix_state_read(const struct ix_search *s, int dir, const char *path, uid_t owner,
		  struct ix_state *ret_state)
{
	return state_lost(s, state_read_file(dir, path, owner, ret_state));
}

void ix_state_free(struct ix_state *s)
{
	ix_buf_free(&s->text);
}

int ix_state_json(const struct ix_search *s, int dir, const char *path, uid_t owner,
		  int64_t *ret_written, struct ix_json **ret_json)
{
	struct ix_state state = { .written = 0 };
	int r = ix_state_read(s, dir, path, owner, &state);

	if (r < 0)
		return r;
	r = state_lost(s, ix_json_parse(state.text.data, state.text.len, ret_json));
	if (r == 0)
		*ret_written = state.written;
	ix_state_free(&state);
	return r;
}

bool ix_state_value(const struct ix_state *s, const char *key, char *buf, size_t size)
{
	/* An empty buffer has data == NULL. */
	const char *p = s->text.len ? s->text.data : "", *end = p + s->text.len;
	size_t head = strlen(key);

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((stop ? stop : end) - p);

		if (len > head && !memcmp(p, key, head) && p[head] == '=') {
			len -= head + 1;
			if (len >= size || memchr(p + head + 1, '\0', len))
				return false;
			memcpy(buf, p + head + 1, len);
			buf[len] = '\0';
			return true;
		}
		p = stop ? stop + 1 : end;
	}
	return false;
}

int32_t ix_state_pid(const struct ix_state *s)
{
	const char *p = s->text.len ? s->text.data : "", *end = p + s->text.len;
	uint64_t pid = 0;

	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	return end > p && ix_take_u64(&p, end, INT32_MAX, &pid) == 0 && p == end
		       ? (int32_t)pid
		       : 0;
}
