/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields whose text is one of a few fixed words: comparing such a field with any other
 * text is a typo. */
#pragma once

#include <stddef.h>

#include "ipcx.h"

/*
 * Whether a field could have this text as its value. If not, writes why to buf: "mech is
 * never "smh": did you mean shm?". shown is the text as messages show it.
 */
bool ix_word_possible(enum ipcx_field f, const char *text, const char *shown, char *buf,
		      size_t size);
