/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Create a segment, a queue and a named semaphore, then remove
 * exactly these objects. */
#include <stdio.h>

#include <ipcx.h>

static int rollback_make(struct ipcx *x,
			 struct ipcx_table **ret_table)
{
	struct ipcx_attrs specs[3] = {
		{ .set = IPCX_A_SIZE, .bytes = 1 << 20 },
		{ .set = IPCX_A_MODE, .mode = 0660 },
		{ .set = IPCX_A_NAME, .name = "/rollback" },
	};
	static const char *const mechs[3] = { "shm", "msg", "psem" };

	for (int i = 0; i < 3; i++) {
		int r = ipcx_mech_by_name(mechs[i], (size_t)-1,
					  &specs[i].mech);

		if (r < 0)
			return r;
		specs[i].size = sizeof(specs[i]);
	}
	/* Creates all three or none. */
	return ipcx_create(x, specs, 3, ret_table);
}

int main(void)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_outcome outcome = { .size = sizeof(outcome) };
	struct ipcx_table *made = NULL;
	struct ipcx *x;
	int r;

	if (ipcx_new(&x) < 0)
		return 1;
	r = rollback_make(x, &made);
	if (r == 0) {
		printf("created %zu\n", ipcx_table_rows(made));
		/* Undo the creation, as after a later failure.
		 * Objects of other processes stay. */
		q.same = made;
		r = ipcx_mech_mask("all", &q.mechs);
	}
	if (r == 0)
		r = ipcx_remove_count(x, &q, &outcome);
	if (r == 0)
		printf("removed %llu\n",
		       (unsigned long long)outcome.done);
	else
		fprintf(stderr, "rollback: %s\n", ipcx_error(x));
	ipcx_table_free(made);
	ipcx_free(x);
	return r < 0;
}
