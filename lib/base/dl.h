/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Libraries that most runs do not need, resolved at first use (libmount alone would
 * double the start-up time). Each has one home file, which lists the functions it uses
 * and declares the need in an ELF note, so that packagers' tools see it (systemd's
 * "dlopen metadata for ELF files").
 */
#pragma once

#include <stddef.h>

/* One function: its name and where its address goes. */
struct ix_symbol {
	const char *name;
	void **ret_fn;
};

/* Load a library and resolve its functions. 0, or -ENOPKG when it or one of them is
 * missing. It stays loaded. */
int ix_dl_open(const char *soname, const struct ix_symbol *symbols, size_t n);

/* clang-format off */
#define IX_DL_NOTE(id, json)                                                                                   \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {                       \
		unsigned int namesz, descsz, type;                                                             \
		char name[4];                                                                                  \
		char desc[(sizeof(json) + 3) & ~(size_t)3];                                                    \
	} id = { 4, sizeof(json), 0x407c0c0a, "FDO", json }
/* clang-format on */
