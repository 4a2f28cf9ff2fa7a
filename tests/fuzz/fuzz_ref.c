/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References: whatever can be parsed is the same after it is written again, and nothing
 * unsafe is written.
 */
#include <errno.h>

#include "base/util.h"
#include "fuzz.h"
#include "ipcx.h"

static void round_trip(struct ipcx *x, const struct ipcx_ref *ref)
{
	struct ipcx_ref again;
	char text[IPCX_REF_MAX];
	int len = ipcx_ref_format(ref, text, sizeof(text));

	CHECK(len > 0 && (size_t)len == strlen(text));
	CHECK(!strpbrk(text, " \t\n\x1b\x7f*?[]\\'\"$`!;&|<>(){}~#^"));
	CHECK(ipcx_ref_parse(x, text, IPCX_NO_MECH, &again) == 0);
	CHECK(again.mech == ref->mech && again.by == ref->by && again.id == ref->id &&
	      again.key == ref->key && strcmp(again.name, ref->name) == 0 &&
	      again.device == ref->device && again.inode == ref->inode);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	struct ipcx *x = NULL;

	CHECK(ipcx_new(&x) == 0);
	/* First without a default mechanism, then with each mechanism as the default. */
	for (unsigned def = 0; def == 0 || ipcx_mech_info(def - 1); def++) {
		struct ipcx_ref ref;
		int r = ipcx_ref_parse(x, text, def - 1, &ref);

		CHECK(r == 0 || r == -EINVAL);
		if (r == 0)
			round_trip(x, &ref);
		else
			CHECK(*ipcx_error(x) && !strpbrk(ipcx_error(x), "\n\x1b"));
	}
	ipcx_free(x);
	return 0;
}
