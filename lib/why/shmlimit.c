/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why shmget(2) cannot make a segment: newseg() in ipc/shm.c. Where segments are too
 * many, the answer also says whose they are. Those that were removed and are still
 * attached count like any other, although no key finds them.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/esc.h"
#include "base/num.h"
#include "limits/limits.h"
#include "why/fix.h"
#include "why/shm.h"

#define HUGE_SHIFT 26 /* MAP_HUGE_SHIFT of mmap(2) */

/* ---- whose segments they are */

struct crowd_one {
	uint64_t uid, pages;
	size_t row;
	struct ipcx_value command; /* of the creator, if it is still known */
};

struct crowd {
	uint64_t n, dest, unused, unused_pages;
	uint64_t own, own_pages; /* unused ones of the caller */
	bool judged;             /* of each it is known whether it is in use */
	struct crowd_one *all;
};

static const char *crowd_command(const struct crowd_one *one)
{
	return one->command.type == IPCX_TYPE_STRING ? ipcx_value_string(&one->command)
						     : "";
}

static int crowd_compare(const void *a, const void *b)
{
	const struct crowd_one *one = a, *other = b;

	if (one->uid != other->uid)
		return one->uid < other->uid ? -1 : 1;
	return strcmp(crowd_command(one), crowd_command(other));
}

static void crowd_count(const struct ipcx_table *t, size_t row, struct crowd *c)
{
	uint64_t dest = 0, size = 0, used = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct crowd_one *one = &c->all[c->n++];

	one->row = row;
	(void)ix_why_number(t, row, IPCX_F_UID, &one->uid);
	(void)ix_why_number(t, row, IPCX_F_SIZE, &size);
	(void)ix_why_number(t, row, IPCX_F_DEST, &dest);
	(void)ix_why_word(t, row, IPCX_F_COMMAND, &one->command);
	one->pages = size / page + (size % page != 0);
	c->dest += dest;
	if (!ix_why_number(t, row, IPCX_F_IN_USE, &used)) {
		c->judged = false;
	} else if (!used) {
		c->unused++;
		c->unused_pages += one->pages;
		c->own += one->uid == geteuid();
		c->own_pages += one->uid == geteuid() ? one->pages : 0;
	}
}

/* Append who has the most segments, and the command that made most of these. */
static void crowd_most(const struct ipcx_table *t, struct crowd *c, bool by_pages,
		       char *buf, size_t size)
{
	struct ipcx_value v;
	const char *owner;
	uint64_t best = 0, sum = 0, made = 0, most_made = 0;
	size_t first = 0, count = 0, from = 0, maker = SIZE_MAX;
	char shown[64];
	int len;

	qsort(c->all, c->n, sizeof(*c->all), crowd_compare);
	for (size_t i = 0; i < c->n; i++) {
		if (i == 0 || c->all[i].uid != c->all[from].uid) {
			from = i;
			sum = 0;
		}
		sum += by_pages ? c->all[i].pages : 1;
		if (sum > best) {
			best = sum;
			first = from;
			count = i - from + 1;
		}
	}
	for (size_t i = first; i < first + count; i++) {
		const char *command = crowd_command(&c->all[i]);

		made = i > first && !strcmp(command, crowd_command(&c->all[i - 1]))
			       ? made + 1
			       : 1;
		if (*command && made > most_made) {
			most_made = made;
			maker = i;
		}
	}
	owner = ix_why_word(t, c->all[first].row, IPCX_F_OWNER, &v);
	(void)ix_escape(shown, sizeof(shown), owner ? owner : "?", IX_ESC_TEXT);
	len = snprintf(buf, size, "; %s has the most: %zu", shown, count);
	if (by_pages)
		len += snprintf(buf + len, size - (size_t)len, " of %" PRIu64 " pages",
				best);
	if (maker == SIZE_MAX)
		return;
	(void)ix_escape(shown, sizeof(shown), crowd_command(&c->all[maker]), IX_ESC_TEXT);
	(void)snprintf(buf + len, size - (size_t)len, ", %" PRIu64 " made by %s",
		       most_made, shown);
}

/* Whether there is room for what is needed once this much is freed. */
static bool crowd_frees(struct ix_why *w, const char *limit, uint64_t freed)
{
	const struct ipcx_table *t = w->fits.least;
	uint64_t max, used, needed;
	struct ipcx_value v;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		const char *name = ix_why_word(t, i, IPCX_F_NAME, &v);

		if (name && !strcmp(name, limit))
			return ix_why_number(t, i, IPCX_F_LIMIT, &max) &&
			       ix_why_number(t, i, IPCX_F_USED, &used) &&
			       ix_why_number(t, i, IPCX_F_NEEDED, &needed) &&
			       needed <= max && freed &&
			       used - MIN(used, freed) <= max - needed;
	}
	return false;
}

/* Beside a higher limit, removing what is unused makes room. A user who may not raise the
 * limit may still remove own segments. */
