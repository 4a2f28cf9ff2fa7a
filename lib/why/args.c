/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the arguments of a failed call are written: names, values, names of flags. */
#include "why/args.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"

enum arg_kind {
	ARG_REF,
	ARG_KEY,
	ARG_INT,
	ARG_BYTES, /* a number that may be negative, or a size with a suffix */
	ARG_SIZE,
	ARG_FLAGS,
	ARG_MODE,
	ARG_TEXT,
	ARG_TIME,
};

struct arg_row {
	uint8_t arg, kind;
	uint16_t offset, size;
	char name[IX_TEXT(12)];
};

#define ARG(arg, kind, member, name)                                        \
	{                                                                   \
		IX_ARG_##arg, ARG_##kind, offsetof(struct ix_args, member), \
			sizeof(((struct ix_args *)NULL)->member), name      \
	}

/* clang-format off */
static const struct arg_row rows[] = {
	ARG(REF,     REF,   ref,     "ref"),
	ARG(KEY,     KEY,   key,     "key"),
	ARG(ID,      INT,   id,      "id"),
	ARG(ID,      INT,   id,      "shmid"),
	ARG(ID,      INT,   id,      "semid"),
	ARG(ID,      INT,   id,      "msqid"),
	ARG(NAME,    TEXT,  name,    "name"),
	ARG(PATH,    TEXT,  path,    "path"),
	ARG(SIZE,    SIZE,  size,    "size"),
	ARG(SIZE,    SIZE,  size,    "length"),
	ARG(SIZE,    SIZE,  size,    "qbytes"),
	ARG(FLAGS,   FLAGS, flags,   "flags"),
	ARG(FLAGS,   FLAGS, flags,   "oflag"),
	ARG(MODE,    MODE,  mode,    "mode"),
	ARG(HUGE,    SIZE,  huge,    "huge"),
	ARG(ADDR,    SIZE,  addr,    "addr"),
	ARG(NSEMS,   INT,   nsems,   "nsems"),
	ARG(SEMNUM,  INT,   semnum,  "semnum"),
	ARG(NSOPS,   INT,   nsops,   "nsops"),
	ARG(OP,      INT,   op,      "op"),
	ARG(VALUE,   INT,   value,   "value"),
	ARG(MTYPE,   INT,   mtype,   "mtype"),
	ARG(LEN,     SIZE,  len,     "len"),
	ARG(LEN,     SIZE,  len,     "msgsz"),
	ARG(MAXMSG,  INT,   maxmsg,  "maxmsg"),
	ARG(MSGSIZE, BYTES, msgsize, "msgsize"),
	ARG(CMD,     TEXT,  cmd,     "cmd"),
	ARG(TIMEOUT, TIME,  timeout, "timeout"),
};

static const struct {
	uint64_t bits;
	char name[IX_TEXT(16)];
} flags[] = {
	{ IPC_CREAT, "IPC_CREAT" }, { IPC_EXCL, "IPC_EXCL" }, { IPC_NOWAIT, "IPC_NOWAIT" },
	{ SHM_HUGETLB, "SHM_HUGETLB" }, { SHM_NORESERVE, "SHM_NORESERVE" },
	{ UINT64_C(21) << 26, "SHM_HUGE_2MB" }, { UINT64_C(30) << 26, "SHM_HUGE_1GB" },
	{ SHM_RDONLY, "SHM_RDONLY" }, { SHM_RND, "SHM_RND" }, { SHM_REMAP, "SHM_REMAP" },
	{ SHM_EXEC, "SHM_EXEC" }, { SEM_UNDO, "SEM_UNDO" }, { 010000, "MSG_NOERROR" },
	{ 020000, "MSG_EXCEPT" }, { 040000, "MSG_COPY" },
	{ O_RDONLY, "O_RDONLY" }, { O_WRONLY, "O_WRONLY" }, { O_RDWR, "O_RDWR" },
	{ O_CREAT, "O_CREAT" }, { O_EXCL, "O_EXCL" }, { O_TRUNC, "O_TRUNC" },
	{ O_NONBLOCK, "O_NONBLOCK" }, { O_CLOEXEC, "O_CLOEXEC" }, { O_NOFOLLOW, "O_NOFOLLOW" },
};
/* clang-format on */

/* Read one of the words between |. Octal numbers up to 0777 are permission bits. */
static bool args_flag(const char *word, uint64_t *bits, uint32_t *mode, bool *has_mode)
{
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!strcmp(word, flags[i].name)) {
			*bits |= flags[i].bits;
			return true;
		}
	if (word[0] == '0' && ix_parse_mode(word, mode) == 0) {
		*has_mode = true;
		return true;
	}
	/* PostgreSQL and strace(1) write "03600": octal, as in C. */
	if (ix_parse_c(word, UINT32_MAX, &n) < 0)
		return false;
	*bits |= n;
	return true;
}

bool ix_args_flags(const char *text, size_t len, uint64_t *ret_flags, uint32_t *ret_mode,
		   bool *ret_has_mode)
{
	const char *end = text + len;
	uint64_t bits = 0;
	uint32_t mode = 0;
	bool has_mode = false;

	for (const char *p = text;; p++) {
		const char *stop = memchr(p, '|', (size_t)(end - p));
		size_t n = (size_t)((stop ? stop : end) - p);
		char word[32];

		if (n == 0 || n >= sizeof(word))
			return false;
		memcpy(word, p, n);
		word[n] = '\0';
		if (!args_flag(word, &bits, &mode, &has_mode))
			return false;
		if (!stop)
			break;
		p = stop;
	}
	*ret_flags = bits;
	*ret_mode = mode;
	*ret_has_mode = has_mode;
	return true;
}

