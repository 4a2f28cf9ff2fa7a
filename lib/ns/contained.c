/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening the namespace of a container, and numbers that may be a process or a
 * container. */
#include "ns/contained.h"

#include <errno.h>
#include <string.h>

#include "base/esc.h"
#include "container/container.h"
#include "container/unit.h"
#include "core/box.h"
#include "ns/label.h"

/* Open the target of a container whose claim was judged. If the container's process has
 * moved to another namespace since then, that namespace is not the one meant. */
static int open_claimed(struct ipcx *x, const struct ix_container *c,
			struct ix_gaps *gaps, struct ix_target *ret_p)
{
	char label[IX_LABEL_MAX];
	struct ix_target p;
	struct ix_box box;
	int r = ix_target_of_pid(x, c->pid, c->start, &p);

	if (r < 0)
		return r;
	if (c->elsewhere && p.ino == ix_ns_own(x, "ipc")) {
		struct ix_gaps why = { .n = 0 };

		ix_target_close(&p);
		ix_container_elsewhere(c, &why);
		return ix_fail_plain(x, -EOPNOTSUPP, "%s", why.all[0].text);
	}
	if (c->ipc && p.ino != c->ipc) {
		ix_target_close(&p);
		return ix_fail_plain(x, -ESRCH,
				     "process %d: has just moved to another namespace",
				     c->pid);
	}
	ix_container_box(c, label, &box);
	p.boxes = ix_boxes_new(&box, 1);
	p.named = true;
	p.elsewhere = c->elsewhere;
	if (c->elsewhere)
		ix_container_elsewhere(c, gaps);
	p.claimed = c->rank == IX_RANK_ROOT;
	*ret_p = p;
	return 0;
}

/* A unit of root whose processes share our own IPC namespace is in no list of
 * containers. r is what is known without it, with its text. */
static int open_unit(struct ipcx *x, const char *name, int r, struct ix_gaps *gaps,
		     struct ix_target *ret_p)
{
	static const char family[] = "systemd:";
	size_t len = sizeof(family) - 1;
	struct ix_unit unit;
	int found = ix_unit_find(x, name + (strncmp(name, family, len) ? 0 : len), &unit);
	char shown[IPCX_REF_MAX];

	if (found == 0)
		return open_claimed(x, &unit.c, gaps, ret_p);
	if (found == -ENOMEM)
		return ix_fail_plain(x, found, "out of memory");
	if (r != -ENOENT || found == -ENOENT)
		return r;
	(void)ix_escape(shown, sizeof(shown), name, IX_ESC_TEXT);
	return ix_fail_plain(
		x, -ENODATA,
		"cannot tell whether there is a unit '%.300s': not all control groups can be read",
		shown);
}

int ix_open_container(struct ipcx *x, const char *name, struct ix_gaps *gaps,
		      struct ix_target *ret_p)
{
	const struct ix_container *found;
	struct ix_containers *c;
	int r = ix_containers_all(x, &c);

	if (r < 0)
		return r;
	r = ix_container_named(x, c, name, &found);
	if (r == 0)
		r = open_claimed(x, found, gaps, ret_p);
	ix_containers_free(c);
	return r == -ENOENT || r == -ENODATA ? open_unit(x, name, r, gaps, ret_p) : r;
}

/* Refuse a number that means both a process and a container. */
static int both(struct ipcx *x, const char *where, const struct ix_container *found)
{
	char label[IX_LABEL_MAX];

	if (!found)
		return ix_fail_plain(
			x, -ENOTUNIQ,
			"'%s' may also be a process, /proc/%s/ns/ipc; for a container, %s",
			where, where, x->error);
	ix_container_label(found, label, sizeof(label));
	return ix_fail_plain(x, -ENOTUNIQ,
			     "'%s' may be a process, /proc/%s/ns/ipc, or a container, %s",
			     where, where, label);
}

/* Whether a text is the name or the id of a container, not the beginning of its id. */
static bool is_whole(const struct ix_container *c, const char *text)
{
	return (c->name && !strcmp(c->name, text)) || (c->id && !strcmp(c->id, text));
}

/* Open the namespace of a process, unless the number is also the name, the id or the
 * beginning of the id of a container of root or of the caller. If there is no such
 * process, open the container. */
int ix_open_pid(struct ipcx *x, const char *where, int32_t pid, struct ix_gaps *gaps,
		struct ix_target *ret_p)
{
	struct ix_target p = IX_NO_TARGET;
	const struct ix_container *found = NULL;
	struct ix_containers *c;
	int lives = ix_target_of_pid(x, pid, 0, &p);
	int r = ix_containers_all(x, &c);

	if (r < 0)
		goto end;
	r = ix_container_of_rank(x, c, where,
				 lives == -ESRCH ? IX_RANK_HIDDEN : IX_RANK_CALLER,
				 &found);
	if (r == 0 && found->pid == pid)
		r = -ENOENT;
	/* One id of sixteen begins with 1, but 1 is what is typed for the first process. */
	if (lives >= 0 && pid == 1 &&
	    (r == -ENOTUNIQ || (r == 0 && !is_whole(found, where))))
		r = -ENOENT;
	if (r == 0 && lives == -ESRCH)
		r = open_claimed(x, found, gaps, ret_p);
	else if (r == 0 || (r == -ENOTUNIQ && lives != -ESRCH))
		r = both(x, where, found);
	ix_containers_free(c);
end:
	if (r != -ENOENT && r != -ENODATA) {
		ix_target_close(&p);
		return r;
	}
	if (lives < 0) /* for the text */
		return ix_target_of_pid(x, pid, 0, ret_p);
	x->error[0] = '\0';
	*ret_p = p;
	return 0;
}
