/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor/names.c: which program a name belongs to. */
#include "doctor/names.h"

#include <string.h>

#include "base/util.h"
#include "unit.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool sem;
		const char *program; /* NULL: unknown */
		uint32_t pid;
	} rows[] = {
		{ "/psm_1a2b3c4d", false, "Python multiprocessing", 0 },
		{ "psm_1a2b3c4d", false, "Python multiprocessing", 0 },
		{ "/psm_1a2b3c4", false, NULL, 0 },
		{ "/psm_1a2b3c4de", false, NULL, 0 },
		{ "/psm_1a2b-c4d", false, NULL, 0 },
		{ "/mp-x_y0z1ab", true, "Python multiprocessing", 0 },
		{ "/mp-x_y0z1ab", false, NULL, 0 },
		{ "/loky-4711-abc", true, "joblib (loky)", 4711 },
		{ "/loky--abc", true, NULL, 0 },
		{ "/loky-0-abc", true, "joblib (loky)", 0 },
		{ "/loky-99999999999999999999-abc", true, "joblib (loky)", 0 },
		{ "/torch_12_3456", false, "PyTorch", 12 },
		{ "/torch_12_3456_7", false, "PyTorch", 12 },
		{ "/torch_model", false, NULL, 0 },
		{ "/vader_segment.node1.0.1a2b0001.3", false, "Open MPI", 0 },
		{ "/sm_segment.node1.1000.9d510000.0", false, "Open MPI", 0 },
		{ "/open_mpi.0007", false, "Open MPI", 0 },
		{ "/open_mpi.x", false, NULL, 0 },
		{ "/ucx_shm_posix_2e841ba5", false, "UCX", 0 },
		{ "/ucx_shm_posix_2e841bg5", false, NULL, 0 },
		{ "/nccl-WU88OE", false, "NCCL", 0 },
		{ "/nccl-WU88OEx", false, NULL, 0 },
		{ "/fastrtps_port7413_el", false, "Fast DDS (ROS 2)", 0 },
		{ "/fastrtps_port7413_mutex", true, "Fast DDS (ROS 2)", 0 },
		{ "/PostgreSQL.1804289383", false, "PostgreSQL", 0 },
		{ "/PostgreSQL.", false, NULL, 0 },
		{ "/PostgreSQL.12x", false, NULL, 0 },
		{ "/org.mozilla.ipc.21.7", false, "Firefox", 21 },
		{ "/snap.firefox.org.mozilla.ipc.21.7", false, "Firefox", 21 },
		{ "/snap.a.org.mozilla.ipc.b.org.mozilla.ipc.33.0", false, "Firefox",
		  33 },
		{ "/mono.3010", false, "Mono", 3010 },
		{ "/mono.dfloat", false, NULL, 0 },
		{ "/iscsi_trace.pid77", false, "SPDK", 77 },
		{ "/a_trace.pid_trace.pid78", false, "SPDK", 78 },
		{ "/iscsi_trace.0", false, NULL, 0 },
		{ "/.org.chromium.Chromium.abcdef", false, "Chromium", 0 },
		{ "/u1000-Shm_125376fc", false, "Steam", 0 },
		{ "/lttng-ust-wait-8-1000", false, "LTTng", 0 },
		{ "/data", false, NULL, 0 },
		{ "", false, NULL, 0 },
		{ "/", true, NULL, 0 },
	};
	const struct ix_known *k;
	uint32_t pid;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		k = ix_doctor_known(rows[i].name, rows[i].sem, &pid);
		if (!rows[i].program != !k)
			fail_msg("%s: %s", rows[i].name, k ? k->pattern : "unknown");
		if (k)
			assert_string_equal(k->program, rows[i].program);
		if (pid != rows[i].pid)
			fail_msg("%s: pid %u", rows[i].name, pid);
	}
}

/* No entry is hidden by one above it: each pattern, taken as a name with a number in it,
 * is found by its own program's entry. */
static void test_every_entry_is_reached(void **state)
{
	const struct ix_known *k, *found;
	char name[128];
	uint32_t pid;

	(void)state;
	for (unsigned i = 0; (k = ix_doctor_known_at(i)) != NULL; i++) {
		size_t n = 0;

		for (const char *p = k->pattern; *p; p++)
			name[n++] = (char)(strchr("@#~$*", *p) ? '7' : *p);
		name[n] = '\0';
		found = ix_doctor_known(name, k->sem, &pid);
		assert_non_null(found);
		assert_string_equal(found->program, k->program);
		assert_int_equal(found->left, k->left);
		assert_int_equal(pid, strchr(k->pattern, '@') ? 7 : 0);
		assert_true(k->left == IX_LEFT_STAYS ? !k->what[0] : k->program[0] != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_entry_is_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
