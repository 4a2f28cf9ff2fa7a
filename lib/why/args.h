/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of a failed call, as far as they are known. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

/* Bits of struct ix_args.has, in the order of the table in args.c. */
enum ix_arg {
	IX_ARG_REF, /* a reference: also sets key, id or name */
	IX_ARG_KEY,
	IX_ARG_ID,
	IX_ARG_NAME,
	IX_ARG_PATH, /* of a file descriptor or mapping: a directory such as /dev/shm */
	IX_ARG_SIZE,
	IX_ARG_FLAGS,
	IX_ARG_MODE,
	IX_ARG_HUGE, /* size of the huge pages; 0: the default one */
	IX_ARG_ADDR,
	IX_ARG_NSEMS,
	IX_ARG_SEMNUM,
	IX_ARG_NSOPS,
	IX_ARG_OP,
	IX_ARG_VALUE,
	IX_ARG_MTYPE,
	IX_ARG_LEN, /* of the message or buffer: msgsz, msg_len */
	IX_ARG_MAXMSG,
	IX_ARG_MSGSIZE,
	IX_ARG_CMD,     /* of shmctl(2), semctl(2), msgctl(2): "IPC_RMID" */
	IX_ARG_TIMEOUT, /* nanoseconds */
	IX_ARGS
};

struct ix_args {
	uint64_t has; /* 1 << IX_ARG_… */
	struct ipcx_ref ref;
	uint32_t key, mode;
	int64_t id, nsems, semnum, nsops, op, value, mtype, maxmsg, msgsize;
	uint64_t size, flags, huge, addr, len, timeout;
	char name[512], path[512], cmd[32];
};

static inline bool ix_args_has(const struct ix_args *a, enum ix_arg arg)
{
	return a->has >> arg & 1;
}

/*
 * Read an argument: "NAME=VALUE", or a reference such as "shm:5". Sizes take suffixes;
 * flags are a number or the names of <sys/ipc.h>, <sys/shm.h> and <fcntl.h> joined by |
 * (with an octal mode among them). Returns 0, or -EINVAL with a text: not known, not
 * valid, or it contradicts an argument that was given before.
 */
int ix_args_read(struct ipcx *x, const char *word, struct ix_args *a);

/* Return the name of an argument. Static. */
const char *ix_args_name(enum ix_arg arg);

/* Set one argument from its value; false if that is not valid. ix_args_integer(): return
 * the member of an argument that is an integer; NULL if it is none. */
bool ix_args_set(struct ix_args *a, unsigned arg, const char *value);
int64_t *ix_args_integer(struct ix_args *a, unsigned arg);

/* Read flags; false if they are not valid. mode may be NULL. */
bool ix_args_flags(const char *text, size_t len, uint64_t *ret_flags, uint32_t *ret_mode,
		   bool *ret_has_mode);
