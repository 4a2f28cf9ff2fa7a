/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings of the machine that remove objects or keep programs from opening them:
 * kernel.shm_rmid_forced, fs.protected_regular and, in login.c, RemoveIPC=.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/esc.h"
#include "base/file.h"
#include "base/num.h"
#include "core/mech.h"
#include "doctor/doctor.h"
#include "doctor/login.h"
#include "doctor/names.h"
#include "space/space.h"
#include "why/why.h"

static bool settings_is(const struct ix_section *s, const char *mech)
{
	const struct ix_mech *m = s->mech == IPCX_NO_MECH ? NULL : ix_mech(s->mech);

	return m && !strcmp(m->info.name, mech);
}

/* ---- kernel.shm_rmid_forced */

/* When a segment goes if kernel.shm_rmid_forced is set (ipc/shm.c). */
enum settings_goes {
	/* shm_destroy_orphaned(), when the sysctl is written: nobody has attached it, and
	 * the thread that made it has ended. */
	GOES_NOW,
	/* exit_shm(), when the thread that made it ends, if nobody has attached it. */
	GOES_AT_EXIT,
	/* shm_close(), with the last detach, even while its creator lives. */
	GOES_AT_DETACH,
	/* One of the first two: whether its creator lives is unknown. */
	GOES_UNKNOWN,
	GOES_ANYWAY, /* it is removed already */
	GOES_WAYS,
};

static enum settings_goes settings_goes(const struct ipcx_table *t, size_t row)
{
	uint64_t nattch, alive, dest;

	if (!ix_why_number(t, row, IPCX_F_NATTCH, &nattch))
		return GOES_UNKNOWN;
	if (ix_why_number(t, row, IPCX_F_DEST, &dest) && dest)
		return GOES_ANYWAY;
	if (nattch)
		return GOES_AT_DETACH;
	if (!ix_why_number(t, row, IPCX_F_CREATOR_ALIVE, &alive))
		return GOES_UNKNOWN;
	return alive ? GOES_AT_EXIT : GOES_NOW;
}

/* What would become of one segment. */
static int settings_segment(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	/* clang-format off */
	static const struct {
		char finding[IX_TEXT(20)];
		uint8_t grade;
		char what[IX_TEXT(112)];
	} ways[GOES_ANYWAY] = {
		[GOES_NOW]       = { "removed-now", IPCX_CERTAIN,
				     "shm_rmid_forced=1 would remove it at once" },
		[GOES_AT_EXIT]   = { "removed-at-exit", IPCX_CERTAIN,
				     "with shm_rmid_forced=1, it would go when its creator exits or the next who attaches it detaches it" },
		[GOES_AT_DETACH] = { "removed-at-detach", IPCX_CERTAIN,
				     "with shm_rmid_forced=1, it would go with its last detach" },
		[GOES_UNKNOWN]   = { "removed-now", IPCX_POSSIBLE,
				     "shm_rmid_forced=1 would remove it at once if its creator has exited" },
	};
	/* clang-format on */
	enum settings_goes way = settings_goes(t, row);
	uint64_t nattch = 0, cpid = 0;
	char evidence[IX_DOCTOR_TEXT];

	if (way == GOES_ANYWAY)
		return 0;
	(void)ix_why_number(t, row, IPCX_F_NATTCH, &nattch);
	if (ix_why_number(t, row, IPCX_F_CPID, &cpid) && way != GOES_UNKNOWN)
		(void)snprintf(
			evidence, sizeof(evidence),
			"attached %" PRIu64 " times; its creator, process %" PRIu64
			", %s",
			nattch, cpid,
			way == GOES_NOW ? "has ended"
			: way == GOES_AT_EXIT
				? "runs (if only its thread that made it has ended, "
				  "it would go at once)"
				: "does not matter");
	else
		(void)snprintf(evidence, sizeof(evidence),
			       "attached %" PRIu64 " times; whether its creator runs is "
			       "not known",
			       nattch);
	return ix_doctor_add(d, &(struct ix_found){
					.finding = ways[way].finding,
					.grade = (enum ipcx_grade)ways[way].grade,
					.about = t,
					.row = row,
					.what = ways[way].what,
					.evidence = evidence });
}

