/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Engines that record names, namespaces and IPC modes: containerd, nerdctl, buildah,
 * Nomad. */
#include "engines.h"

/* ---- containerd */

static void task(const struct machine *m, int pid, const char *ns, const char *id,
		 char ipc, const char *spec)
{
	char dir[200], path[240], text[16];

	first(m, pid, 1, ipc);
	(void)snprintf(dir, sizeof(dir),
		       "run/containerd/io.containerd.runtime.v2.task/%s/%s", ns, id);
	make_dir(m, dir);
	(void)snprintf(path, sizeof(path), "%s/init.pid", dir);
	(void)snprintf(text, sizeof(text), "%d", pid);
	put(m, path, text);
	(void)snprintf(path, sizeof(path), "%s/config.json", dir);
	put(m, path, spec);
}

#define CRI(type, ns, pod)                                                                        \
	"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"" type                          \
	"\",\"io.kubernetes.cri.sandbox-name\":\"" pod                                            \
	"\",\"io.kubernetes.cri.sandbox-namespace\":\"" ns                                        \
	"\",\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.sandbox-id\":\"" pod \
	"-id\"},"

static void test_containerd_namespaces_and_pods(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c;

	task(m, 100, "one", "same", 'a', "{" OWN "}}");
	task(m, 101, "two", "same", 'b', "{}");
	task(m, 110, "k8s.io", "s1", 'c', CRI("sandbox", "prod", "db-0") OWN "}}");
	task(m, 111, "k8s.io", "c1", 'c', CRI("container", "prod", "db-0") JOINS "}}");
	task(m, 112, "k8s.io", "c2", 'd', CRI("container", "prod", "db-1") JOINS "}}");
	task(m, 113, "k8s.io", "c3", 'e', CRI("container", "test", "db-0") JOINS "}}");
	task(m, 120, "default", ID_A, 'f',
	     "{\"annotations\":{\"nerdctl/name\":\"web\",\"nerdctl/namespace\":\"default\","
	     "\"nerdctl/ipc\":\"{\\\"mode\\\":\\\"container\\\",\\\"victimContainerId\\\":\\\"abc\\\"}\"}," OWN
	     "}}");
	task(m, 121, "default", ID_B, 'g',
	     "{\"annotations\":{\"nerdctl/namespace\":\"default\",\"nerdctl/ipc\":\"{\"}," OWN
	     "}}");
	c = containers(m);
	check(c, &(struct expected){ 100, "containerd", "same", "one", NULL, NULL, NULL,
				     "private" });
	check(c, &(struct expected){ 101, "containerd", "same", "two", NULL, NULL, NULL,
				     NULL });
	check(c, &(struct expected){ 110, "k8s", "db-0", "k8s.io", "db-0", "prod",
				     "db-0-id", "private" });
	check(c, &(struct expected){ 111, "k8s", "app", "k8s.io", "db-0", "prod",
				     "db-0-id", "pod" });
	check(c, &(struct expected){ 112, "k8s", "app", "k8s.io", "db-1", "prod",
				     "db-1-id", "path:/proc/101/ns/ipc" });
	check(c, &(struct expected){ 113, "k8s", "app", "k8s.io", "db-0", "test",
				     "db-0-id", "path:/proc/101/ns/ipc" });
	check(c, &(struct expected){ 120, "nerdctl", "web", "default", NULL, NULL, NULL,
				     "container:abc" });
	check(c, &(struct expected){ 121, "nerdctl", ID_B, "default", NULL, NULL, NULL,
				     "private" });
	ix_containers_free(c);
}

/* ---- buildah */

