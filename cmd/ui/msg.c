/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only writer to standard error, and the only reader of answers from the user. */
#include "ui/msg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/errname.h"
#include "base/esc.h"
#include "ui/exit.h"
#include "ui/out.h"

static struct {
	const char *name, *command;
	struct ix_buf records;
	size_t live; /* columns of the current live line */
} msg = { .name = "ipcx" };

void msg_name(const char *name)
{
	msg.name = name;
}

void msg_command(const char *name)
{
	msg.command = name;
}

/* Return the columns of the terminal; 0 without a terminal, or if we are not the
 * foreground job of the terminal. */
static size_t live_columns(void)
{
	struct winsize size;

	if (!isatty(STDERR_FILENO) || tcgetpgrp(STDERR_FILENO) != getpgrp())
		return 0;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* Clear the line by overwriting it with blanks, which works on every terminal. The last
 * column stays free: some terminals wrap after it. */
void msg_live(const char *text)
{
	size_t columns = text ? live_columns() : msg.live + 1, len, fill;
	char line[512];

	if (columns <= 1)
		return;
	len = text ? MIN(strlen(text), MIN(columns - 1, sizeof(line) / 2 - 2)) : 0;
	fill = msg.live > len ? MIN(msg.live, columns - 1) - len : 0;
	line[0] = '\r';
	memcpy(line + 1, text ? text : "", len);
	memset(line + 1 + len, ' ', fill);
	line[1 + len + fill] = '\r';
	(void)!write(STDERR_FILENO, line, 2 + len + fill);
	msg.live = len;
}

/* Escape only what would harm a terminal: texts quoted in messages may already contain
 * backslash escapes. */
static void put_safe(struct ix_buf *line, const char *text)
{
	while (*text) {
		uint32_t code;
		size_t n = ix_utf8((const unsigned char *)text, strlen(text), &code);
		char one[8] = { 0 };

		memcpy(one, text, n ? n : 1);
		if (n && (*text == '\\' || ix_esc_clean(one, IX_ESC_TEXT)))
			(void)ix_buf_add(line, text, n);
		else
			for (size_t i = 0; i < (n ? n : 1); i++)
				(void)ix_buf_printf(line, "\\x%02x",
						    (unsigned char)text[i]);
		text += n ? n : 1;
	}
}

/* Print one line. If prefix is NULL, the program's name is omitted, too. */
static void PRINTF(2, 0) say(const char *prefix, const char *fmt, va_list args)
{
	static const char no_memory[] = "ipcx: out of memory\n";
	auto_buf struct ix_buf line = { 0 };
	auto_free char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	if (msg_keep(text, prefix && !*prefix))
		return;
	msg_live(NULL);
	(void)out_flush(); /* keeps the order of output if stdout and stderr are the same
			      terminal */
	if (prefix)
		(void)ix_buf_printf(&line, "%s: %s", msg.name, prefix);
	if (text)
		put_safe(&line, text);
	/* a failure cannot be reported anywhere */
	if (text && ix_buf_str(&line, "\n") == 0)
		(void)!write(STDERR_FILENO, line.data, line.len);
	else
		(void)!write(STDERR_FILENO, no_memory, sizeof(no_memory) - 1);
}

static void msg_say_unrecorded(void)
{
	msg_plain("%s: out of memory: a message is missing from the JSON output",
		  msg.name);
}

static void record(const struct msg_record *r)
{
	char *ref = r->ref ? strdup(r->ref) : NULL, *text = strdup(r->text);
	struct msg_record copy = {
		.kind = r->kind,
		.ref = ref,
		.mech = r->mech,
		.error = r->error,
		.text = text,
	};

	/* The JSON document may be the only output with this message: report its loss. */
	if (!text || (r->ref && !ref) ||
	    ix_buf_add(&msg.records, &copy, sizeof(copy)) < 0) {
		free(ref);
		free(text);
		msg_say_unrecorded();
	}
}

static void PRINTF(2, 3) say_note(bool failure, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(failure ? "" : "note: ", fmt, args);
	va_end(args);
}

void msg_error(const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	say("", fmt, args);
	va_end(args);
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		record(&(struct msg_record){ .kind = "error", .text = text });
	else
		msg_say_unrecorded();
}

void msg_plain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(NULL, fmt, args);
	va_end(args);
}

