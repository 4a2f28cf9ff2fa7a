/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container/named.c, container/match.c and container/meant.c: labels of containers, and
 * finding a container by its label and by shorter texts. The lists are made here, without
 * a machine.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "container/containers.h"
#include "container/named.h"
#include "core/ctx.h"
#include "unit.h"

#define ID_A "4d1fc9ea3b9aa1c3f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"
#define ID_B "4d1fc9ea3b9affc3f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"
#define ID_C "7777777777771234f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"
#define ID_D "8888888888881234f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"
#define ID_E "9999999999991234f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"
#define POD  "b7b7b7b7b7b71234f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"

/* Make a list of containers. PIDs not given are 100, 101, …; so is the namespace. */
static struct ix_containers *list_of(const struct ix_container *all, size_t n)
{
	struct ix_containers *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->all = calloc(n, sizeof(*c->all));
	assert_non_null(c->all);
	c->n = n;
	for (size_t i = 0; i < n; i++) {
		struct ix_container *one = &c->all[i].c;

		*one = all[i];
		one->pid = one->pid ? one->pid : 100 + (int)i;
		one->ipc = one->ipc ? one->ipc : (uint64_t)one->pid;
	}
	assert_int_equal(ix_containers_label(c), 0);
	return c;
}

static void list_end(struct ix_containers *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->all[i].label);
	free(c->all);
	free(c);
}

/* Return the PID of the container that a text means, or -errno. */
static int meant(const struct ix_containers *c, const char *text)
{
	const struct ix_container untouched = { .pid = 77 }, *found = &untouched;
	struct ipcx *x;
	int r;

	assert_int_equal(ipcx_new(&x), 0);
	r = ix_container_named(x, c, text, &found);
	ROW_TRUE(text, r == 0 || (found == &untouched && *ipcx_error(x)));
	ROW_TRUE(text, r == 0 || !strpbrk(ipcx_error(x), "\n\x1b"));
	ipcx_free(x);
	return r < 0 ? r : found->pid;
}

/* Each form in quotes or in the list of an error text must mean something when typed. */
static void check_proposals(const struct ix_containers *c, const char *text, size_t least)
{
	char *copy, *rest, *word;
	const char *list;
	struct ipcx *x;
	const struct ix_container *found;
	size_t n = 0;

	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(ix_container_named(x, c, text, &found), -ENOTUNIQ);
	list = strstr(ipcx_error(x), "may be any of ");
	list = list ? list + 14 : strstr(ipcx_error(x), "namespace: ") + 11;
	copy = strdup(list);
	for (rest = copy; (word = strsep(&rest, ",")) != NULL; n++) {
		char *end = strstr(word, " (process ");

		word += strspn(word, " ");
		ROW_TRUE(ipcx_error(x), end != NULL);
		*end = '\0';
		ROW_TRUE(word, meant(c, word) == atoi(end + 10));
	}
	ROW_TRUE(ipcx_error(x), n >= least);
	free(copy);
	ipcx_free(x);
}

struct row {
	const char *text;
	int pid; /* or -errno */
};

static void check_rows(const struct ix_containers *c, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = meant(c, rows[i].text);

		if (r != rows[i].pid)
			fail_msg("\"%s\": %d", rows[i].text, r);
		if (r == -ENOTUNIQ)
			check_proposals(c, rows[i].text, 2);
	}
	for (size_t i = 0; i < c->n; i++)
		ROW_TRUE(c->all[i].label, meant(c, c->all[i].label) == c->all[i].c.pid);
}

static void check_label(const struct ix_containers *c, int pid, const char *label)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->all[i].c.pid == pid)
			assert_string_equal(c->all[i].label, label);
}

/* ---- pods */

