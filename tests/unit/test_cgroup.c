/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container/cgroup.c: which path components of /proc/PID/cgroup may be names of
 * containers. */
#include "container/cgroup.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define ID      "4d1fc9ea3b9aa1c3f1f8f40ab1c3d7a6b5e4f302118293a4b5c6d7e8f9010203"
#define POD     "kubepods-burstable-pod0a1b2c3d_4e5f.slice"
#define END     "|" /* ends each name in the lists below */
#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

struct row {
	const char *text;
	const char *names; /* names in the order expected, each followed by END */
};

/* clang-format off */
static const struct row rows[] = {
	/* cgroup v2: one line */
	{ "0::/system.slice/docker-" ID ".scope\n", "system.slice" END ID END },
	{ "0::/docker/" ID "\n", "docker" END ID END },
	{ "0::/" ID "\n", ID END },
	{ "0::/machine.slice/libpod-" ID ".scope/container\n", "machine.slice" END ID END "container" END },
	{ "0::/libpod_parent/libpod_pod_" ID "/libpod-" ID "\n",
	  "libpod_parent" END "libpod_pod_" ID END ID END },
	{ "0::/kubepods.slice/kubepods-burstable.slice/" POD "/cri-containerd-" ID ".scope\n",
	  "kubepods.slice" END "kubepods-burstable.slice" END POD END ID END },
	{ "0::/kubepods.slice/" POD "/crio-" ID ".scope/container\n",
	  "kubepods.slice" END POD END ID END "container" END },
	{ "0::/kubepods/besteffort/pod0a1b/" ID "\n",
	  "kubepods" END "besteffort" END "pod0a1b" END ID END },
	{ "0::/user.slice/runc-box.scope\n", "user.slice" END "box" END },
	{ "0::/crun-box.scope", "box" END },
	{ "0::/nerdctl-" ID ".scope", ID END },
	{ "0::/lxc.payload.web\n", "lxc.payload.web" END },
	{ "0::/lxc.payload.web/system.slice/docker-" ID ".scope\n",
	  "lxc.payload.web" END "system.slice" END ID END },
	{ "0::/machine.slice/machine-web.scope/payload\n",
	  "machine.slice" END "machine-web" END "payload" END },

	/* a container's monitor is not a container */
	{ "0::/machine.slice/libpod-conmon-" ID ".scope\n", "machine.slice" END },
	{ "0::/crio-conmon-" ID ".scope\n", "" },
	{ "0::/lxc.monitor.web\n", "" },
	{ "0::/lxc.monitor.web/x\n", "x" END },

	/* components that only resemble a known form stay unchanged */
	{ "0::/docker-\n", "docker-" END },
	{ "0::/docker-.scope\n", "docker-" END },
	{ "0::/.scope\n", ".scope" END },
	{ "0::/a.scope.scope\n", "a.scope" END },
	{ "0::/docker-crun-a.scope\n", "crun-a" END },
	{ "0::/libpod-conmon-\n", "conmon-" END },
	{ "0::/lxc.monitor.\n", "lxc.monitor." END },
	{ "0::/Docker-a.scope.d\n", "Docker-a.scope.d" END },
	{ "0::/x-docker-a.scope\n", "x-docker-a" END },

	/* cgroup v1: a line for each hierarchy, the outermost component first */
	{ "12:pids:/docker/a\n11:cpu,cpuacct:/docker/b/c\n1:name=systemd:/d\n0::/\n",
	  "docker" END "a" END "docker" END "b" END "c" END "d" END },
	/* a path may contain colons */
	{ "1:name=a:/b:c/d:e:f\n", "b:c" END "d:e:f" END },

	/* any bytes except '/' and '\n' */
	{ "0::/\x1b]0;x\x07\xff/docker-\x1b[31m.scope\n", "\x1b]0;x\x07\xff" END "\x1b[31m" END },
	{ "0::/a b\t/ \n", "a b\t" END " " END },

	/* a path outside the root of this cgroup namespace; a path with repeated
	 * slashes */
	{ "0::/../../other\n", ".." END ".." END "other" END },
	{ "0:://a///b/\n", "a" END "b" END },

	/* texts without content, without a path, and without a newline */
	{ "", "" },
	{ "\n", "" },
	{ "\n\n\n", "" },
	{ "0::/", "" },
	{ "0::/\n", "" },
	{ "0::", "" },
	{ "0:", "" },
	{ "0", "" },
	{ "nonsense\n0::/a\n", "a" END },
	{ "0:/no/second\n0::/a\n", "a" END },
	{ "0::/a", "a" END },
	{ "0::/a\n\n0::/b", "a" END "b" END },

	/* a name that is too long is skipped, its neighbours are not */
	{ "0::/a/" HUNDRED "/b\n", "a" END "b" END },
	{ "0::/" HUNDRED, "" },
};
/* clang-format on */

/* Write the names found by the reader in the form of the lists above. */
static void list(const char *text, size_t len, size_t room, char *out, size_t size)
{
	struct ix_cgroup_reader r = ix_cgroup_read(text, len);
	auto_free char *name = malloc(room);
	size_t at = 0;

	assert_non_null(name);
	while (ix_cgroup_next(&r, name, room)) {
		int put = snprintf(out + at, size - at, "%s" END, name);

		assert_true(put > 0 && (size_t)put < size - at);
		at += (size_t)put;
	}
	assert_false(ix_cgroup_next(&r, name, room));
	out[at] = '\0';
}

static void test_names_in_cgroup_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].text);
		char *copy = malloc(len ? len : 1); /* not NUL-terminated */
		char found[512];

		assert_non_null(copy);
		memcpy(copy, rows[i].text, len);
		list(copy, len, 100, found, sizeof(found));
		free(copy);
		if (strcmp(found, rows[i].names) != 0)
			fail_msg("\"%s\": \"%s\"", rows[i].text, found);
	}
}

/* The limit on the length of a name includes the NUL and applies after prefix and suffix
 * were removed. */
static void test_name_that_just_fits_is_read(void **state)
{
	static const char text[] = "0::/docker-12345.scope/123456/1234\n";
	char found[64];

	(void)state;
	list(text, strlen(text), 7, found, sizeof(found));
	assert_string_equal(found, "12345" END "123456" END "1234" END);
	list(text, strlen(text), 6, found, sizeof(found));
	assert_string_equal(found, "12345" END "1234" END);
	list(text, strlen(text), 5, found, sizeof(found));
	assert_string_equal(found, "1234" END);
	list(text, strlen(text), 1, found, sizeof(found));
	assert_string_equal(found, "");
}

/* A truncated text is read to its end: all whole names, and the beginning of the last
 * name. */
static void test_truncated_text_is_read_up_to_the_cut(void **state)
{
	static const char text[] = "1:cpu:/a/docker-b.scope\n0::/lxc.monitor.c/d\n";
	char whole[64], found[64];

	(void)state;
	list(text, strlen(text), 32, whole, sizeof(whole));
	assert_string_equal(whole, "a" END "b" END "d" END);
	for (size_t len = 0; len < strlen(text); len++) {
		char *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, text, len);
		list(copy, len, 32, found, sizeof(found));
		free(copy);
		if (len < strlen("1:cpu:/a"))
			assert_string_equal(found, "");
		else
			assert_int_equal(strncmp(found, "a" END, 2), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_in_cgroup_paths),
		cmocka_unit_test(test_name_that_just_fits_is_read),
		cmocka_unit_test(test_truncated_text_is_read_up_to_the_cut),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