void msg_note(const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	say("note: ", fmt, args);
	va_end(args);
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		record(&(struct msg_record){ .kind = "info", .text = text });
	else
		msg_say_unrecorded();
}

void msg_object(const char *kind, const char *ref, const char *mech, const char *fmt, ...)
{
	bool note = !strcmp(kind, "info") || !strcmp(kind, "incomplete");
	auto_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	say_note(!note, "%s: %s", ref, text ? text : "out of memory");
	if (text)
		record(&(struct msg_record){
			.kind = kind, .ref = ref, .mech = mech, .text = text });
}

int msg_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("", fmt, args);
	va_end(args);
	if (msg.command)
		msg_note("'ipcx %s --help' shows its usage", msg.command);
	else
		msg_note("'ipcx --help' lists the commands");
	return EXIT_USAGE;
}

int msg_data(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
	return 0;
}

int msg_descriptor(void)
{
	return STDERR_FILENO;
}

bool msg_ask(const char *fmt, ...)
{
	auto_buf struct ix_buf line = { 0 };
	auto_free char *text = NULL;
	char answer[16];
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return false;
	put_safe(&line, text);
	(void)!write(STDERR_FILENO, line.data, line.len);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	return !strcasecmp(answer, "y") || !strcasecmp(answer, "yes");
}

size_t msg_records(const struct msg_record **ret_records)
{
	*ret_records = (const struct msg_record *)(const void *)msg.records.data;
	return msg.records.len / sizeof(**ret_records);
}

/* Maximum size of a hint: a reference and some words. */
#define HINT_MAX (IPCX_REF_MAX + 80)

static const char *const kinds[] = {
	[IPCX_NOTE_MISSING] = "missing",
	[IPCX_NOTE_FAILED] = "failed",
	[IPCX_NOTE_UNAVAILABLE] = "unavailable",
	[IPCX_NOTE_SKIPPED] = "skipped",
	[IPCX_NOTE_INFO] = "info",
	[IPCX_NOTE_INCOMPLETE] = "incomplete",
	[IPCX_NOTE_REASON] = "info",
};

static void msg_count(struct tally *tally, enum ipcx_note_kind kind)
{
	switch (kind) {
	case IPCX_NOTE_MISSING:
		tally->missing++;
		break;
	case IPCX_NOTE_FAILED:
		tally->failed++;
		break;
	case IPCX_NOTE_UNAVAILABLE:
		tally->unavailable++;
		break;
	case IPCX_NOTE_INCOMPLETE:
		tally->gaps++;
		break;
	case IPCX_NOTE_SKIPPED:
	case IPCX_NOTE_INFO:
	case IPCX_NOTE_REASON:
		break;
	}
}

/* Hash table of the messages printed so far: indices of records plus 1, at most half
 * full. */
static struct {
	uint32_t *slots;
	size_t room, n;
} said;

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash * UINT64_C(0x100000001b3) + 1;
}

static uint64_t hash_of(const struct msg_record *r)
{
	uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), r->kind);

	hash = hash_text(hash, r->mech);
	hash = hash_text(hash, r->ref);
	hash = hash_text(hash, r->text);
	return hash ^ hash >> 32;
}

