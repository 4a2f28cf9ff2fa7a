/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Say whether an object may be removed: in_use shm:5 */
#include <stdio.h>

#include <ipcx.h>

static const char *in_use_text(enum ipcx_verdict verdict)
{
	if (verdict == IPCX_USE_NONE)
		return "unused";
	if (verdict == IPCX_USE_GONE)
		return "does not exist";
	if (verdict == IPCX_USE_UNKNOWN)
		return "unknown: treat it as used";
	return "in use";
}

int main(int argc, char **argv)
{
	enum ipcx_verdict verdict;
	struct ipcx_ref ref;
	struct ipcx *x;
	int r;

	if (argc != 2) {
		fputs("usage: in_use REFERENCE\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ref_parse(x, argv[1], IPCX_NO_MECH, &ref);
	if (r == 0)
		r = ipcx_in_use(x, &ref, &verdict);
	if (r == 0)
		printf("%s: %s\n", argv[1], in_use_text(verdict));
	else
		fprintf(stderr, "in_use: %s\n", ipcx_error(x));
	ipcx_free(x);
	return r < 0;
}