/* clang-format off */
static const struct ix_container pods[] = {
	/* the same container name in three pods, two of which have the same name */
	{ .runtime = "k8s", .id = ID_A, .name = "db-0", .pod = "db-0", .pod_namespace = "prod", .pod_id = ID_A, .space = "k8s.io", .pid = 10, .ipc = 1 },
	{ .runtime = "k8s", .id = ID_C, .name = "app", .pod = "db-0", .pod_namespace = "prod", .pod_id = ID_A, .space = "k8s.io", .pid = 11, .ipc = 1 },
	{ .runtime = "k8s", .id = ID_D, .name = "app", .pod = "db-0", .pod_namespace = "test", .pod_id = POD, .pid = 12, .ipc = 2 },
	{ .runtime = "k8s", .id = ID_E, .name = "app", .pod = "web", .pod_namespace = "prod", .pid = 13, .ipc = 3 },
	/* a pod, one of whose containers has the same name */
	{ .runtime = "k8s", .id = "s1", .name = "nginx", .pod = "nginx", .pod_namespace = "d", .pod_id = "s1", .pid = 14, .ipc = 4 },
	{ .runtime = "k8s", .id = "c1", .name = "nginx", .pod = "nginx", .pod_namespace = "d", .pod_id = "s1", .pid = 15, .ipc = 4 },
	/* a pod and a namespace of digits */
	{ .runtime = "k8s", .id = "c2", .name = "app2", .pod = "7", .pod_namespace = "1000", .pid = 16, .ipc = 5 },
	{ .runtime = "podman", .id = "i1", .name = "app2", .uid = 1000, .rank = IX_RANK_USER, .pid = 17, .ipc = 6 },
	/* pods of podman: the containers of the second have different namespaces */
	{ .runtime = "podman", .id = "p1", .name = "hp", .pod = "hp", .pod_id = POD, .pid = 20, .ipc = 7 },
	{ .runtime = "podman", .id = "p2", .name = "podded", .pod = "hp", .pod_id = POD, .pid = 21, .ipc = 7 },
	{ .runtime = "podman", .id = ID_B, .name = "apart", .pod = "apart", .pod_id = "xyz", .pid = 22, .ipc = 8 },
	{ .runtime = "podman", .id = "p4", .name = "one", .pod = "apart", .pod_id = "xyz", .pid = 23, .ipc = 9 },
	/* a user has a pod of the same name */
	{ .runtime = "podman", .id = "u1", .name = "hp", .pod = "hp", .uid = 1000, .rank = IX_RANK_USER, .pid = 24, .ipc = 10 },
	{ .runtime = "podman", .id = "u2", .name = "podded", .pod = "hp", .uid = 1000, .rank = IX_RANK_USER, .pid = 25, .ipc = 10 },
	{ .runtime = "podman", .id = "u3", .name = "mine", .pod = "own", .uid = 1000, .rank = IX_RANK_USER, .pid = 26, .ipc = 11 },
	/* the infra container of podman has a name of its own */
	{ .runtime = "podman", .id = "f1", .name = "c0ffee123456-infra", .pod = "fp", .pod_id = "c0ffee123456" "c0ffee123456c0ffee123456", .pid = 28, .ipc = 13 },
	{ .runtime = "podman", .id = "f2", .name = "in", .pod = "fp", .pod_id = "c0ffee123456" "c0ffee123456c0ffee123456", .pid = 29, .ipc = 13 },
	/* a pod of CRI-O */
	{ .runtime = "crio", .id = "r1", .name = "ctr", .pod = "cp", .pod_namespace = "ns", .pid = 27, .ipc = 12 },
};