static bool same_word(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Return the slot that has a record, or the empty slot where the record belongs. */
static uint32_t *find_said(const struct msg_record *r)
{
	const struct msg_record *all;
	size_t n = msg_records(&all);

	for (uint64_t at = hash_of(r);; at++) {
		uint32_t *slot = &said.slots[at & (said.room - 1)];
		const struct msg_record *other = &all[*slot ? *slot - 1 : 0];

		if (!*slot || *slot > n ||
		    (!strcmp(other->kind, r->kind) && same_word(other->ref, r->ref) &&
		     same_word(other->mech, r->mech) && same_word(other->text, r->text)))
			return slot;
	}
}

static bool grow_said(void)
{
	size_t room = said.room ? 2 * said.room : 64;
	const struct msg_record *all;
	uint32_t *old = said.slots, *slots = calloc(room, sizeof(*slots));
	size_t n = said.room;

	if (!slots)
		return false;
	(void)msg_records(&all);
	said.slots = slots;
	said.room = room;
	for (size_t i = 0; i < n; i++)
		if (old[i])
			*find_said(&all[old[i] - 1]) = old[i];
	free(old);
	return true;
}

/* Return whether the same message was recorded before: slices and multiple tables repeat
 * their notes. Without memory a message may be printed twice. */
static bool is_recorded(const struct msg_record *r)
{
	const struct msg_record *all;
	uint32_t *slot;

	if (2 * (said.n + 1) > said.room && !grow_said())
		return false;
	slot = find_said(r);
	if (*slot)
		return true;
	*slot = (uint32_t)msg_records(&all) + 1; /* the caller records it next */
	said.n++;
	return false;
}

/* Return whether the same line was printed for another mechanism: what the kernel lacks
 * concerns several of them, and is recorded for each. */
static bool is_said(const struct ipcx_note *n, const char *text)
{
	const struct msg_record *all;
	size_t many = msg_records(&all);

	if (n->kind != IPCX_NOTE_UNAVAILABLE || !n->subject[0])
		return false;
	for (size_t i = 0; i < many; i++)
		if (same_word(all[i].ref, n->subject) && !strcmp(all[i].text, text) &&
		    !strcmp(all[i].kind, kinds[n->kind]))
			return true;
	return false;
}

void msg_table(const struct ipcx_table *t, bool verbose, struct tally *tally)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++) {
		const struct ipcx_mech_info *m = ipcx_mech_info(n->mech);
		bool fine = n->kind == IPCX_NOTE_MISSING && tally->missing_is_fine;
		bool failure = !fine && (n->kind == IPCX_NOTE_MISSING ||
					 n->kind == IPCX_NOTE_FAILED);
		const char *subject = n->subject[0] ? n->subject : m ? m->name : "";
		char hint[HINT_MAX], text[1024 + HINT_MAX];
		struct msg_record record_of;

		if (!fine)
			msg_count(tally, n->kind);
		tally->unseen += n->kind == IPCX_NOTE_UNAVAILABLE && n->error != -ENOSYS;
		tally->denied += n->kind == IPCX_NOTE_UNAVAILABLE && n->error == -EPERM;
		if ((fine || n->kind == IPCX_NOTE_SKIPPED) && !verbose)
			continue;
		msg_hint(&(struct ipcx_hint){ .kind = n->hint, .subject = n->subject },
			 hint, sizeof(hint));
		(void)snprintf(text, sizeof(text), "%s%s", n->text, hint);
		record_of = (struct msg_record){ .kind = kinds[n->kind],
						 .ref = n->subject[0] ? n->subject : NULL,
						 .mech = m ? m->name : NULL,
						 .error = ix_errno_name(n->error),
						 .text = text };
		/* But report an object twice if it was named twice. */
		if ((!failure || n->mech == IPCX_NO_MECH) && is_recorded(&record_of))
			continue;
		/* A reason why values are unknown is printed only with --verbose. */
		if ((n->kind != IPCX_NOTE_REASON || verbose) && !is_said(n, text))
			say_note(failure, "%s%s%s", subject, subject[0] ? ": " : "",
				 text);
		record(&record_of);
	}
	tally->done += ipcx_table_rows(t);
}
