/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and ids of System V objects: how ftok(3) makes keys, and how the kernel makes
 * ids. */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/stat.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/limit.h"
#include "mech/keywalk.h"

struct id_row {
	struct ix_row row;
	int32_t id;
	uint32_t index, seq;
	ix_text ref;
};

/* clang-format off */
static const struct ix_kind id_kind = {
	.name = "ids",
	.row_size = sizeof(struct id_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_REF,      struct id_row, ref),
		IX_COL(IPCX_F_ID,       struct id_row, id),
		IX_COL(IPCX_F_ID_INDEX, struct id_row, index),
		IX_COL(IPCX_F_ID_SEQ,   struct id_row, seq)
	),
};
/* clang-format on */

int ipcx_key(struct ipcx *x, const char *path, int proj, uint32_t *ret_key)
{
	IX_REQUIRE(x, path, ret_key);
	key_t key;

	errno = 0;
	key = ftok(path, proj);
	if (key == (key_t)-1 && errno == ENOENT)
		return ix_fail(x, -ENOENT, "%s: cannot make a key", path);
	if (key == (key_t)-1 && errno) /* -1 is a possible key, too */
		return ix_fail(x, -errno, "%s: cannot make a key", path);
	*ret_key = (uint32_t)key;
	return 0;
}

int ipcx_keys(struct ipcx *x, const char *const *paths, size_t n, int proj,
	      struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ipcx_table *t;
	struct stat st;
	int r = ix_key_paths(x, paths, n);

	if (r < 0)
		return r;
	t = ix_key_begin(x, &ix_key_kind);
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++)
		if (stat(paths[i], &st) < 0)
			ix_key_note(t, paths[i], -errno);
		else
			r = ix_key_add(t, paths[i], &st, ix_key_of(&st, proj));
	return ix_key_finish(x, t, r, ret_table);
}

struct search {
	struct ix_key_walk walk;
	uint32_t key;
};

static int search_visit(struct ix_key_walk *w, const char *path, const struct stat *st,
			bool named)
{
	const struct search *s = (const struct search *)w;

	(void)named;
	/* Device and inode fill the lower 24 bits, proj the upper 8; what proj 0 does is
	 * unspecified. */
	if (!st || ((ix_key_of(st, 0) ^ s->key) & 0xffffff))
		return 0;
	return ix_key_add(w->t, path, st, s->key);
}

int ipcx_key_search(struct ipcx *x, uint32_t key, const char *const *paths, size_t n,
		    bool recursive, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct search s = { .walk = { .recursive = recursive, .visit = search_visit },
			    .key = key };
	int r = ix_key_paths(x, paths, n);

	if (r < 0)
		return r;
	s.walk.t = ix_key_begin(x, &ix_key_kind);
	if (!s.walk.t)
		return -ENOMEM;
	r = ix_key_walk(&s.walk, paths, n);
	return ix_key_finish(x, s.walk.t, r, ret_table);
}

int ipcx_id_split(struct ipcx *x, const struct ipcx_ref *refs, size_t n,
		  struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	unsigned bits = ix_id_bits(x);
	struct ipcx_table *t;
	int r = 0;

	if (n && !refs)
		return ix_fail_plain(x, -EINVAL, "no list of references (NULL)");
	t = ix_key_begin(x, &id_kind);
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++) {
		char text[IPCX_REF_MAX];
		struct id_row *row;

		r = ix_ref_check(x, &refs[i]);
		if (r < 0)
			break;
		(void)ipcx_ref_format(&refs[i], text, sizeof(text));
		if (refs[i].by != IPCX_BY_ID) {
			ix_table_note(t, IPCX_NOTE_FAILED, refs[i].mech, -EINVAL, text,
				      "is not an id, so it cannot be split");
			continue;
		}
		row = ix_table_row(t);
		if (!row) {
			r = -ENOMEM;
			break;
		}
		row->id = refs[i].id;
		row->index = (uint32_t)refs[i].id & ((UINT32_C(1) << bits) - 1);
		row->seq = (uint32_t)refs[i].id >> bits;
		row->ref = ix_table_text(t, text);
		ix_table_keep(t);
	}
	return ix_key_finish(x, t, r, ret_table);
}