static const struct row pod_rows[] = {
	{ "app", -ENOTUNIQ }, { "db-0/app", -ENOTUNIQ }, { "k8s:app", -ENOTUNIQ }, { "k8s:db-0/app", -ENOTUNIQ },
	{ "prod/db-0/app", 11 }, { "k8s:prod/db-0/app", 11 }, { "test/db-0/app", 12 }, { "web/app", 13 }, { "prod/web/app", 13 },
	{ "prod/app", -ENOENT }, { "db-0/web/app", -ENOENT }, { "web/db-0/app", -ENOENT }, { "docker:prod/db-0/app", -ENOENT },
	{ ID_C, 11 }, { "777777777777", 11 }, { "k8s:7777", 11 }, { "k8s:prod/db-0/7777", 11 }, { "prod/db-0/" ID_C, 11 },
	{ "containerd:k8s.io/" ID_C, 11 }, { "containerd[k8s.io]:" ID_C, 11 }, { "containerd:other/" ID_C, -ENOENT }, { "k8s[x]:" ID_C, -ENOENT },

	{ "db-0", -ENOTUNIQ }, { "prod/db-0", 10 }, { "k8s:prod/db-0", 10 }, { "test/db-0", 12 }, { "k8s:test/db-0", 12 }, { "web", 13 },
	{ "k8s:web", 13 }, { ID_A, 10 }, { "4d1fc9ea3b9aa", 10 }, { "4d1fc9ea3b9aa/app", -ENOENT }, { ID_A "/app", 11 },

	{ "nginx", 15 }, { "nginx/nginx", 15 }, { "d/nginx/nginx", 15 }, { "k8s:d/nginx/nginx", 15 }, { "d/nginx", 14 }, { "k8s:d/nginx", 14 },

	{ "1000/7/app2", -ENOENT }, { "k8s:1000/7/app2", 16 }, { "k8s:7/app2", 16 }, { "k8s:1000/7", 16 }, { "app2", 16 }, { "1000/app2", 17 },

	{ "hp", 20 }, { "podman:hp", 20 }, { "podman:hp/podded", 21 }, { "hp/podded", 21 }, { "podded", 21 }, { "podman:podded", 21 },
	{ "podman:" POD, 20 }, { "podman:b7b7", 20 }, { POD, -ENOTUNIQ }, { "podman:" POD "/podded", 21 },
	{ "apart", -ENOTUNIQ }, { "podman:apart", -ENOTUNIQ }, { "xyz", -ENOTUNIQ }, { "podman:apart/one", 23 }, { "apart/one", 23 },
	{ "podman:apart/4d1fc9ea3b9a", 22 }, { "4d1fc9ea3b9af", 22 }, { "4d1fc9ea3b9a", -ENOTUNIQ },
	{ "1000/hp", 24 }, { "1000/podman:hp/podded", 25 }, { "1000/hp/podded", 25 }, { "1001/hp", -ENOENT }, { "own", -ENOENT },
	{ "fp", 28 }, { "podman:fp", 28 }, { "c0ffee", 28 }, { "c0ffee123456-infra", 28 }, { "podman:c0ffee123456/in", -ENOENT }, { "fp/in", 29 },
	{ "0/hp", 20 }, { "0/podman:hp", 20 },

	{ "ctr", 27 }, { "crio:ns/cp/ctr", 27 }, { "k8s:ns/cp/ctr", 27 }, { "k8s:cp", 27 }, { "ns/cp", 27 },
	{ "", -ENOENT }, { "/", -ENOENT }, { "k8s:", -ENOENT }, { "prod/", -ENOENT }, { "prod//app", -ENOENT }, { "k8s:prod/db-0/", -ENOENT },
};
/* clang-format on */

static void test_pods(void **state)
{
	struct ix_containers *c = list_of(pods, ARRAY_SIZE(pods));

	(void)state;
	check_label(c, 10, "k8s:prod/db-0");
	check_label(c, 11, "k8s:prod/db-0/app");
	check_label(c, 14, "k8s:d/nginx");
	check_label(c, 15, "k8s:d/nginx/nginx");
	check_label(c, 16, "k8s:1000/7/app2");
	check_label(c, 20, "podman:hp");
	check_label(c, 21, "podman:hp/podded");
	check_label(c, 22, "podman:apart/4d1fc9ea3b9a");
	check_label(c, 24, "1000/podman:hp");
	check_label(c, 25, "1000/podman:hp/podded");
	check_label(c, 28, "podman:fp");
	check_label(c, 29, "podman:fp/in");
	check_label(c, 27, "crio:ns/cp/ctr");
	check_rows(c, pod_rows, ARRAY_SIZE(pod_rows));
	list_end(c);
}

/* ---- spaces, units, ids, equal names */