/* What a reference says, as an argument of its own. */
static enum ix_arg args_ref_says(const struct ipcx_ref *ref)
{
	return ref->by == IPCX_BY_KEY    ? IX_ARG_KEY
	       : ref->by == IPCX_BY_ID   ? IX_ARG_ID
	       : ref->by == IPCX_BY_NAME ? IX_ARG_NAME
					 : IX_ARG_REF;
}

static int args_ref(struct ipcx *x, const char *text, struct ix_args *a)
{
	struct ipcx_ref ref;
	char shown[200];
	int r = ipcx_ref_parse(x, text, IPCX_NO_MECH, &ref);

	if (r < 0)
		return r;
	if (ix_args_has(a, IX_ARG_REF) || ix_args_has(a, args_ref_says(&ref))) {
		(void)ix_escape(shown, sizeof(shown), text, IX_ESC_TEXT);
		return ix_fail_plain(x, -EINVAL, "%s: contradicts an earlier argument",
				     shown);
	}
	a->ref = ref;
	a->has |= 1ULL << IX_ARG_REF;
	if (a->ref.by == IPCX_BY_KEY) {
		a->has |= 1ULL << IX_ARG_KEY;
		a->key = a->ref.key;
	} else if (a->ref.by == IPCX_BY_ID) {
		a->has |= 1ULL << IX_ARG_ID;
		a->id = a->ref.id;
	} else if (a->ref.by == IPCX_BY_NAME) {
		a->has |= 1ULL << IX_ARG_NAME;
		(void)snprintf(a->name, sizeof(a->name), "%s", a->ref.name);
	}
	return 0;
}

static bool args_text(const struct arg_row *row, const char *value, struct ix_args *a)
{
	char *to = (char *)a + row->offset;

	if (strlen(value) >= row->size)
		return false;
	(void)snprintf(to, row->size, "%s", value);
	return true;
}

static bool args_set_flags(const char *value, struct ix_args *a)
{
	uint32_t mode;
	bool has_mode;

	if (!ix_args_flags(value, strlen(value), &a->flags, &mode, &has_mode))
		return false;
	if (has_mode && !ix_args_has(a, IX_ARG_MODE)) {
		a->mode = mode;
		a->has |= 1ULL << IX_ARG_MODE;
	}
	return true;
}

static bool args_bytes(const char *value, int64_t *to)
{
	uint64_t bytes;

	if (ix_parse_s64(value, INT64_MIN, INT64_MAX, to) == 0)
		return true;
	if (ix_parse_size(value, &bytes) < 0 || bytes > INT64_MAX)
		return false;
	*to = (int64_t)bytes;
	return true;
}

static bool args_value(const struct arg_row *row, const char *value, struct ix_args *a)
{
	void *to = (char *)a + row->offset;

	switch ((enum arg_kind)row->kind) {
	case ARG_KEY:
		return ix_parse_key(value, to) == 0;
	case ARG_INT:
		return ix_parse_s64(value, INT64_MIN, INT64_MAX, to) == 0;
	case ARG_BYTES:
		return args_bytes(value, to);
	case ARG_SIZE:
		return ix_parse_size(value, to) == 0;
	case ARG_FLAGS:
		return args_set_flags(value, a);
	case ARG_MODE:
		return ix_parse_mode(value, to) == 0;
	case ARG_TEXT:
		return args_text(row, value, a);
	case ARG_TIME:
		return ix_parse_duration(value, to) == 0;
	case ARG_REF:
		break;
	}
	return false;
}

static const struct arg_row *args_row(unsigned arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].arg == arg)
			return &rows[i];
	return NULL;
}

bool ix_args_set(struct ix_args *a, unsigned arg, const char *value)
{
	const struct arg_row *row = args_row(arg);

	return row && args_value(row, value, a);
}

int64_t *ix_args_integer(struct ix_args *a, unsigned arg)
{
	const struct arg_row *row = args_row(arg);

	if (!row || (row->kind != ARG_INT && row->kind != ARG_BYTES))
		return NULL;
	return (int64_t *)(void *)((char *)a + row->offset);
}

static int args_unknown(struct ipcx *x, const char *shown)
{
	char known[400];
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!i || rows[i].arg != rows[i - 1].arg)
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
					       at ? ", " : "", rows[i].name);
	return ix_fail_plain(x, -EINVAL, "%s: is not one of the arguments %s", shown,
			     known);
}

int ix_args_read(struct ipcx *x, const char *word, struct ix_args *a)
{
	const char *equals = strchr(word, '=');
	const struct arg_row *row = NULL;
	char shown[200];

	(void)ix_escape(shown, sizeof(shown), word, IX_ESC_TEXT);
	if (!equals || memchr(word, ':', (size_t)(equals - word)))
		return args_ref(x, word, a);
	for (size_t i = 0; i < ARRAY_SIZE(rows) && !row; i++)
		if (strlen(rows[i].name) == (size_t)(equals - word) &&
		    !memcmp(rows[i].name, word, (size_t)(equals - word)))
			row = &rows[i];
	if (!row)
		return args_unknown(x, shown);
	if (ix_args_has(a, (enum ix_arg)row->arg))
		return ix_fail_plain(x, -EINVAL, "%s: contradicts an earlier argument",
				     shown);
	if (row->kind == ARG_REF)
		return args_ref(x, equals + 1, a);
	if (!args_value(row, equals + 1, a))
		return ix_fail_plain(x, -EINVAL, "%s: is not a valid value of %s", shown,
				     row->name);
	a->has |= 1ULL << row->arg;
	return 0;
}

const char *ix_args_name(enum ix_arg arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].arg == arg)
			return rows[i].name;
	return NULL;
}