static void crowd_fix(struct ix_why *w, const char *limit, const struct crowd *c,
		      bool by_pages, struct ix_reason *r)
{
	bool all = ix_cap_has(CAP_SYS_ADMIN) == 1;
	uint64_t freed = by_pages ? (all ? c->unused_pages : c->own_pages)
				  : (all ? c->unused : c->own);
	char raise[300], remove[300];

	if (!crowd_frees(w, limit, freed))
		return;
	(void)snprintf(raise, sizeof(raise), "%.*s", (int)sizeof(raise) - 1, r->fix);
	if (all)
		ix_fix_command(remove, sizeof(remove), w->where,
			       "rm shm --unused --dry-run"); /* of all users */
	else
		ix_fix_command(remove, sizeof(remove), w->where,
			       "rm shm --unused --where 'uid == %u'", geteuid());
	if (!strncmp(raise, "ipcx ", 5))
		(void)snprintf(r->fix, sizeof(r->fix), "%s  # or: %s", raise, remove);
	else
		(void)snprintf(r->fix, sizeof(r->fix), "%s%s%s", remove,
			       raise[0] ? "  # or: " : "", raise);
}

static void limit_crowd(struct ix_why *w, const char *limit, struct ix_reason *r)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(ix_why_mech(w)) };
	bool by_pages = !strcmp(limit, "shmall");
	struct crowd c = { .judged = true };
	auto_free struct crowd_one *all = NULL;
	struct ipcx_table *t = NULL;
	char text[IX_WHY_TEXT / 2] = "", dest[64];
	size_t at = strlen(r->evidence);

	ipcx_fieldset_add(&q.fields, IPCX_F_OWNER);
	ipcx_fieldset_add(&q.fields, IPCX_F_COMMAND);
	ipcx_fieldset_add(&q.fields, IPCX_F_IN_USE);
	if (ipcx_scan(w->x, &q, &t) < 0)
		return;
	c.all = all = calloc(ipcx_table_rows(t) + 1, sizeof(*all));
	if (all)
		for (size_t i = 0; i < ipcx_table_rows(t); i++)
			crowd_count(t, i, &c);
	if (c.n) {
		crowd_most(t, &c, by_pages, text, sizeof(text));
		(void)snprintf(dest, sizeof(dest),
			       "; %" PRIu64 " are removed, but still attached", c.dest);
		(void)snprintf(r->evidence + at, sizeof(r->evidence) - at,
			       "%s; %s%" PRIu64 " are unused%s", c.dest ? dest : "",
			       c.judged ? "" : "at least ", c.unused, text);
		crowd_fix(w, limit, &c, by_pages, r);
	}
	ipcx_table_free(t);
}

/* ---- huge pages */

/* Whether huge pages were asked for, and of which size (0: the default one). */
static enum ix_so limit_huge(const struct ix_why *w, uint64_t *ret_bytes)
{
	uint64_t flags = 0;
	bool known = ix_shm_flags(w, &flags);
	unsigned shift = flags >> HUGE_SHIFT & 63;

	*ret_bytes = 0;
	if (known && flags & SHM_HUGETLB)
		*ret_bytes = shift ? UINT64_C(1) << shift : 0;
	if (ix_args_has(&w->a, IX_ARG_HUGE))
		*ret_bytes = w->a.huge;
	if (ix_args_has(&w->a, IX_ARG_HUGE) || (known && flags & SHM_HUGETLB))
		return IX_SO;
	return known ? IX_SO_NOT : IX_SO_UNKNOWN;
}

/* Set the reason if it does not apply, or may not. Returns whether huge pages were asked
 * for. */
static bool limit_wants_huge(const struct ix_why *w, struct ix_reason *r,
			     uint64_t *ret_bytes)
{
	enum ix_so huge = limit_huge(w, ret_bytes);

	if (huge == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "SHM_HUGETLB was not given");
	else if (huge == IX_SO_UNKNOWN)
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: flags= are not known, which may hold SHM_HUGETLB");
	return huge == IX_SO;
}

/* Read the limit of pages of this size. Returns 1; 0 if this machine has none of that
 * size; or -errno. */
static int limit_pool(struct ix_why *w, uint64_t bytes, const struct ix_limit **ret_l,
		      struct ix_reading *ret_r)
{
	struct ix_limits s = { .x = w->x };
	const struct ix_limit *l = bytes ? ix_limit_of_pages(bytes)
					 : ix_limit_by_name("hugepages");

	if (!l)
		return 0;
	ix_limit_read(&s, l, true, ret_r);
	ix_limits_end(&s);
	*ret_l = l;
	if (!ret_r->known)
		return ret_r->error ? ret_r->error : -EIO;
	/* A size without a directory in sysfs is read as a pool that has no pages and
	 * cannot get any. */
	return !(bytes && ret_r->capped && ret_r->ceiling == 0 && ret_r->limit == 0);
}

