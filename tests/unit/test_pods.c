/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pods of podman and of CRI-O: podman's database, conmon and conmon-rs. */
#include "container/pods.h"
#include "container/spec.h"

#include "engines.h"

/* ---- podman's database */

struct scanned {
	const char *text;
	size_t len;
	const char *found; /* "ID=NAME " of each pod */
};

/* clang-format off */
static const struct scanned scanned[] = {
	{ TEXT("\0\1config{\"id\":\"" POD_1 "\",\"name\":\"hp\",\"labels\":{}}"), POD_1 "=hp " },
	{ TEXT("{\"id\":\"" POD_1 "\",\"name\":\"a\"}{\"id\":\"" POD_2 "\",\"name\":\"b.c_d-e\",\"x\":1}"), POD_1 "=a " POD_2 "=b.c_d-e " },
	{ TEXT("{\"id\":\"{\"id\":\"" POD_1 "\",\"name\":\"hp\""), POD_1 "=hp " },
	/* a label of an image: quotes are escaped in strings */
	{ TEXT("{\"l\":\"{\\\"id\\\":\\\"" POD_1 "\\\",\\\"name\\\":\\\"evil\\\"\"}"), "" },
	{ TEXT("{\"id\":\"" POD_1 "\",\"name\":\"a/b\""), "" },
	{ TEXT("{\"id\":\"" POD_1 "\",\"name\":\"a\0b\""), "" },
	{ TEXT("{\"id\":\"" POD_1 "\",\"name\":\"\""), "" },
	{ TEXT("{\"id\":\"" POD_1 "\",\"name\":\"hp"), "" },
	{ TEXT("{\"id\":\"" POD_1 "\",\"name\":\""), "" },
	{ TEXT("{\"id\":\"" POD_1 "\",\"nam"), "" },
	{ TEXT("{\"id\":\"9192F34C\",\"name\":\"hp\""), "" },
	{ TEXT("{\"id\":\""), "" },
	{ TEXT(""), "" },
};
/* clang-format on */

static int note_pod(void *arg, const char *id, const char *name)
{
	char *text = arg;

	(void)snprintf(text + strlen(text), 400 - strlen(text), "%s=%s ", id, name);
	return 0;
}

static int stop_at_first(void *arg, const char *id, const char *name)
{
	(void)note_pod(arg, id, name);
	return 7;
}

static void test_pods_in_the_text_of_a_database(void **state)
{
	char found[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scanned); i++) {
		auto_free char *exact = malloc(scanned[i].len ? scanned[i].len : 1);

		assert_non_null(exact);
		memcpy(exact, scanned[i].text, scanned[i].len);
		*found = '\0';
		assert_int_equal(ix_pods_scan(exact, scanned[i].len, note_pod, found), 0);
		ROW_TRUE(scanned[i].text, !strcmp(found, scanned[i].found));
	}
	*found = '\0';
	assert_int_equal(
		ix_pods_scan(scanned[1].text, scanned[1].len, stop_at_first, found), 7);
	assert_string_equal(found, POD_1 "=a ");
}

/* ---- podman */

/* Add a container of podman with its conmon. */
static void podman(const struct machine *m, int conmon, const char *id, const char *name,
		   char ipc, const char *spec)
{
	char bundle[200], path[240], words[600];
	size_t len;

	(void)snprintf(bundle, sizeof(bundle), "st/overlay-containers/%.64s/userdata",
		       id);
	make_dir(m, bundle);
	(void)snprintf(path, sizeof(path), "%s/config.json", bundle);
	put(m, path, spec);
	watch(m, conmon, 1, "conmon", 900);
	len = (size_t)snprintf(words, sizeof(words), "conmon|-c|%s|-n|%s|-b|/%s|", id,
			       name, bundle);
	for (char *p = words; *p; p++)
		*p = *p == '|' ? '\0' : *p;
	put_of(m, conmon, "cmdline", words, len);
	first(m, conmon + 1, conmon, ipc);
}