/* The namespace whose shm_rmid_forced is in a row of the limits. */
static bool settings_here(const struct ipcx_table *limits, size_t row,
			  const struct ipcx_table *t, const struct ix_section *s)
{
	uint64_t a, b;

	return s->count && settings_is(s, "shm") &&
	       (!ix_why_number(limits, row, IPCX_F_NS, &a) ||
		!ix_why_number(t, s->first, IPCX_F_NS, &b) || a == b);
}

/* It is 0 here: say what setting it would do. */
static int settings_if(struct ix_doctor *d, const struct ipcx_table *limits, size_t row)
{
	const struct ipcx_table *t;
	int r = ix_doctor_objects(d, &t);

	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		if (settings_here(limits, row, t, s))
			for (size_t k = s->first; r == 0 && k < s->first + s->count; k++)
				r = settings_segment(d, t, k);
	}
	return r;
}

/* It is 1 here: say what it does to the segments here. */
static int settings_forced(struct ix_doctor *d, const struct ipcx_table *limits,
			   size_t row)
{
	size_t ways[GOES_WAYS] = { 0 }, alone;
	char evidence[IX_DOCTOR_TEXT], fix[IX_DOCTOR_TEXT], where[IX_DOCTOR_TEXT];
	struct ix_found f = { .finding = "rmid-forced",
			      .about = limits,
			      .row = row,
			      .ref = "shm_rmid_forced",
			      .evidence = evidence,
			      .fix = fix };
	const struct ipcx_table *t;
	int r = ix_doctor_objects(d, &t);

	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		if (settings_here(limits, row, t, s))
			for (size_t k = s->first; k < s->first + s->count; k++)
				ways[settings_goes(t, k)]++;
	}
	if (r < 0)
		return r;
	alone = ways[GOES_NOW] + ways[GOES_AT_EXIT] + ways[GOES_UNKNOWN];
	f.grade = alone ? IPCX_CERTAIN : IPCX_POSSIBLE;
	f.what = alone ? "kernel.shm_rmid_forced is 1: segments that nobody has attached "
			 "are removed when their creators exit"
		       : "kernel.shm_rmid_forced is 1: programs that leave a segment for "
			 "others to attach lose it";
	(void)snprintf(evidence, sizeof(evidence),
		       "%zu segments wait for the exit of their creators, %zu for their "
		       "last detach",
		       alone, ways[GOES_AT_DETACH]);
	ix_fix_command(fix, sizeof(fix),
		       ix_doctor_where(d, limits, row, where, sizeof(where)),
		       "limits set shm_rmid_forced=0");
	return ix_doctor_add(d, &f);
}

/* what_if: say only what setting it would do. */
static int settings_rmid(struct ix_doctor *d, bool what_if)
{
	const struct ipcx_table *t;
	int r = ix_doctor_limits(d, &t);

	for (size_t i = 0; r == 0 && i < ipcx_table_rows(t); i++) {
		struct ipcx_value v;
		const char *name = ix_why_word(t, i, IPCX_F_NAME, &v);
		uint64_t now;

		if (!name || strcmp(name, "shm_rmid_forced") != 0 ||
		    !ix_why_number(t, i, IPCX_F_LIMIT, &now))
			continue;
		if (what_if)
			r = now ? 0 : settings_if(d, t, i);
		else if (now)
			r = settings_forced(d, t, i);
	}
	return r;
}

/* ---- fs.protected_regular */

/*
 * Whether open(2) with O_CREAT fails for users who do not own an existing file, even if
 * its mode permits it and for root, too (may_create_in_sticky() in fs/namei.c).
 */
