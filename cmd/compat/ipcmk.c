/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcmk: create one object of each requested kind, in a fixed order. Objects created
 * before a failure are kept, as in the original. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/older.h"
#include "base/util.h"
#include "compat/tool.h"
#include "ui/exit.h"
#include "ui/locale.h"
#include "ui/msg.h"
#include "ui/out.h"

/* Random keys tried before giving up: the chance that such a key is in use is at most 1
 * in 130,000. */
#define TRIES 100

enum { OPT_FORCE = 256 };

/* clang-format off */
static const char *const groups[] = { "What to make", "How", "Else", NULL };

static const struct tool_opt opts[] = {
	{ "shmem",           'M', TAKES_ARGUMENT, 0, 0, "SIZE",   "a shared memory segment" },
	{ "posix-shmem",     'm', TAKES_ARGUMENT, 0, 0, "SIZE",   "POSIX shared memory" },
	{ "semaphore",       'S', TAKES_ARGUMENT, 0, 0, "NUMBER", "an array of so many semaphores" },
	{ "posix-semaphore", 's', TAKES_NOTHING,  0, 0, "",     "a named semaphore" },
	{ "queue",           'Q', TAKES_NOTHING,  0, 0, "",     "a message queue" },
	{ "posix-mqueue",    'q', TAKES_NOTHING,  0, 0, "",     "a POSIX message queue" },
	{ "mode",            'p', TAKES_ARGUMENT, 0, 1, "MODE",   "permissions in octal, 0644 if not given" },
	{ "name",            'n', TAKES_ARGUMENT, 0, 1, "NAME",   "the name of what POSIX has" },
	{ "force",     OPT_FORCE, TAKES_NOTHING,  0, TOOL_HIDDEN, "", "give POSIX shared memory that exists the new size" },
	{ "version",         'V', TAKES_NOTHING,  0, 2, "",     "the version" },
	{ "help",            'h', TAKES_NOTHING,  0, 2, "",     "this" },
	{ .name = "" },
};
/* clang-format on */

struct options {
	bool shm, pshm, msg, mq, sem, psem, force;
	uint64_t size;
	int64_t nsems, mode;
	const char *name;
};

/* ---- sizes */

/* Return the power of 1024 or 1000 for a letter; 0 for an unknown letter, 1 if the power
 * is too large. */
static uint64_t unit_of(char letter, unsigned base)
{
	static const char letters[] = "kmgtpezy";
	char lower = (char)(letter | 0x20);
	const char *at = letter ? strchr(letters, lower) : NULL;
	uint64_t unit = 1;

	if (!at)
		return 0;
	for (long i = at - letters; i >= 0; i--)
		if (__builtin_mul_overflow(unit, (uint64_t)base, &unit))
			return 1;
	return unit;
}

/* Add the digits after the point, each rounded separately as in the original: 1.25K is
 * 1279. */
static int add_fraction(const char *digits, size_t n, uint64_t unit, uint64_t *size)
{
	uint64_t power = 1;

	for (size_t i = 0; i < n; i++) {
		uint64_t digit = (uint64_t)(digits[i] - '0');

		if (__builtin_mul_overflow(power, UINT64_C(10), &power))
			break;
		if (digit && __builtin_add_overflow(*size, unit / (power / digit), size))
			return -ERANGE;
	}
	return 0;
}

static unsigned base_of(const char *letter)
{
	if (!letter[0] || !letter[1])
		return 1024;
	if (letter[1] == 'i' && (letter[2] == 'B' || letter[2] == 'b') && !letter[3])
		return 1024;
	if ((letter[1] == 'B' || letter[1] == 'b') && !letter[2])
		return 1000;
	return 0;
}

/* Return the length of the number that the text begins with, including leading blanks and
 * the sign. */
static size_t number_len(const char *text)
{
	size_t n = strspn(text, " \t\n\v\f\r");

	n += text[n] == '+';
	if (text[n] == '0' && (text[n + 1] | 0x20) == 'x') {
		size_t hex = strspn(text + n + 2, "0123456789abcdefABCDEF");

		return hex ? n + 2 + hex : n + 1;
	}
	return n + strspn(text + n, text[n] == '0' ? "01234567" : "0123456789");
}

/* Parse an unsigned 64-bit number, which tool_parse() cannot. */
static int parse_whole(const char *text, size_t len, uint64_t *ret_n)
{
	const char *p = text + strspn(text, " \t\n\v\f\r+"), *end = text + len;
	unsigned base = 10;
	uint64_t n = 0;
	bool over = false;

	if (p >= end)
		return -EINVAL;
	if (*p == '0')
		base = end - p > 2 && (p[1] | 0x20) == 'x' ? 16 : 8;
	for (p += base == 16 ? 2 : 0; p < end; p++) {
		unsigned digit = *p <= '9' ? (unsigned)(*p - '0')
					   : (unsigned)((*p | 0x20) - 'a') + 10;

		over |= __builtin_mul_overflow(n, (uint64_t)base, &n);
		over |= __builtin_add_overflow(n, (uint64_t)digit, &n);
	}
	if (over)
		return -ERANGE;
	*ret_n = n;
	return 0;
}

