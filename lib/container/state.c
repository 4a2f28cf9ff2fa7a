/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading what others wrote without being led astray: links are not followed, FIFOs not
 * waited for, files of the wrong owner or of any size not believed.
 */
#include "container/state.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/below.h"
#include "base/file.h"
#include "base/mnt.h"
#include "base/num.h"
#include "container/claim.h"
#include "proc/stat.h"
#include "proc/status.h"

/* No runtime writes more; and what users write, root has to read. */
#define STATE_MAX      ((size_t)4 << 20)
#define STATE_MAX_USER ((size_t)256 << 10)
#define WORDS_MAX_USER ((size_t)16 << 10)

/* Nobody runs so many containers. */
#define ENTRIES_MAX_USER 4000

/* ---- processes */

static int by_pid(const void *a, const void *b)
{
	const struct ix_proc *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

int ix_search_open(const struct ix_search *s, int32_t pid)
{
	int proc = ix_procfd(s->x);
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", pid);
	return proc < 0 ? proc : ix_open(proc, name, O_PATH | O_DIRECTORY);
}

static bool read_stat(int dir, const char *path, int32_t pid, struct ix_proc *ret_p)
{
	char text[1024];
	struct ix_proc_stat st;
	int len = ix_read_file(dir, path, text, sizeof(text));

	if (len < 0 || ix_proc_stat_parse(text, (size_t)len, &st) < 0 || st.state == 'Z')
		return false;
	*ret_p = (struct ix_proc){ .pid = pid, .parent = st.parent, .start = st.start };
	(void)snprintf(ret_p->comm, sizeof(ret_p->comm), "%.15s", st.comm);
	return true;
}

bool ix_search_read(int dir, int32_t pid, struct ix_proc *ret_p)
{
	return read_stat(dir, "stat", pid, ret_p);
}

static bool read_proc(const struct ix_search *s, int32_t pid, struct ix_proc *ret_p)
{
	int proc = ix_procfd(s->x);
	char path[24];

	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	return proc >= 0 && read_stat(proc, path, pid, ret_p);
}

static void drop_doubles(struct ix_search *s)
{
	size_t n = 0;

	if (s->nprocs)
		qsort(s->procs, s->nprocs, sizeof(*s->procs), by_pid);
	for (size_t i = 0; i < s->nprocs; i++)
		if (n == 0 || s->procs[n - 1].pid != s->procs[i].pid)
			s->procs[n++] = s->procs[i];
	s->nprocs = n;
}

/* Who watches a container is the parent of its first process. */
static int read_procs(struct ix_search *s, const int32_t *firsts, size_t n)
{
	int32_t before = 0; /* a parent of many: process 1 */

	s->procs = calloc(2 * n + 1, sizeof(*s->procs));
	if (!s->procs)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct ix_proc *p = &s->procs[s->nprocs];

		if (!read_proc(s, firsts[i], p))
			continue;
		s->nprocs++;
		if (p->parent && p->parent != before)
			s->nprocs += read_proc(s, p->parent, &s->procs[s->nprocs]);
		before = p->parent;
	}
	drop_doubles(s);
	return 0;
}

bool ix_search_proc(const struct ix_search *s, int32_t pid, struct ix_proc *ret_p)
{
	const struct ix_proc key = { .pid = pid }, *p = NULL;

	if (s->nprocs)
		p = bsearch(&key, s->procs, s->nprocs, sizeof(key), by_pid);
	if (!p)
		return read_proc(s, pid, ret_p);
	*ret_p = *p;
	return true;
}

/* The kernel may have been built without the file (CONFIG_PROC_CHILDREN). */
size_t ix_search_children(const struct ix_search *s, int32_t parent, int32_t *ret_pids,
			  size_t max)
{
	char path[48], text[4096];
	int proc = ix_procfd(s->x), len;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%d/task/%d/children", parent, parent);
	len = proc < 0 ? proc : ix_read_file(proc, path, text, sizeof(text) - 1);
	if (len > 0)
		n = ix_children_parse(text, (size_t)len, ret_pids, max);
	for (size_t i = 0; len <= 0 && i < s->nprocs && n < max; i++)
		if (s->procs[i].parent == parent)
			ret_pids[n++] = s->procs[i].pid;
	return n;
}

bool ix_search_child(const struct ix_search *s, int32_t parent, struct ix_proc *ret_p)
{
	int32_t pid;

	return ix_search_children(s, parent, &pid, 1) == 1 && read_proc(s, pid, ret_p);
}

bool ix_search_shim(const struct ix_proc *p)
{
	return !strncmp(p->comm, "containerd-shim", 15);
}

bool ix_search_bundle(const struct ix_giver *shim, char *buf, size_t size)
{
	ssize_t len = readlinkat(shim->dir, "cwd", buf, size - 1);

	if (len <= 0)
		return false;
	buf[len] = '\0';
	return *buf == '/' && strstr(buf, IX_TASKS "/") != NULL;
}

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

/* The root below which a giver's paths lead: -1 is ours. */
static int open_root(const struct ix_giver *g, int *ret_fd)
{
	if (!g->pid || g->ours)
		return 0;
	*ret_fd = ix_open(g->dir, "root", O_PATH | O_DIRECTORY);
	return MIN(*ret_fd, 0);
}

/* Whether what is opened can be read without asking somebody's own program (FUSE), or
 * another machine: by the mount table, not by asking. */