/* clang-format off */
static const struct ix_container others[] = {
	{ .runtime = "containerd", .id = "ctr1", .name = "ctr1", .space = "ex", .pid = 30 },
	{ .runtime = "containerd", .id = "ctr1", .name = "ctr1", .space = "default", .pid = 31 },
	{ .runtime = "containerd", .id = "ctr1", .name = "ctr1", .space = "k8s.io", .pid = 32 },
	{ .runtime = "lxd", .id = "c1", .name = "c1", .space = "proj", .pid = 33 },
	{ .runtime = "lxc", .id = "c1", .name = "c1", .pid = 34 },
	/* two paths of LXC have a container of the same name: nothing else differs */
	{ .runtime = "lxc", .id = "twin", .name = "twin", .pid = 35 },
	{ .runtime = "lxc", .id = "twin", .name = "twin", .pid = 36 },
	/* ids whose first digits are equal; a container that is called like one of them */
	{ .runtime = "podman", .id = ID_A, .name = "same", .pid = 37 },
	{ .runtime = "podman", .id = ID_B, .name = "same", .pid = 38 },
	{ .runtime = "podman", .id = "x", .name = "4d1fc9ea3b9aa1c3f1f8f40a", .pid = 39 },
	{ .runtime = "docker", .id = ID_C, .pid = 40 },
	{ .runtime = "docker", .id = ID_D, .name = "4711", .space = "moby", .pid = 41 },
	/* units */
	{ .runtime = "systemd", .id = "app.service", .name = "app.service", .unit = "app.service", .pid = 42 },
	{ .runtime = "podman", .id = ID_E, .name = "in-app", .unit = "app.service", .pid = 43 },
	{ .runtime = "systemd", .id = "postgresql@15-main.service", .name = "postgresql@15-main.service", .unit = "postgresql@15-main.service", .pid = 44 },
	{ .runtime = "nspawn", .id = "my-box", .name = "my-box", .unit = "systemd-nspawn@my\\x2dbox.service", .pid = 45 },
	{ .runtime = "podman", .id = "q", .name = "quad", .unit = "quad.service", .pid = 46 },
	/* texts with special characters */
	{ .runtime = "runc", .id = "crun:own", .name = "crun:own", .pid = 47 },
	{ .runtime = "runc", .id = "a/b,c[d]%e\nf\x1b#g:h i", .name = "a/b,c[d]%e\nf\x1b#g:h i", .pid = 48 },
	{ .runtime = "runc", .id = "a%2Fb", .name = "a%2Fb", .pid = 49 },
	{ .runtime = "runc", .id = "\xff\xfe$(x)", .name = "\xff\xfe$(x)", .pid = 50 },
	{ .runtime = "runc", .id = "twin#35", .name = "twin#35", .pid = 51 },
	{ .runtime = "docker", .id = "o1", .name = "web", .outer = "ci", .rank = IX_RANK_INNER, .pid = 52 },
	{ .runtime = "docker", .id = "o2", .name = "web", .outer = "?", .rank = IX_RANK_INNER, .pid = 53 },
};

static const struct row other_rows[] = {
	{ "ctr1", -ENOTUNIQ }, { "containerd:ctr1", 31 }, { "containerd[ex]:ctr1", 30 }, { "containerd:ex/ctr1", 30 }, { "ex/ctr1", 30 },
	{ "containerd[default]:ctr1", 31 }, { "containerd:default/ctr1", 31 }, { "containerd[k8s.io]:ctr1", 32 }, { "containerd:k8s.io/ctr1", 32 },
	{ "containerd[none]:ctr1", -ENOENT }, { "containerd[ex:ctr1", -ENOENT }, { "containerd[ex]ctr1", -ENOENT }, { "containerd[]:ctr1", -ENOENT },
	{ "c1", -ENOTUNIQ }, { "lxc:c1", 34 }, { "lxd:c1", 33 }, { "lxd[proj]:c1", 33 }, { "proj/c1", 33 }, { "lxc[default]:c1", 34 },
	{ "twin", -ENOTUNIQ }, { "lxc:twin", -ENOTUNIQ }, { "lxc:twin#35", 35 }, { "lxc:twin#36", 36 }, { "lxc:twin#37", -ENOENT }, { "twin#35", 51 },
	{ "same", -ENOTUNIQ }, { "podman:same", -ENOTUNIQ }, { "podman:" ID_A, 37 }, { ID_B, 38 }, { "4d1fc9ea", -ENOTUNIQ }, { "x", 39 },
	{ "777777777777", 40 }, { "docker:7", 40 }, { "4711", 41 }, { "docker:4711", 41 }, { "docker:8888", 41 }, { "88", 41 },
	{ "app.service", 42 }, { "systemd:app.service", 42 }, { "in-app", 43 }, { "podman:app.service", 43 }, { "quad.service", 46 },
	{ "postgresql@15-main.service", 44 }, { "my-box", 45 }, { "systemd-nspawn@my-box.service", 45 }, { "systemd-nspawn@my\\x2dbox.service", 45 },
	{ "nspawn:systemd-nspawn@my-box.service", 45 }, { "systemd-nspawn@my\\x2fbox.service", -ENOENT }, { "systemd-nspawn@my\\xbox.service", -ENOENT },
	{ "postgresql@15\\x2dmain.service", 44 },
	{ "crun:own", 47 }, { "runc:crun:own", 47 }, { "runc:crun%3Aown", 47 }, { "a/b,c[d]%e\nf\x1b#g:h i", 48 }, { "a%2Fb", 49 }, { "a%252Fb", 49 },
	{ "runc:a%2Fb", 49 }, { "\xff\xfe$(x)", 50 }, { "runc:%FF%FE%24%28x%29", 50 }, { "q\x1b[31m", -ENOENT },
	{ "ci/web", 52 }, { "ci/docker:web", 52 }, { "?/web", 53 }, { "web", -ENOENT }, { "docker:web", -ENOENT }, { "c/web", -ENOENT },
};
/* clang-format on */

