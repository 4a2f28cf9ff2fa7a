/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a query runs, and with whose rights: in all namespaces or one, at once or in runs
 * of mechanisms. */
#include <errno.h>
#include <string.h>

#include "base/esc.h"
#include "core/box.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "ns/peers.h"
#include "ns/run.h"
#include "ns/target.h"
#include "query/query.h"

/* The arguments of run_there(). */
struct visit {
	struct ix_scan *scan;
	const struct ipcx_query *query;
};

static int run_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct visit *visit = arg;

	(void)x;
	(void)t;
	return ix_scan_here(visit->scan, visit->query);
}

/* Set the namespace and container of rows that are read in our own namespace, if
 * requested. */
static int place_home(struct ix_scan *s)
{
	struct ipcx *x = s->x;
	bool names = ix_box_wanted(&s->want);
	int r = names && !x->view.there ? ix_label_target(x, x->ns, s->t) : 0;
	uint64_t own;

	if (r < 0 || x->ns || s->t->nplaces ||
	    (!names && !ipcx_fieldset_has(&s->want, IPCX_F_NS)))
		return r;
	own = ix_ns_own(x, "ipc");
	if (!own && ix_target_lacks_ipcns(x))
		ix_table_note(s->t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "", "%s",
			      IX_NO_IPCNS);
	else if (!own)
		ix_table_once(s->t, 0,
			      "the inode number of this IPC namespace could not be read");
	return ix_table_place(s->t, own, x->self.boxes,
			      x->self.gaps && x->self.gaps->names);
}

/* Whether the query is about objects of the mount namespace, not of the IPC namespace. */
static bool wants_mounted(const struct ipcx_query *q)
{
	for (size_t i = 0; i < q->nrefs; i++)
		if (ix_mech(q->refs[i].mech)->mounted)
			return true;
	for (unsigned m = 0; ix_mech(m); m++)
		if ((q->mechs & IPCX_MECH_BIT(m)) && ix_mech(m)->mounted)
			return true;
	return false;
}

/* Note, once per namespace, who else sees its /dev/shm. */
static void note_sharers(struct ix_scan *s, const struct ipcx_query *q)
{
	struct ipcx_ns *ns = s->x->ns;
	char text[300];
	int r;

	if (!ns || ns->all || ns->told || ns->places[0].self ||
	    ns->places[0].rootfd < 0 || !wants_mounted(q))
		return;
	/* A lookup of a single object says nothing about the others. */
	if (s->verb == IX_LOOK && !q->mechs)
		return;
	ns->told = true;
	r = ix_peers_differ(s->x, &ns->places[0], text, sizeof(text));
	if (r < 0)
		ix_table_note(s->t, IPCX_NOTE_INFO, IPCX_NO_MECH, r, "",
			      "which other processes see its /dev/shm is unknown: %s",
			      s->x->error);
	else if (text[0])
		ix_table_note(s->t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "", "%s", text);
	s->x->error[0] = '\0';
}

/* ---- parts */

/* A further /dev/shm of a namespace is scanned only for the objects in it; so is the
 * /dev/shm of a namespace that may not be entered, with a note for each of the other
 * mechanisms. */
bool ix_scan_wanted(struct ix_scan *s, unsigned mech, const struct ipcx_ref *ref)
{
	char subject[IPCX_REF_MAX] = "";

	if (!s->x->view.only_shm || ix_mech(mech)->mounted)
		return true;
	if (!s->x->view.denied)
		return false;
	/* A section makes the objects of this place uncounted, not absent. */
	if (ix_table_section(s->t, ix_mech(mech)->kind, mech) == 0)
		s->t->sections[s->t->nsections - 1].uncounted = true;
	if (ref)
		(void)ipcx_ref_format(ref, subject, sizeof(subject));
	/* Of many namespaces, one note tells about all (ns/run.c). */
	if (!s->many)
		ix_table_note(s->t, IPCX_NOTE_UNAVAILABLE, mech, -EPERM, subject, "%s",
			      s->x->view.denied);
	return false;
}

/* ---- whose rights */

/* Scan one run of references or mechanisms of which either all or none are in /dev/shm:
 * in /dev/shm another user's rights may apply. */
