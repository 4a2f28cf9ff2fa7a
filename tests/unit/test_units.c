/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container/unit.c, unitfind.c and systemd.c: names of units in the paths of cgroups, and
 * who may give them. */
#include "container/unit.h"

#include <errno.h>

#include "machine.h"

/* ---- names in paths */

struct path {
	const char *path;
	size_t from;
	const char *unit; /* NULL: none */
};

/* clang-format off */
static const struct path paths[] = {
	{ "/", 0, NULL },
	{ "", 0, NULL },
	{ "/init.scope", 0, "init.scope" },
	{ "/system.slice/ssh.service", 0, "ssh.service" },
	{ "/system.slice/system-postgresql.slice/postgresql@15-main.service", 0, "postgresql@15-main.service" },
	{ "/machine.slice/machine-a\\x2db.scope/payload", 0, "machine-a\\x2db.scope" },
	{ "/system.slice/_cgroup.service", 0, "cgroup.service" },
	{ "/system.slice", 0, NULL },
	/* the outermost unit counts */
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/ssh.service", 0, "user@1000.service" },
	{ "/system.slice/docker-1.scope/ssh.service", 0, "docker-1.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/ssh.service", 45, "ssh.service" },
	/* and only below slices */
	{ "/docker/ssh.service", 0, NULL },
	{ "/x/system.slice/ssh.service", 0, NULL },
	{ "/../system.slice/ssh.service", 0, NULL },
	{ "/.slice/ssh.service", 0, NULL },
	{ "/system.slice/ssh.service (deleted)", 0, NULL },
	{ "/system.slice/s\x1bsh.service", 0, NULL },
	{ "/a,b.slice/ssh.service", 0, NULL },
	{ "/system.slice/.service", 0, NULL },
	{ "/system.slice/ssh.slice", 0, NULL },
	{ "/system.slice/ssh.timer", 0, NULL },
};
/* clang-format on */

static void test_outermost_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct ix_unit_place p = { .path = paths[i].path,
						 .len = strlen(paths[i].path) };
		struct ix_unit_part part;
		char name[IX_UNIT_MAX];
		bool found = ix_unit_outermost(&p, paths[i].from, &part);

		ROW_TRUE(paths[i].path, found == !!paths[i].unit);
		if (!found)
			continue;
		ix_unit_name(&p, &part, name);
		ROW_TRUE(paths[i].path, !strcmp(name, paths[i].unit));
	}
}

static void test_hierarchy_of_systemd(void **state)
{
	static const char hybrid[] = "3:pids:/p\n1:name=systemd:/a\n0::/b\n",
			  v2[] = "0::/b", other[] = "2:name=elogind:/1\n10::/x\n";
	struct ix_unit_place p;

	(void)state;
	assert_true(ix_unit_place(hybrid, strlen(hybrid), true, &p));
	assert_true(p.v1 && p.len == 2 && !strncmp(p.path, "/a", 2));
	assert_true(ix_unit_place(hybrid, strlen(hybrid), false, &p));
	assert_true(!p.v1 && p.len == 2 && !strncmp(p.path, "/b", 2));
	assert_true(ix_unit_place(v2, strlen(v2), false, &p) && p.len == 2);
	assert_false(ix_unit_place(v2, strlen(v2), true, &p));
	assert_false(ix_unit_place(other, strlen(other), true, &p));
	assert_false(ix_unit_place(other, strlen(other), false, &p));
	assert_false(ix_unit_place("", 0, false, &p));
}

/* ---- who gives the name */

#define APP "system.slice/app.service"

/* Make the cgroup of a unit, with process 50 in it. */
static void group(const struct machine *m, const char *path, const char *procs)
{
	char full[300];

	(void)snprintf(full, sizeof(full), "sys/fs/cgroup/%s", path);
	make_dir(m, full);
	(void)snprintf(full, sizeof(full), "sys/fs/cgroup/%s/cgroup.procs", path);
	put(m, full, procs);
	put(m, "sys/fs/cgroup/cgroup.procs", "");
}

static void set_cgroup(const struct machine *m, int pid, const char *path)
{
	char text[300];

	(void)snprintf(text, sizeof(text), "0::/%s\n", path);
	put_of(m, pid, "cgroup", text, strlen(text));
}