static int parse_size(const char *text, uint64_t *ret_size)
{
	size_t len = number_len(text), digits = 0, point;
	const char *rest = text + len, *fraction = rest;
	uint64_t size = 0, unit;
	unsigned base;
	int r = parse_whole(text, len, &size);

	if (r == -EINVAL || (r < 0 && *rest == '\0'))
		return r;
	point = *rest && !unit_of(*rest, 1024) ? locale_point(rest) : 0;
	if (point) {
		fraction = rest + point;
		digits = strspn(fraction, "0123456789");
		rest = fraction + digits;
		if (!*rest)
			return -EINVAL;
	}
	if (*rest == '\0') {
		*ret_size = size;
		return r;
	}
	base = base_of(rest);
	unit = base ? unit_of(*rest, base) : 0;
	if (unit == 0)
		return -EINVAL;
	if (r < 0 || (unit == 1 && size) || __builtin_mul_overflow(size, unit, &size))
		return -ERANGE;
	r = add_fraction(fraction, digits, unit, &size);
	if (r == 0)
		*ret_size = size;
	return r;
}

static bool ipcmk_take_size(const char *text, uint64_t *ret_size)
{
	int r = parse_size(text, ret_size);

	if (r < 0)
		msg_error("failed to parse size: '%s': %s", text, strerror(-r));
	return r == 0;
}

/* ---- making */

static int ipcmk_failed(const char *what, int r)
{
	/* When a limit is reached, the library returns -ERANGE, but the kernel EINVAL. */
	msg_error("create %s failed: %s", what, strerror(r == -ERANGE ? EINVAL : -r));
	return EXIT_FAILED;
}

static int make_sysv(struct ipcx *x, const struct options *w, struct ipcx_attrs *a,
		     const char *mech, const char *what, const char *label)
{
	struct ipcx_table *t = NULL;
	int r = -EEXIST;

	(void)ipcx_mech_by_name(mech, (size_t)-1, &a->mech);
	a->size = sizeof(*a);
	a->set |= IPCX_A_KEY | IPCX_A_MODE;
	a->mode = (uint32_t)w->mode & 0777;
	/* If a random key is in use, try another key. */
	for (int i = 0; r == -EEXIST && i < TRIES; i++) {
		r = ix_random_bytes(&a->key, sizeof(a->key));
		if (r == 0)
			r = a->key ? ipcx_create(x, a, 1, &t) : -EEXIST;
	}
	if (r < 0)
		return ipcmk_failed(what, r);
	out_format("%s id: %d\n", label, (int)tool_count(t, 0, IPCX_F_ID));
	ipcx_table_free(t);
	return EXIT_DONE;
}

/* Resize an existing object. */
static int resize(struct ipcx *x, const struct ipcx_attrs *a)
{
	struct ipcx_attrs size = { .size = sizeof(size),
				   .set = IPCX_A_SIZE,
				   .bytes = a->bytes };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	const struct ipcx_note *note;
	struct ipcx_table *t;
	struct ipcx_ref ref;
	int r = tool_named(x, "pshm", a->name, &ref);

	if (r < 0)
		return r;
	q.refs = &ref;
	r = ipcx_change(x, &q, &size, &t);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && (note = ipcx_table_note(t, i)); i++)
		if (note->kind == IPCX_NOTE_FAILED || note->kind == IPCX_NOTE_MISSING)
			r = note->error;
	ipcx_table_free(t);
	return r;
}

/* For an existing object, return 0 if the caller may open it, else -EACCES. */
static int check_taken(struct ipcx *x, const char *mech, const char *name)
{
	struct ipcx_ref ref;
	struct ipcx_table *t =
		tool_named(x, mech, name, &ref) < 0
			? NULL
			: tool_find(x, &ref, IPCX_FIELDSET(IPCX_F_NAME, IPCX_F_CURMSGS));
	bool usable = !t || tool_usable(t, 0);

	ipcx_table_free(t);
	return usable ? 0 : -EACCES;
}

