/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a POSIX object exists, here or elsewhere, and what a call may do with it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mech.h"
#include "ns/ns.h"
#include "ns/rights.h"
#include "why/fix.h"
#include "why/place.h"

const char *ix_place_ref(struct ix_why *w, char *buf, size_t size)
{
	struct ipcx_ref ref;
	char text[IPCX_REF_MAX];

	if (!ix_why_ref(w, ix_why_mech(w), &ref) ||
	    ipcx_ref_format(&ref, text, sizeof(text)) < 0)
		return NULL;
	return ix_fix_quoted(buf, size, text);
}

/* Memory of an unknown size is of no use to the one who opens it. */
static void placed_fix_absent(struct ix_why *w, const char *ref, struct ix_reason *r)
{
	const char *name = ref;
	char size[40] = "";

	if (w->call == IX_SHM_OPEN && !ix_args_has(&w->a, IX_ARG_SIZE)) {
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"start the program that creates it, or open it with O_CREAT");
		return;
	}
	if (w->call == IX_SHM_OPEN)
		(void)snprintf(size, sizeof(size), " --size %" PRIu64, w->a.size);
	ix_fix_command(r->fix, sizeof(r->fix), w->where, "mk %s%s", name, size);
}

void ix_place_absent(struct ix_why *w, struct ix_reason *r)
{
	char shown[300], ref[IPCX_REF_MAX + 16];
	const char *noun = ix_mech(ix_why_mech(w))->info.object;
	bool opens = w->call == IX_MQ_OPEN || w->call == IX_SHM_OPEN ||
		     w->call == IX_SEM_OPEN;
	int error;

	if (ix_place_creates(w)) {
		ix_reason_set(r, IX_SO_NOT, "O_CREAT was given, which creates it");
		return;
	}
	(void)ix_place_shown(w, shown, sizeof(shown));
	if (ix_why_object(w, false, &error)) {
		ix_reason_set(r, IX_SO_NOT, "the %s %s exists", noun, shown);
		return;
	}
	if (error == -EDESTADDRREQ && !ix_place_name(w)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: name= is not known");
		return;
	}
	if (error == -EDESTADDRREQ) {
		ix_reason_set(r, IX_SO_NOT, "no object can have the name %s", shown);
		return;
	}
	if (error != -ENOENT) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s: %s", shown,
			      ix_errno_text(error));
		return;
	}
	ix_reason_set(r, IX_SO, "there is no %s %s here%s", noun, shown,
		      opens && !ix_place_known(w)
			      ? ", and without O_CREAT the call makes none"
			      : "");
	if (opens && ix_place_ref(w, ref, sizeof(ref)))
		placed_fix_absent(w, ref, r);
}

void ix_place_elsewhere(struct ix_why *w, struct ix_reason *r)
{
	const char *noun = ix_mech(ix_why_mech(w))->info.object;
	char where[64], shown[300];
	bool whole;
	int error, n;

	(void)ix_place_shown(w, shown, sizeof(shown));
	if (ix_place_creates(w) || ix_why_object(w, false, &error)) {
		ix_reason_set(r, IX_SO_NOT, "%s",
			      ix_place_creates(w)
				      ? "O_CREAT was given, which creates it here"
				      : "it exists here");
		return;
	}
	if (error != -ENOENT) {
		ix_reason_set(
			r,
			error == -EDESTADDRREQ && ix_place_name(w) ? IX_SO_NOT
								   : IX_SO_UNKNOWN,
			error != -EDESTADDRREQ
				? "cannot be told: it is not known whether it exists here"
			: ix_place_name(w) ? "no object can have that name"
					   : "cannot be told: name= is not known");
		return;
	}
	n = ix_why_elsewhere(w, where, sizeof(where), &whole);
	if (n > 0) {
		ix_reason_set(r, IX_SO, "a %s %s is in namespace %s", noun, shown, where);
		if (where[0])
			(void)snprintf(
				r->fix, sizeof(r->fix),
				"start the program in that namespace: ipcx ns enter '%s' -- COMMAND",
				where);
	} else if (n == 0 && whole) {
		ix_reason_set(r, IX_SO_NOT, "no namespace has a %s %s", noun, shown);
	} else {
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: not found, but not all namespaces could be looked into");
	}
}