/* A manager, and the process of a service with an IPC namespace of its own. */
static void service(const struct machine *m, const char *path)
{
	watch(m, 1, 0, "systemd", 1);
	set_cgroup(m, 1, "init.scope");
	run(m, 50, 1, "app", 1000);
	put_of(m, 50, "ns/ipc", "", 0);
	set_cgroup(m, 50, path);
	group(m, path, "50\n");
}

/* Return the label "UID/NAME" of process 50, "-" without a name. */
static const char *label(const struct machine *m, char buf[64])
{
	struct ix_containers *c = containers(m);
	const struct ix_container *found;

	(void)snprintf(buf, 64, "-");
	for (size_t i = 0; (found = ix_containers_at(c, i)) != NULL; i++)
		if (found->pid == 50 && !strcmp(found->runtime, "systemd"))
			(void)snprintf(buf, 64, "%u/%.50s", found->uid, found->name);
	ix_containers_free(c);
	return buf;
}

static void give(const struct machine *m, const char *path, uid_t uid, mode_t mode)
{
	char full[300];

	(void)snprintf(full, sizeof(full), "sys/fs/cgroup/%s", path);
	assert_int_equal(fchmodat(m->fd, full, mode, 0), 0);
	assert_int_equal(fchownat(m->fd, full, uid, (gid_t)-1, 0), 0);
}

static void test_service_of_the_system(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c;
	const struct ix_container *found;
	char buf[64];

	service(m, APP);
	assert_string_equal(label(m, buf), "0/app.service");
	/* Other processes of the unit are in it, too. */
	run(m, 60, 50, "worker", 2000);
	set_cgroup(m, 60, APP "/sub");
	run(m, 61, 50, "other", 2000);
	set_cgroup(m, 61, "system.slice/app.service2");
	c = containers(m);
	assert_int_equal(ix_container_of(m->x, c, 60, &found), 1);
	assert_int_equal(found->pid, 50);
	assert_string_equal(found->unit, "app.service");
	assert_int_equal(ix_container_of(m->x, c, 61, &found), 0);
	assert_null(found);
	/* What cannot be read may be that of any container. */
	run(m, 62, 50, "third", 2000);
	assert_int_equal(mkdirat(m->fd, "proc/62/cgroup", 0755), 0);
	assert_int_equal(ix_container_of(m->x, c, 62, &found), -EISDIR);
	assert_null(found);
	ix_containers_free(c);
}

/* Without the file system of cgroups, it is unknown who gives the name. */
static void test_nothing_to_check(void **state)
{
	const struct machine *m = *state;
	const struct ix_gaps *gaps;
	struct ix_containers *c;
	char buf[64];

	service(m, APP);
	assert_int_equal(renameat(m->fd, "sys/fs/cgroup/system.slice", m->fd,
				  "sys/fs/cgroup/x"),
			 0);
	assert_string_equal(label(m, buf), "-");
	assert_int_equal(renameat(m->fd, "sys", m->fd, "sis"), 0);
	assert_string_equal(label(m, buf), "-");
	c = containers(m);
	gaps = ix_containers_gaps(c);
	assert_true(gaps->n == 1 && strstr(gaps->all[0].text, "could not be checked"));
	ix_containers_free(c);
}

struct doubt {
	const char *what, *path;
	uid_t uid;
	mode_t mode;
};

/* Nobody but root may make the cgroup, or move processes there. */
static void test_delegated_cgroups(void **state)
{
	static const struct doubt doubts[] = {
		{ "the unit", APP, 1234, 0755 },
		{ "the slice", "system.slice", 1234, 0755 },
		{ "the file", APP "/cgroup.procs", 1234, 0644 },
		{ "writable by all", APP, 0, 0777 },
		{ "writable slice", "system.slice", 0, 0757 },
		{ "writable file", APP "/cgroup.procs", 0, 0646 },
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(doubts); i++) {
		void *made;
		char buf[64];

		assert_int_equal(machine_begin(&made), 0);
		service(made, APP);
		assert_string_equal(label(made, buf), "0/app.service");
		give(made, doubts[i].path, doubts[i].uid, doubts[i].mode);
		(void)label(made, buf);
		ROW_TRUE(doubts[i].what, !strcmp(buf, "-"));
		assert_int_equal(machine_end(&made), 0);
	}
}