/* Messages quote names as the user gave them. */
static int make_posix(struct ipcx *x, const struct options *w, struct ipcx_attrs *a,
		      const char *mech, const char *what, const char *label)
{
	mode_t mask = umask(0);
	struct ipcx_table *t = NULL;
	int r;

	(void)umask(mask);
	(void)ipcx_mech_by_name(mech, (size_t)-1, &a->mech);
	a->size = sizeof(*a);
	a->set |= IPCX_A_NAME | IPCX_A_MODE;
	a->name = w->name + strspn(w->name, "/");
	a->mode = (uint32_t)w->mode & 0777 & ~mask;
	r = strlen(a->name) > NAME_MAX ? -ENAMETOOLONG : ipcx_create(x, a, 1, &t);
	if (r == -EEXIST && w->force && (a->set & IPCX_A_SIZE))
		r = resize(x, a);
	if (r == 0 && t && tool_count(t, 0, IPCX_F_EXISTED))
		r = check_taken(x, mech, a->name);
	if (r < 0) {
		ipcx_table_free(t);
		return ipcmk_failed(what, r);
	}
	out_format("POSIX %s name: %s\n", label, w->name);
	ipcx_table_free(t);
	return EXIT_DONE;
}

static int make_mq(struct ipcx *x, const struct options *w)
{
	static const char what[] = "POSIX message queue";
	struct ipcx_attrs a = { .set = IPCX_A_IF_MISSING };

	const char *file = w->name + 1;

	/* Fail for invalid names with the errno of mq_open(3). */
	if (w->name[0] != '/')
		return ipcmk_failed(what, -EINVAL);
	if (!file[0])
		return ipcmk_failed(what, -ENOENT);
	if (strchr(file, '/') || !strcmp(file, ".") || !strcmp(file, ".."))
		return ipcmk_failed(what, -EACCES);
	return make_posix(x, w, &a, "mq", what, "message queue");
}

static int ipcmk_make_all(struct ipcx *x, const struct options *w)
{
	struct ipcx_attrs shm = { .set = IPCX_A_SIZE, .bytes = w->size }, pshm = shm,
			  msg = { .set = 0 },
			  sem = { .set = IPCX_A_NSEMS, .nsems = (uint64_t)w->nsems },
			  psem = { .set = IPCX_A_IF_MISSING };
	int r = EXIT_DONE;

	if (w->shm)
		r = make_sysv(x, w, &shm, "shm", "share memory", "Shared memory");
	if (r == EXIT_DONE && w->pshm)
		r = make_posix(x, w, &pshm, "pshm", "POSIX shared memory",
			       "shared memory");
	if (r == EXIT_DONE && w->msg)
		r = make_sysv(x, w, &msg, "msg", "message queue", "Message queue");
	if (r == EXIT_DONE && w->mq)
		r = make_mq(x, w);
	if (r == EXIT_DONE && w->sem)
		r = make_sysv(x, w, &sem, "sem", "semaphore", "Semaphore");
	if (r == EXIT_DONE && w->psem)
		r = make_posix(x, w, &psem, "psem", "POSIX semaphore", "semaphore");
	return r;
}

/* ---- options */

static bool ipcmk_take(struct options *w, int c, const char *arg)
{
	switch (c) {
	case 'M':
		w->shm = true;
		return ipcmk_take_size(arg, &w->size);
	case 'm':
		w->pshm = true;
		return ipcmk_take_size(arg, &w->size);
	case 'S':
		w->sem = true;
		return tool_number("failed to parse elements", arg, 10, INT32_MIN,
				   INT32_MAX, &w->nsems);
	case 's':
		return w->psem = true;
	case 'Q':
		return w->msg = true;
	case 'q':
		return w->mq = true;
	case 'p':
		return tool_number("failed to parse mode", arg, 8, 0, 07777, &w->mode);
	case 'n':
		w->name = arg;
		return true;
	default:
		return w->force = true;
	}
}

static int ipcmk_run(struct ipcx *x, const struct tool *t, int argc, char **argv)
{
	struct tool_walk walk = { .tool = t, .argc = argc, .argv = argv };
	struct options w = { .mode = 0644 };
	int c;

	while ((c = tool_next(&walk)) > 0)
		if (!ipcmk_take(&w, c, walk.arg))
			return EXIT_FAILED;
	if (c < 0)
		return walk.status;
	if (!w.shm && !w.pshm && !w.msg && !w.mq && !w.sem && !w.psem) {
		msg_error("bad usage");
		return tool_try(t);
	}
	if (!w.name && (w.pshm || w.mq || w.psem)) {
		msg_error("name is required for POSIX IPC");
		return tool_try(t);
	}
	return ipcmk_make_all(x, &w);
}

static void ipcmk_more_help(void)
{
	out_text(
		"\nA SIZE may end in K, M, G, T, P, E, Z or Y (also KiB …: powers of 1024)"
		" or KB … (powers of 1000).\n");
}

extern const struct tool tool_ipcmk;
const struct tool tool_ipcmk = {
	.name = "ipcmk",
	.usage = " ipcmk [OPTIONS]\n",
	.about = "Make IPC objects.",
	.groups = groups,
	.opts = opts,
	.more_help = ipcmk_more_help,
	.run = ipcmk_run,
};
