/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container/containers.c and the runtimes recognised by their processes: monitors, lookup
 * of a container by name, and the container that a process belongs to.
 */
#include "container/container.h"

#include <errno.h>

#include "machine.h"

#define LONG_ID "4d1fc9ea3b9aa1c3f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"
#define NEAR_ID "4d1fc9eb3b9aa1c3f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"

/* Add a container of runc or crun with a process of its own. */
static void runc(const struct machine *m, const char *id, int pid)
{
	char dir[300], text[128];

	run(m, pid, 1, "sleep", 1000);
	(void)snprintf(dir, sizeof(dir), "runc/%s", id);
	(void)snprintf(text, sizeof(text),
		       "{ \"init_process_pid\": %d, \"init_process_start\": 1000 }", pid);
	claim(m, dir, "state.json", text);
}

static void crun(const struct machine *m, const char *id, int pid)
{
	char dir[300], text[128];

	run(m, pid, 1, "sleep", 1000);
	(void)snprintf(dir, sizeof(dir), "crun/%s", id);
	(void)snprintf(text, sizeof(text),
		       "{ \"pid\": %d, \"process-start-time\": 1000 }", pid);
	claim(m, dir, "status", text);
}

/* ---- by name */

struct row {
	const char *name;
	int r;
	int pid;             /* first process of the container found */
	const char *says[3]; /* parts of the error text */
};

/* clang-format off */
static const struct row rows[] = {
	{ "web", -ENOTUNIQ, 0, { "'web' may be any of", "runc:web (process 100)", "crun:web (process 101)" } },
	{ "runc:web", 0, 100, { NULL } },
	{ "crun:web", 0, 101, { NULL } },
	{ "docker:web", -ENOENT, 0, { "no container is called 'docker:web'" } },

	{ LONG_ID, 0, 102, { NULL } },
	{ "4d1fc9ea", 0, 102, { NULL } },
	{ "4d1fc9eb", 0, 103, { NULL } },
	{ "runc:4d1fc9eb3", 0, 103, { NULL } },
	{ "4d1", -ENOTUNIQ, 0, { "'4d1' may be any of", "runc:" LONG_ID " (process 102)", "runc:" NEAR_ID " (process 103)" } },
	{ "crun:4d1fc9eb3", -ENOENT, 0, { "no container" } },
	{ LONG_ID "0", -ENOENT, 0, { "no container" } },
	{ "d1fc9ea", -ENOENT, 0, { "no container" } },
	{ "4D1FC9EA", -ENOENT, 0, { "no container" } },

	/* an exact match is preferred to names that begin with this text */
	{ "box", 0, 104, { NULL } },
	{ "boxer", 0, 105, { NULL } },
	/* a name chosen by a user is not abbreviated */
	{ "boxe", -ENOENT, 0, { "no container is called 'boxe' (is it 'box'?)" } },
	{ "bo", -ENOENT, 0, { "no container is called 'bo'" } },

	/* the exact match is found, whichever of the two containers is read first */
	{ "cat", 0, 107, { NULL } },
	{ "catx", 0, 108, { NULL } },
	{ "dog", 0, 110, { NULL } },
	{ "dogx", 0, 109, { NULL } },

	/* a container is also found by RUNTIME:NAME */
	{ "crun:own", 0, 106, { NULL } },
	{ "runc:crun:own", 0, 106, { NULL } },

	{ "wbe", -ENOENT, 0, { "no container is called 'wbe' (is it 'runc:web'?)" } },
	{ "xerob", -ENOENT, 0, { "no container is called 'xerob'" } },
	{ "", -ENOENT, 0, { "no container is called ''" } },
	{ "runc:", -ENOENT, 0, { "no container is called 'runc:'" } },
	{ "q\x1b[31m", -ENOENT, 0, { "no container is called 'q\\x1b[31m'" } },
};
/* clang-format on */

