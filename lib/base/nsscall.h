/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For base/nss.c: one call of the name service switch. base/nsscall.c asks the C library;
 * base/nssfiles.c stands for it in the static library, with glibc.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The errno that stands for "none of the services in nsswitch.conf(5) is available": in
 * that case glibc does not set errno itself. */
#define IX_NSS_NONE ENOTCONN

/* The errno that stands for "not in the files, and other services are not asked". */
#define IX_NSS_FILES ENOPROTOOPT

/* The largest buffer for one entry: enough for a group with a million members. */
#define IX_NSS_ROOM ((size_t)16 << 20)

/* A query: the id of a name, or, if name is NULL, the name of an id. */
struct ix_nss_question {
	bool group;
	const char *name;
	uint32_t id;
};

struct ix_nss_answer {
	const char *name; /* the name that was found; NULL: there is no such entry */
	uint32_t id;
	uint32_t gid; /* of a user: the primary group */
};

/* Where other services are not asked, what stands for "there is no such entry": 0,
 * ENOMEM, or IX_NSS_FILES if one that nsswitch.conf(5) lists may have it. Without a
 * readable configuration, glibc asks the files. */
int ix_nss_others(bool group);

/* Make one call, with room for the strings of the entry. If there is no such entry, the
 * answer has no name. Returns 0 or a positive errno; ERANGE if the room is too small. */
int ix_nss_call(const struct ix_nss_question *q, char *room, size_t size,
		struct ix_nss_answer *ret_a);

/* Find the groups of a user as getgrouplist(3) does. Returns 0, -ERANGE with the number
 * of groups in *n if there are more, or another -errno. */
int ix_nss_grouplist(const char *name, gid_t gid, gid_t *groups, int *n);
