/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a process that uses an object becomes a row. */
#include "query/users.h"

#include <errno.h>

#include "core/columns.h"
#include "core/expr.h"
#include "proc/stat.h"
#include "who/procs.h"

struct user_row {
	struct ix_row head;
	uint32_t boxes;
	ix_text ref, command;
	int32_t pid;
	uint32_t uid;
	uint32_t mappings, fds;
	uint8_t how, access, basis;
	int64_t started;
	uint64_t address, mapped;
};

static void userrow_word(struct ipcx_value *v, const char *word)
{
	if (!word)
		return;
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = word;
}

static void userrow_derive_how(const struct ipcx_table *t, const struct ix_section *s,
			       const void *row, struct ipcx_value *v)
{
	static const char *const words[] = {
		[IX_HOW_MAPPED] = "mapped", [IX_HOW_OPEN] = "open",
		[IX_HOW_BOTH] = "both",     [IX_HOW_NOTIFY] = "notify",
		[IX_HOW_LAST] = "last-op",
	};

	(void)t;
	(void)s;
	userrow_word(v, words[((const struct user_row *)row)->how]);
}

static void userrow_derive_access(const struct ipcx_table *t, const struct ix_section *s,
				  const void *row, struct ipcx_value *v)
{
	static const char *const words[] = { NULL, "r", "w", "rw" };

	(void)t;
	(void)s;
	userrow_word(v, words[((const struct user_row *)row)->access]);
}

enum { USERROW_KERNEL, USERROW_INFERRED };

static void userrow_derive_basis(const struct ipcx_table *t, const struct ix_section *s,
				 const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	userrow_word(v, ((const struct user_row *)row)->basis == USERROW_INFERRED
				? "inferred"
				: "kernel");
}

static void userrow_derive_ref(const struct ipcx_table *t, const struct ix_section *s,
			       const void *row, struct ipcx_value *v)
{
	(void)s;
	userrow_word(v, ix_table_string(t, ((const struct user_row *)row)->ref));
}

/* A process that only the object records has no mappings and descriptors to count. */
static void userrow_count(const void *row, uint64_t n, struct ipcx_value *v)
{
	if (((const struct user_row *)row)->how >= IX_HOW_NOTIFY)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = n;
}

static void userrow_derive_mappings(const struct ipcx_table *t,
				    const struct ix_section *s, const void *row,
				    struct ipcx_value *v)
{
	(void)t;
	(void)s;
	userrow_count(row, ((const struct user_row *)row)->mappings, v);
}

static void userrow_derive_fds(const struct ipcx_table *t, const struct ix_section *s,
			       const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	userrow_count(row, ((const struct user_row *)row)->fds, v);
}

static void userrow_derive_mapped(const struct ipcx_table *t, const struct ix_section *s,
				  const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	userrow_count(row, ((const struct user_row *)row)->mapped, v);
}

#define USERROW_WORDS(member) \
	(IX_WORD_OF(struct user_row, how) | IX_WORD_OF(struct user_row, member))

/* clang-format off */
static const struct ix_kind users_kind = {
	.name = "users",
	.row_size = sizeof(struct user_row),
	IX_COLUMNS(
		IX_CONSTANT(IPCX_F_MECH, ix_derive_mech),
		IX_CONSTANT(IPCX_F_NS,   ix_derive_ns),
		IX_DERIVED_FROM(IPCX_F_REF, struct user_row, ref, userrow_derive_ref),
		IX_COL(IPCX_F_PID,       struct user_row, pid),
		IX_COL(IPCX_F_COMMAND,   struct user_row, command),
		IX_DERIVED_FROM(IPCX_F_OWNER, struct user_row, uid, ix_derive_owner),
		IX_COL(IPCX_F_UID,       struct user_row, uid),
		IX_COL_ZERO(IPCX_F_STARTED, struct user_row, started),
		IX_BOX_COLUMNS(struct user_row, boxes),
		IX_DERIVED_FROM(IPCX_F_HOW, struct user_row, how, userrow_derive_how),
		IX_DERIVED_FROM(IPCX_F_ACCESS, struct user_row, access, userrow_derive_access),
		IX_DERIVED_WORDS(IPCX_F_MAPPINGS, USERROW_WORDS(mappings), userrow_derive_mappings),
		IX_DERIVED_WORDS(IPCX_F_FDS, USERROW_WORDS(fds), userrow_derive_fds),
		IX_COL_ZERO(IPCX_F_ADDRESS, struct user_row, address),
		IX_DERIVED_WORDS(IPCX_F_MAPPED, USERROW_WORDS(mapped), userrow_derive_mapped),
		IX_DERIVED_FROM(IPCX_F_BASIS, struct user_row, basis, userrow_derive_basis)
	),
};
/* clang-format on */

/* ---- rows */