static void one(struct ipcx *x, const struct ix_containers *c, const struct row *row)
{
	const struct ix_container untouched = { .pid = 77 }, *found = &untouched;
	int r = ix_container_named(x, c, row->name, &found);

	if (r != row->r)
		fail_msg("\"%s\": %d, \"%s\"", row->name, r, r < 0 ? ipcx_error(x) : "");
	if (r == 0) {
		ROW_TRUE(row->name, found->pid == row->pid);
		return;
	}
	ROW_TRUE(row->name, found == &untouched);
	for (size_t i = 0; i < ARRAY_SIZE(row->says) && row->says[i]; i++)
		if (!strstr(ipcx_error(x), row->says[i]))
			fail_msg("\"%s\": \"%s\"", row->name, ipcx_error(x));
	ROW_TRUE(row->name, !strchr(ipcx_error(x), '\x1b'));
}

static void test_lookup_by_name(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c;

	runc(m, "web", 100);
	crun(m, "web", 101);
	runc(m, LONG_ID, 102);
	runc(m, NEAR_ID, 103);
	runc(m, "box", 104);
	runc(m, "boxer", 105);
	runc(m, "crun:own", 106);
	runc(m, "cat", 107);
	crun(m, "catx", 108);
	runc(m, "dogx", 109);
	crun(m, "dog", 110);
	c = containers(m);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		one(m->x, c, &rows[i]);
	ix_containers_free(c);
}

/* Hostile names are escaped in messages and found literally. */
static void test_hostile_names_are_escaped(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c;

	runc(m,
	     "w\x1b]0;x\x07"
	     "1",
	     100);
	runc(m,
	     "w\x1b]0;x\x07"
	     "2",
	     101);
	c = containers(m);
	one(m->x, c,
	    &(struct row){ "w\x1b]0;x\x07"
			   "2",
			   0,
			   101,
			   { NULL } });
	crun(m,
	     "w\x1b]0;x\x07"
	     "1",
	     102);
	ix_containers_free(c);
	c = containers(m);
	one(m->x, c,
	    &(struct row){ "w\x1b]0;x\x07"
			   "1",
			   -ENOTUNIQ,
			   0,
			   { "crun:w%1B%5D0%3Bx%071 (process 102)" } });
	one(m->x, c,
	    &(struct row){ "w\x1b]0;x\x07"
			   "3x",
			   -ENOENT,
			   0,
			   { "(is it 'runc:w%1B%5D0%3Bx%07" } });
	ix_containers_free(c);
}

static void test_lookup_without_any_container(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c = containers(m);
	const struct ix_container *found;

	assert_null(ix_containers_at(c, 0));
	one(m->x, c,
	    &(struct row){ "web", -ENOENT, 0, { "no container is called 'web'" } });
	assert_int_equal(ix_container_of(m->x, c, 100, &found), 0);
	assert_null(found);
	ix_containers_free(c);
	ix_containers_free(NULL);
}

/* Two runtimes claim the same process: the claim of the more trusted runtime counts, and
 * the container is listed once. */
static void test_process_claimed_twice_is_listed_once(void **state)
{
	const struct machine *m = *state;
	const struct ix_container *found;
	struct ix_containers *c;

	crun(m, "lower", 100);
	runc(m, "upper", 100);
	c = containers(m);
	assert_int_equal(look(c, "upper", &found), 1);
	assert_non_null(found);
	ix_containers_free(c);
}

/* ---- by monitor */

struct watched {
	const char *comm, *words;
	size_t len;
	const char *runtime, *id, *name,
		*cgroup; /* runtime NULL: this process monitors no container */
};

#define WORDS(text)  (text), sizeof(text)
#define STRLEN(text) (text), sizeof(text) - 1

