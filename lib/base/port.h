/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel has and the headers of a C library may lack: musl before 1.2.5, and
 * any library that is older than the kernel. Nothing else in the tree asks which library
 * it is built with.
 */
#pragma once

#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* statx(2): ix_statx() in base/statx.h makes the call. */
#ifndef STATX_TYPE
#include <linux/stat.h>
#endif
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif
/* Linux 6.8 */
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif
#ifndef AT_STATX_DONT_SYNC
#define AT_STATX_DONT_SYNC 0x4000
#endif

/* faccessat2(2), Linux 5.8; the number is the same everywhere but on alpha. */
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

/* msgrcv(2); glibc has it only with _GNU_SOURCE. */
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

/* What stands before a name that is given to sem_open(3), so that its file is sem.NAME:
 * glibc adds it, musl does not. */
#ifdef __GLIBC__
#define IX_SEM_OPEN_PREFIX ""
#else
#define IX_SEM_OPEN_PREFIX "sem."
#endif

/* sysconf(3); -1 where the library does not know the line of the processor's cache. */
#ifdef _SC_LEVEL1_DCACHE_LINESIZE
#define IX_SC_CACHE_LINE _SC_LEVEL1_DCACHE_LINESIZE
#else
#define IX_SC_CACHE_LINE (-1)
#endif

/* A request of ioctl(2): unsigned long in glibc, int in musl, 32 bits in the kernel. */
#ifdef __GLIBC__
#define IX_IOCTL(request) (request)
#else
#define IX_IOCTL(request) ((int)(request))
#endif

/* Whether users and groups are asked of the services in nsswitch.conf(5). */
#ifdef __GLIBC__
#define IX_ASKS_NSSWITCH 1
#else
#define IX_ASKS_NSSWITCH 0
#endif