/* The process must be the oldest in the unit itself, and a child of the manager. */
static void test_other_processes_of_a_unit(void **state)
{
	const struct machine *m = *state;
	char buf[64];

	service(m, APP);
	run(m, 40, 1, "main", 900);
	group(m, APP, "40\n50\n");
	assert_string_equal(label(m, buf), "-");
	group(m, APP, "50\n");
	assert_string_equal(label(m, buf), "0/app.service");
	group(m, APP, "0\n50\n");
	assert_string_equal(label(m, buf), "-");
	group(m, APP, "");
	assert_string_equal(label(m, buf), "-");
	group(m, APP, "50\n");
	group(m, APP "/evil.service", "50\n");
	set_cgroup(m, 50, APP "/evil.service");
	assert_string_equal(label(m, buf), "-");
	set_cgroup(m, 50, APP);
	run(m, 50, 40, "app", 1000);
	assert_string_equal(label(m, buf), "-");
}

static void test_scopes_and_users(void **state)
{
	const struct machine *m = *state;
	char buf[64];

	service(m, "system.slice/run-1.scope");
	assert_string_equal(label(m, buf), "-");
	set_cgroup(m, 50, "user.slice/user-1234.slice/evil.service");
	group(m, "user.slice/user-1234.slice/evil.service", "50\n");
	assert_string_equal(label(m, buf), "-"); /* not a process of user 1234 */
	set_cgroup(m, 50, "docker/evil.service");
	group(m, "docker/evil.service", "50\n");
	assert_string_equal(label(m, buf), "-");
}

/* ---- units in our own namespace */

static void test_unit_by_name(void **state)
{
	const struct machine *m = *state;
	struct ix_unit unit;

	if (geteuid() != 0)
		skip();
	put(m, "proc/self/ns/ipc", "");
	watch(m, 70, 1, "main", 900);
	in_our_ns(m, 70, "ipc");
	run(m, 71, 1, "boxed", 900);
	put_of(m, 71, "ns/ipc", "", 0);
	group(m, "system.slice/system-pg.slice/pg@15-a\\x2db.service", "70\n");
	group(m, "system.slice/boxed.service", "71\n");
	group(m, "system.slice/deep.service/init.scope", "70\n");
	group(m, "system.slice/deep.service", "");
	group(m, "docker/none.service", "70\n");
	group(m, "system.slice/mine.service", "70\n");
	give(m, "system.slice/mine.service", 1234, 0755);

	assert_int_equal(ix_unit_find(m->x, "pg@15-a\\x2db.service", &unit), 0);
	assert_true(unit.c.pid == 70 && unit.c.start == 900 && unit.c.uid == 0);
	assert_string_equal(unit.c.name, "pg@15-a\\x2db.service");
	assert_int_equal(ix_unit_find(m->x, "deep.service", &unit), 0);
	assert_int_equal(ix_unit_find(m->x, "boxed.service", &unit), -ENOENT);
	assert_int_equal(ix_unit_find(m->x, "none.service", &unit), -ENOENT);
	assert_int_equal(ix_unit_find(m->x, "mine.service", &unit), -ENOENT);
	assert_int_equal(ix_unit_find(m->x, "system.slice", &unit), -ENOENT);
	assert_int_equal(ix_unit_find(m->x, "../app.service", &unit), -ENOENT);
	assert_int_equal(ix_unit_find(m->x, "", &unit), -ENOENT);
	assert_int_equal(renameat(m->fd, "sys", m->fd, "sis"), 0);
	assert_int_equal(ix_unit_find(m->x, "deep.service", &unit), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outermost_unit),
		cmocka_unit_test(test_hierarchy_of_systemd),
		ON_MACHINE(test_service_of_the_system),
		ON_MACHINE(test_nothing_to_check),
		cmocka_unit_test(test_delegated_cgroups),
		ON_MACHINE(test_other_processes_of_a_unit),
		ON_MACHINE(test_scopes_and_users),
		ON_MACHINE(test_unit_by_name),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
