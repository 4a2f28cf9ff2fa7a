/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a look at all processes could not see, for people and for programs. */
#pragma once

#include "cmd.h"
#include "ui/select.h"

/* What is counted besides processes: depends on what was looked for. */
#define UNSEEN_ATTACHES 1U
#define UNSEEN_WAITERS  2U

/* Return those of the mechanisms whose objects have this field: a number that the kernel
 * counts, which shows whether something was not seen. */
uint64_t unseen_counted(uint64_t mechs, enum ipcx_field count);

/* Print what was not seen as facts after all rows. Returns false if the format has no
 * place for them. */
bool unseen_facts(struct output *s, unsigned what, const struct ipcx_unseen *u);

/* Return what it takes to look at all processes. */
const char *unseen_who_may(void);

/* Print notes about processes that were not seen. */
void unseen_note_processes(const struct ipcx_unseen *u);