/* clang-format off */
static const struct watched watched[] = {
	{ "conmon", WORDS("/usr/bin/conmon\0--api-version\0001\0-c\0" LONG_ID "\0-n\0web\0-b\0/none"),
	  "podman", LONG_ID, "web", NULL },
	{ "conmon", WORDS("conmon\0--cid=" LONG_ID "\0--name=web"), "podman", LONG_ID, "web", NULL },
	{ "conmon", WORDS("conmon\0-c\0" LONG_ID "\0-n\0web\0-b\0/bundle"), "crio", LONG_ID, "sleeper", NULL },
	{ "conmon", WORDS("conmon\0-c\0" LONG_ID "\0-n\0web\0--exec\0--x"), NULL, NULL, NULL, NULL },
	{ "conmon", WORDS("conmon\0--\0-c\0" LONG_ID), NULL, NULL, NULL, NULL },
	{ "conmon", WORDS("conmon\0-c"), NULL, NULL, NULL, NULL },
	{ "conmon", WORDS(""), NULL, NULL, NULL, NULL },
	{ "conmonx", WORDS("conmon\0-c\0" LONG_ID), NULL, NULL, NULL, NULL },
	{ "[lxc monitor] /", WORDS("[lxc monitor] /var/lib/my lxc web"), "lxc", "web", "web", "lxc.payload.web" },
	{ "lxc-start", WORDS("[lxc monitor] /var/lib/lxc web"), "lxc", "web", "web", "lxc.payload.web" },
	{ "lxd", WORDS("[lxc monitor] /var/lib/lxd/containers web"), "lxd", "web", "web", "lxc.payload.web" },
	{ "lxd", WORDS("[lxc monitor] /var/lib/lxd/containers blue_web"), "lxd", "blue_web", "web", "lxc.payload.blue_web" },
	{ "lxd", WORDS("[lxc monitor] /var/snap/lxd/common/lxd/containers web"), "lxd", "web", "web", "lxc.payload.web" },
	{ "lxd", WORDS("lxd\0forkexec\0web"), NULL, NULL, NULL, NULL },
	{ "incusd", WORDS("[lxc monitor] /var/lib/incus/containers blue_web"), "incus", "blue_web", "web", "lxc.payload.blue_web" },
	{ "lxc-start", WORDS("[lxc monitor] /var/lib/lxc blue_web"), "lxc", "blue_web", "blue_web", "lxc.payload.blue_web" },
	{ "lxc-start", WORDS("lxc-start\0-n\0web"), NULL, NULL, NULL, NULL },
	{ "lxc-start", WORDS("[lxc monitor] "), NULL, NULL, NULL, NULL },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0-M\0web\0-D\0/srv/root"), "nspawn", "web", "web", "machine-web.scope" },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0--machine=web"), "nspawn", "web", "web", "machine-web.scope" },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0-D\0/srv/web"), "nspawn", "web", "web", "machine-web.scope" },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0-M\0a-b"), "nspawn", "a-b", "a-b", "machine-a\\x2db.scope" },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0-M\0c-d"), "nspawn", "c-d", "c-d", "systemd-nspawn@c-d.service" },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0-M\0.e"), "nspawn", ".e", ".e", "systemd-nspawn@\\x2ee.service" },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0-M\0other"), "nspawn", "other", "other", NULL },
	{ "systemd-nspawn", WORDS("systemd-nspawn\0-qD/srv"), NULL, NULL, NULL, NULL },
	{ "bwrap", WORDS("bwrap\0--bind\0/a\0/b\0--unshare-ipc\0--proc\0/proc\0/usr/bin/sh\0-c"), "bwrap", "101", "sh", NULL },
	{ "firejail", WORDS("firejail\0--name=web\0--ipc-namespace\0/bin/sleep\0--name=x"), "firejail", NULL, "web", NULL },
	{ "firejail", WORDS("firejail\0--ipc-namespace\0/bin/sleep\0--name=x"), "firejail", NULL, "sleep", NULL },
	{ "firejail", WORDS("firejail\0--name="), "firejail", "100", NULL, NULL },
	{ "starter-suid", WORDS("Apptainer instance: alice [web-1]"), "apptainer", "101", "web-1", NULL },
	{ "starter", WORDS("Singularity instance: alice [web]"), "singularity", "101", "web", NULL },
	{ "starter", WORDS("Apptainer runtime parent"), "apptainer", "101", NULL, NULL },
	{ "starter", WORDS("Apptainer instance: alice []"), "apptainer", "101", NULL, NULL },
	{ "starter", WORDS("Apptainer other: alice [web]"), NULL, NULL, NULL, NULL },
	{ "starter", WORDS("starter"), NULL, NULL, NULL, NULL },
	{ "starter", WORDS(""), NULL, NULL, NULL, NULL },
	{ "bwrap", WORDS("bwrap\0--args\00041\0--\0sh"), "bwrap", "101", "sh", NULL },
	/* with unknown or truncated options, no argument is taken for the name of the
	 * command */
	{ "bwrap", WORDS("bwrap\0--later\0sh"), "bwrap", "101", NULL, NULL },
	{ "bwrap", WORDS("bwrap\0--bind\0sh"), "bwrap", "101", NULL, NULL },
};
/* clang-format on */

