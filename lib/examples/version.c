/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Check that the library is at least as new as the header. */
#include <stdio.h>

#include <ipcx.h>

int main(void)
{
	unsigned built = IPCX_VERSION_NUMBER(IPCX_VERSION_MAJOR,
					     IPCX_VERSION_MINOR,
					     IPCX_VERSION_PATCH);

	printf("libipcx %s\n", ipcx_version());
	return ipcx_version_number() < built;
}
