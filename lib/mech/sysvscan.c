/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listing System V objects: which source is used for which slot, and whether all objects
 * were found.
 *
 * *_STAT_ANY (Linux 4.17) over the index range costs a quarter of reading /proc/sysvipc,
 * needs no read permission and does not take the namespace's lock. Only /proc/sysvipc has
 * rss and swap, and objects for which the call is not permitted or does not exist. *_STAT
 * is the last resort: every kernel has it, but it needs read permission. Objects that no
 * source shows are counted and noted. No id is ever guessed.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "mech/sysvtext.h"

/* Each hole in the index range costs a call. With more than MANY_MISSES holes, and more
 * than MISS_RATIO per object, the text is cheaper (ipcmni_extend allows 16 M slots). */
#define MANY_MISSES 100000
#define MISS_RATIO  8

/* At this many holes per walk also try the older call: if it finds an object, STAT_ANY
 * cannot be trusted. */
#define PROBES 16

/* Objects come and go during a scan: look again ROUNDS times before searching elsewhere
 * for objects that were counted; count COUNTS times how many objects the calls show. */
#define ROUNDS 3
#define COUNTS 8

/* The resume value: the slot in the high bits; in the low SLOT_BITS the number of objects
 * counted at the beginning that are still to come. */
#define SLOT_BITS 24
#define SLOT_MASK ((UINT64_C(1) << SLOT_BITS) - 1)

struct sysvscan_walk {
	struct ix_scan *s;
	struct ix_sysv *v;
	struct ix_lacking calls, text; /* fields that rows of each source lack */
	int highest;
	bool own_only;           /* use *_STAT alone: STAT_ANY finds nothing */
	bool lacks_noted, doubt; /* doubt: STAT_ANY missed an object */
	bool text_asked;         /* the text was read: lines or text_error is valid */
	int text_error;
	struct ix_sysv_lines lines;
	size_t next_line;
	unsigned probes;
	unsigned char *holes; /* a bit for each empty slot; NULL: no holes */
	uint64_t found, misses, removed;
	int counted;      /* objects at the beginning, if counting is cheap */
	uint64_t refused; /* objects that no source shows */
	int error;        /* the reason */
};

/* ---- the three sources, for one slot. 1: an object, 0: a hole, -errno ends the walk */

static int sysvscan_keep(struct sysvscan_walk *w, void *row, struct ix_lacking *lacks)
{
	int r;

	ix_lacks(w->s->t, row, lacks);
	w->found++;
	r = ix_scan_keep(w->s);
	if (r < 0)
		return r;
	w->removed += r == 1 && w->s->verb == IX_REMOVE && !w->s->dry;
	return 1;
}

struct order {
	unsigned bits;
};

static int by_slot(const void *a, const void *b, void *arg)
{
	const struct order *o = arg;
	uint32_t x = ix_sysv_slot(((const struct ix_sysv_row *)a)->id, o->bits),
		 y = ix_sysv_slot(((const struct ix_sysv_row *)b)->id, o->bits);

	return x < y ? -1 : x > y;
}

/* Return how many bits of an id are its slot: while all indexes in use are below 32768,
 * 15 is right even with ipcmni_extend. */
static unsigned slot_bits(const struct sysvscan_walk *w)
{
	return w->highest < 32768 ? 15 : SLOT_BITS;
}

/* Read the text, once. A text of only the heading may be a mask put there by a container:
 * accept it only if the kernel does not count any objects. */
static int ask_text(struct sysvscan_walk *w)
{
	struct order o = { slot_bits(w) };

	if (w->text_asked)
		return w->text_error;
	w->text_asked = true;
	w->text_error = ix_sysv_lines(w->s->x, w->v, &w->lines);
	if (w->text_error == 0 && w->lines.n == 0 && w->v->used() > 0)
		w->text_error = -EPROTO;
	if (w->text_error)
		return w->text_error;
	w->text = (struct ix_lacking){ w->lines.lacks, 0, 0 };
	if (w->lines.n)
		qsort_r(w->lines.rows.data, w->lines.n, w->lines.size, by_slot, &o);
	return 0;
}