/* Return whether two strings, either of which may be NULL, are equal. */
static bool same(const char *a, const char *b)
{
	return !a == !b && (!a || !strcmp(a, b));
}

/* The units of some containers of systemd-nspawn. */
#define UNITS                                                   \
	"3:name=systemd:/machine.slice/machine-web.scope\n"     \
	"3:pids:/machine.slice/machine-a\\x2db.scope/payload\n" \
	"2:cpu:/machine.slice/systemd-nspawn@c-d.service\n"     \
	"0::/machine.slice/systemd-nspawn@\\x2ee.service/payload\n"

static void by_watcher(const struct machine *m, const struct watched *w)
{
	struct ix_containers *c;
	const struct ix_container *found;

	watch(m, 100, 1, w->comm, 900);
	put_of(m, 100, "cmdline", w->words, w->len);
	run(m, 101, 100, "sleep", 1000);
	put_of(m, 101, "cgroup", STRLEN(UNITS));
	make_dir(m, "bundle");
	put(m, "bundle/config.json",
	    "{ \"annotations\": { \"io.container.manager\": \"cri-o\","
	    " \"io.kubernetes.cri-o.Namespace\": \"default\","
	    " \"io.kubernetes.cri-o.KubeName\": \"pod1\","
	    " \"io.kubernetes.cri-o.ContainerName\": \"sleeper\" } }");
	c = containers(m);
	found = ix_containers_at(c, 0);
	ROW_TRUE(w->words, !found == !w->runtime);
	if (found) {
		ROW_TRUE(w->words, same(found->runtime, w->runtime));
		ROW_TRUE(w->words, same(found->id, w->id));
		ROW_TRUE(w->words, same(found->name, w->name));
		ROW_TRUE(w->words, same(found->cgroup, w->cgroup));
		ROW_TRUE(w->words, found->pid == 101 && found->start == 1000);
		ROW_TRUE(w->words, !strcmp(w->runtime, "crio") == !!found->pod);
		ROW_TRUE(w->words, !ix_containers_at(c, 1));
	}
	ix_containers_free(c);
}

static void test_monitors_are_recognised(void **state)
{
	(void)state;
	NEEDS(openat2);
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		void *made;

		assert_int_equal(machine_begin(&made), 0);
		by_watcher(made, &watched[i]);
		assert_int_equal(machine_end(&made), 0);
	}
}

/* bubblewrap runs two processes, of which the inner one is in the sandbox. The name of
 * the command is read from the arguments of the outer process; names that processes give
 * themselves do not count. */
static void test_bubblewrap_sandbox_is_its_inner_process(void **state)
{
	const struct machine *m = *state;
	const struct ix_container *found;
	struct ix_containers *c;

	watch(m, 100, 1, "bwrap", 900);
	put_of(m, 100, "cmdline",
	       WORDS("bwrap\0--unshare-pid\0/bin/sleep\0"
		     "9"));
	run(m, 101, 100, "bwrap", 901);
	run(m, 102, 101, "prod", 902);
	c = containers(m);
	assert_int_equal(look(c, "101", &found), 1);
	assert_non_null(found);
	assert_string_equal(found->name, "sleep");
	assert_int_equal(found->pid, 101);
	ix_containers_free(c);
}

/* ---- membership of a process */

struct member {
	const char *cgroup; /* NULL: no such file */
	char ns;            /* 'h': our PID namespace; others: a container's */
	int first;          /* first process of its container; 0: it is in no container */
};

