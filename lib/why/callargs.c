/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands between the parentheses of a call: as strace(1) shows it, or as programs
 * print it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "why/line.h"

#define PART_MOST  512 /* bytes of an argument that are read */
#define PARENS_MAX 4096

#define A(arg) IX_ARG_##arg

/* clang-format off */
static const struct {
	uint8_t arg;
	char name[IX_TEXT(18)];
} names[] = {
	{ A(KEY), "key" }, { A(ID), "id" }, { A(ID), "shmid" }, { A(ID), "semid" }, { A(ID), "msqid" }, { A(ID), "msgid" },
	{ A(NAME), "name" }, { A(SIZE), "size" }, { A(SIZE), "length" }, { A(FLAGS), "flags" }, { A(FLAGS), "flag" },
	{ A(FLAGS), "shmflg" }, { A(FLAGS), "semflg" }, { A(FLAGS), "msgflg" }, { A(FLAGS), "oflag" }, { A(MODE), "mode" },
	{ A(ADDR), "addr" }, { A(NSEMS), "nsems" }, { A(NSEMS), "num_sems" }, { A(SEMNUM), "semnum" }, { A(SEMNUM), "sem_num" },
	{ A(OP), "sem_op" }, { A(NSOPS), "nsops" }, { A(MTYPE), "mtype" }, { A(MTYPE), "msgtyp" }, { A(LEN), "msgsz" }, { A(LEN), "msg_len" },
	{ A(MAXMSG), "maxmsg" }, { A(MAXMSG), "mq_maxmsg" }, { A(MAXMSG), "max_messages" }, { A(MSGSIZE), "msgsize" },
	{ A(MSGSIZE), "mq_msgsize" }, { A(MSGSIZE), "max_message_size" }, { A(CMD), "cmd" }, { A(VALUE), "value" },
};
/* clang-format on */

#undef A

static bool callargs_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ---- setting arguments */

static uint64_t callargs_flag(const char *word, uint32_t *mode, bool *has_mode)
{
	uint64_t bits = 0;
	const char *p = word, *shift = strstr(word, "<<SHM_HUGE_SHIFT");

	if (shift)
		return ix_take_u64(&p, shift, 63, &bits) == 0 && p == shift ? bits << 26
									    : 0;
	if (isdigit((unsigned char)word[0]))
		return ix_parse_c(word, UINT64_MAX, &bits) == 0 ? bits : 0;
	(void)ix_args_flags(word, strlen(word), &bits, mode, has_mode);
	return bits;
}

static void callargs_set_flags(struct ix_args *a, const char *value)
{
	uint64_t bits = 0;
	uint32_t mode = 0;
	bool has_mode = false;
	char word[64];

	for (const char *p = value; *p;) {
		size_t n = strcspn(p, "|"), from = strspn(p, " "), to = n;

		while (to > from && p[to - 1] == ' ')
			to--;
		if (to > from && to - from < sizeof(word)) {
			memcpy(word, p + from, to - from);
			word[to - from] = '\0';
			bits |= callargs_flag(word, &mode, &has_mode);
		}
		p += n + (p[n] == '|');
	}
	a->flags = bits;
	a->has |= 1ULL << IX_ARG_FLAGS;
}

static bool callargs_number(const char *value, int64_t *ret_n)
{
	uint64_t n;

	if (value[0] == '-')
		return ix_parse_s64(value, INT64_MIN, 0, ret_n) == 0;
	if (ix_parse_c(value, INT64_MAX, &n) < 0)
		return false;
	*ret_n = (int64_t)n;
	return true;
}

/* The upper half of all addresses is no int64_t. */
static bool callargs_address(const char *value, uint64_t *ret_addr)
{
	if (!strcmp(value, "NULL")) {
		*ret_addr = 0;
		return true;
	}
	return ix_parse_c(value, UINT64_MAX, ret_addr) == 0;
}

