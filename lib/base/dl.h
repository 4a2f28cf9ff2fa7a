/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Libraries that most runs do not need, loaded at first use (libmount alone would double
 * the start-up time). Each library is used by one file only. That file lists the
 * functions that it needs, and declares the dependency in an ELF note for packaging tools
 * (systemd's "dlopen metadata for ELF files").
 *
 * In the static library, which is compiled with IX_LINKED, the same files get the
 * addresses from the linker, and there is no dependency to declare.
 */
#pragma once

#include <stddef.h>

typedef void ix_fn(void);

/* A function: its name or address, and where to store its address. */
struct ix_symbol {
#ifdef IX_LINKED
	ix_fn *fn;
#else
	const char *name;
#endif
	ix_fn **ret_fn;
};

/* Load a library for the life of the process and resolve its functions. Returns 0, or
 * -ENOPKG if the library or one of the functions is missing. */
int ix_dl_open(const char *soname, const struct ix_symbol *symbols, size_t n);

/* clang-format off */
/* The function called PREFIX and NAME, for the member NAME of a struct of functions. */
#ifdef IX_LINKED
#define IX_SYMBOL(prefix, lib, name) { (ix_fn *)prefix##name, (ix_fn **)(void *)&(lib)->name }
#define IX_DL_NOTE(id, json)         _Static_assert(sizeof(json) > 1, #id)
#else
#define IX_SYMBOL(prefix, lib, name) { #prefix #name, (ix_fn **)(void *)&(lib)->name }
#define IX_DL_NOTE(id, json)                                                                                   \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {                       \
		unsigned int namesz, descsz, type;                                                             \
		char name[4];                                                                                  \
		char desc[(sizeof(json) + 3) & ~(size_t)3];                                                    \
	} id = { 4, sizeof(json), 0x407c0c0a, "FDO", json }
#endif
/* clang-format on */
