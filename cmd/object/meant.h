/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was named in several words, and is one object. */
#pragma once

#include "cmd.h"
#include "ui/select.h"

/*
 * Leave out the references whose mechanism is meant whole: what they name is among its
 * objects, or does not exist, which is told. 0, or an exit status after a message.
 */
int meant_whole(struct app *app, struct selection *sel, struct tally *tally);

/*
 * Of references, which name what another of them names, too: the same words again, or the
 * key of an object that has its id there. ret_again has room for n. 0, or an exit status
 * after a message.
 */
int meant_again(struct app *app, const struct ipcx_ref *const *refs, size_t n,
		bool *ret_again);

/* Leave each of the references once. 0, or an exit status after a message. */
int meant_once(struct app *app, struct selection *sel);