static bool callargs_set(struct ix_args *a, unsigned arg, const char *value)
{
	int64_t *integer = ix_args_integer(a, arg);

	if (integer)
		return callargs_number(value, integer);
	if (arg == IX_ARG_ADDR)
		return callargs_address(value, &a->addr);
	if (arg == IX_ARG_KEY && !strcmp(value, "IPC_PRIVATE"))
		value = "0";
	if (arg == IX_ARG_CMD && !strncmp(value, "IPC_64|", 7))
		value += 7;
	return *value && ix_args_set(a, arg, value);
}

void ix_line_set(struct ix_args *a, unsigned arg, const char *value)
{
	if (arg >= IX_ARGS || ix_args_has(a, (enum ix_arg)arg))
		return;
	if (arg == IX_ARG_FLAGS)
		callargs_set_flags(a, value);
	else if (callargs_set(a, arg, value))
		a->has |= 1ULL << arg;
}

/* ---- between the parentheses */

/* Set all "name=value" of a structure. Returns whether there are any. */
static bool callargs_named(struct ix_args *a, const char *text)
{
	bool any = false;

	for (const char *p = text; (p = strchr(p, '=')) != NULL; p++) {
		const char *from = p, *value = p + 1 + strspn(p + 1, " ");
		size_t n = strcspn(value, " ,;}])");
		char word[PART_MOST];

		while (from > text && callargs_word(from[-1]))
			from--;
		if (n >= sizeof(word))
			continue;
		memcpy(word, value, n);
		word[n] = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (strlen(names[i].name) == (size_t)(p - from) &&
			    !memcmp(names[i].name, from, (size_t)(p - from))) {
				ix_line_set(a, names[i].arg, word);
				any = true;
			}
	}
	return any;
}

/* Read the n-th member of a structure without names: "{0, -1, SEM_UNDO}". */
static void callargs_member(struct ix_args *a, const char *text, unsigned n, unsigned arg)
{
	char word[64];
	size_t len;

	text += strspn(text, "{[ ");
	for (; n && *text; n--) {
		text += strcspn(text, ",}");
		text += strspn(text, ", ");
	}
	len = strcspn(text, ",} ");
	if (len >= sizeof(word))
		return;
	memcpy(word, text, len);
	word[len] = '\0';
	ix_line_set(a, arg, word);
}

#define NANOS UINT64_C(1000000000)

static void callargs_timeout(struct ix_args *a, const char *text)
{
	const char *sec = strstr(text, "tv_sec="), *nsec = strstr(text, "tv_nsec=");
	uint64_t s, ns;

	if (!sec || !nsec || ix_args_has(a, IX_ARG_TIMEOUT))
		return;
	sec += 7;
	nsec += 8;
	if (ix_take_u64(&sec, text + strlen(text), UINT64_MAX / NANOS - 1, &s) < 0 ||
	    ix_take_u64(&nsec, text + strlen(text), NANOS - 1, &ns) < 0)
		return;
	a->timeout = s * NANOS + ns;
	a->has |= 1ULL << IX_ARG_TIMEOUT;
}

/* Read the escapes of a string in quotes, as strace(1) writes them: "\303\251", "\x7f".
 * Cuts the last quote off. Returns false if there are others, or it holds a NUL. */
static bool callargs_decode(char *part, size_t len)
{
	char *to = part + 1;

	part[len - 1] = '\0';
	for (const char *p = part + 1; *p; to++) {
		unsigned n = 0, digits = 0;
		bool hex = p[0] == '\\' && p[1] == 'x';

		*to = *p++;
		if (*to != '\\')
			continue;
		if (*p == '\\') {
			p++;
			continue;
		}
		for (p += hex; digits < 3U - hex && isxdigit((unsigned char)*p) &&
			       (hex || (*p >= '0' && *p < '8'));
		     p++, digits++)
			n = n << (hex ? 4 : 3) |
			    (isdigit((unsigned char)*p) ? (unsigned)(*p - '0')
							: (*p | 32U) - 'a' + 10U);
		if (!digits || !n || n > 255)
			return false;
		*to = (char)n;
	}
	*to = '\0';
	return true;
}

