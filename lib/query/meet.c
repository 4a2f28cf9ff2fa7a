/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How two places are started so that they meet: by the same means that their runtime has.
 * One table tells the runtimes apart; a runtime that is not in it, two of different
 * kinds, and two that different users or containers started, get what works for all of
 * them.
 *
 * One side lends what the other one joins. In the texts, %L and %J are "first" and
 * "second" or the other way round, %l is the name of the one that lends, quoted for a
 * shell, and %p its PID.
 */
#include "query/meet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* Room for a quoted name. Instead of a longer one, which would not be understood if it
 * were cut off, there is an id or a PID. */
#define MEET_NAME 260

static const struct meet {
	const char *runtime;
	const char *ipc;  /* for IX_MEET_IPC and IX_MEET_QUEUES */
	const char *shm;  /* for IX_MEET_SHM */
	const char *lent; /* instead of ipc if one side was started so that others may
			   * join; NULL: the same */
} meets[] = {
/* clang-format off */
#define DIR_ON_TMPFS "where DIR is a directory on a tmpfs"
#define BY_PATH \
	"in the config.json of the %J, give the namespace of type ipc the path /proc/%p/ns/ipc", \
	"in both config.json, mount one directory on a tmpfs at /dev/shm, with type bind", NULL
#define BY_OPTION \
	"start the %L with --ipc=shareable, and the %J with --ipc=container:%l; or both with --ipc=host"
#define BY_OPTION_LENT "start the %J with --ipc=container:%l; or both with --ipc=host"
#define IN_POD \
	"put both into one pod, whose containers share it; or set hostIPC: true in both pods", \
	"mount one emptyDir with medium: Memory at /dev/shm in both containers of a pod; where processes have to see each other, set shareProcessNamespace: true", NULL
#define BY_LXC_KEY \
	"set raw.lxc to lxc.namespace.share.ipc = %p for the %J", \
	"add a disk device to both, with one source on a tmpfs and the path /dev/shm", NULL
	{ "docker", BY_OPTION,
	  "the same options share /dev/shm; or start both with a volume on it: docker volume create --driver local --opt type=tmpfs --opt device=tmpfs --opt o=mode=1777 shm, and --volume shm:/dev/shm",
	  BY_OPTION_LENT },
	{ "nerdctl", BY_OPTION,
	  "the same options share /dev/shm; or start both with --volume DIR:/dev/shm, " DIR_ON_TMPFS, BY_OPTION_LENT },
	/* Its shareable ones are not told from those with --ipc=private: neither names a path. */
	{ "podman",
	  "start the %J with --ipc=container:%l, which the %L permits unless it was started with --ipc=private; or both with --pod P, made by: podman pod create --name P --share ipc",
	  "the same options share /dev/shm; or start both with --volume DIR:/dev/shm, " DIR_ON_TMPFS, NULL },
	{ "k8s", IN_POD },
	{ "crio", IN_POD },
	{ "containerd",
	  "start the %J with ctr run --with-ns ipc:/proc/%p/ns/ipc",
	  "start both with --mount type=bind,src=DIR,dst=/dev/shm,options=rbind:rw, " DIR_ON_TMPFS, NULL },
	{ "nomad",
	  "set ipc_mode = \"host\" in the config of both tasks",
	  "mount one host volume on a tmpfs at /dev/shm in both tasks, with volume_mount", NULL },
	{ "runc", BY_PATH },
	{ "crun", BY_PATH },
	{ "buildah",
	  "start the %J with buildah run --ipc=/proc/%p/ns/ipc",
	  "start both with --volume DIR:/dev/shm, " DIR_ON_TMPFS, NULL },
	{ "runsc",
	  "run both in one sandbox, as containers of one pod: each sandbox of gVisor has a kernel of its own",
	  "run both in one sandbox, as containers of one pod: each sandbox of gVisor has a kernel of its own", NULL },
	{ "kata",
	  "run both in one sandbox, as containers of one pod: each sandbox of Kata Containers has a kernel of its own",
	  "run both in one sandbox, as containers of one pod: each sandbox of Kata Containers has a kernel of its own", NULL },
	{ "lxc",
	  "start the %J with lxc-start --share-ipc=%p, or set lxc.namespace.share.ipc = %p in its configuration",
	  "in both configurations, set lxc.mount.entry = DIR dev/shm none bind,create=dir 0 0, " DIR_ON_TMPFS, NULL },
	{ "lxd", BY_LXC_KEY },
	{ "incus", BY_LXC_KEY },
	{ "nspawn",
	  "start both with SYSTEMD_NSPAWN_SHARE_NS_IPC=1 in the environment of systemd-nspawn, which leaves them in its own",
	  "start both with --bind=DIR:/dev/shm, " DIR_ON_TMPFS, NULL },
	{ "systemd",
	  "set PrivateIPC=no for both units; or PrivateIPC=yes for both, and JoinsNamespaceOf= the %L for the %J",
	  "set BindPaths=DIR:/dev/shm in both units, " DIR_ON_TMPFS, NULL },
	{ "bwrap",
	  "start both without --unshare-ipc and --unshare-all",
	  "start both with --bind DIR /dev/shm behind --dev /dev, " DIR_ON_TMPFS, NULL },
	{ "flatpak", "start both with --share=ipc", "start both with --device=shm", NULL },
	{ "firejail",
	  "start the %J with --join=%p; or both without --ipc-namespace",
	  "start the %J with --join=%p; or both with --keep-dev-shm", NULL },
#define WITHOUT_IPC \
	"start both without --ipc and --containall; or run the %J in the instance of the %L", \
	"start both with --bind DIR:/dev/shm, " DIR_ON_TMPFS, NULL
	{ "apptainer", WITHOUT_IPC },
	{ "singularity", WITHOUT_IPC },
	/* clang-format on */
};

