/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the calls of each mechanism fail: lists that an empty text ends. */
#pragma once

#include "core/cause.h"

extern const struct ix_cause ix_shm_causes[], ix_msg_causes[], ix_sem_causes[],
	ix_mq_causes[], ix_pshm_causes[], ix_psem_causes[];