static void test_other_runtimes(void **state)
{
	struct ix_containers *c = list_of(others, ARRAY_SIZE(others));

	(void)state;
	check_label(c, 30, "containerd[ex]:ctr1");
	check_label(c, 31, "containerd:ctr1");
	check_label(c, 33, "lxd[proj]:c1");
	check_label(c, 35, "lxc:twin#35");
	check_label(c, 36, "lxc:twin#36");
	check_label(c, 37, "podman:4d1fc9ea3b9aa1c3f1f8f40ab1c3d7a6b5e4f302118293a4");
	check_label(c, 38, "podman:4d1fc9ea3b9affc3f1f8f40a");
	check_label(c, 40, "docker:777777777777");
	check_label(c, 41, "docker:4711");
	check_label(c, 48, "runc:a%2Fb%2Cc%5Bd%5D%25e%0Af%1B%23g%3Ah%20i");
	check_label(c, 49, "runc:a%252Fb");
	check_label(c, 51, "runc:twin%2335");
	check_label(c, 53, "?/docker:web");
	check_rows(c, other_rows, ARRAY_SIZE(other_rows));
	list_end(c);
}

/* Names of the caller are found without the user, but root's come first. */
static void test_names_of_the_caller(void **state)
{
	const struct ix_container all[] = {
		{ .runtime = "podman", .id = "1", .name = "hp", .pod = "hp" },
		{ .runtime = "podman",
		  .id = "2",
		  .name = "hp",
		  .pod = "hp",
		  .uid = 1000,
		  .rank = IX_RANK_CALLER },
		{ .runtime = "podman",
		  .id = "3",
		  .name = "web",
		  .uid = 1000,
		  .rank = IX_RANK_CALLER },
		{ .runtime = "podman",
		  .id = "4",
		  .name = "web",
		  .uid = 1001,
		  .rank = IX_RANK_USER },
	};
	const struct row rows[] = {
		{ "hp", 100 },       { "podman:hp", 100 }, { "1000/podman:hp", 101 },
		{ "1000/hp", 101 },  { "web", 102 },       { "podman:web", 102 },
		{ "1001/web", 103 }, { "1000/web", 102 },
	};
	struct ix_containers *c = list_of(all, ARRAY_SIZE(all));
	const struct ix_container *found = NULL;
	struct ipcx *x;

	(void)state;
	check_rows(c, rows, ARRAY_SIZE(rows));
	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(ix_container_of_rank(x, c, "web", IX_RANK_ROOT, &found),
			 -ENOENT);
	assert_int_equal(ix_container_of_rank(x, c, "hp", IX_RANK_ROOT, &found), 0);
	assert_int_equal(found->pid, 100);
	ipcx_free(x);
	list_end(c);
}

/* ---- proposals for an unknown name */

static void check_hint(const struct ix_containers *c, const char *text, const char *hint)
{
	const struct ix_container *found = NULL;
	char quoted[1100];
	struct ipcx *x;

	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(ix_container_named(x, c, text, &found), -ENOENT);
	(void)snprintf(quoted, sizeof(quoted), "'%s'", hint);
	if (!strstr(ipcx_error(x), quoted))
		fail_msg("%s", ipcx_error(x));
	ROW_TRUE(hint, meant(c, hint) > 0);
	ipcx_free(x);
}

