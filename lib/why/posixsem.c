/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of named semaphores, and files that only have the name of one. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "core/mech.h"
#include "mech/posix.h"
#include "mech/posixchecks.h"
#include "why/fix.h"
#include "why/posix.h"

static void possem_new_value(struct ix_why *w, struct ix_reason *r)
{
	bool so = w->a.value < 0 || w->a.value > INT_MAX;

	if (!ix_args_has(&w->a, IX_ARG_VALUE)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: value= is not known");
		return;
	}
	ix_reason_set(r, ix_so(so), "the value is %" PRId64 ", SEM_VALUE_MAX is %d",
		      w->a.value, INT_MAX);
	if (so)
		(void)snprintf(r->fix, sizeof(r->fix), "use a value from 0 to %d",
			       INT_MAX);
}

/* Get the value that the semaphore has now. */
static bool possem_value(struct ix_why *w, uint64_t *ret_value, struct ix_reason *r)
{
	const struct ix_place *p;
	const struct ipcx_table *t;
	int error;

	if (!ix_place_file(w, &p, r))
		return false;
	t = ix_why_object(w, false, &error);
	if (t && ix_why_number(t, 0, IPCX_F_VALUE, ret_value))
		return true;
	if (!t && error == -ENOENT)
		ix_reason_set(r, IX_SO_NOT, "the file %s, but no semaphore",
			      ix_posix_what(p->file_mode));
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: its value may not be read");
	return false;
}

static void possem_others(struct ix_why *w, char *buf, size_t size, bool *ret_none)
{
	char names[300];
	bool whole;
	int n = ix_place_holders(w, 0, names, sizeof(names), &whole);

	*ret_none = n == 0 && whole;
	if (n > 0)
		(void)snprintf(buf, size, "also used by %s", names);
	else if (n == 0)
		(void)snprintf(buf, size, "%s has it open%s",
			       whole ? "nobody else" : "nobody else who may be looked at",
			       whole ? ", so that nobody will post" : "");
	else
		(void)snprintf(buf, size, "who uses it cannot be told: %s",
			       ix_errno_text(n));
}

static void possem_zero(struct ix_why *w, struct ix_reason *r)
{
	char others[400], ref[IPCX_REF_MAX + 16];
	uint64_t value;
	bool none;

	if (!possem_value(w, &value, r))
		return;
	if (value) {
		ix_reason_set(r, IX_SO_NOT, "its value is now %" PRIu64, value);
		return;
	}
	possem_others(w, others, sizeof(others), &none);
	ix_reason_set(r, IX_SO, "its value is 0; %s", others);
	if (!ix_place_ref(w, ref, sizeof(ref)))
		return;
	if (none)
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "psem post %s", ref);
	else
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "waits %s", ref);
}

static void possem_most(struct ix_why *w, struct ix_reason *r)
{
	char ref[IPCX_REF_MAX + 16];
	uint64_t value;

	if (!possem_value(w, &value, r))
		return;
	ix_reason_set(r, ix_so(value >= INT_MAX),
		      "its value is %" PRIu64 ", SEM_VALUE_MAX is %d", value, INT_MAX);
	if (r->applies == IX_SO && ix_place_ref(w, ref, sizeof(ref)))
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "psem wait %s", ref);
}

/* sem_open(3) maps whatever file has the name. */
static void possem_short(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	bool so;

	if (!ix_place_file(w, &p, r))
		return;
	so = !S_ISREG(p->file_mode) ||
	     (p->file_size != IX_SEM_SIZE_64 && p->file_size != IX_SEM_SIZE_32);
	ix_reason_set(r, ix_so(so),
		      "the file %s with %" PRIu64 " bytes, a semaphore has %d or %d",
		      ix_posix_what(p->file_mode), p->file_size, IX_SEM_SIZE_64,
		      IX_SEM_SIZE_32);
	if (so)
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"remove the file (sem_unlink) and let the program create it anew");
}

/* Programs of different word size do not see each other's operations. */
static void possem_size(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;

	if (!ix_place_file(w, &p, r))
		return;
	if (p->file_size == sizeof(long) * 4)
		ix_reason_set(r, IX_SO_NOT,
			      "the file has %" PRIu64
			      " bytes, as those of %zu-bit programs have",
			      p->file_size, sizeof(long) * 8);
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the file has %" PRIu64
			      " bytes; %d are of 64-bit, %d of 32-bit programs",
			      p->file_size, IX_SEM_SIZE_64, IX_SEM_SIZE_32);
}

void ix_posix_sem(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	switch ((unsigned)c->check) {
	case IX_POSIX_VALUE:
		possem_new_value(w, r);
		return;
	case IX_POSIX_ZERO:
		possem_zero(w, r);
		return;
	case IX_POSIX_FULL_VALUE:
		possem_most(w, r);
		return;
	case IX_POSIX_SHORT:
		possem_short(w, r);
		return;
	}
	possem_size(w, r);
}
