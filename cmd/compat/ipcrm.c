/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipcrm: remove the object of each option, in the order of the options, then all objects
 * that -a selects. Differences from the original: -a followed by a separate kind removes
 * nothing, and -a alone keeps POSIX objects.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/util.h"
#include "compat/gap.h"
#include "compat/tool.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/out.h"

/* Number of objects that are listed, and then removed, at a time. */
#define SLICE 512

enum { OPT_PSHM = 256, OPT_MQ, OPT_PSEM };

/* clang-format off */
static const char *const groups[] = { "What to remove", "Else", NULL };

static const struct tool_opt opts[] = {
	{ "shmem-id",        'm', TAKES_ARGUMENT, 0, 0, "ID",   "shared memory segment with this id" },
	{ "shmem-key",       'M', TAKES_ARGUMENT, 0, 0, "KEY",  "shared memory segment with this key" },
	{ "posix-shmem", OPT_PSHM, TAKES_ARGUMENT, 0, 0, "NAME", "POSIX shared memory" },
	{ "queue-id",        'q', TAKES_ARGUMENT, 0, 0, "ID",   "message queue with this id" },
	{ "queue-key",       'Q', TAKES_ARGUMENT, 0, 0, "KEY",  "message queue with this key" },
	{ "posix-mqueue", OPT_MQ, TAKES_ARGUMENT, 0, 0, "NAME", "POSIX message queue" },
	{ "semaphore-id",    's', TAKES_ARGUMENT, 0, 0, "ID",   "semaphore array with this id" },
	{ "semaphore-key",   'S', TAKES_ARGUMENT, 0, 0, "KEY",  "semaphore array with this key" },
	{ "posix-semaphore", OPT_PSEM, TAKES_ARGUMENT, 0, 0, "NAME", "named semaphore" },
	{ "all",             'a', MAY_TAKE,       0, 0, "KIND", "all of shm, msg, sem, pshm, pmsg or psem; of sysv, posix or all of them; "
								"without a KIND those of System V" },
	{ "verbose",         'v', TAKES_NOTHING,  0, 1, "",   "tell of each removal; before the options that it is for" },
	{ "version",         'V', TAKES_NOTHING,  0, 1, "",   "the version" },
	{ "help",            'h', TAKES_NOTHING,  0, 1, "",   "this" },
	{ .name = "" },
};

/* The kinds of objects, in the order in which -a removes them. */
static const struct kind {
	const char *word; /* argument of -a */
	const char *mech;
	const char *label;
	int by_id, by_key, by_name; /* options */
} kinds[] = {
	{ "shm",  "shm",  "shared memory segment", 'm', 'M', 0 },
	{ "pshm", "pshm", "POSIX shared memory",   0,   0,   OPT_PSHM },
	{ "sem",  "sem",  "semaphore",             's', 'S', 0 },
	{ "psem", "psem", "POSIX semaphore",       0,   0,   OPT_PSEM },
	{ "msg",  "msg",  "message queue",         'q', 'Q', 0 },
	{ "pmsg", "mq",   "POSIX message queue",   0,   0,   OPT_MQ },
};
/* clang-format on */

#define ALL_POSIX (1U << 1 | 1U << 3 | 1U << 5)
#define ALL_SYSV  (1U << 0 | 1U << 2 | 1U << 4)

struct job {
	struct ipcx *x;
	const struct tool *tool;
	bool verbose, bad;
	bool sweeping; /* removing a list: objects that vanished meanwhile are not an
			  error */
	unsigned all;  /* bits: the kinds of the last -a */
};

/* Remove one object. Returns 0 or -errno. */
static int remove_ref(struct ipcx *x, const struct ipcx_ref *ref)
{
	struct ipcx_query q = { .size = sizeof(q),
				.refs = ref,
				.nrefs = 1,
				.fields = IPCX_FIELDSET(IPCX_F_MECH),
				.flags = IPCX_NUMERIC };
	const struct ipcx_note *note;
	struct ipcx_table *t;
	int r = ipcx_remove(x, &q, &t);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && (note = ipcx_table_note(t, i)); i++)
		if (note->kind == IPCX_NOTE_MISSING)
			r = -ENOENT;
		else if (note->kind == IPCX_NOTE_FAILED ||
			 note->kind == IPCX_NOTE_UNAVAILABLE)
			r = note->error ? note->error : -EIO;
	ipcx_table_free(t);
	return r;
}

/* Remove a System V object, which an option names by id or by key (how: "id" or
 * "key"). */
