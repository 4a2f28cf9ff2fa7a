/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that are one of a few words: what else one is compared with was mistyped. */
#pragma once

#include <stddef.h>

#include "ipcx.h"

/*
 * Whether a field could have this text as its value. When it could not, what is wrong is
 * written to buf: "mech is never "smh": did you mean shm?"; shown is the text as a
 * message shows it.
 */
bool ix_word_possible(enum ipcx_field f, const char *text, const char *shown, char *buf,
		      size_t size);