static int scan_run(struct ix_scan *s, const struct ipcx_query *q, bool mounted)
{
	struct visit visit = { s, q };
	bool acts = s->verb != IX_LOOK;

	return ix_ns_run(s->x, &(struct ix_ns_call){
				       .run = run_there,
				       .arg = &visit,
				       .t = s->t,
				       .enough = s->enough,
				       .looks = !acts,
				       .acts = acts,
				       .mounted = mounted && acts,
				       .sweeps = mounted && acts && q->mechs,
				       .parts = true,
				       .removes = s->verb == IX_REMOVE,
			       });
}

static int scan_refs(struct ix_scan *s, const struct ipcx_query *q)
{
	struct ipcx_query part = *q;
	int r = 0;

	part.mechs = 0;
	for (size_t i = 0; r == 0 && i < q->nrefs && !ix_satisfied(s); i += part.nrefs) {
		bool mounted = ix_mech(q->refs[i].mech)->mounted;

		part.refs = &q->refs[i];
		for (part.nrefs = 1; i + part.nrefs < q->nrefs; part.nrefs++)
			if (ix_mech(part.refs[part.nrefs].mech)->mounted != mounted)
				break;
		r = scan_run(s, &part, mounted);
	}
	return r;
}

static int scan_mechs(struct ix_scan *s, const struct ipcx_query *q)
{
	unsigned m = (unsigned)(q->resume >> IX_RESUME_SHIFT);
	struct ipcx_query part = *q;
	int r = 0;

	part.nrefs = 0;
	while (r == 0 && ix_mech(m) && !ix_satisfied(s) && !s->t->resume) {
		bool mounted = ix_mech(m)->mounted;

		for (part.mechs = 0; ix_mech(m) && ix_mech(m)->mounted == mounted; m++)
			part.mechs |= q->mechs & IPCX_MECH_BIT(m);
		if (part.mechs)
			r = scan_run(s, &part, mounted);
	}
	return r;
}

/* Whether to scan without splitting into runs: if the scan is of our own namespace, or
 * only reads, as names, stat(2) and semaphore values (mech/psem.c) are read with the same
 * rights for all mechanisms. */
static bool at_once(const struct ix_scan *s)
{
	return !s->x->ns || s->many || s->x->view.there || s->verb == IX_LOOK;
}

/* Before changing the first object, check whether that is permitted, and note where else
 * the change is visible. */
static int look_ahead(struct ix_scan *s, const struct ipcx_query *q)
{
	char target[256], shown[4 * sizeof(target)];
	int r = 0;

	if (!wants_mounted(q))
		return 0;
	r = ix_ns_run_elsewhere(s->x, q->mechs != 0, target, sizeof(target));
	if (r <= 0 || s->x->ns->told_elsewhere)
		return MIN(r, 0);
	s->x->ns->told_elsewhere = true;
	(void)ix_escape(shown, sizeof(shown), target, IX_ESC_TEXT);
	ix_table_note(s->t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "", IX_ELSEWHERE, shown);
	return 0;
}

/* Say which of the objects meant a directory without a namespace cannot have. */
static void note_directory(struct ix_scan *s, const struct ipcx_query *q)
{
	static const char why[] =
		"a directory has no System V objects and no message queues: these belong to an IPC namespace";
	const struct ix_target *p = s->x->ns ? ix_ns_target(s->x->ns) : NULL;
	char subject[IPCX_REF_MAX];
	bool more = false;

	if (!p || !p->directory)
		return;
	for (size_t i = 0; i < q->nrefs; i++) {
		if (ix_mech(q->refs[i].mech)->mounted)
			continue;
		(void)ipcx_ref_format(&q->refs[i], subject, sizeof(subject));
		ix_table_note(s->t, IPCX_NOTE_MISSING, q->refs[i].mech, -ENOENT, subject,
			      "%s", why);
	}
	for (unsigned m = 0; ix_mech(m); m++)
		more |= (q->mechs & IPCX_MECH_BIT(m)) && !ix_mech(m)->mounted;
	if (more)
		ix_table_note(s->t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "", "%s", why);
}

int ix_scan_places(struct ix_scan *s, const struct ipcx_query *q)
{
	int r = place_home(s);

	if (r < 0)
		return r;
	note_directory(s, q);
	note_sharers(s, q);
	if (at_once(s))
		return scan_run(s, q, false);
	r = look_ahead(s, q);
	if (r == 0 && q->nrefs)
		r = scan_refs(s, q);
	return r == 0 && q->mechs ? scan_mechs(s, q) : r;
}
