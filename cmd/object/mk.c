/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx mk: create objects and print their ids or names. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/esc.h"
#include "base/file.h"
#include "base/named.h"
#include "base/num.h"
#include "base/older.h"
#include "base/util.h"
#include "commands.h"
#include "exec/signals.h"
#include "nsopt.h"
#include "ui/owner.h"
#include "ui/proj.h"
#include "ui/select.h"

struct mk_args {
	struct ns_args where;
	struct output_args output;
	struct ipcx_attrs attrs;
	const char *owner, *ftok, *init, *from;
	bool noreserve, lock, if_missing, allocate;
};

/* The objects that one call creates. */
struct making {
	const struct ipcx_expr *where; /* condition for the new objects to be printed */
	struct app *app;
	struct mk_args *args;
	struct ipcx_attrs *specs;
	char (*names)[sizeof(((struct ipcx_ref *)0)->name)];
	size_t n;
};

static int read_init(struct mk_args *args)
{
	const char *p = args->init;
	size_t n = 1, i = 0;
	uint32_t *values;

	for (const char *q = p; *q; q++)
		n += *q == ',';
	values = calloc(n, sizeof(*values)); /* never freed: needed until exit */
	if (!values) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (;;) {
		size_t len = strcspn(p, ",");
		char word[IX_NUM_MAX] = "";
		uint64_t v;

		if (len < sizeof(word))
			memcpy(word, p, len);
		if (ix_parse_u64(word, INT_MAX, &v) < 0) {
			free(values);
			return msg_usage(
				"--init: '%.*s' is not a semaphore value (0 to 32767, SEMVMX)",
				(int)len, p);
		}
		values[i++] = (uint32_t)v;
		if (!p[len])
			break;
		p += len + 1;
	}
	args->attrs.init = values;
	args->attrs.ninit = n;
	args->attrs.set |= IPCX_A_INIT;
	return 0;
}

/* Copy a pipe into memory, because the length of a pipe is not known in advance. */
static int spool(int fd)
{
	auto_fd int kept = ix_open_nameless();
	char buf[65536];

	if (kept < 0)
		return kept;
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		for (ssize_t done = 0; done < n;) {
			ssize_t put = write(kept, buf + done, (size_t)(n - done));

			if (put < 0 && errno != EINTR)
				return -errno;
			done += MAX(put, 0);
		}
	}
	if (lseek(kept, 0, SEEK_SET) < 0)
		return -errno;
	return take_fd(&kept);
}

