/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that a line can name, and what their arguments are called. */
#include <ctype.h>
#include <string.h>

#include "core/mech.h"
#include "why/line.h"

struct calls_row {
	uint8_t call;
	bool weak; /* not only for shared memory */
	uint8_t places[IX_PLACES];
	char name[IX_TEXT(18)];
};

#define O      IX_PLACE_OTHER
#define A(arg) IX_ARG_##arg

/* clang-format off */
/* Other names of calls stand in core/cause.c, too; here are those with their own
 * arguments, and those below the C library's functions. */
static const struct calls_row rows[] = {
	{ IX_SHMGET,     false, { A(KEY), A(SIZE), A(FLAGS), O, O, O }, "shmget" },
	{ IX_SHMAT,      false, { A(ID), A(ADDR), A(FLAGS), O, O, O }, "shmat" },
	{ IX_SHMDT,      false, { A(ADDR), O, O, O, O, O }, "shmdt" },
	{ IX_SHMCTL,     false, { A(ID), A(CMD), O, O, O, O }, "shmctl" },
	{ IX_SEMGET,     false, { A(KEY), A(NSEMS), A(FLAGS), O, O, O }, "semget" },
	{ IX_SEMOP,      false, { A(ID), IX_PLACE_OPS, A(NSOPS), O, O, O }, "semop" },
	{ IX_SEMOP,      false, { A(ID), IX_PLACE_OPS, A(NSOPS), IX_PLACE_RELATIVE, O, O }, "semtimedop" },
	{ IX_SEMCTL,     false, { A(ID), A(SEMNUM), A(CMD), A(VALUE), O, O }, "semctl" },
	{ IX_MSGGET,     false, { A(KEY), A(FLAGS), O, O, O, O }, "msgget" },
	{ IX_MSGSND,     false, { A(ID), IX_PLACE_MESSAGE, A(LEN), A(FLAGS), O, O }, "msgsnd" },
	{ IX_MSGRCV,     false, { A(ID), O, A(LEN), A(MTYPE), A(FLAGS), O }, "msgrcv" },
	{ IX_MSGCTL,     false, { A(ID), A(CMD), O, O, O, O }, "msgctl" },
	{ IX_MQ_OPEN,    false, { A(NAME), A(FLAGS), A(MODE), IX_PLACE_QUEUE, O, O }, "mq_open" },
	{ IX_MQ_SEND,    false, { O, O, A(LEN), O, O, O }, "mq_send" },
	{ IX_MQ_SEND,    false, { O, O, A(LEN), O, O, O }, "mq_timedsend" },
	{ IX_MQ_RECEIVE, false, { O, O, A(LEN), O, O, O }, "mq_receive" },
	{ IX_MQ_RECEIVE, false, { O, O, A(LEN), O, O, O }, "mq_timedreceive" },
	{ IX_MQ_NOTIFY,  false, { O, O, O, O, O, O }, "mq_notify" },
	{ IX_MQ_UNLINK,  false, { A(NAME), O, O, O, O, O }, "mq_unlink" },
	{ IX_SHM_OPEN,   false, { A(NAME), A(FLAGS), A(MODE), O, O, O }, "shm_open" },
	{ IX_SHM_UNLINK, false, { A(NAME), O, O, O, O, O }, "shm_unlink" },
	{ IX_SEM_OPEN,   false, { A(NAME), A(FLAGS), A(MODE), A(VALUE), O, O }, "sem_open" },
	{ IX_SEM_UNLINK, false, { A(NAME), O, O, O, O, O }, "sem_unlink" },
	{ IX_SEM_WAIT,   false, { O, O, O, O, O, O }, "sem_wait" },
	{ IX_SEM_WAIT,   false, { O, O, O, O, O, O }, "sem_trywait" },
	{ IX_SEM_WAIT,   false, { O, O, O, O, O, O }, "sem_timedwait" },
	{ IX_SEM_WAIT,   false, { O, O, O, O, O, O }, "sem_clockwait" },
	{ IX_SEM_POST,   false, { O, O, O, O, O, O }, "sem_post" },
	{ IX_FTRUNCATE,  true,  { O, A(SIZE), O, O, O, O }, "ftruncate" },
	{ IX_FTRUNCATE,  true,  { O, O, A(SIZE), O, O, O }, "posix_fallocate" },
	{ IX_FTRUNCATE,  true,  { O, O, O, A(SIZE), O, O }, "fallocate" },
	{ IX_FTRUNCATE,  true,  { O, A(SIZE), O, O, O, O }, "mmap" },
	/* What shm_open(3), sem_open(3) and the unlinks do, if the path is in /dev/shm. */
	{ IX_SHM_OPEN,   true,  { O, A(NAME), A(FLAGS), A(MODE), O, O }, "openat" },
	{ IX_SHM_OPEN,   true,  { A(NAME), A(FLAGS), A(MODE), O, O, O }, "open" },
	{ IX_SHM_UNLINK, true,  { O, A(NAME), O, O, O, O }, "unlinkat" },
	{ IX_SHM_UNLINK, true,  { A(NAME), O, O, O, O, O }, "unlink" },
};
/* clang-format on */

#undef O
#undef A

static bool calls_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ---- finding the call */

#define PATH_WITHIN 256 /* bytes after the name of a call */

/* "__x64_sys_shmget", "ftruncate64" */
static const struct calls_row *calls_row(const char *word, size_t len)
{
	static const char before[][IX_TEXT(8)] = { "__x64_", "__nr_", "sys_", "_" };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		if (len > strlen(before[i]) &&
		    !memcmp(word, before[i], strlen(before[i]))) {
			word += strlen(before[i]);
			len -= strlen(before[i]);
		}
	if (len > 2 && !memcmp(word + len - 2, "64", 2))
		len -= 2;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == len && !memcmp(rows[i].name, word, len))
			return &rows[i];
	return NULL;
}

