/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This file is the only user of dlopen(3). */
#include "base/dl.h"

#include <dlfcn.h>
#include <errno.h>

int ix_dl_open(const char *soname, const struct ix_symbol *symbols, size_t n)
{
	void *lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!lib)
		return -ENOPKG;
	for (size_t i = 0; i < n; i++) {
		/* POSIX guarantees that a void pointer can hold a function. */
		*(void **)symbols[i].ret_fn = dlsym(lib, symbols[i].name);
		if (!*symbols[i].ret_fn)
			return -ENOPKG;
	}
	return 0;
}
