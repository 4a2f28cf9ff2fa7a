/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The single semaphores that threads wait for: value, and who operated on it last. */
#include "mech/semaphores.h"

#include <errno.h>
#include <sys/sem.h>

#include "core/mech.h"

struct part_row {
	struct ix_row head;
	int32_t id, sempid;
	uint64_t semnum;
	int64_t value;
};

/* clang-format off */
static const struct ix_kind parts_kind = {
	.name = "parts",
	.row_size = sizeof(struct part_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_ID,      struct part_row, id),
		IX_COL(IPCX_F_SEMNUM,  struct part_row, semnum),
		IX_COL(IPCX_F_VALUE,   struct part_row, value),
		IX_COL_ZERO(IPCX_F_SEMPID, struct part_row, sempid)
	),
};
/* clang-format on */

int ix_sem_parts(struct ipcx *x, struct ipcx_table *t, const struct ix_part *parts,
		 size_t n)
{
	int r = ix_table_section(t, &parts_kind, IPCX_NO_MECH);

	(void)x;
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct part_row *row;
		int num = (int)parts[i].num, value = semctl(parts[i].id, num, GETVAL);
		int pid = value < 0 ? -1 : semctl(parts[i].id, num, GETPID);

		if (pid < 0) {
			if (errno != EINVAL && errno != EIDRM)
				ix_table_once(t, -errno,
					      "some semaphores could not be read");
			continue;
		}
		row = ix_table_row(t);
		if (!row)
			return -ENOMEM;
		row->id = parts[i].id;
		row->semnum = parts[i].num;
		row->value = value;
		row->sempid = pid;
		ix_table_keep(t);
	}
	return r;
}
