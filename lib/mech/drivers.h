/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The .driver of each mechanism, declared also for workloads that test one mechanism. */
#pragma once

#include "core/driver.h"

extern const struct ix_driver ix_shm_driver, ix_msg_driver, ix_sem_driver;
extern const struct ix_driver ix_mq_driver, ix_pshm_driver, ix_psem_driver;