/* Return whether fstat() shows the length; other input is spooled first. */
static bool is_sized(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static int open_from(struct mk_args *args)
{
	const char *path = args->from;
	const char *why = NULL;
	int fd = strcmp(path, "-") ? ix_open_input(AT_FDCWD, path, &why) : STDIN_FILENO;

	if (fd >= 0 && !(args->attrs.set & IPCX_A_SIZE) && !is_sized(fd))
		fd = spool(fd);
	if (fd < 0) {
		msg_error("--from: %s: %s", path, why ? why : strerror(-fd));
		return EXIT_FAILED;
	}
	args->attrs.from = fd;
	args->attrs.set |= IPCX_A_FROM;
	return 0;
}

static int mk_read_key(struct app *app, struct mk_args *args)
{
	char *path;
	int proj, r;

	if (!args->ftok)
		return 0;
	if (args->attrs.set & IPCX_A_KEY)
		return msg_usage("--key and --ftok contradict each other");
	path = proj_split(args->ftok, &proj);
	if (!path) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	r = ipcx_key(app->x, path, proj, &args->attrs.key);
	free(path);
	if (r < 0)
		return app_failed(app, r);
	args->attrs.set |= IPCX_A_KEY;
	return 0;
}

static int mk_read_attrs(struct app *app, struct mk_args *args)
{
	int r = args->owner ? owner_read(args->owner, &args->attrs) : 0;

	args->attrs.size = sizeof(args->attrs);
	args->attrs.set |= (args->noreserve ? IPCX_A_NORESERVE : 0) |
			   (args->lock ? IPCX_A_LOCK : 0) |
			   (args->if_missing ? IPCX_A_IF_MISSING : 0) |
			   (args->allocate ? IPCX_A_ALLOCATE : 0);
	if (!r)
		r = mk_read_key(app, args);
	if (!r && args->init)
		r = read_init(args);
	if (!r && args->from)
		r = open_from(args);
	return r;
}

/* Add an object, with the options that apply to its mechanism. */
static struct ipcx_attrs *mk_add(struct making *m, unsigned mech,
				 const struct ipcx_ref *ref)
{
	struct ipcx_attrs *a = &m->specs[m->n];

	*a = m->args->attrs;
	a->mech = mech;
	a->set &= ipcx_mech_info(mech)->create;
	if (ref && ref->by == IPCX_BY_KEY) {
		a->key = ref->key;
		a->set |= IPCX_A_KEY;
	}
	if (ref && ref->by == IPCX_BY_NAME) {
		memcpy(m->names[m->n], ref->name, sizeof(ref->name));
		a->name = m->names[m->n];
		a->set |= IPCX_A_NAME;
	}
	m->n++;
	return a;
}

/* Parse "shm", "mq /a /b", "shm:0x4d2", "shm sem msg": each word creates an object, but
 * the word for a mechanism whose objects have names only precedes their names. */
static int read_objects(struct making *m, int n, char **words)
{
	unsigned def = IPCX_NO_MECH, next;

	for (int i = 0; i < n; i++) {
		struct ipcx_ref ref;

		if (ipcx_mech_by_name(words[i], (size_t)-1, &def) == 0) {
			bool can = ipcx_mech_info(def)->create; /* else: refused later */
			bool named = can && ipcx_mech_info(def)->named;

			if (named &&
			    (i + 1 == n ||
			     ipcx_mech_by_name(words[i + 1], (size_t)-1, &next) == 0))
				return msg_usage("mk %s needs a name, such as /%s1",
						 words[i], words[i]);
			if (!named)
				(void)mk_add(m, def, NULL);
			continue;
		}
		if (def != IPCX_NO_MECH && !ipcx_mech_info(def)->named)
			def = IPCX_NO_MECH;
		if (ipcx_ref_parse(m->app->x, words[i], def, &ref) < 0)
			return msg_usage("%s", ipcx_error(m->app->x));
		if (ref.by == IPCX_BY_ID)
			return msg_usage(
				"%s: an id cannot name a new object; --id %d asks the kernel for one",
				words[i], ref.id);
		(void)mk_add(m, ref.mech, &ref);
	}
	return m->n ? 0
		    : msg_usage(
			      "mk needs a mechanism ('ipcx help' lists them), and a name "
			      "where objects have one");
}

/* Reject an option that applies to none of the objects. */
static int check_options(const struct making *m)
{
	uint64_t known = IPCX_A_KEY | IPCX_A_NAME, lost;

	for (size_t i = 0; i < m->n; i++)
		known |= ipcx_mech_info(m->specs[i].mech)->create;
	lost = m->args->attrs.set & ~known;
	if (m->n == 1)
		m->specs[0].set |= m->args->attrs.set; /* the library reports an option
							  that does not apply */
	else if (lost)
		return msg_usage("an option does not apply to any of these objects");
	return 0;
}

/* Prepare the output before anything is created, so that errors of the output come
 * first. */
static int mk_open_output(struct making *m, struct output *s)
{
	uint64_t touched = 0;
	int r = output_open(s, &m->args->output, "objects");

	for (size_t i = 0; i < m->n; i++)
		touched |= IPCX_MECH_BIT(m->specs[i].mech);
	if (!r)
		r = output_fields(s, m->args->output.fields, select_usual(touched),
				  select_knows, &touched);
	return r ? r
		 : output_condition(m->app->x, &m->args->output, select_knows, &touched,
				    &m->where);
}

/* Read and print the new objects in full. */
static int print_all(struct making *m, struct output *s, const struct ipcx_table *made,
		     struct tally *tally)
{
	size_t n = ipcx_table_rows(made);
	auto_free struct ipcx_ref *refs = calloc(n + 1, sizeof(*refs));
	struct ipcx_table *t;
	int r = refs ? 0 : EXIT_FAILED;

	for (size_t i = 0; !r && i < n; i++)
		r = ipcx_row_ref(made, i, &refs[i]) < 0;
	if (r)
		return r;
	if (ipcx_scan(m->app->x,
		      &(struct ipcx_query){ .size = sizeof(struct ipcx_query),
					    .refs = refs,
					    .nrefs = n,
					    .where = m->where,
					    .fields = output_query(s),
					    .flags = output_flags(s) },
		      &t) < 0)
		return app_failed(m->app, -EIO);
	msg_table(t, m->app->verbose, tally);
	output_heading(s, NULL);
	r = output_all(s, t);
	output_close(s);
	ipcx_table_free(t);
	return r;
}

/* Print ids or names, one per line, for id=$(ipcx mk …). Names are escaped on a terminal.
 * */
static void print_names(const struct ipcx_table *made, bool terminal)
{
	char text[IPCX_REF_MAX];

	for (size_t i = 0; i < ipcx_table_rows(made); i++) {
		struct ipcx_value v;
		char *p = out_room();

		if (ipcx_row_get(made, i, IPCX_F_ID, &v) == 0) {
			p = ix_put_i64(p, v.as.i);
			*p++ = '\n';
			out_done(p);
			continue;
		}
		(void)ipcx_row_get(made, i, IPCX_F_NAME, &v);
		if (terminal)
			(void)ix_escape(text, sizeof(text), ipcx_value_string(&v),
					IX_ESC_TEXT);
		out_text(terminal ? text : ipcx_value_string(&v));
		out_text("\n");
	}
}

/* Remove the new objects if these could not be printed, as nobody would know of them.
 * Objects that existed before are kept. */
static void mk_take_back(struct making *m, const struct ipcx_table *made)
{
	size_t n = ipcx_table_rows(made), failed = n;
	auto_free struct ipcx_ref *refs = calloc(n + 1, sizeof(*refs));
	struct ipcx_query q = {
		.size = sizeof(q), .refs = refs, .same = made, .flags = IPCX_NUMERIC
	};
	struct ipcx_table *gone;

	for (; refs && q.nrefs < n; q.nrefs++)
		if (ipcx_row_ref(made, q.nrefs, &refs[q.nrefs]) < 0)
			break;
	if (refs && ipcx_remove(m->app->x, &q, &gone) == 0) {
		failed = ipcx_table_failures(gone, NULL);
		ipcx_table_free(gone);
	}
	msg_error(
		failed ? "the new objects could not be printed, and not all of them removed again"
		       : "the new objects could not be printed, so they were removed again");
}

static int mk_make(struct making *m)
{
	const struct output_args *output = &m->args->output;
	struct tally tally = { 0 };
	struct ipcx_table *made;
	struct output s;
	int r = mk_open_output(m, &s);

	if (r)
		return r;
	/* Ignore SIGPIPE: that signal must not kill us after an object was created and
	 * before it is printed. */
	signals_outlive_reader();
	r = ipcx_create(m->app->x, m->specs, m->n, &made);
	if (r < 0)
		return app_failed(m->app, r);
	msg_table(made, m->app->verbose, &tally);
	r = 0;
	if (output_wanted(output))
		r = print_all(m, &s, made, &tally);
	else
		print_names(made, s.terminal);
	if (out_flush() < 0 || r) {
		mk_take_back(m, made);
		r = r ? r : EXIT_FAILED;
	}
	ipcx_table_free(made);
	return r;
}

static int mk_run(struct app *app, void *data, int n, char **words)
{
	struct making m = { .app = app, .args = data };
	int r = mk_read_attrs(app, m.args);

	m.specs = calloc((size_t)n + 1, sizeof(*m.specs));
	m.names = calloc((size_t)n + 1, sizeof(*m.names));
	if (!m.specs || !m.names) {
		msg_error("out of memory");
		r = EXIT_FAILED;
	}
	if (!r)
		r = read_objects(&m, n, words);
	if (!r)
		r = check_options(&m);
	if (!r)
		r = ns_use(app, &m.args->where);
	if (!r)
		r = mk_make(&m);
	free(m.specs);
	free(m.names);
	return r;
}

/* clang-format off */
#define ATTR(member, given) GIVEN(struct mk_args, attrs.set, given)

static const struct opt opts[] = {
	{ "size",       's', SIZE(struct mk_args, attrs.bytes),     ATTR(bytes, IPCX_A_SIZE),      .arg = "SIZE",   .help = "shm, pshm: size in bytes (4K, 1.5G)" },
	{ "qbytes",     0,   SIZE(struct mk_args, attrs.qbytes),    ATTR(qbytes, IPCX_A_QBYTES),   .arg = "SIZE",   .help = "msg: capacity in bytes (msg_qbytes)" },
	{ "nsems",      0,   NUMBER(struct mk_args, attrs.nsems),   ATTR(nsems, IPCX_A_NSEMS),     .arg = "N",      .help = "sem: number of semaphores in the array" },
	{ "init",       0,   TEXT(struct mk_args, init),            .arg = "V[,V…]",                                .help = "sem, psem: initial values, or one for all" },
	{ "maxmsg",     0,   NUMBER(struct mk_args, attrs.maxmsg),  ATTR(maxmsg, IPCX_A_MAXMSG),   .arg = "N",      .help = "mq: capacity in messages" },
	{ "msgsize",    0,   SIZE(struct mk_args, attrs.msgsize),   ATTR(msgsize, IPCX_A_MSGSIZE), .arg = "SIZE",   .help = "mq: maximum message size" },
	{ "key",        'k', KEY(struct mk_args, attrs.key),        ATTR(key, IPCX_A_KEY),         .arg = "KEY",    .help = "System V key (default: private)" },
	{ "ftok",       0,   TEXT(struct mk_args, ftok),            .arg = "PATH[:PROJ]", .complete = COMPLETE_FILES, .help = "use the key of ftok(3) (PROJ: 1)" },
	{ "mode",       'm', MODE(struct mk_args, attrs.mode),      ATTR(mode, IPCX_A_MODE),       .arg = "MODE",   .help = "octal permissions (default 0600; no umask)" },
	{ "owner",      0,   TEXT(struct mk_args, owner),           .arg = "USER[:GROUP]", .complete = COMPLETE_USERS, .help = "owner and group, by name or number" },
	{ "huge",       0,   HUGE_(struct mk_args, attrs.huge),     ATTR(huge, IPCX_A_HUGE),       .arg = "SIZE",   .help = "shm: use huge pages" },
	{ "noreserve",  0,   FLAG(struct mk_args, noreserve),       .help = "shm: do not reserve memory (SHM_NORESERVE)" },
	{ "lock",       0,   FLAG(struct mk_args, lock),            .help = "shm: lock in memory (SHM_LOCK)" },
	{ "from",       0,   TEXT(struct mk_args, from),            .arg = "FILE", .complete = COMPLETE_FILES,      .help = "shm, pshm: contents and size (-: standard input)" },
	{ "id",         0,   ID(struct mk_args, attrs.id),          ATTR(id, IPCX_A_ID),           .arg = "N",      .help = "System V: use this id (needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN)" },
	{ "count",      'c', NUMBER(struct mk_args, attrs.count),   ATTR(count, IPCX_A_COUNT),     .arg = "N",      .help = "create N identical objects" },
	{ "if-missing", 0,   FLAG(struct mk_args, if_missing),      .help = "use an existing object if it is large enough and you may access it as --mode says" },
	{ "allocate",   0,   FLAG(struct mk_args, allocate),        .help = "pshm: allocate all memory now, or fail; also of an existing object" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ ns_one_opts, offsetof(struct mk_args, where) },
	{ filter_opts, offsetof(struct mk_args, output) },
	{ output_opts, offsetof(struct mk_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "id=$(ipcx mk shm --size 4M)",                   "a private segment" },
	{ "ipcx mk sem --nsems 3 --init 1,0,5 --key 0x4d2", "an array with initial values" },
	{ "ipcx mk mq /jobs --maxmsg 10 --msgsize 8K",     "a POSIX queue" },
	{ "ipcx mk shm --ftok /etc/app.conf:7 --size 64K --if-missing", "a program's segment, unless it exists" },
	{ "ipcx mk pshm /boot --from /boot/config",        "POSIX shared memory with contents" },
	{ "ipcx mk msg --count 100",                       "a hundred queues, all or none" },
	{ "", "" },
};

const struct cmd cmd_mk = {
	.name = "mk", .operands = "MECH [NAME…]|MECH:KEY|MECH:NAME…", .summary = "Create objects",
	.about = "Creates objects and prints one per line: the id of a System V object, the name of a POSIX object. Fails if an object "
		 "already exists. Either all of several objects are created, or none. If they cannot be printed, they are removed again.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS,
	.exits = EXITS({ EXIT_FAILED, "failed: nothing was created, or it was removed again" }, NO_SUCH_NAMESPACE),
	.args_size = sizeof(struct mk_args), .run = mk_run,
};
/* clang-format on */