/* The file of a call below the C library's decides which of its functions that was. */
static enum ix_call calls_of_path(const struct ix_line *l, const struct calls_row *row,
				  size_t from)
{
	size_t len = strnlen(l->low + from, PATH_WITHIN);
	const char *end = memchr(l->low + from, ')', len);
	const char *path = memmem(l->low + from,
				  end ? (size_t)(end - l->low) - from : len, "/dev/shm/",
				  9);
	bool sem = path && !strncmp(path + 9, "sem.", 4);

	if (row->call == IX_FTRUNCATE)
		return IX_FTRUNCATE;
	if (!path)
		return IX_CALL_NONE;
	if (row->call == IX_SHM_OPEN)
		return sem ? IX_SEM_OPEN : IX_SHM_OPEN;
	return sem ? IX_SEM_UNLINK : IX_SHM_UNLINK;
}

static size_t calls_better(const struct ix_call_found *c)
{
	return c->call == IX_CALL_NONE ? 0 : (c->weak ? 1 : 3) + (c->open ? 1 : 0);
}

struct ix_call_found ix_line_call(const struct ix_line *l)
{
	struct ix_call_found best = { .call = IX_CALL_NONE };

	for (const char *p = l->low; *p;) {
		struct ix_call_found c = { .call = IX_CALL_NONE };
		const struct calls_row *row = NULL;
		size_t n = 0;

		while (calls_word(p[n]))
			n++;
		if (n >= 4 && n < 32)
			row = calls_row(p, n);
		if (row) {
			size_t open = (size_t)(p - l->low) + n;

			c = (struct ix_call_found){ .weak = row->weak,
						    .places = row->places };
			c.open = l->low[open] == '(' ? open : 0;
			c.call = (enum ix_call)row->call;
			if (row->weak)
				c.call = calls_of_path(l, row, open);
			if (calls_better(&c) > calls_better(&best))
				best = c;
		}
		p += n ? n : 1;
	}
	if (best.open)
		best.raw = strstr(l->low + best.open, ") = -1 e") ||
			   strstr(l->low + best.open, ") = ?");
	return best;
}

/* ---- what is known */

#define BELOW 4 /* rows of calls below the C library's */

const char *ipcx_why_call(size_t i)
{
	return i < ARRAY_SIZE(rows) - BELOW ? rows[i].name : NULL;
}

/* Causes of a call: those of the mechanisms, then those that every call has. */
static const struct ix_cause *calls_cause(enum ix_call call, size_t i)
{
	for (unsigned m = 0; ix_mech(m); m++)
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)
			if (c->call == call && i-- == 0)
				return c;
	return i < IX_ANY_CAUSES ? &ix_any_causes[i] : NULL;
}

const char *ipcx_why_error(const char *call, size_t i)
{
	enum ix_call of = call ? ix_call_by_name(call, strlen(call)) : IX_CALL_NONE;
	const struct ix_cause *c;

	if (of == IX_CALL_NONE)
		return NULL;
	for (size_t n = 0; (c = calls_cause(of, n)) != NULL; n++) {
		const struct ix_cause *first = c;

		for (size_t before = 0; before < n && first == c; before++) {
			const struct ix_cause *b = calls_cause(of, before);

			if (b && b->error == c->error)
				first = b;
		}
		if (first == c && i-- == 0)
			return ix_why_error_name(c->error);
	}
	return NULL;
}

/* The arguments of a call, 1 << IX_ARG_…, with those that tell what it was called for. */
static uint64_t calls_arguments(const struct calls_row *row)
{
	uint64_t args = 1ULL << IX_ARG_REF;

	for (size_t i = 0; i < IX_PLACES; i++)
		if (row->places[i] < IX_ARGS)
			args |= 1ULL << row->places[i];
		else if (row->places[i] == IX_PLACE_OPS)
			args |= 1ULL << IX_ARG_SEMNUM | 1ULL << IX_ARG_OP |
				1ULL << IX_ARG_FLAGS;
		else if (row->places[i] == IX_PLACE_MESSAGE)
			args |= 1ULL << IX_ARG_MTYPE;
		else if (row->places[i] == IX_PLACE_QUEUE)
			args |= 1ULL << IX_ARG_MAXMSG | 1ULL << IX_ARG_MSGSIZE;
		else if (row->places[i] == IX_PLACE_RELATIVE)
			args |= 1ULL << IX_ARG_TIMEOUT;
	if (row->call == IX_SHMGET)
		args |= 1ULL << IX_ARG_HUGE;
	if (row->call == IX_SHMGET || row->call == IX_SEMGET || row->call == IX_MSGGET)
		args |= 1ULL << IX_ARG_MODE;
	if (row->call == IX_FTRUNCATE)
		args |= 1ULL << IX_ARG_PATH;
	if (row->call >= IX_MQ_OPEN)
		args |= 1ULL << IX_ARG_NAME;
	return args;
}

const char *ipcx_why_argument(const char *call, size_t i)
{
	for (size_t r = 0; call && ipcx_why_call(r); r++) {
		uint64_t args = calls_arguments(&rows[r]);

		if (strcmp(rows[r].name, call) != 0)
			continue;
		for (unsigned a = 0; a < IX_ARGS; a++)
			if (args >> a & 1 && i-- == 0)
				return ix_args_name((enum ix_arg)a);
		return NULL;
	}
	return NULL;
}