static bool is_local(const struct ix_search *s, const struct ix_giver *g, int fd)
{
	static const char *const asks[] = { "fuse", "nfs", "9p", "cifs", "smb", "ceph" };
	struct statx st;
	char type[32];

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_mask & STATX_MNT_ID))
		return true; /* Linux before 5.8 */
	if (ix_mnt_type(ix_procfd(s->x), g->pid && !g->ours ? g->pid : 0, st.stx_mnt_id,
			type, sizeof(type)) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++)
		if (!strncmp(type, asks[i], strlen(asks[i])))
			return false;
	return true;
}

int ix_state_dir(const struct ix_search *s, const char *path, const struct ix_giver *g)
{
	auto_fd int fd = -1, theirs = -1;
	int root, r = open_root(g, &theirs);
	struct stat st;

	if (r < 0)
		return r;
	root = theirs < 0 ? ix_rootfd(s->x) : theirs;
	if (root < 0)
		return root;
	/* A user's may lead anywhere, and to where nobody answers. */
	fd = ix_open_below(root, ix_relative(path), O_RDONLY | O_DIRECTORY,
			   g->files != 0 || !g->ours);
	if (fd < 0)
		return fd;
	if ((g->files || !g->ours) && !is_local(s, g, fd))
		return -EMEDIUMTYPE;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* What stands in a sticky one belongs to who made it. */
	return believed(&st, g->files) || ((st.st_mode & S_ISVTX) &&
					   (st.st_uid == 0 || st.st_uid == g->files))
		       ? take_fd(&fd)
		       : -EPERM;
}

struct ix_state_list ix_state_list(const struct ix_search *s, const char *path,
				   const struct ix_giver *g)
{
	struct ix_state_list l = { .s = s, .g = g };
	int fd = ix_state_dir(s, path, g);

	l.dir = fd < 0 ? NULL : fdopendir(fd);
	if (!l.dir && fd >= 0)
		(void)close(fd);
	return l;
}

const char *ix_state_next(struct ix_state_list *l)
{
	const struct dirent *d;

	while (l->dir && (d = readdir(l->dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		if (l->n++ < ENTRIES_MAX_USER || (!l->g->files && l->g->ours))
			return d->d_name;
		if (l->s->note)
			(void)snprintf(l->s->note, IX_NOTE_MAX,
				       "a directory of user %u has more than %d files of "
				       "containers: the rest is not read",
				       l->g->files, ENTRIES_MAX_USER);
		break;
	}
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
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	return fd < 0 ? -errno : ix_fd_lift((int)fd);
}

int ix_state_read(int dir, const char *path, uid_t owner, struct ix_state *ret_state)
{
	struct ix_state state = { .written = 0 };
	auto_fd int fd = open_plain(dir, path);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* A user's file with many names would be read as often. */
	if (!S_ISREG(st.st_mode) || !believed(&st, owner) || (owner && st.st_nlink > 1))
		return -EPERM;
	r = ix_read_all(fd, owner ? STATE_MAX_USER : STATE_MAX, &state.text);
	if (r < 0)
		return r;
	state.written = st.st_mtime;
	*ret_state = state;
	return 0;
}

void ix_state_free(struct ix_state *s)
{
	ix_buf_free(&s->text);
}

int ix_state_json(int dir, const char *path, uid_t owner, int64_t *ret_written,
		  struct ix_json **ret_json)
{
	struct ix_state state;
	int r = ix_state_read(dir, path, owner, &state);

	if (r < 0)
		return r;
	r = ix_json_parse(state.text.data, state.text.len, ret_json);
	if (r == 0)
		*ret_written = state.written;
	ix_state_free(&state);
	return r;
}

bool ix_state_value(const struct ix_state *s, const char *key, char *buf, size_t size)
{
	const char *p = s->text.data, *end = p + s->text.len;
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
	const char *p = s->text.data, *end = p + s->text.len;
	uint64_t pid = 0;

	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	return end > p && ix_take_u64(&p, end, INT32_MAX, &pid) == 0 && p == end
		       ? (int32_t)pid
		       : 0;
}

/* ---- whose state */

static int add_user(struct ix_search *s, uid_t uid)
{
	uid_t *more = reallocarray(s->users, s->nusers + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->users = more;
	s->users[s->nusers++] = uid;
	return 0;
}

/* Root looks at everybody's, others at their own. */
static int find_users(struct ix_search *s)
{
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state_list l;
	const char *name;
	uint64_t uid;
	int r = 0;

	if (s->caller)
		return add_user(s, s->caller);
	l = ix_state_list(s, "run/user", &root);
	while (r == 0 && (name = ix_state_next(&l)) != NULL)
		if (ix_parse_u64(name, UINT32_MAX - 1, &uid) == 0)
			r = add_user(s, (uid_t)uid);
	ix_state_list_end(&l);
	return r;
}

/* /proc may be of another PID namespace, or none: then nothing is known to be ours. */
static void look_around(struct ix_search *s)
{
	int proc = ix_procfd(s->x);
	auto_fd int dir = proc < 0 ? proc : ix_open(proc, "self", O_PATH | O_DIRECTORY);

	if (dir < 0)
		return;
	s->user = ix_space_of(dir, "user");
	s->pids = ix_space_of(dir, "pid");
	s->mnt = ix_space_of(dir, "mnt");
	s->ipc = ix_space_of(dir, "ipc");
}

int ix_search_begin(struct ipcx *x, const int32_t *firsts, size_t n,
		    struct ix_search *ret_s)
{
	struct ix_search s = { .x = x, .caller = geteuid() };
	int r = read_procs(&s, firsts, n);

	if (r == 0)
		look_around(&s);
	if (r == 0)
		r = find_users(&s);
	if (r < 0) {
		ix_search_end(&s);
		return r;
	}
	*ret_s = s;
	return 0;
}

void ix_search_end(struct ix_search *s)
{
	free(s->procs);
	free(s->users);
	*s = (struct ix_search){ 0 };
}
