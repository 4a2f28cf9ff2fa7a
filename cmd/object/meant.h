/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deduplicate the objects named on a command line. */
#pragma once

#include "cmd.h"
#include "ui/select.h"

/*
 * Drop the references whose mechanism is selected completely: the objects of these
 * references are among those of the mechanism. Objects that do not exist are reported.
 * Returns 0, or an exit status after a message.
 */
int meant_whole(struct app *app, struct selection *sel, struct tally *tally);

/*
 * Mark references that repeat another reference: the same one, or the key of an object
 * that is also named by id. ret_again has room for n. Returns 0, or an exit status after
 * a message.
 */
int meant_again(struct app *app, const struct ipcx_ref *const *refs, size_t n,
		bool *ret_again);

/* Drop duplicate references. Returns 0, or an exit status after a message. */
int meant_once(struct app *app, struct selection *sel);