static bool remove_id(struct job *j, const struct kind *k, int32_t id, const char *how)
{
	struct ipcx_ref ref = tool_ref(k->mech, id);
	int r = id < 0 ? -ENOENT : remove_ref(j->x, &ref);

	if (j->verbose && how)
		out_format("removing %s id `%d'\n", k->label, id);
	if (r == 0 || (r == -ENOENT && j->sweeping))
		return true;
	if (r == -EACCES || r == -EPERM)
		msg_error("permission denied for %s (%d)", how ? how : "id", id);
	else if (r == -ENOENT)
		msg_error("invalid %s (%d)", how ? how : "id", id);
	else
		msg_error("%s (%d) failed: %s", how ? how : "id", id, strerror(-r));
	j->bad = true;
	return false;
}

static bool ipcrm_by_id(struct job *j, const struct kind *k, const char *text)
{
	int64_t id;

	if (!tool_number("failed to parse argument", text, 10, INT_MIN, INT_MAX, &id))
		return false;
	(void)remove_id(j, k, (int32_t)id, "id");
	return true;
}

static bool ipcrm_by_key(struct job *j, const struct kind *k, const char *text)
{
	struct ipcx_ref ref = tool_ref(k->mech, 0);
	struct ipcx_table *t = NULL;
	int64_t key;

	if (!tool_number("failed to parse argument", text, 0, INT64_MIN, INT64_MAX, &key))
		return false;
	ref.by = IPCX_BY_KEY;
	ref.key = (uint32_t)key;
	/* Do not truncate a number to 32 bits: the result would be another key. */
	if (key != 0 && key >= INT32_MIN && key <= UINT32_MAX)
		t = tool_find(j->x, &ref, IPCX_FIELDSET(IPCX_F_ID));
	if (t)
		(void)remove_id(j, k, (int32_t)tool_count(t, 0, IPCX_F_ID), "key");
	else
		msg_error("%s key (%s)", key ? "invalid" : "illegal", text);
	j->bad |= !t;
	ipcx_table_free(t);
	return true;
}

/* Return whether this error makes the originals exit at once. */
static bool fatal(int r)
{
	msg_error("name failed: %s", strerror(-r));
	return false;
}

static bool ipcrm_by_name(struct job *j, const struct kind *k, const char *name)
{
	struct ipcx_ref ref;
	int r = tool_named(j->x, k->mech, name, &ref);

	if (*name != '/' && k->by_name == OPT_MQ)
		return fatal(-EINVAL);
	if (k->by_name == OPT_MQ && strchr(name + 1, '/'))
		r = -EACCES; /* the errno of mq_unlink(3) */
	if (r == 0)
		r = remove_ref(j->x, &ref);
	if (r == -EINVAL)
		r = -ENOENT; /* no object can have this name */
	if (r == -ENOENT && j->sweeping)
		r = 0;
	if (r == -ENOENT)
		msg_error("name `%s' not found", name);
	else if (r == -EACCES || r == -EPERM)
		msg_error("permission denied for name `%s'", name);
	else if (r == -ENAMETOOLONG)
		msg_error("name `%s' too long", name);
	else if (r < 0)
		return fatal(r);
	if (j->verbose)
		out_format("removing %s `%s'\n", k->label, name);
	j->bad |= r < 0;
	return true;
}

/* ---- all of a kind */

static bool ipcrm_remove_row(struct job *j, const struct kind *k,
			     const struct ipcx_table *t, size_t row)
{
	struct ipcx_value v;
	const char *name;

	if (!k->by_name) {
		(void)remove_id(j, k, (int32_t)tool_count(t, row, IPCX_F_ID), "id");
		return true;
	}
	if (ipcx_row_get(t, row, IPCX_F_NAME, &v) < 0 || v.type != IPCX_TYPE_STRING)
		return true;
	name = k->by_name == OPT_MQ ? ipcx_value_string(&v) : ipcx_value_string(&v) + 1;
	if (j->verbose)
		out_format("removing %s `%s'\n", k->label, name);
	return ipcrm_by_name(j, k, name);
}

/* A missing directory is reported, but is not a failure. */
static bool ipcrm_is_there(struct ipcx *x, const struct kind *k)
{
	if (k->by_name == OPT_MQ)
		return gap_queues(x);
	if (k->by_name && access("/dev/shm", F_OK) < 0) {
		msg_error(TOOL_NO_SHM);
		return false;
	}
	return true;
}

