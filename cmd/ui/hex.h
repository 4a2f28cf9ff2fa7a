/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes for people: offset, sixteen in hexadecimal, and what of them is printable. */
#pragma once

#include <stddef.h>

void hex_put(const void *data, size_t n);
