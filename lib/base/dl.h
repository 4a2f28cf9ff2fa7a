/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Libraries that most runs do not need, loaded at first use (libmount alone would double
 * the start-up time). Each library is used by one file only. That file lists the
 * functions that it needs, and declares the dependency in an ELF note for packaging tools
 * (systemd's "dlopen metadata for ELF files").
 */
#pragma once

#include <stddef.h>

/* A function: its name and where to store its address. */
struct ix_symbol {
	const char *name;
	void **ret_fn;
};

/* Load a library for the life of the process and resolve its functions. Returns 0, or
 * -ENOPKG if the library or one of the functions is missing. */
int ix_dl_open(const char *soname, const struct ix_symbol *symbols, size_t n);

/* clang-format off */
#define IX_DL_NOTE(id, json)                                                                                   \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {                       \
		unsigned int namesz, descsz, type;                                                             \
		char name[4];                                                                                  \
		char desc[(sizeof(json) + 3) & ~(size_t)3];                                                    \
	} id = { 4, sizeof(json), 0x407c0c0a, "FDO", json }
/* clang-format on */