static bool ipcrm_remove_all(struct job *j, const struct kind *k)
{
	uint64_t resume = 0;
	bool going = true;

	if (!ipcrm_is_there(j->x, k))
		return true;
	j->sweeping = true;
	do {
		struct ipcx_table *t = tool_scan(j->x, k->mech,
						 IPCX_FIELDSET(IPCX_F_ID, IPCX_F_NAME),
						 k->by_name ? 0 : SLICE, resume);

		if (!t)
			return false;
		/* Objects that could not be listed were not removed. */
		j->bad |= !ipcx_table_complete(t) && gap_table(t) > 0;
		for (size_t i = 0; going && i < ipcx_table_rows(t); i++)
			going = ipcrm_remove_row(j, k, t, i);
		resume = ipcx_table_resume(t);
		ipcx_table_free(t);
	} while (going && resume);
	return going;
}

/* ---- the command line */

static bool add_kinds(struct job *j, const char *word)
{
	word = word ? word + (*word == '=') : "sysv";
	if (!strcmp(word, "sysv")) {
		j->all = ALL_SYSV;
		return true;
	}
	if (!strcmp(word, "posix") || !strcmp(word, "all")) {
		j->all = ALL_POSIX | (word[0] == 'a' ? ALL_SYSV : 0);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].word, word)) {
			j->all = 1U << i;
			return true;
		}
	msg_error("unknown argument: %s", word);
	return false;
}

static bool ipcrm_take(struct job *j, int c, const char *arg)
{
	if (c == 'v') {
		j->verbose = true;
		return true;
	}
	if (c == 'a')
		return add_kinds(j, arg);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].by_id == c)
			return ipcrm_by_id(j, &kinds[i], arg);
		if (kinds[i].by_key == c)
			return ipcrm_by_key(j, &kinds[i], arg);
		if (kinds[i].by_name == c)
			return ipcrm_by_name(j, &kinds[i], arg);
	}
	return false;
}

static int ipcrm_unknown(const struct tool *t, const char *word)
{
	msg_error("unknown argument: %s", word);
	return tool_try(t);
}

/* ipcrm shm ID…: no options, and only decimal ids. */
static int old_syntax(struct job *j, const struct kind *k, int n, char **words)
{
	if (n == 0) {
		msg_error("not enough arguments");
		return tool_try(j->tool);
	}
	for (int i = 0; i < n; i++) {
		int64_t id;

		if (tool_parse(words[i], 10, 0, INT_MAX, &id) < 0) {
			msg_error("invalid id: %s", words[i]);
			j->bad = true;
		} else {
			(void)remove_id(j, k, (int32_t)id, NULL);
		}
	}
	if (j->bad)
		return EXIT_FAILED;
	out_text("resource(s) deleted\n");
	return EXIT_DONE;
}

/* Return the word after an -a without an argument: it was probably meant to limit -a. */
static const char *lost_word(const struct tool *t, int argc, char **argv)
{
	struct tool_walk walk = { .tool = t, .argc = argc, .argv = argv, .quiet = true };
	bool bare = false;
	int c;

	while ((c = tool_next(&walk)) > 0)
		bare |= c == 'a' && !walk.arg;
	return c == TOOL_OPERANDS && bare && walk.first < argc ? argv[walk.first] : NULL;
}

static int ipcrm_run(struct ipcx *x, const struct tool *t, int argc, char **argv)
{
	struct tool_walk walk = { .tool = t, .argc = argc, .argv = argv };
	struct job j = { .x = x, .tool = t };
	const char *lost;
	int c;

	if (argc < 2) {
		msg_error("bad usage");
		return tool_try(t);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].by_id && !strcmp(argv[1], kinds[i].word))
			return old_syntax(&j, &kinds[i], argc - 2, argv + 2);
	lost = lost_word(t, argc, argv);
	if (lost)
		return ipcrm_unknown(t, lost);
	while ((c = tool_next(&walk)) > 0)
		if (!ipcrm_take(&j, c, walk.arg))
			return EXIT_FAILED;
	if (c < 0)
		return walk.status;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((j.all >> i & 1) && !ipcrm_remove_all(&j, &kinds[i]))
			return EXIT_FAILED;
	if (walk.first < argc)
		return ipcrm_unknown(t, argv[walk.first]);
	return j.bad ? EXIT_FAILED : EXIT_DONE;
}

extern const struct tool tool_ipcrm;
const struct tool tool_ipcrm = {
	.name = "ipcrm",
	.usage = " ipcrm [OPTIONS]\n ipcrm shm|msg|sem ID...\n",
	.about = "Remove IPC objects.",
	.groups = groups,
	.opts = opts,
	.run = ipcrm_run,
	.gaps = "something may be left",
};