/* Return the text's line for a slot, or NULL; for ascending slots only. */
static const struct ix_sysv_row *sysvscan_line_of(struct sysvscan_walk *w, uint32_t slot)
{
	for (; w->next_line < w->lines.n; w->next_line++) {
		const struct ix_sysv_row *row = ix_sysv_line(&w->lines, w->next_line);
		uint32_t at = ix_sysv_slot(row->id, slot_bits(w));

		if (at >= slot)
			return at == slot ? row : NULL;
	}
	return NULL;
}

static int keep_line(struct sysvscan_walk *w, const struct ix_sysv_row *line, int why)
{
	void *row = ix_scan_row(w->s);
	struct ix_row head;

	if (!w->lacks_noted)
		ix_sysv_text_lacks(w->s, &w->lines.lacks, why);
	w->lacks_noted = true;
	if (!row)
		return -ENOMEM;
	head = *(struct ix_row *)row; /* which fields all these rows lack */
	memcpy(row, line, w->lines.size);
	*(struct ix_row *)row = head;
	return sysvscan_keep(w, row, &w->text);
}

static int no_source(struct sysvscan_walk *w, int error)
{
	w->refused++;
	w->error = error;
	return 1;
}

/* STAT_ANY failed for this slot (error): try the text, then the older call. */
static int sysvscan_refused(struct sysvscan_walk *w, int slot, int error)
{
	const struct ix_sysv_row *line;
	void *row;
	int r = ask_text(w);

	if (r == -ENOMEM)
		return r;
	line = r < 0 ? NULL : sysvscan_line_of(w, (uint32_t)slot);
	if (line)
		return keep_line(w, line, error);
	row = ix_scan_row(w->s);
	if (!row)
		return -ENOMEM;
	r = w->v->stat_slot_own(slot, row);
	if (r >= 0)
		return sysvscan_keep(w, row, &w->calls);
	/* The text is complete: a slot that it lacks is a hole, or empty by now. */
	if (ix_sysv_gone(r) || (w->text_error == 0 && w->lines.whole))
		return 0;
	return no_source(w, error);
}

/* Whether the result shows an object; a missing call (ENOSYS) shows nothing. */
static bool shows(int r)
{
	return !ix_sysv_gone(r) && r != -ENOSYS;
}

/* STAT_ANY reports a hole: check with the older call. */
static int hole(struct sysvscan_walk *w, int slot, void *row)
{
	int r = w->v->stat_slot_own(slot, row);

	if (!shows(r))
		return 0;
	w->doubt = true;
	return r < 0 ? sysvscan_refused(w, slot, r) : sysvscan_keep(w, row, &w->calls);
}

static int one_slot(struct sysvscan_walk *w, int slot)
{
	void *row = ix_scan_row(w->s);
	int id;

	if (!row)
		return -ENOMEM;
	id = w->own_only ? -EINVAL : ix_sysv_look(w->v, slot, row);
	if (id >= 0)
		return sysvscan_keep(w, row, &w->calls);
	if (!ix_sysv_gone(id))
		return sysvscan_refused(w, slot, id);
	if (!w->own_only && !w->doubt && w->probes++ >= PROBES)
		return 0;
	return hole(w, slot, row);
}

/* ---- all slots */

static int remember_hole(struct sysvscan_walk *w, int slot)
{
	w->misses++;
	if (!w->holes)
		w->holes = calloc((size_t)w->highest / 8 + 1, 1);
	if (!w->holes)
		return -ENOMEM;
	w->holes[slot / 8] |= (unsigned char)(1 << slot % 8);
	return 0;
}