#define IN(infra) "{\"annotations\":{\"io.kubernetes.cri-o.SandboxID\":\"" infra "\"},"

static void database(const struct machine *m)
{
	make_dir(m, "st/libpod");
	put(m, "st/libpod/bolt_state.db",
	    "{\"id\":\"" POD_2 "\",\"name\":\"other\"}{\"id\":\"" POD_1
	    "\",\"name\":\"hp\"}");
}

static void test_pods_of_podman(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c;

	database(m);
	podman(m, 100, ID_A, "9192f34c267f-infra", 'a',
	       "{" OWN ",\"cgroupsPath\":\"/libpod_parent/" POD_1 "/libpod-" ID_A "\"}}");
	podman(m, 102, ID_B, "web", 'a',
	       IN(ID_A) JOINS ",\"cgroupsPath\":\"machine-libpod_pod_" POD_1
			      ".slice:libpod:" ID_B "\"}}");
	/* without a cgroup, the pod is known by its first container */
	podman(m, 104, ID_C, "nocgroup", 'a', IN(ID_A) JOINS "}}");
	/* this pod is not in the database */
	podman(m, 106, POD_2, "0123456789ab-infra", 'b', "{" OWN "}}");
	/* no pod */
	podman(m, 108, POD_1, "alone", 'c', "{" JOINS "}}");
	podman(m, 110, "joins", "joins", 'c', "{" JOINS "}}");
	podman(m, 112, "owner", "owner", 'd', "{" OWN "}}");
	podman(m, 114, "guest", "guest", 'd', "{" JOINS "}}");
	podman(m, 116, "hosts", "hosts", 'e', "{\"linux\":{\"namespaces\":[]}}");
	podman(m, 118, "vague", "vague", 'f', "{}");
	/* a parent that only ends like the id of a pod */
	podman(m, 120, "ends", "ends", 'g',
	       "{\"linux\":{\"cgroupsPath\":\"/x" POD_1 "/libpod-ends\"}}");
	c = containers(m);
	check(c, &(struct expected){ 101, "podman", "9192f34c267f-infra", NULL, "hp",
				     NULL, POD_1, "private" });
	check(c,
	      &(struct expected){ 103, "podman", "web", NULL, "hp", NULL, POD_1, "pod" });
	check(c, &(struct expected){ 105, "podman", "nocgroup", NULL, "hp", NULL, POD_1,
				     "pod" });
	check(c, &(struct expected){ 107, "podman", "0123456789ab-infra", NULL,
				     "0123456789ab", NULL, "0123456789ab", "private" });
	check(c, &(struct expected){ 109, "podman", "alone", NULL, NULL, NULL, NULL,
				     "path:/proc/101/ns/ipc" });
	check(c, &(struct expected){ 113, "podman", "owner", NULL, NULL, NULL, NULL,
				     "private" });
	check(c, &(struct expected){ 115, "podman", "guest", NULL, NULL, NULL, NULL,
				     "container:owner" });
	check(c, &(struct expected){ 117, "podman", "hosts", NULL, NULL, NULL, NULL,
				     "host" });
	check(c,
	      &(struct expected){ 119, "podman", "vague", NULL, NULL, NULL, NULL, NULL });
	check(c,
	      &(struct expected){ 121, "podman", "ends", NULL, NULL, NULL, NULL, NULL });
	ix_containers_free(c);
}

/* ---- IPC modes */

struct placed {
	enum ix_rank rank;
	uint64_t ipc;
	const char *pod, *mode, *settled;
};

