/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The notes of a table, and whether it is complete. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/table.h"

static struct ix_note **notes_of(const struct ipcx_table *t)
{
	return (struct ix_note **)(void *)t->notes.data;
}

void ix_notes_free(struct ipcx_table *t)
{
	for (size_t i = 0; i < t->notes.len / sizeof(struct ix_note *); i++)
		free(notes_of(t)[i]);
	t->notes.len = 0;
}

/* Mark the section as not fully counted if its mechanism could not be read. ENOSYS and
 * ENOENT do not count as such failures: they mean that the kernel has no such objects. */
static void note_uncounted(struct ipcx_table *t, const struct ipcx_note *note)
{
	struct ix_section *s = t->nsections ? &t->sections[t->nsections - 1] : NULL;

	if (s && s->mech == note->mech && note->mech != IPCX_NO_MECH &&
	    note->error != -ENOSYS && note->error != -ENOENT &&
	    (note->kind == IPCX_NOTE_UNAVAILABLE || note->kind == IPCX_NOTE_FAILED ||
	     note->kind == IPCX_NOTE_INCOMPLETE))
		s->uncounted = true;
}

void ix_table_add_note(struct ipcx_table *t, const struct ipcx_note *note)
{
	size_t subject = strlen(note->subject) + 1, text = strlen(note->text) + 1;
	struct ix_note *n = malloc(sizeof(*n) + subject + text);

	/* What is stored is the pointer:
	 * NOLINTNEXTLINE(bugprone-sizeof-expression) */
	if (!n || ix_buf_add(&t->notes, &n, sizeof(n)) < 0) {
		free(n);
		t->starved = true;
		return;
	}
	note_uncounted(t, note);
	n->note = *note;
	n->note.subject = memcpy(n->texts, note->subject, subject);
	n->note.text = memcpy(n->texts + subject, note->text, text);
}

void ix_table_note(struct ipcx_table *t, enum ipcx_note_kind kind, unsigned mech,
		   int error, const char *subject, const char *fmt, ...)
{
	struct ipcx_note note = { .kind = kind,
				  .mech = mech,
				  .error = error,
				  .subject = subject ? subject : "" };
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	note.text = text;
	ix_table_add_note(t, &note);
}

const struct ipcx_note *ipcx_table_note(const struct ipcx_table *t, size_t i)
{
	return t && i < t->notes.len / sizeof(struct ix_note *) ? &notes_of(t)[i]->note
								: NULL;
}

size_t ipcx_table_failures(const struct ipcx_table *t, size_t *ret_missing)
{
	const struct ipcx_note *note;
	size_t failed = 0, missing = 0;

	for (size_t i = 0; (note = ipcx_table_note(t, i)); i++) {
		failed += note->kind == IPCX_NOTE_FAILED ||
			  note->kind == IPCX_NOTE_UNAVAILABLE;
		missing += note->kind == IPCX_NOTE_MISSING;
	}
	if (ret_missing)
		*ret_missing = missing;
	return failed + missing;
}

bool ipcx_table_complete(const struct ipcx_table *t)
{
	size_t missing, all = ipcx_table_failures(t, &missing);
	const struct ipcx_note *note;

	for (size_t i = 0; (note = ipcx_table_note(t, i)); i++)
		if (note->kind == IPCX_NOTE_INCOMPLETE)
			return false;
	return t && all == missing && !t->resume && !t->partial;
}

bool ix_note_space(const struct ipcx_note *n)
{
	return n->kind == IPCX_NOTE_INFO && n->error == IX_NOTE_SPACE;
}

void ix_table_hand_on(struct ipcx_table *t, const struct ipcx_note *n)
{
	const struct ipcx_note *o;

	for (size_t i = 0; (o = ipcx_table_note(t, i)); i++)
		if (o->kind == n->kind && o->mech == n->mech && o->error == n->error &&
		    !strcmp(o->subject, n->subject) && !strcmp(o->text, n->text))
			return;
	ix_table_add_note(t, n);
}