/* Read the rest from the text if there are too many holes. Returns 1 if that was done. */
static int too_many_holes(struct sysvscan_walk *w, int next)
{
	int r;

	if (w->misses <= MANY_MISSES || w->misses <= MISS_RATIO * w->found ||
	    w->text_asked)
		return 0;
	r = ix_sysv_text(w->s, w->v, (uint64_t)next, -1, 0);
	if (r >= 0) {
		w->found += (uint64_t)r;
		return 1;
	}
	w->text_asked = true; /* reading the text failed: the walk goes on */
	w->text_error = r;
	return r == -ENOMEM || r == -ECANCELED ? r : 0;
}

/* Walk upwards from a slot. Returns 1 at the end, 0 with t->resume set, or -errno. */
static int sysvscan_walk(struct sysvscan_walk *w, int slot, uint64_t left)
{
	uint64_t kept = w->s->t->rows;
	int r = 1;

	for (; slot <= w->highest; slot++) {
		/* Splitting after the text was read would read it a second time. */
		if (w->s->max_rows && w->s->t->rows - kept >= w->s->max_rows &&
		    !w->text_asked) {
			left = MIN(left - MIN(left, w->found), SLOT_MASK);
			w->s->t->resume = (uint64_t)slot << SLOT_BITS | left;
			return 0;
		}
		r = one_slot(w, slot);
		if (r == 0)
			r = remember_hole(w, slot);
		if (r == 0)
			r = too_many_holes(w, slot + 1);
		else if (r > 0)
			continue;
		if (r != 0)
			return r;
	}
	return 1;
}

/* ---- whether all objects were found */

static bool is_hole(const struct sysvscan_walk *w, uint32_t slot)
{
	return w->holes && slot <= (uint32_t)w->highest &&
	       (w->holes[slot / 8] >> slot % 8 & 1);
}

/* Look again at the holes, for objects that were created since or missed. */
static int sysvscan_look_again(struct sysvscan_walk *w)
{
	w->doubt = true; /* use both calls */
	w->next_line = 0;
	for (int slot = 0; w->holes && slot <= w->highest; slot++) {
		int r = is_hole(w, (uint32_t)slot) ? one_slot(w, slot) : 0;

		if (r < 0)
			return r;
		if (r == 1)
			w->holes[slot / 8] &= (unsigned char)~(1 << slot % 8);
	}
	return 0;
}

/* Estimate how many objects the calls do not show: the minimum of several counts, as
 * objects come and go. */
static uint64_t sysvscan_unseen(const struct sysvscan_walk *w)
{
	int least = INT_MAX;
	_Alignas(8) char row[256];

	for (int round = 0; least > 0 && round < COUNTS; round++) {
		int before = w->v->used(), highest = w->v->highest(), seen = 0;

		for (int slot = 0; before > 0 && slot <= highest; slot++)
			seen += shows(ix_sysv_look(w->v, slot, row)) ||
				shows(w->v->stat_slot_own(slot, row));
		least = MIN(least, MIN(before, w->v->used()) - seen);
	}
	return least > 0 ? (uint64_t)least : 0;
}

/* Keep the text's lines for slots where the calls show nothing. */
static int lines_in_holes(struct sysvscan_walk *w, uint64_t *lost)
{
	int r = ask_text(w);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; r >= 0 && *lost && i < w->lines.n; i++) {
		const struct ix_sysv_row *line = ix_sysv_line(&w->lines, i);

		if (!is_hole(w, ix_sysv_slot(line->id, slot_bits(w))))
			continue;
		r = keep_line(w, line, -ENODATA);
		(*lost)--;
	}
	return MIN(r, 0);
}

static void note_lost(struct sysvscan_walk *w, uint64_t lost)
{
	if (lost)
		ix_table_note(w->s->t, IPCX_NOTE_INCOMPLETE, w->s->mech, -ENODATA, "",
			      "%" PRIu64
			      " of the objects that the kernel counts could not be found",
			      lost);
}

static uint64_t met(const struct sysvscan_walk *w)
{
	return w->found + w->refused;
}