static void limit_no_such_pages(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_limit *l;
	struct ix_reading reading = { 0 };
	uint64_t bytes;
	int there;

	if (!limit_wants_huge(w, r, &bytes))
		return;
	there = limit_pool(w, bytes, &l, &reading);
	if (there < 0)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s",
			      ix_limit_why(there));
	else if (there)
		ix_reason_set(r, IX_SO_NOT, "it has pages of that size");
	else {
		ix_reason_set(r, IX_SO, "it has none of %" PRIu64 " bytes", bytes);
		(void)snprintf(r->fix, sizeof(r->fix),
			       "ask for a size that ls /sys/kernel/mm/hugepages shows");
	}
}

static void limit_no_pages(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_limit *l = NULL;
	struct ix_reading reading = { 0 };
	uint64_t bytes, flags = 0, enough;
	int there;

	if (!limit_wants_huge(w, r, &bytes))
		return;
	if (ix_shm_flags(w, &flags) && flags & SHM_NORESERVE) {
		ix_reason_set(r, IX_SO_NOT, "SHM_NORESERVE was given: none are reserved");
		return;
	}
	there = limit_pool(w, bytes, &l, &reading);
	if (there <= 0) {
		ix_reason_set(r, there ? IX_SO_UNKNOWN : IX_SO_NOT, "%s%s",
			      there ? "cannot be told: " : "",
			      there ? ix_limit_why(there)
				    : "this machine has none of that size: EINVAL");
		return;
	}
	ix_why_limit(w, l->name, r);
	if (r->applies != IX_SO || !ix_args_has(&w->a, IX_ARG_SIZE) || !reading.page)
		return;
	enough = reading.used + w->a.size / reading.page +
		 (w->a.size % reading.page != 0);
	if (bytes)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "echo %" PRIu64
			       " > /sys/kernel/mm/hugepages/%s/nr_hugepages",
			       enough, l->source);
	else
		(void)snprintf(r->fix, sizeof(r->fix),
			       "sysctl -w vm.nr_hugepages=%" PRIu64, enough);
}

/* can_do_hugetlb_shm() in fs/hugetlbfs/inode.c. Kernels before 5.18 charged the pages to
 * RLIMIT_MEMLOCK, which was no help if it was too small. */
static void limit_no_right(struct ix_why *w, struct ix_reason *r)
{
	enum ix_so lock = ix_shm_machine_right(w, CAP_IPC_LOCK), member;
	uint64_t bytes, group;

	if (!limit_wants_huge(w, r, &bytes))
		return;
	if (lock == IX_SO) {
		ix_reason_set(r, IX_SO_NOT, "%s: has CAP_IPC_LOCK", w->as.who);
		return;
	}
	if (!ix_shm_proc_number(w, "sys/vm/hugetlb_shm_group", &group)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: vm.hugetlb_shm_group cannot be read");
		return;
	}
	member = ix_as_in_group(&w->as, (uint32_t)group);
	if (member == IX_SO_UNKNOWN || lock == IX_SO_UNKNOWN)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s of %s are not known",
			      lock == IX_SO_UNKNOWN ? "the capabilities" : "the groups",
			      w->as.who);
	else if (member == IX_SO)
		ix_reason_set(r, IX_SO_NOT, "%s: in group %" PRIu64, w->as.who, group);
	else
		ix_reason_set(r, IX_SO,
			      "%s: without CAP_IPC_LOCK, and not in group %" PRIu64
			      " (vm.hugetlb_shm_group)",
			      w->as.who, group);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "sysctl -w vm.hugetlb_shm_group=%" PRIu32, w->as.gid);
}

/* ---- */

/* What is asked for fits into memory only if less is asked for: the limit is no number
 * that could be raised. */
static void limit_memory_fix(struct ix_why *w, struct ix_reason *r)
{
	uint64_t mode = 0;

	if (!ix_shm_proc_number(w, "sys/vm/overcommit_memory", &mode))
		return;
	(void)snprintf(r->fix, sizeof(r->fix), "%s",
		       mode == 2 ? "ask for less, add swap, or raise vm.overcommit_ratio"
				 : "ask for less, add swap, or ask with SHM_NORESERVE");
}

void ix_shm_limit(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	const struct ipcx_table *t;
	struct ix_reason ignored = { .applies = IX_SO_UNKNOWN };
	char name[IX_SHM_NAME];

	if (ix_args_has(&w->a, IX_ARG_KEY) && w->a.key &&
	    ix_shm_find(w, &ignored, &t) == 1) {
		ix_reason_set(r, IX_SO_NOT, "%s exists: none would be made",
			      ix_shm_name(t, name));
		return;
	}
	if (c->check == IX_SHM_NO_SUCH_PAGES) {
		limit_no_such_pages(w, r);
		return;
	}
	if (c->check == IX_SHM_NO_PAGES) {
		limit_no_pages(w, r);
		return;
	}
	if (c->check == IX_SHM_NO_RIGHT) {
		limit_no_right(w, r);
		return;
	}
	ix_why_limit(w, c->subject, r);
	if (r->applies == IX_SO && c->check == IX_SHM_CROWDED)
		limit_crowd(w, c->subject, r);
	if (r->applies == IX_SO && !strcmp(c->subject, "memory"))
		limit_memory_fix(w, r);
}
