/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings that remove objects, or refuse them. */
#include "doctor/doctor.h"

int ix_doctor_settings(struct ix_doctor *d)
{
	(void)d;
	return 0;
}