/* Search for objects that were counted at the beginning but not found. */
static int look_for(struct sysvscan_walk *w, uint64_t left)
{
	uint64_t lost = 0;
	int r = 0;

	for (int round = 0; r == 0 && round < ROUNDS && met(w) < left; round++)
		r = sysvscan_look_again(w);
	if (r == 0 && met(w) < left)
		lost = MIN(sysvscan_unseen(w), left - met(w));
	if (r == 0 && lost)
		r = lines_in_holes(w, &lost);
	if (r == 0)
		note_lost(w, lost);
	return r;
}

/* STAT_ANY shows nothing although objects exist: a kernel before 4.17, or an emulated
 * one. Use the text, or else the older call. */
static int without_stat_any(struct sysvscan_walk *w, int used)
{
	int r = ix_sysv_text(w->s, w->v, 0, -1, -ENOSYS);

	/* If counting fails, accept an empty text. */
	if (r > 0 || (r == 0 && used < 0))
		return 0;
	if (r == -ENOMEM || r == -ECANCELED)
		return r;
	w->text_asked = true;
	w->text_error = r < 0 ? r : -EPROTO;
	w->own_only = true;
	r = sysvscan_walk(w, 0, 0);
	if (r < 0)
		return r;
	if (used >= 0)
		note_lost(w, MIN(sysvscan_unseen(w),
				 (uint64_t)used - MIN((uint64_t)used, met(w))));
	else if (met(w) == 0)
		ix_table_note(w->s->t, IPCX_NOTE_INCOMPLETE, w->s->mech, used, "",
			      "whether there are any is unknown: %s",
			      ix_errno_text(used));
	return 0;
}

static int complete(struct sysvscan_walk *w, bool whole, uint64_t left)
{
	int used;

	if (whole && met(w) == 0) {
		used = w->v->used_is_costly ? w->v->used() : w->counted;
		return used ? without_stat_any(w, used) : 0;
	}
	if (w->doubt && w->v->used_is_costly && (used = w->v->used()) > 0)
		left = (uint64_t)used + w->removed;
	return met(w) < left ? look_for(w, left) : 0;
}

static void note_refused(const struct sysvscan_walk *w)
{
	bool denied = w->error == -EACCES || w->error == -EPERM;

	if (w->refused)
		ix_table_note(w->s->t, IPCX_NOTE_FAILED, w->s->mech, w->error, w->v->name,
			      "%" PRIu64 " objects %s%s", w->refused,
			      denied ? "may not be looked at" : "cannot be read: ",
			      denied ? "" : ix_errno_text(w->error));
}

static int by_calls(struct sysvscan_walk *w)
{
	bool first = w->s->resume == 0;
	uint64_t left = w->s->resume & SLOT_MASK;
	int r;

	if (first && !w->v->used_is_costly) {
		w->counted = w->v->used();
		left = (uint64_t)MAX(w->counted, 0);
	}
	r = sysvscan_walk(w, (int)(w->s->resume >> SLOT_BITS), left);
	if (r == 1)
		r = complete(w, first, left);
	if (r >= 0)
		note_refused(w);
	return MIN(r, 0);
}

int ix_sysv_scan(struct ix_scan *s, const struct ix_sysv *v)
{
	struct ix_sysv safe = ix_sysv_safe(v);
	struct sysvscan_walk w = { .s = s, .v = &safe, .calls = ix_sysv_calls_lack(v) };
	int r;

	/* A listing that is resumed was begun with system calls. */
	if (s->resume == 0 && ix_sysv_wants_text(s, v)) {
		r = ix_sysv_text(s, v, 0, -1, 0);
		/* A heading without lines may also be a container's mask. */
		if (r > 0 || r == -ENOMEM || r == -ECANCELED ||
		    (r == 0 && v->used() <= 0))
			return r;
		ix_sysv_text_only(s, v, r);
	}
	w.highest = v->highest();
	if (w.highest < 0) { /* the calls are forbidden or missing */
		r = ix_sysv_text(s, v, 0, -1, w.highest);
		return r >= 0 || r == -ENOMEM || r == -ECANCELED ? r : w.highest;
	}
	r = by_calls(&w);
	ix_sysv_lines_free(&w.lines);
	free(w.holes);
	return r;
}
