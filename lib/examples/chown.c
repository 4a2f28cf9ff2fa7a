/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Give an object to another user: chown UID REFERENCE… */
#include <stdio.h>
#include <stdlib.h>

#include <ipcx.h>

static int chown_all(struct ipcx *x, uid_t uid,
		     const struct ipcx_ref *refs, size_t n)
{
	struct ipcx_query q = { .size = sizeof(q),
				.refs = refs,
				.nrefs = n };
	struct ipcx_attrs attrs = { .size = sizeof(attrs),
				    .set = IPCX_A_UID,
				    .uid = uid };
	const struct ipcx_note *note;
	struct ipcx_value ref, owner;
	struct ipcx_table *t;
	int r = ipcx_change(x, &q, &attrs, &t);

	if (r < 0) {
		fprintf(stderr, "chown: %s\n", ipcx_error(x));
		return 1;
	}
	for (size_t row = 0; row < ipcx_table_rows(t); row++)
		if (ipcx_row_get(t, row, IPCX_F_REF, &ref) == 0 &&
		    ipcx_row_get(t, row, IPCX_F_UID, &owner) == 0)
			printf("%s %u\n", ipcx_value_string(&ref),
			       (unsigned)owner.as.u);
	for (size_t i = 0; (note = ipcx_table_note(t, i)) != NULL;
	     i++)
		fprintf(stderr, "chown: %s: %s\n", note->subject,
			note->text);
	r = ipcx_table_failures(t, NULL) > 0;
	ipcx_table_free(t);
	return r;
}

int main(int argc, char **argv)
{
	struct ipcx_ref *refs;
	struct ipcx *x;
	int n = argc - 2, status = 0;

	if (n < 1) {
		fputs("usage: chown UID REFERENCE...\n", stderr);
		return 2;
	}
	refs = calloc((size_t)n, sizeof(*refs));
	if (!refs || ipcx_new(&x) < 0)
		return 1;
	for (int i = 0; i < n && status == 0; i++)
		if (ipcx_ref_parse(x, argv[i + 2], IPCX_NO_MECH,
				   &refs[i]) < 0) {
			fprintf(stderr, "chown: %s\n",
				ipcx_error(x));
			status = 2;
		}
	if (status == 0)
		status = chown_all(x,
				   (uid_t)strtoul(argv[1], NULL, 10),
				   refs, (size_t)n);
	ipcx_free(x);
	free(refs);
	return status;
}
