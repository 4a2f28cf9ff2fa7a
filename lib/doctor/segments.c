/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments that were forgotten, or are removed but not gone. */
#include "doctor/doctor.h"

int ix_doctor_segments(struct ix_doctor *d)
{
	const struct ipcx_table *o, *u, *w;
	int r = ix_doctor_objects(d, &o);

	if (r == 0)
		r = ix_doctor_users(d, &u);
	if (r == 0)
		r = ix_doctor_waits(d, &w);
	return r;
}
