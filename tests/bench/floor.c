// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * floor KIND COUNT: a bare loop that creates objects, the lower bound of `ipcx mk
 * --count`. floor KIND COUNT look: one that only reads each object, the lower bound of
 * `ipcx ls`.
 */

#include <stdlib.h>

#include "kinds.h"

int main(int argc, char **argv)
{
	const struct kind *kind = argc >= 3 ? kind_by_name(argv[1]) : NULL;
	int count;

	if (!kind)
		return 2;
	count = atoi(argv[2]);
	for (int i = 0; i < count; i++) {
		if ((argc == 4 ? kind->look(i) : kind->make(IPC_PRIVATE)) < 0) {
			perror(argv[1]);
			return 1;
		}
	}
	return 0;
}
