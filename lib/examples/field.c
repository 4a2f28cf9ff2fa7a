/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List the fields of a mechanism's objects with their descriptions:
 * field shm */
#include <stdio.h>

#include <ipcx.h>

int main(int argc, char **argv)
{
	unsigned mech;

	if (argc != 2 ||
	    ipcx_mech_by_name(argv[1], (size_t)-1, &mech) < 0) {
		fputs("usage: field MECHANISM\n", stderr);
		return 2;
	}
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		const struct ipcx_field_info *info =
			ipcx_field_info((enum ipcx_field)f);

		if (info && ipcx_mech_has(mech, (enum ipcx_field)f))
			printf("%s (%s): %s\n", info->name,
			       ipcx_type_info(info->type)->name,
			       info->doc);
	}
	return 0;
}
