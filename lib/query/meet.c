/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How two places are started so that they meet: by the same means that their runtime has.
 * One table tells the runtimes apart; a runtime that is not in it, and two of different
 * kinds, get what works for all of them. In the texts, %1 and %2 are the names of the
 * sides, quoted for a shell, and %p and %q their PIDs.
 */
#include "query/meet.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* Room for a quoted name; a longer one is cut off. */
#define MEET_NAME (IX_LABEL_MAX + 8)

static const struct meet {
	const char *runtime;
	const char *ipc, *shm, *queues; /* for IX_MEET_…; queues NULL: as ipc */
} meets[] = {
	/* clang-format off */
	{ "docker",
	  "start the first with --ipc=shareable, and the second with --ipc=container:%1; or both with --ipc=host",
	  "the same options share /dev/shm; or start both with a volume on it: docker volume create --driver local --opt type=tmpfs --opt device=tmpfs --opt o=mode=1777 shm, and --volume shm:/dev/shm",
	  NULL },
	{ "nerdctl",
	  "start the first with --ipc=shareable, and the second with --ipc=container:%1; or both with --ipc=host",
	  "the same options share /dev/shm; or start both with --volume DIR:/dev/shm, where DIR is a directory on a tmpfs", NULL },
	{ "podman",
	  "start the second with --ipc=container:%1; or both with --pod P, made by 'podman pod create --name P --share ipc'",
	  "the same options share /dev/shm; or start both with --volume DIR:/dev/shm, where DIR is a directory on a tmpfs", NULL },
	{ "k8s",
	  "put both into one pod, whose containers share it; or set hostIPC: true in both pods",
	  "mount one emptyDir with medium: Memory at /dev/shm in both containers of a pod; where processes have to see each other, set shareProcessNamespace: true", NULL },
	{ "containerd",
	  "start the second with 'ctr run --with-ns ipc:/proc/%p/ns/ipc'",
	  "start both with --mount type=bind,src=DIR,dst=/dev/shm,options=rbind:rw, where DIR is a directory on a tmpfs", NULL },
	{ "runc",
	  "in the config.json of the second, give the namespace of type ipc the path /proc/%p/ns/ipc",
	  "in both config.json, mount one directory on a tmpfs at /dev/shm, with type bind", NULL },
	{ "crun",
	  "in the config.json of the second, give the namespace of type ipc the path /proc/%p/ns/ipc",
	  "in both config.json, mount one directory on a tmpfs at /dev/shm, with type bind", NULL },
	{ "lxc",
	  "start the second with 'lxc-start --name=%2 --share-ipc=%1', or set lxc.namespace.share.ipc = %1 in its configuration",
	  "in both configurations, set lxc.mount.entry = DIR dev/shm none bind,create=dir 0 0, where DIR is a directory on a tmpfs", NULL },
	{ "lxd",
	  "set raw.lxc to lxc.namespace.share.ipc = /proc/%p/ns/ipc for the second",
	  "add a disk device to both, with one source on a tmpfs and the path /dev/shm", NULL },
	{ "nspawn",
	  "run the second program in the first: systemd-nspawn gives each container an IPC namespace of its own",
	  "start both with --bind=DIR:/dev/shm, where DIR is a directory on a tmpfs", NULL },
	{ "systemd",
	  "set PrivateIPC=no for both units, or JoinsNamespaceOf= with PrivateIPC=yes for one of them",
	  "set BindPaths=DIR:/dev/shm in both units, where DIR is a directory on a tmpfs", NULL },
	{ "bwrap",
	  "start both without --unshare-ipc",
	  "start both with --bind DIR /dev/shm, where DIR is a directory on a tmpfs", NULL },
	/* clang-format on */
};

/* What works with every runtime. */
static const struct meet meet_any = {
	"",
	"let both use the host's, by the options of their runtimes (--ipc=host, hostIPC: true), or run the second as 'ipcx ns enter %1 -- COMMAND'",
	"bind one directory on a tmpfs to /dev/shm in both, or run the second as 'ipcx ns enter %1 -- COMMAND'",
	NULL,
};

/* For a process that is in no container. */
static const struct meet meet_plain = {
	"",
	"run the second as 'ipcx ns enter %1 -- COMMAND', or 'nsenter --target %p --ipc COMMAND'",
	"run the second as 'ipcx ns enter %1 -- COMMAND', which has the /dev/shm of the first",
	NULL,
};

static const struct meet *meet_of(const struct ix_meet_side *first,
				  const struct ix_meet_side *second)
{
	if (!first->box || !second->box)
		return first->box || second->box ? &meet_any : &meet_plain;
	for (size_t i = 0; i < ARRAY_SIZE(meets); i++)
		if (!strcmp(meets[i].runtime, first->box->runtime) &&
		    !strcmp(meets[i].runtime, second->box->runtime))
			return &meets[i];
	return &meet_any;
}

/* Write a name for a shell. What a container's creator wrote stays one word. */
static void meet_quote(const char *text, char *buf, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.:/@%+=,-";
	size_t n = 0;

	if (*text && *text != '-' && strspn(text, plain) == strlen(text)) {
		(void)snprintf(buf, size, "%s", text);
		return;
	}
	buf[n++] = '\'';
	for (; *text && n + 7 < size; text++) {
		if (*text == '\'') {
			memcpy(buf + n, "'\\''", 4);
			n += 4;
		} else {
			buf[n++] = *text;
		}
	}
	buf[n++] = '\'';
	buf[n] = '\0';
}

/* How the side is called: for its own runtime by its name there, for ipcx by its
 * label. */
static void meet_name(const struct ix_meet_side *side, bool label, char *buf, size_t size)
{
	const struct ix_container *c = side->box;
	char text[IX_LABEL_MAX];

	if (!c && side->pid)
		(void)snprintf(text, sizeof(text), "%d", side->pid);
	else if (!c)
		(void)snprintf(text, sizeof(text), "WHERE");
	else if (label)
		ix_container_label(c, text, sizeof(text));
	else
		(void)snprintf(text, sizeof(text), "%s",
			       c->name ? c->name
			       : c->id ? c->id
				       : "NAME");
	meet_quote(text, buf, size);
}

void ix_meet_text(enum ix_meet what, const struct ix_meet_side *first,
		  const struct ix_meet_side *second, char *buf, size_t size)
{
	const struct meet *m = meet_of(first, second);
	bool label = m == &meet_any || m == &meet_plain;
	const char *text = what == IX_MEET_SHM                   ? m->shm
			   : what == IX_MEET_QUEUES && m->queues ? m->queues
								 : m->ipc;
	char names[2][MEET_NAME], pids[2][16];
	size_t n = 0;

	meet_name(first, label, names[0], MEET_NAME);
	meet_name(second, label, names[1], MEET_NAME);
	(void)snprintf(pids[0], sizeof(pids[0]), "%d", first->pid);
	(void)snprintf(pids[1], sizeof(pids[1]), "%d", second->pid);
	for (buf[0] = '\0'; *text && n + 1 < size; text++) {
		const char *put = *text != '%'     ? NULL
				  : text[1] == '1' ? names[0]
				  : text[1] == '2' ? names[1]
				  : text[1] == 'p' ? pids[0]
				  : text[1] == 'q' ? pids[1]
						   : NULL;

		if (put) {
			(void)snprintf(buf + n, size - n, "%s", put);
			n += strlen(buf + n);
			text++;
		} else {
			buf[n++] = *text;
			buf[n] = '\0';
		}
	}
}
