/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of the kernel's build that mechanisms need. */
#pragma once

#include "core/kconfig.h"

#define IX_SYSV_WHAT     "System V IPC"
#define IX_SYSV_OPTION   "CONFIG_SYSVIPC"
#define IX_MQUEUE_WHAT   "POSIX message queues"
#define IX_MQUEUE_OPTION "CONFIG_POSIX_MQUEUE"

/* The texts of causes: which of both it is, IX_CHECK_FILTER tells. */
#define IX_NO_SYSV   IX_KCONFIG_HIDES(IX_SYSV_WHAT, IX_SYSV_OPTION)
#define IX_NO_MQUEUE IX_KCONFIG_HIDES(IX_MQUEUE_WHAT, IX_MQUEUE_OPTION)

extern const struct ix_kconfig ix_kconfig_sysv, ix_kconfig_mqueue;
