/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about systemd-logind, which removes the objects of users who log out. */
#pragma once

#include "doctor/doctor.h"

int ix_doctor_login(struct ix_doctor *d);
