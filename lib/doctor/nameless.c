/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that no listing shows. */
#include "doctor/doctor.h"

int ix_doctor_nameless(struct ix_doctor *d)
{
	(void)d;
	return 0;
}