static void test_proposals_can_be_typed(void **state)
{
	struct ix_containers *c = list_of(pods, ARRAY_SIZE(pods));

	(void)state;
	check_hint(c, "podedd", "podded");
	check_hint(c, "appp", "k8s:prod/db-0/app");
	check_hint(c, "ngnix", "nginx");
	check_hint(c, "pordman:hp", "podman:hp");
	check_hint(c, "own", "1000/own");
	check_hint(c, "mine", "1000/mine");
	list_end(c);
	c = list_of(others, ARRAY_SIZE(others));
	check_hint(c, "471", "docker:4711");
	check_hint(c, "postgresql@15-mian.service", "postgresql@15-main.service");
	check_hint(c, "web", "ci/web");
	list_end(c);
}

/* ---- labels that are long, and many */

static void test_long_names(void **state)
{
	char name[1030], far[2000];
	struct ix_container all[] = {
		{ .runtime = "podman", .id = "i", .name = name, .pid = 100 },
		{ .runtime = "podman", .id = far, .name = far, .pid = 101 },
		{ .runtime = "podman", .id = far, .name = far, .space = far, .pid = 102 },
		{ .runtime = "podman", .id = "n", .name = far, .pod = far, .pid = 103 },
	};
	struct ix_containers *c;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(far, 'z', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	c = list_of(all, ARRAY_SIZE(all));
	check_label(c, 103, "podman:#103");
	check_label(c, 100, "podman:i");
	check_label(c, 101, "podman:#101");
	check_label(c, 102, "podman:#102");
	for (size_t i = 0; i < c->n; i++) {
		assert_true(strlen(c->all[i].label) < IX_LABEL_MAX);
		assert_int_equal(meant(c, c->all[i].label), c->all[i].c.pid);
	}
	list_end(c);
}

/* Return one of a few texts, so that many containers agree in it. */
static const char *some(unsigned *seed, const char *const texts[], size_t n)
{
	*seed = *seed * 1103515245 + 12345;
	return texts[*seed / 65536 % n];
}

/* Whatever containers a list has: no two labels are equal, and each label means its
 * container. */
static void test_random_lists(void **state)
{
	static const char *const runtimes[] = { "k8s", "podman", "docker", "lxc" };
	static const char *const names[] = { "a", "b",  "a/b", "b:a", "#1",
					     "1", NULL, "a",   "\n",  "[a]" };
	static const char *const ids[] = { ID_A, ID_B, ID_C, "a", "1", NULL };
	static const char *const podnames[] = { NULL, NULL, "a", "b" };
	static const char *const outers[] = { NULL, NULL, NULL, "a", "?", "podman:1" };
	static const char *const spaces[] = { NULL, "default", "a", "k8s.io" };
	unsigned seed = 17;

	(void)state;
	for (size_t round = 0; round < 60; round++) {
		struct ix_container all[120];
		struct ix_containers *c;
		size_t n = round * 2 + 1;

		for (size_t i = 0; i < n; i++) {
			struct ix_container *o = &all[i];

			*o = (struct ix_container){ .pid = (int32_t)(i + 1) };
			o->runtime = some(&seed, runtimes, ARRAY_SIZE(runtimes));
			o->name = some(&seed, names, ARRAY_SIZE(names));
			o->id = some(&seed, ids, ARRAY_SIZE(ids));
			o->pod = some(&seed, podnames, ARRAY_SIZE(podnames));
			o->pod_namespace = some(&seed, podnames, ARRAY_SIZE(podnames));
			o->pod_id = some(&seed, ids, ARRAY_SIZE(ids));
			o->space = some(&seed, spaces, ARRAY_SIZE(spaces));
			o->outer = some(&seed, outers, ARRAY_SIZE(outers));
			o->rank = o->outer ? IX_RANK_INNER : IX_RANK_ROOT;
			o->uid = some(&seed, podnames, 4) ? 1000 : 0;
			o->ipc = some(&seed, podnames, 4) ? 1 : 2;
		}
		c = list_of(all, n);
		for (size_t i = 0; i < n; i++) {
			const char *label = c->all[i].label;

			ROW_TRUE(label, meant(c, label) == c->all[i].c.pid);
			ROW_TRUE(label, !strpbrk(label, "\n ,%\"'\\$"
							"") ||
						strchr(label, '%'));
			for (size_t j = 0; j < i; j++)
				ROW_TRUE(label, strcmp(label, c->all[j].label) != 0);
		}
		list_end(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_other_runtimes),
		cmocka_unit_test(test_names_of_the_caller),
		cmocka_unit_test(test_proposals_can_be_typed),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_random_lists),
	};

	return cmocka_run_group_tests_name("meant", tests, NULL, NULL);
}
