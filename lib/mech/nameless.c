/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What could not be read of a file is unknown for one reason: it is only mapped, and a
 * mapping may be followed with privileges only (map_files in proc(5)). */
#include "mech/nameless.h"

#include <errno.h>
#include <string.h>

#define DELETED " (deleted)"

void *ix_nameless_row(struct ix_scan *s, const struct ix_found *f, const char *name)
{
	static const enum ipcx_field of_stat[] = { IPCX_F_OWNER, IPCX_F_UID,
						   IPCX_F_GROUP, IPCX_F_GID,
						   IPCX_F_MODE,  IPCX_F_CTIME,
						   IPCX_F_AGE };
	const struct ipcx_ref ref = {
		.mech = s->mech,
		.by = IPCX_BY_INODE,
		.device = ix_mech(s->mech)->one_device && !f->in_files ? 0 : f->dev,
		.inode = f->ino
	};
	struct ix_posix_row *row = ix_scan_row(s);
	const struct ipcx_fieldset lacks = ipcx_fieldset_of(of_stat, ARRAY_SIZE(of_stat));
	char text[IPCX_REF_MAX];

	if (!row || ipcx_ref_format(&ref, text, sizeof(text)) < 0)
		return NULL;
	row->ref = ix_table_text(s->t, text);
	row->name = ix_table_text(s->t, name);
	if (!row->ref || (name && !row->name))
		return NULL;
	row->dev = f->dev;
	row->ino = f->ino;
	if (f->error) {
		ix_unknown_all(s->t, row, &lacks);
		if (!s->counts_unseen)
			ix_table_once(
				s->t, f->error,
				"files that are only mapped could not be looked at (needs CAP_CHECKPOINT_RESTORE)");
		return row;
	}
	row->uid = f->st.st_uid;
	row->gid = f->st.st_gid;
	row->mode = f->st.st_mode & 0777;
	row->ctime = f->st.st_ctime;
	row->mtime = f->st.st_mtime;
	return row;
}

const char *ix_nameless_path(struct ix_scan *s, bool unlinked, char *buf, size_t size)
{
	int len = ix_found_name(s, buf, size);
	size_t tail = sizeof(DELETED) - 1;

	if (len < 0)
		return NULL;
	if (unlinked && (size_t)len > tail && !strcmp(buf + len - tail, DELETED))
		buf[(size_t)len - tail] = '\0';
	return buf;
}

void ix_nameless_counts(struct ix_scan *s, const struct ix_found *f, void *row,
			const struct ipcx_fieldset *counts)
{
	if (!f->complete)
		ix_unknown_all(s->t, row, counts);
}