/* clang-format off */
static const struct placed placed[] = {
	/* a user's claims do not change the mode of root's container */
	{ IX_RANK_ROOT, 5, "p", "/proc/1/ns/ipc", "path:/proc/1/ns/ipc" },
	{ IX_RANK_USER, 5, "p", "private", "private" },
	{ IX_RANK_USER, 6, "q", "/x", "pod" },
	{ IX_RANK_ROOT, 6, "q", "private", "private" },
	{ IX_RANK_USER, 7, "r", "/x", "container:id" },
	{ IX_RANK_ROOT, 7, "s", "shareable", "shareable" },
	{ IX_RANK_ROOT, 9, NULL, "/x", "host" },
	{ IX_RANK_ROOT, 0, "p", "/x", "path:/x" }, /* its namespace may not be read */
	{ IX_RANK_ROOT, 0, "p", "private", "private" },
	{ IX_RANK_ROOT, 5, NULL, NULL, NULL },
};
/* clang-format on */

static void free_text(const char *text)
{
	union {
		const char *read;
		char *owned;
	} one = { .read = text };

	free(one.owned);
}

static void test_modes_of_others_do_not_count(void **state)
{
	struct ix_log_entry all[ARRAY_SIZE(placed)] = { 0 };
	struct ix_containers c = { .all = all, .n = ARRAY_SIZE(placed) };
	const struct ix_search s = { .ipc = { .ino = 9 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(placed); i++) {
		const char *mode = placed[i].mode;

		all[i].c =
			(struct ix_container){ .id = "id",
					       .rank = placed[i].rank,
					       .ipc = placed[i].ipc,
					       .pod_id = placed[i].pod,
					       .ipc_mode = mode ? strdup(mode) : NULL };
		all[i].order = i;
	}
	assert_int_equal(ix_modes_settle(&s, &c), 0);
	for (size_t i = 0; i < ARRAY_SIZE(placed); i++) {
		if (!equal(all[i].c.ipc_mode, placed[i].settled))
			fail_msg("row %zu: %s", i, all[i].c.ipc_mode);
		free_text(all[i].c.ipc_mode);
	}
}

/* ---- podman's newer database */

/* The format of SQLite is not parsed, either. */
static void test_pods_in_sqlite(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c;

	make_dir(m, "st");
	put(m, "st/db.sql",
	    "SQLite format 3" POD_1 "hp{\"id\":\"" POD_1 "\",\"name\":\"hp\"}");
	podman(m, 100, ID_A, "9192f34c267f-infra", 'a', "{" OWN "}}");
	c = containers(m);
	/* only the beginning of the id was known before */
	check(c, &(struct expected){ 101, "podman", "9192f34c267f-infra", NULL, "hp",
				     NULL, POD_1, "private" });
	ix_containers_free(c);
}

/* ---- CRI-O */

#define CRIO                                                                                      \
	"{\"annotations\":{\"io.container.manager\":\"cri-o\",\"io.kubernetes.cri-o.SandboxID\":" \
	"\"" ID_A "\""

static void test_crio_with_conmon(void **state)
{
	const struct machine *m = *state;
	struct ix_containers *c;

	podman(m, 100, ID_A, "k8s_POD_db-0_prod_u9_0", 'a', CRIO "}," OWN "}}");
	podman(m, 102, ID_B, "k8s_app_db-0_prod_u9_0", 'a', CRIO "}," JOINS "}}");
	/* labels of the kubelet, which are annotations, too */
	podman(m, 104, ID_C, "k8s_x_y_z_u9_0", 'a',
	       CRIO
	       ",\"io.kubernetes.container.name\":\"side\",\"io.kubernetes.pod.name\":\"db-0\","
	       "\"io.kubernetes.pod.namespace\":\"prod\"}," JOINS "}}");
	podman(m, 106, POD_1, "k8s_too_short", 'b', CRIO "}}");
	c = containers(m);
	check(c, &(struct expected){ 101, "crio", "db-0", NULL, "db-0", "prod", ID_A,
				     "private" });
	check(c, &(struct expected){ 103, "crio", "app", NULL, "db-0", "prod", ID_A,
				     "pod" });
	check(c, &(struct expected){ 105, "crio", "side", NULL, "db-0", "prod", ID_A,
				     "pod" });
	check(c, &(struct expected){ 107, "crio", "k8s_too_short", NULL, NULL, NULL, ID_A,
				     NULL });
	ix_containers_free(c);
}

/* Write what CRI-O stores about a container that a conmonrs runs. */
static void stored(const struct machine *m, int pid, const char *id, const char *name,
		   const char *state)
{
	char dir[200], path[240], text[900];

	(void)snprintf(dir, sizeof(dir), "st/overlay-containers/%s/userdata", id);
	make_dir(m, dir);
	(void)snprintf(path, sizeof(path), "%s/state.json", dir);
	put(m, path, state);
	(void)snprintf(path, sizeof(path), "%s/config.json", dir);
	(void)snprintf(
		text, sizeof(text),
		"{\"annotations\":{\"io.container.manager\":\"cri-o\",\"io.kubernetes.cri-o.SandboxID\":\"" ID_A
		"\",\"io.kubernetes.cri-o.Name\":\"%s\"}," OWN "}}",
		name);
	put(m, path, text);
	(void)snprintf(text, sizeof(text),
		       "8:pids:/\n0::/kubepods.slice/podu9/crio-%s.scope/container\n",
		       id);
	put_of(m, pid, "cgroup", text, strlen(text));
}

static void test_crio_with_conmonrs(void **state)
{
	static const char words[] = "conmonrs\0--log-driver\0systemd\0--runtime-dir\0/st/"
				    "overlay-containers/" ID_A "/userdata";
	const struct machine *m = *state;
	struct ix_containers *c;

	watch(m, 100, 1, "conmonrs", 900);
	put_of(m, 100, "cmdline", words, sizeof(words));
	first(m, 101, 100, 'a');
	first(m, 102, 100, 'a');
	first(m, 103, 100, 'b'); /* an exec session: the state names another process */
	first(m, 104, 1, 'c');   /* this process is not a child */
	stored(m, 101, ID_A, "k8s_POD_db-0_prod_u9_0",
	       "{\"initPid\":101,\"initStartTime\":\"1000\"}");
	stored(m, 102, ID_B, "k8s_app_db-0_prod_u9_0", "{\"pid\":102}");
	stored(m, 103, ID_C, "k8s_app_db-0_prod_u9_0", "{\"pid\":104}");
	stored(m, 104, POD_1, "k8s_evil_db-0_prod_u9_0", "{\"pid\":104}");
	c = containers(m);
	check(c, &(struct expected){ 101, "crio", "db-0", NULL, "db-0", "prod", ID_A,
				     "private" });
	check(c, &(struct expected){ 102, "crio", "app", NULL, "db-0", "prod", ID_A,
				     "private" });
	assert_null(ix_containers_at(c, 2));
	ix_containers_free(c);
}

/* The pid was reused: the start time is another one. */
static void test_crio_state_of_an_earlier_process(void **state)
{
	static const char words[] = "conmonrs\0--runtime-dir=/st/overlay-containers/" ID_A
				    "/userdata";
	const struct machine *m = *state;
	struct ix_containers *c;

	watch(m, 100, 1, "conmonrs", 900);
	put_of(m, 100, "cmdline", words, sizeof(words));
	first(m, 101, 100, 'a');
	stored(m, 101, ID_A, "k8s_POD_db-0_prod_u9_0",
	       "{\"initPid\":101,\"initStartTime\":\"999\"}");
	c = containers(m);
	assert_null(ix_containers_at(c, 0));
	ix_containers_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pods_in_the_text_of_a_database),
		ON_MACHINE(test_pods_of_podman),
		cmocka_unit_test(test_modes_of_others_do_not_count),
		ON_MACHINE(test_pods_in_sqlite),
		ON_MACHINE(test_crio_with_conmon),
		ON_MACHINE(test_crio_with_conmonrs),
		ON_MACHINE(test_crio_state_of_an_earlier_process),
	};

	return cmocka_run_group_tests_name("pods", tests, NULL, NULL);
}