/* What is in use must not be removed. */
static void placed_fix_exists(struct ix_why *w, struct ix_reason *r)
{
	char ref[IPCX_REF_MAX + 16], users[200];
	bool whole;
	int n, at;

	if (!ix_place_ref(w, ref, sizeof(ref))) {
		(void)snprintf(r->fix, sizeof(r->fix),
			       "use another name, or open it without O_EXCL");
		return;
	}
	n = ix_place_holders(w, 0, users, sizeof(users), &whole);
	if (n == 0 && whole)
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "rm %s", ref);
	else if (n > 0)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "open it without O_EXCL: it is used by %s", users);
	if (n > 0 || (n == 0 && whole))
		return;
	at = snprintf(r->fix, sizeof(r->fix),
		      "open it without O_EXCL, or remove it if nothing uses it: ");
	if (at > 0)
		ix_fix_command(r->fix + at, sizeof(r->fix) - (size_t)at, w->where,
			       "rm %s", ref);
}

void ix_place_exists(struct ix_why *w, enum ix_so exists, struct ix_reason *r)
{
	char shown[300];
	const char *noun = ix_mech(ix_why_mech(w))->info.object;

	(void)ix_place_shown(w, shown, sizeof(shown));
	if (ix_place_known(w) &&
	    (w->a.flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)) {
		ix_reason_set(
			r, IX_SO_NOT,
			"O_CREAT and O_EXCL were not given together, so one that exists is opened");
		return;
	}
	ix_reason_set(r, exists,
		      exists == IX_SO ? "the %s %s exists" : "there is no %s %s now",
		      noun, shown);
	if (exists == IX_SO)
		placed_fix_exists(w, r);
}

/* The bits of the class that decides. */
void ix_place_permit(struct ix_why *w, uint32_t uid, uint32_t gid, uint32_t mode,
		     uint32_t want, struct ix_reason *r)
{
	char ref[IPCX_REF_MAX + 16];
	unsigned shift = 6;

	if (!ix_place_ref(w, ref, sizeof(ref)))
		return;
	if (w->as.uid == uid)
		shift = 0;
	else if (ix_as_in_group(&w->as, gid) != IX_SO_NOT)
		shift = 3;
	ix_fix_command(r->fix, sizeof(r->fix), w->where, "set %s --mode %04" PRIo32, ref,
		       (mode & 0777) | want >> shift);
}

/* ---- users that a namespace does not know */

/* Whether a uid has a number in the user namespace of a target; unknown if no process
 * shows how that one maps. */
static enum ix_so placed_mapped(struct ix_why *w, const struct ix_target *p)
{
	auto_free struct ix_idmap *map = malloc(sizeof(*map));
	uint32_t there;

	if (!map)
		return IX_SO_UNKNOWN;
	ix_rights_map(w->x, p, p->userfd, map);
	if (!map->nusers)
		return IX_SO_UNKNOWN;
	return ix_so(ix_id_there(map->users, map->nusers, w->as.uid, &there) == 0);
}

void ix_place_unmapped(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_target *p = w->x->ns ? ix_ns_target(w->x->ns) : NULL;
	enum ix_so mapped = IX_SO;

	if (!w->as.ids_known)
		mapped = IX_SO_UNKNOWN;
	else if (p && p->userfd >= 0)
		mapped = placed_mapped(w, p);
	if (mapped == IX_SO_UNKNOWN)
		ix_reason_set(
			r, mapped,
			"cannot be told: how the user namespace there maps users is not known");
	else if (mapped == IX_SO)
		ix_reason_set(r, IX_SO_NOT,
			      "uid %" PRIu32 " has a number in the user namespace there",
			      w->as.uid);
	else
		ix_reason_set(r, IX_SO,
			      "uid %" PRIu32 " has no number in the user namespace there",
			      w->as.uid);
	if (mapped == IX_SO_NOT)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "make the call as a user of that user namespace (setns)");
}