static void userrow_fill(struct ix_users *u, const struct ix_user_entry *e,
			 struct user_row *row)
{
	row->ref = ix_table_text(u->t, e->ref);
	row->pid = e->user->pid;
	row->how = (uint8_t)e->how;
	row->basis = e->inferred ? USERROW_INFERRED : USERROW_KERNEL;
	if (e->user->start) {
		row->command = ix_table_text(u->t, e->user->comm);
		row->started = ix_proc_started(e->user->start);
	} else {
		ix_unknown(u->t, row, IPCX_F_COMMAND);
		ix_unknown(u->t, row, IPCX_F_STARTED);
	}
	row->uid = e->user->uid;
	if (!e->user->has_uid) {
		ix_unknown(u->t, row, IPCX_F_UID);
		ix_unknown(u->t, row, IPCX_F_OWNER);
	}
	if (e->user->uid_error)
		ix_table_once(u->t, e->user->uid_error,
			      "the users of some processes could not be read");
	if (!e->use)
		return;
	row->access = e->use->access;
	row->mappings = e->use->mappings;
	row->fds = e->use->fds;
	row->address = e->use->address;
	row->mapped = e->use->mapped;
}

int ix_users_add(struct ix_users *u, const struct ix_user_entry *e)
{
	const struct ix_section *section;
	struct user_row *row;
	int r = ix_table_place(u->t, e->ns, NULL, false);

	if (r == 0)
		r = ix_table_section(u->t, &users_kind, e->mech);
	row = r < 0 ? NULL : ix_table_row(u->t);
	if (!row)
		return -ENOMEM;
	section = ix_last_section(u->t);
	userrow_fill(u, e, row);
	ix_number_here(u->x, section, row);
	if (u->names && e->user->has_uid)
		r = ix_name_id(u->x, u->t, false, row->uid);
	if (r == 0 && u->containers)
		r = ix_boxed_list(&u->boxed, u->x, u->t, e->user, row, &row->boxes);
	if (r < 0)
		return r;
	if (u->t->starved)
		return -ENOMEM;
	if (!u->where || ix_expr_row(u->where, u->t, section, row).says == 1)
		ix_table_keep(u->t);
	return 0;
}

void ix_users_end(struct ix_users *u)
{
	ix_boxed_end(&u->boxed);
}

/* ---- what objects record */

/* clang-format off */
static const struct {
	enum ipcx_field pid, alive;
	enum ix_how how;
} recorded[] = {
	{ IPCX_F_CPID,  IPCX_F_CPID_ALIVE,  IX_HOW_LAST },
	{ IPCX_F_LPID,  IPCX_F_LPID_ALIVE,  IX_HOW_LAST },
	{ IPCX_F_LSPID, IPCX_F_LSPID_ALIVE, IX_HOW_LAST },
	{ IPCX_F_LRPID, IPCX_F_LRPID_ALIVE, IX_HOW_LAST },
	/* The kernel forgets the registration when the process closes its queue. */
	{ IPCX_F_NOTIFY_PID, IPCX_F_NOTIFY_PID, IX_HOW_NOTIFY },
};
/* clang-format on */

struct ipcx_fieldset ix_users_recorded_fields(void)
{
	struct ipcx_fieldset fields = { { 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		ipcx_fieldset_add(&fields, recorded[i].pid);
		ipcx_fieldset_add(&fields, recorded[i].alive);
	}
	return fields;
}

/* Return the pid of an entry of recorded[] if that process still runs, else 0. */
static int32_t recorded_pid(const struct ipcx_table *objects, size_t row, size_t i)
{
	struct ipcx_value pid, alive;

	if (ipcx_row_get(objects, row, recorded[i].pid, &pid) < 0 ||
	    pid.type != IPCX_TYPE_INT || pid.as.i <= 0 ||
	    ipcx_row_get(objects, row, recorded[i].alive, &alive) < 0)
		return 0;
	if (alive.type == IPCX_TYPE_BOOL && !alive.as.u)
		return 0;
	return alive.type == IPCX_TYPE_NONE ? 0 : (int32_t)pid.as.i;
}

/* Describe a process that still runs; note if that fails. Returns false if it has ended.
 */
static bool recorded_user(struct ix_users *u, int32_t pid, struct ix_user *ret_user)
{
	int r = ix_procs_user(u->x, pid, ret_user);

	if (r < 0 && r != -ESRCH && r != -ENOENT)
		ix_table_once(u->t, r, "some processes could not be looked at");
	return r == 0;
}

int ix_users_recorded(struct ix_users *u, const struct ipcx_table *objects, size_t row,
		      struct ix_user_entry *e)
{
	int32_t seen[ARRAY_SIZE(recorded)] = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(recorded); i++) {
		struct ix_user user;
		bool again = false;

		seen[i] = recorded_pid(objects, row, i);
		for (size_t k = 0; k < i; k++)
			again |= seen[k] == seen[i] && recorded[k].how == recorded[i].how;
		if (!seen[i] || again || !recorded_user(u, seen[i], &user))
			continue;
		e->user = &user;
		e->use = NULL;
		e->how = recorded[i].how;
		e->inferred = false;
		r = ix_users_add(u, e);
	}
	return r;
}