/* What works with every runtime. */
static const struct meet meet_any = {
	"",
	"let both use the host's, by the options of their runtimes (--ipc=host, hostIPC: true), or run the %J as: ipcx ns enter %l -- COMMAND",
	"bind one directory on a tmpfs to /dev/shm in both, or run the %J as: ipcx ns enter %l -- COMMAND",
	NULL,
};

/* For a process that is in no container. */
static const struct meet meet_plain = {
	"",
	"run the %J as: ipcx ns enter %l -- COMMAND",
	"run the %J as: ipcx ns enter %l -- COMMAND, which has the /dev/shm of the %L",
	NULL,
};

static bool meet_alike(const char *a, const char *b)
{
	return !a || !b ? a == b : !strcmp(a, b);
}

/* Whether one daemon knows both by their names. */
static bool meet_know_each_other(const struct ix_container *a,
				 const struct ix_container *b)
{
	return meet_alike(a->runtime, b->runtime) && a->uid == b->uid &&
	       meet_alike(a->outer, b->outer);
}

static const struct meet *meet_of(const struct ix_meet_side *first,
				  const struct ix_meet_side *second)
{
	if (!first->box || !second->box)
		return first->box || second->box ? &meet_any : &meet_plain;
	for (size_t i = 0; i < ARRAY_SIZE(meets); i++)
		if (!strcmp(meets[i].runtime, first->box->runtime) &&
		    meet_know_each_other(first->box, second->box) &&
		    (!strstr(meets[i].ipc, "%l") ||
		     meet_alike(first->box->space, second->box->space)))
			return &meets[i];
	return &meet_any;
}

/* Whether it was started so that others may join it, as the runtime recorded. */
static bool meet_lends(const struct ix_meet_side *side)
{
	const char *mode = side->box ? side->box->ipc_mode : NULL;

	return mode && (!strcmp(mode, "shareable") || !strcmp(mode, "host") ||
			!strncmp(mode, "container:", 10));
}

/* Whether ipcx could be told to enter it: a container, or a process that stays. */
static bool meet_stays(const struct ix_meet_side *side)
{
	return side->box || (side->pid && !side->self);
}

/* Write a name as one word for a shell. Names are chosen by the creators of containers:
 * those that do not fit, and those that a terminal or a line of a shell might not show as
 * they are, are not written. Returns whether it was. */
static bool meet_quote(const char *text, char *buf, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.:/@%+=,-#";
	size_t n = 0;

	if (!text || !*text || strlen(text) >= size)
		return false;
	if (strspn(text, plain) == strlen(text) && !strchr("-#=", *text)) {
		(void)snprintf(buf, size, "%s", text);
		return true;
	}
	buf[n++] = '\'';
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || n + 7 > size)
			return false;
		if (*text == '\'') {
			memcpy(buf + n, "'\\''", 4);
			n += 4;
		} else {
			buf[n++] = *text;
		}
	}
	buf[n++] = '\'';
	buf[n] = '\0';
	return true;
}

/* How the side is called: for its own runtime by its name there, for ipcx by its
 * label. */
static void meet_name(const struct ix_meet_side *side, bool label, char *buf, size_t size)
{
	const struct ix_container *c = side->box;
	char text[IX_LABEL_MAX];

	if (c && !label &&
	    (meet_quote(c->name, buf, size) || meet_quote(c->id, buf, size)))
		return;
	if (c && label) {
		ix_container_label(c, text, sizeof(text));
		if (meet_quote(text, buf, size))
			return;
	}
	if (c && !label)
		(void)snprintf(buf, size, "NAME");
	else if (side->pid)
		(void)snprintf(buf, size, "%d", side->pid);
	else
		(void)snprintf(buf, size, "WHERE");
}

void ix_meet_text(enum ix_meet what, const struct ix_meet_side *first,
		  const struct ix_meet_side *second, char *buf, size_t size)
{
	const struct meet *m = meet_of(first, second);
	bool any = m == &meet_any || m == &meet_plain;
	bool other = any ? !meet_stays(first) && meet_stays(second)
			 : m->lent && !meet_lends(first) && meet_lends(second);
	const struct ix_meet_side *lender = other ? second : first;
	const char *text = what == IX_MEET_SHM             ? m->shm
			   : m->lent && meet_lends(lender) ? m->lent
							   : m->ipc;
	char name[MEET_NAME], pid[16];
	size_t n = 0;

	meet_name(lender, any, name, sizeof(name));
	(void)snprintf(pid, sizeof(pid), lender->pid ? "%d" : "PID", lender->pid);
	for (buf[0] = '\0'; *text && n + 1 < size; text++) {
		const char *put = *text != '%'     ? NULL
				  : text[1] == 'l' ? name
				  : text[1] == 'p' ? pid
				  : text[1] == 'L' ? (other ? "second" : "first")
				  : text[1] == 'J' ? (other ? "first" : "second")
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

int ix_meet_look(struct ipcx *x, const struct ix_containers *c, struct ix_meet_side *side)
{
	int r = side->pid ? ix_container_of(x, c, side->pid, &side->box) : 0;

	/* Of an incomplete list, the containers that were found serve. */
	return r < 0 && r != -ENODATA ? r : 0;
}