/* Set what a part between commas says; place: what it is, unless it says its name. */
static void callargs_part(struct ix_args *a, char *part, unsigned place)
{
	char *shm;
	size_t len = strlen(part);
	bool braces = part[0] == '{' || part[0] == '[';

	if (place == IX_PLACE_RELATIVE) {
		callargs_timeout(a, part);
	} else if (place == IX_PLACE_OPS && strstr(part, "IPC_NOWAIT")) {
		ix_line_set(a, IX_ARG_FLAGS, "IPC_NOWAIT");
	}
	if ((braces || (isalpha((unsigned char)part[0]) && part[0] != '0')) &&
	    callargs_named(a, part))
		return;
	if (place == IX_PLACE_OPS) {
		callargs_member(a, part, 0, IX_ARG_SEMNUM);
		callargs_member(a, part, 1, IX_ARG_OP);
	} else if (place == IX_PLACE_MESSAGE) {
		callargs_member(a, part, 0, IX_ARG_MTYPE);
	}
	if (braces || place >= IX_ARGS)
		return;
	if (part[0] == '"' || part[0] == '\'') {
		if (len < 2 || part[len - 1] != part[0] || !callargs_decode(part, len))
			return;
		part++;
	}
	shm = strncmp(part, "/dev/shm/", 9) == 0 ? part + 8 : part;
	if (place == IX_ARG_NAME && shm != part && !strncmp(shm, "/sem.", 5)) {
		shm += 4;
		*shm = '/';
	}
	ix_line_set(a, place, shm);
}

/* Return the end of the part that begins at p: at a comma or the closing parenthesis. */
static const char *callargs_end(const char *p, const char *limit)
{
	unsigned depth = 0;
	char quote = '\0';

	for (; *p && p < limit; p++) {
		if (quote) {
			quote = *p == quote ? '\0' : quote;
			p += *p == '\\' && p[1];
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (strchr("([{", *p)) {
			depth++;
		} else if (depth && strchr(")]}", *p)) {
			depth--;
		} else if (*p == ',' || *p == ')') {
			if (!depth)
				break;
		}
	}
	return p;
}

void ix_line_call_args(const struct ix_line *l, const struct ix_call_found *c,
		       struct ix_args *a)
{
	const char *p = l->text + c->open, *limit = p + PARENS_MAX;
	char part[PART_MOST];

	if (!c->open)
		return;
	limit = MIN(limit, l->text + l->len);
	for (unsigned i = 0; i < IX_PLACES && p < limit && *p != ')'; i++) {
		const char *from = p + 1 + strspn(p + 1, " "),
			   *end = callargs_end(from, limit);
		size_t n = (size_t)(end - from);

		p = end;
		if (p >= limit) /* cut off: what it says is not known */
			break;
		while (n && from[n - 1] == ' ')
			n--;
		if (!n || n >= sizeof(part))
			continue;
		memcpy(part, from, n);
		part[n] = '\0';
		callargs_part(a, part, c->places[i]);
	}
	/* The names of queues have no slash in the kernel. */
	if (c->raw && c->call <= IX_MQ_UNLINK && c->call >= IX_MQ_OPEN &&
	    ix_args_has(a, IX_ARG_NAME) && a->name[0] != '/' &&
	    strlen(a->name) + 1 < sizeof(a->name)) {
		memmove(a->name + 1, a->name, strlen(a->name) + 1);
		a->name[0] = '/';
	}
	/* The low bits of the flags of shmget(2), semget(2) and msgget(2) are the mode. */
	if ((c->call == IX_SHMGET || c->call == IX_SEMGET || c->call == IX_MSGGET) &&
	    ix_args_has(a, IX_ARG_FLAGS) && !ix_args_has(a, IX_ARG_MODE)) {
		a->mode = a->flags & 0777;
		a->has |= 1ULL << IX_ARG_MODE;
		a->flags &= ~UINT64_C(0777);
	}
}