static void test_buildah(void **state)
{
	static const char words[] = "buildah\0--root\0/st\0run\0bld\0--\0sh";
	const struct machine *m = *state;
	struct ix_containers *c;

	watch(m, 98, 1, "buildah", 900);
	put_of(m, 98, "cmdline", words, sizeof(words));
	run(m, 99, 98, "buildah-oci-run", 900);
	first(m, 100, 99, 'a');
	make_dir(m, "st/vfs-containers");
	put(m, "st/vfs-containers/containers.json",
	    "[{\"id\":\"" ID_B "\",\"names\":[\"no\"]},{\"id\":\"" ID_A
	    "\",\"names\":[\"bld\",\"x\"]}]");
	make_dir(m, "run/runc/buildah-buildah123");
	put(m, "run/runc/buildah-buildah123/state.json",
	    "{\"init_process_pid\":100,\"init_process_start\":1000,\"config\":{\"hostname\":\"aaaaaaaaaaaa\","
	    "\"namespaces\":[{\"type\":\"NEWIPC\",\"path\":\"\"}]}}");
	first(m, 101, 1, 'b');
	make_dir(m, "run/runc/buildah-buildah124");
	put(m, "run/runc/buildah-buildah124/state.json",
	    "{\"init_process_pid\":101,\"init_process_start\":1000,\"config\":{\"hostname\":\"aaaaaaaaaaaa\","
	    "\"namespaces\":[]}}");
	c = containers(m);
	check(c, &(struct expected){ 100, "buildah", "bld", NULL, NULL, NULL, NULL,
				     "private" });
	/* buildah has ended: its storage is unknown */
	check(c, &(struct expected){ 101, "runc", "buildah-buildah124", NULL, NULL, NULL,
				     NULL, "host" });
	ix_containers_free(c);
}

/* ---- Nomad */

struct executor {
	const char *words;
	size_t len;
	const char *alloc, *task; /* NULL: no container */
};

#define LOG(path) "{\"LogFile\":\"" path "\",\"LogLevel\":\"info\","

/* clang-format off */
static const struct executor executors[] = {
	{ TEXT("/usr/bin/nomad\0executor\0" LOG("/opt/nomad/alloc/8a7b-11/web/executor.out") "\"FSIsolation\":true}\0"), "8a7b-11", "web" },
	{ TEXT("nomad\0executor\0" LOG("/opt/nomad/alloc/8a7b-11/web/executor.out") "\"FSIsolation\":false}\0"), NULL, NULL },
	{ TEXT("nomad\0logmon\0" LOG("/opt/nomad/alloc/8a7b-11/web/executor.out") "\"FSIsolation\":true}\0"), NULL, NULL },
	{ TEXT("nomad\0executor\0" LOG("web/executor.out") "\"FSIsolation\":true}\0"), NULL, NULL },
	{ TEXT("nomad\0executor\0" LOG("/executor.out") "\"FSIsolation\":true}\0"), NULL, NULL },
	{ TEXT("nomad\0executor\0" LOG("/web/executor.out") "\"FSIsolation\":true}\0"), NULL, NULL },
	{ TEXT("nomad\0executor\0" LOG("//web/executor.out") "\"FSIsolation\":true}\0"), NULL, NULL },
	{ TEXT("nomad\0executor\0" LOG("/a//executor.out") "\"FSIsolation\":true}\0"), NULL, NULL },
	{ TEXT("nomad\0executor\0{\"FSIsolation\":true"), NULL, NULL },
	{ TEXT("nomad\0agent"), NULL, NULL },
};
/* clang-format on */

static void test_tasks_of_nomad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(executors); i++) {
		const struct executor *e = &executors[i];
		const struct ix_container *found;
		struct ix_containers *c;
		void *made;

		assert_int_equal(machine_begin(&made), 0);
		watch(made, 100, 1, "nomad", 900);
		put_of(made, 100, "cmdline", e->words, e->len);
		first(made, 101, 100, 'a');
		c = containers(made);
		found = ix_containers_at(c, 0);
		if (!found != !e->task)
			fail_msg("row %zu", i);
		if (found)
			check(c, &(struct expected){ 101, "nomad", e->task, NULL,
						     e->alloc, NULL, e->alloc, NULL });
		ix_containers_free(c);
		assert_int_equal(machine_end(&made), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_containerd_namespaces_and_pods),
		ON_MACHINE(test_buildah),
		cmocka_unit_test(test_tasks_of_nomad),
	};

	return cmocka_run_group_tests_name("engines", tests, NULL, NULL);
}
