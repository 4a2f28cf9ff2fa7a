/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List the processes that use an object: users shm:5 */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx.h>

static void users_rows(const struct ipcx_table *t)
{
	struct ipcx_value pid, command, how;

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (ipcx_row_get(t, row, IPCX_F_PID, &pid) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_COMMAND, &command) <
			    0 ||
		    ipcx_row_get(t, row, IPCX_F_HOW, &how) < 0)
			continue;
		printf("%" PRId64 " %s %s\n", pid.as.i,
		       command.type == IPCX_TYPE_STRING
			       ? ipcx_value_string(&command)
			       : "?",
		       ipcx_value_string(&how));
	}
}

int main(int argc, char **argv)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t = NULL;
	struct ipcx_ref ref;
	struct ipcx *x;
	int r;

	if (argc != 2) {
		fputs("usage: users REFERENCE\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ref_parse(x, argv[1], IPCX_NO_MECH, &ref);
	q.refs = &ref;
	if (r == 0)
		r = ipcx_users(x, &q, 0, 0, &unseen, &t);
	if (r == 0)
		users_rows(t);
	else
		fprintf(stderr, "users: %s\n", ipcx_error(x));
	if (r == 0 &&
	    (unseen.attaches || unseen.processes || unseen.others))
		fputs("not everything could be seen\n", stderr);
	ipcx_table_free(t);
	ipcx_free(x);
	return r < 0;
}
