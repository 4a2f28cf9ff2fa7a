/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of engines check of a container, and specifications of containers. */
#pragma once

#include "machine.h"

#define ID_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C  "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define POD_1 "9192f34c267fdff13a5ce6919f31b3380d30ba0d51ac49a5cdb1ceaaf981b508"
#define POD_2 "77af01c2d4dfdff13a5ce6919f31b3380d30ba0d51ac49a5cdb1ceaaf981b508"

static inline bool equal(const char *a, const char *b)
{
	return !a == !b && (!a || !strcmp(a, b));
}

/* What is expected of a container; NULL: must be unknown. */
struct expected {
	int pid;
	const char *runtime, *name, *space, *pod, *pod_namespace, *pod_id, *mode;
};

static inline void check(const struct ix_containers *c, const struct expected *e)
{
	const struct ix_container *one = NULL;

	for (size_t i = 0; (one = ix_containers_at(c, i)) && one->pid != e->pid; i++)
		;
	if (!one)
		fail_msg("process %d is in no container", e->pid);
	if (strcmp(one->runtime, e->runtime) != 0 || !equal(one->name, e->name) ||
	    !equal(one->space, e->space) || !equal(one->pod, e->pod) ||
	    !equal(one->pod_namespace, e->pod_namespace) ||
	    !equal(one->pod_id, e->pod_id) || !equal(one->ipc_mode, e->mode))
		fail_msg("process %d: %s '%s' in [%s], pod '%s' '%s' %s, mode %s", e->pid,
			 one->runtime, one->name ? one->name : "-",
			 one->space ? one->space : "-", one->pod ? one->pod : "-",
			 one->pod_namespace ? one->pod_namespace : "-",
			 one->pod_id ? one->pod_id : "-",
			 one->ipc_mode ? one->ipc_mode : "-");
}

/* The first process of a container: in an IPC namespace that a letter stands for, "h" is
 * our own. */
static inline void first(const struct machine *m, int pid, int parent, char ipc)
{
	char file[32], path[64];

	run(m, pid, parent, "sleep", 1000);
	(void)snprintf(file, sizeof(file), "ipc-%c", ipc);
	(void)snprintf(path, sizeof(path), "proc/%d/ns/ipc", pid);
	if (ipc == 'h')
		(void)snprintf(file, sizeof(file), "proc/self/ns/ipc");
	if (faccessat(m->fd, file, F_OK, 0) < 0)
		put(m, file, "");
	assert_int_equal(linkat(m->fd, file, m->fd, path, 0), 0);
}

#define TEXT(text) (text), sizeof(text) - 1

#define JOINS \
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\",\"path\":\"/proc/101/ns/ipc\"}]"
#define OWN "\"linux\":{\"namespaces\":[{\"type\":\"ipc\"}]"
