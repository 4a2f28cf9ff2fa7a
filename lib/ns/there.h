/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doing something in the namespace that a context uses, while the caller stays where it
 * is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "core/table.h"

/* What is to be done there. */
struct ix_errand {
	/* 0 or more, or -errno with a text in the context. Appends to t. May run in
	 * another thread or process: what it changes is lost, but for t and out. */
	int (*run)(struct ipcx *x, void *arg, struct ipcx_table *t);
	void *arg;
	struct ipcx_table *t; /* or NULL */
	void *out;            /* more that is brought back, or NULL */
	size_t out_size;
	bool enough;   /* of many namespaces, the first with a row in t is the last */
	bool looks;    /* changes nothing: may be done in all namespaces, one after
			  another */
	bool as_owner; /* wants to be somebody in the user namespace that owns the IPC
			  namespace, as the owner's sysctls do */
};

/*
 * Do it: here, where the context uses nothing else, or is there already. Answers what
 * run() did, or why it could not be brought there, with a text. Of all namespaces those
 * that have gone are passed over, and those that may not be entered are one note.
 */
int ix_there(struct ipcx *x, const struct ix_errand *e);