/* clang-format off */
static const struct member members[] = {
	{ "0::/docker-" LONG_ID ".scope\n", 'h', 100 },
	{ "0::/web\n", 'h', 101 },
	/* a cgroup of the same name elsewhere proves nothing */
	{ "0::/system.slice/docker-" LONG_ID ".scope\n", 'h', 0 },
	{ "0::/x/web\n", 'h', 0 },
	{ "4:pids:/web\n", 'h', 0 },
	{ "0::/lxc.payload.c\n", 'h', 131 },
	{ "0::/lxc.payload.d\n", 'h', 0 },
	{ "0::/c\n", 'h', 0 },
	{ "12:pids:/user.slice\n1:name=systemd:/user.slice/web\n0::/\n", 'h', 0 },
	{ "12:pids:/user.slice\n0::/web\n", 'h', 101 },
	/* the outermost cgroup counts, whatever names are used inside */
	{ "0::/docker-" LONG_ID ".scope/web\n", 'h', 100 },
	{ "0::/web/docker-" LONG_ID ".scope\n", 'h', 101 },
	{ "0::/libpod-conmon-" LONG_ID ".scope\n", 'h', 0 },
	/* a prefix of an id does not match */
	{ "0::/4d1fc9ea\n", 'h', 0 },
	{ "0::/webs\n", 'h', 0 },
	{ "0::/user.slice\n", 'h', 0 },
	{ "0::/\n", 'h', 0 },
	{ NULL, 'h', 0 },
	/* if no cgroup decides, the PID namespace does */
	{ "0::/\n", 'c', 101 },
	{ NULL, 'c', 101 },
	{ "0::/user.slice\n", 'c', 101 },
	/* a cgroup that does not hold the container's first process proves nothing */
	{ "0::/init.scope\n", 'h', 0 },
	{ "0::/" LONG_ID "\n", 'c', 101 },
	{ "0::/\n", 'o', 0 },
	{ "0::/\n", '-', 0 },
};
/* clang-format on */

/* Set the target of /proc/PID/ns/pid: files stand for namespaces. */
static void in_ns(const struct machine *m, int pid, char ns)
{
	char from[32], to[64];

	(void)snprintf(from, sizeof(from), "ns-%c", ns);
	(void)snprintf(to, sizeof(to), "proc/%d/ns/pid", pid);
	if (ns != '-')
		assert_int_equal(linkat(m->fd, from, m->fd, to, 0), 0);
}

static void test_membership_by_cgroup_or_pid_namespace(void **state)
{
	const struct machine *m = *state;
	const struct ix_container *found;
	struct ix_containers *c;

	assert_int_equal(linkat(m->fd, "proc/self/ns/pid", m->fd, "ns-h", 0), 0);
	put(m, "ns-c", "");
	put(m, "ns-o", "");
	runc(m, LONG_ID, 100); /* shares the caller's PID namespace */
	in_ns(m, 100, 'h');
	runc(m, "web", 101);
	in_ns(m, 101, 'c');
	watch(m, 130, 1, "lxc-start", 900);
	put_of(m, 130, "cmdline", WORDS("[lxc monitor] /var/lib/lxc c"));
	run(m, 131, 130, "sh", 1000);
	put_of(m, 100, "cgroup", STRLEN("0::/docker-" LONG_ID ".scope\n"));
	put_of(m, 101, "cgroup", STRLEN("0::/web/inner\n"));
	put_of(m, 131, "cgroup", STRLEN("0::/lxc.payload.c\n"));
	runc(m, "init.scope", 140);
	c = containers(m);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct member *one = &members[i];
		int pid = 200 + (int)i;

		run(m, pid, 1, "sh", 2000);
		in_ns(m, pid, one->ns);
		if (one->cgroup)
			put_of(m, pid, "cgroup", one->cgroup, strlen(one->cgroup));
		(void)ix_container_of(m->x, c, pid, &found);
		if ((found ? found->pid : 0) != one->first)
			fail_msg("row %zu (\"%s\"): %d", i,
				 one->cgroup ? one->cgroup : "-", found ? found->pid : 0);
	}
	assert_int_equal(ix_container_of(m->x, c, 9999, &found), -ENOENT);
	ix_containers_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_lookup_by_name),
		ON_MACHINE(test_hostile_names_are_escaped),
		ON_MACHINE(test_lookup_without_any_container),
		ON_MACHINE(test_process_claimed_twice_is_listed_once),
		cmocka_unit_test(test_monitors_are_recognised),
		ON_MACHINE(test_bubblewrap_sandbox_is_its_inner_process),
		ON_MACHINE(test_membership_by_cgroup_or_pid_namespace),
	};

	return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
