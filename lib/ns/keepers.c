/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of holders, and how they are told. Linux 6.18 was asked which holders keep an
 * IPC namespace: besides those of enum ix_keeper_kind, an open file of /proc/sysvipc, and
 * the context of fsopen(2) for a file system of message queues; of both, /proc does not
 * show which namespace it is. Message queues, their mounts, and files below /proc/sys
 * keep no namespace.
 */
#include "ns/keepers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"

/* ---- the list */

int ix_keepers_add(struct ix_keepers *k, const struct ix_keeper *one)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 64;
		struct ix_keeper *more = reallocarray(k->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		k->all = more;
		k->cap = cap;
	}
	k->all[k->n] = *one;
	if (one->path) {
		k->all[k->n].path = strdup(one->path);
		if (!k->all[k->n].path)
			return -ENOMEM;
	}
	k->n++;
	return 0;
}

void ix_keepers_free(struct ix_keepers *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->all[i].path);
	free(k->all);
	*k = (struct ix_keepers){ 0 };
}

static int keepers_order(const void *a, const void *b)
{
	const struct ix_keeper *p = a, *q = b;

	if (p->ns != q->ns)
		return p->ns > q->ns ? 1 : -1;
	if (p->kind != q->kind)
		return p->kind > q->kind ? 1 : -1;
	if (p->pid != q->pid)
		return p->pid > q->pid ? 1 : -1;
	if (p->tid != q->tid)
		return p->tid > q->tid ? 1 : -1;
	if (p->fd != q->fd)
		return p->fd > q->fd ? 1 : -1;
	return p->path && q->path ? strcmp(p->path, q->path) : 0;
}

void ix_keepers_sort(struct ix_keepers *k)
{
	if (k->n)
		qsort(k->all, k->n, sizeof(*k->all), keepers_order);
}

const struct ix_keeper *ix_keepers_of(const struct ix_keepers *k, uint64_t ns,
				      size_t *ret_n)
{
	size_t low = 0, high = k->n, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->all[mid].ns < ns)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + n < k->n && k->all[low + n].ns == ns)
		n++;
	*ret_n = n;
	return n ? &k->all[low] : NULL;
}

/* ---- in words */

const char *ix_keeper_kind(enum ix_keeper_kind kind)
{
	static const char names[][8] = {
		[IX_KEEPER_PROCESS] = "process", [IX_KEEPER_THREAD] = "thread",
		[IX_KEEPER_FD] = "fd",           [IX_KEEPER_MOUNT] = "mount",
		[IX_KEEPER_PIN] = "pin",         [IX_KEEPER_MAPPING] = "mapping",
		[IX_KEEPER_UNKNOWN] = "",
	};

	return names[kind];
}

/* "4711 (postgres)" */
static const char *keepers_process(int32_t pid, const char *comm, char *buf, size_t size)
{
	(void)snprintf(buf, size, comm ? "%d (%s)" : "%d", pid, comm);
	return buf;
}

static void keepers_more(const struct ix_keeper *k, char *buf, size_t size)
{
	static const char kinds[][16] = {
		[IX_KEEPER_PROCESS] = "processes", [IX_KEEPER_THREAD] = "threads",
		[IX_KEEPER_FD] = "descriptors",    [IX_KEEPER_MOUNT] = "mounts",
		[IX_KEEPER_PIN] = "pins",          [IX_KEEPER_MAPPING] = "mappings",
		[IX_KEEPER_UNKNOWN] = "others",
	};

	(void)snprintf(buf, size, "and %u more %s", k->more, kinds[k->kind]);
}

void ix_keeper_words(const struct ix_keeper *k, const char *comm, bool here, char *buf,
		     size_t size)
{
	char who[100];

	(void)keepers_process(k->pid, comm, who, sizeof(who));
	if (k->more) {
		keepers_more(k, buf, size);
		return;
	}
	switch (k->kind) {
	case IX_KEEPER_PROCESS:
		(void)snprintf(buf, size, "process %s", who);
		break;
	case IX_KEEPER_THREAD:
		(void)snprintf(buf, size, "thread %d of %s", k->tid, who);
		break;
	case IX_KEEPER_FD:
		if (k->tid)
			(void)snprintf(buf, size, "descriptor %d of thread %d of %s",
				       k->fd, k->tid, who);
		else
			(void)snprintf(buf, size, "descriptor %d of %s", k->fd, who);
		break;
	case IX_KEEPER_MOUNT:
		(void)snprintf(buf, size, "mount on %s%s%s", k->path,
			       here ? "" : " in the mount namespace of ",
			       here ? "" : who);
		break;
	case IX_KEEPER_PIN:
		(void)snprintf(buf, size, "pin %s", k->path);
		break;
	case IX_KEEPER_MAPPING:
		(void)snprintf(buf, size, "%sattached segment %d of %s",
			       k->perhaps ? "perhaps " : "", k->id, who);
		break;
	case IX_KEEPER_UNKNOWN:
		(void)snprintf(buf, size,
			       "a descriptor on its way through a socket, or something "
			       "else that was not found");
		break;
	}
}

/* ---- how to let go */

/* Write a path as one word of a shell command. */
static void keepers_quote(const char *path, char *buf, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+:,@%=";
	size_t n = 0;

	if (path[strspn(path, plain)] == '\0') {
		(void)snprintf(buf, size, "%s", path);
		return;
	}
	if (ix_esc_clean(path, IX_ESC_TEXT) && !strchr(path, '\'')) {
		(void)snprintf(buf, size, "'%s'", path);
		return;
	}
	/* $'…' of POSIX 2024, bash and zsh: every other byte as \NNN. */
	n += (size_t)snprintf(buf, size, "$'");
	for (const char *p = path; *p && n + 8 < size; p++)
		n += (size_t)snprintf(buf + n, size - n,
				      memchr(plain, *p, sizeof(plain)) ? "%c" : "\\%03o",
				      (unsigned char)*p);
	(void)snprintf(buf + n, size - n, "'");
}

void ix_keeper_let_go(const struct ix_keeper *k, bool here, char *buf, size_t size)
{
	char path[IX_KEEPER_LET_GO - 64];

	*buf = '\0';
	if (k->more || k->kind == IX_KEEPER_UNKNOWN)
		return;
	if (k->kind == IX_KEEPER_PIN) {
		(void)snprintf(buf, size, "ipcx ns unpin %s", k->path);
		return;
	}
	if (k->kind != IX_KEEPER_MOUNT) {
		(void)snprintf(buf, size, "kill %d", k->pid);
		return;
	}
	keepers_quote(k->path, path, sizeof(path));
	/* nsenter(1) would run the umount of the other side, with our rights. */
	if (here)
		(void)snprintf(buf, size, "umount %s", path);
	else
		(void)snprintf(buf, size, "umount -N %d %s", k->pid, path);
}