static bool settings_guarded(const struct ix_space_shm *s, uint64_t level)
{
	return !s->error && s->mode & S_ISVTX &&
	       ((level >= 1 && s->mode & S_IWOTH) || (level >= 2 && s->mode & S_IWGRP));
}

/* Whether the file in a row was made for several users. */
static bool settings_shared(const struct ipcx_table *t, const struct ix_section *s,
			    size_t row, const struct ix_space_shm *dir)
{
	struct ipcx_value v;
	const char *name = ix_why_word(t, row, IPCX_F_NAME, &v);
	const struct ix_known *known;
	uint64_t mode, uid;
	uint32_t pid;

	if (!ix_why_number(t, row, IPCX_F_MODE, &mode) ||
	    !ix_why_number(t, row, IPCX_F_UID, &uid))
		return false;
	known = name ? ix_doctor_known(name, settings_is(s, "psem"), &pid) : NULL;
	return mode & (S_IWGRP | S_IWOTH) && uid != dir->uid &&
	       !(known && known->left == IX_LEFT_STAYS);
}

static int settings_files(struct ix_doctor *d, const struct ipcx_table *spaces,
			  size_t row, uint64_t level)
{
	const struct ix_space_shm *dir = ix_space_at(spaces, row);
	char evidence[IX_DOCTOR_TEXT], name[256] = "";
	struct ix_found f = {
		.finding = "protected-regular",
		.grade = IPCX_POSSIBLE,
		.about = spaces,
		.row = row,
		.ref = "/dev/shm",
		.what = "other users, even root, cannot open files in /dev/shm with "
			"O_CREAT although their mode permits it",
		.evidence = evidence,
		.fix = "programs should try to open without O_CREAT first; or: sysctl "
		       "fs.protected_regular=0",
	};
	const struct ipcx_table *t;
	size_t n = 0;
	int r = ix_doctor_objects(d, &t);

	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		/* sem_open(3) does open without O_CREAT first. */
		if (!settings_is(s, "pshm") || s->dev != dir->dev || s->ino != dir->ino)
			continue;
		for (size_t k = s->first; k < s->first + s->count; k++) {
			struct ipcx_value v;
			const char *file = ix_why_word(t, k, IPCX_F_NAME, &v);

			if (!file || !settings_shared(t, s, k, dir))
				continue;
			if (!n++)
				(void)ix_escape(name, sizeof(name), file, IX_ESC_TEXT);
		}
	}
	if (r < 0 || !n)
		return r;
	(void)snprintf(evidence, sizeof(evidence),
		       "fs.protected_regular is %" PRIu64
		       ", the directory has the sticky "
		       "bit, and %zu files in it may be written by others than their "
		       "owners, such as %s",
		       level, n, name);
	return ix_doctor_add(d, &f);
}

static int settings_protected(struct ix_doctor *d)
{
	const struct ix_space_shm *s;
	const struct ipcx_table *t;
	uint64_t level;
	char text[32];
	int r = ix_procfd(d->x);

	/* Before Linux 4.19 there is none. */
	if (r < 0 || ix_read_file(r, "sys/fs/protected_regular", text, sizeof(text)) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	if (ix_parse_u64(text, UINT64_MAX, &level) < 0 || !level)
		return 0;
	r = ix_doctor_spaces(d, &t);
	for (size_t i = 0; r == 0 && (s = ix_space_at(t, i)) != NULL; i++)
		if (!s->again && settings_guarded(s, level))
			r = settings_files(d, t, i, level);
	return r;
}

/* ---- all settings */

int ix_doctor_settings(struct ix_doctor *d)
{
	int r;

	if (d->what_if && !strcmp(d->what_if, "shm_rmid_forced=1"))
		return settings_rmid(d, true);
	if (d->what_if)
		return ix_fail_plain(d->x, -EINVAL,
				     "the only assumption that can be judged is "
				     "shm_rmid_forced=1");
	r = settings_rmid(d, false);
	if (r == 0)
		r = settings_protected(d);
	return r < 0 ? r : ix_doctor_login(d);
}
