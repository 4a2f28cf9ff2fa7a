/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/kconfig.c: when a call that is missing shows what the kernel was built without. */
#include "core/kconfig.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mech.h"
#include "unit.h"

static int missing(void)
{
	return -ENOSYS;
}

static int present(void)
{
	return 0;
}

static int lacks(const struct ix_kconfig *k, char *why, size_t size)
{
	struct ipcx *x;
	int r;

	why[0] = '\0';
	assert_int_equal(ipcx_new(&x), 0);
	r = ix_kconfig_lacks(x, k, why, size);
	ipcx_free(x);
	return r;
}

/* The files and types are in every /proc, or in none. */
static const struct {
	struct ix_kconfig k;
	int bare, filtered; /* the answer without and with a filter */
} cases[] = {
	{ { "it", "CONFIG_IT", "sys/kernel/osrelease", "", present }, 0, 0 },
	{ { "it", "CONFIG_IT", "sys/kernel/nothing", "", present }, 0, 0 },
	{ { "it", "CONFIG_IT", "sys/kernel/osrelease", "", missing }, 0, 0 },
	{ { "it", "CONFIG_IT", "sys/kernel/nothing", "proc", missing }, 0, 0 },
	{ { "it", "CONFIG_IT", "sys/kernel/nothing", "nofs", missing }, -ENOSYS, -ENOSYS },
	{ { "it", "CONFIG_IT", "sys/kernel/nothing", "", missing }, -ENOSYS, -ENOSYS },
	/* another file system covers it: who knows what was there */
	{ { "it", "CONFIG_IT", "../", "", missing }, -ENOSYS, -EOPNOTSUPP },
};

static void the_kernel_is_blamed_only_if_proc_agrees(void **state)
{
	char why[160];

	(void)state;
	if (prctl(PR_GET_SECCOMP) != 0) {
		print_message("a filter is active, or an emulator does not tell\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(lacks(&cases[i].k, why, sizeof(why)), cases[i].bare);
		assert_string_equal(why, cases[i].bare
						 ? "this kernel has no it (CONFIG_IT)"
						 : "");
	}
	assert_int_equal(lacks(NULL, why, sizeof(why)), 0);
}

/* Make a filter that allows everything. */
static void filter(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct sock_fprog program = { ARRAY_SIZE(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(77);
}

static void a_filter_may_be_the_reason(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		char why[160];

		filter();
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
			if (lacks(&cases[i].k, why, sizeof(why)) != cases[i].filtered)
				_exit((int)i + 1);
		_exit(strcmp(why,
			     "the kernel has no it (CONFIG_IT), or a seccomp filter forbids it")
			      ? 50
			      : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("no filter of system calls can be set here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void mechanisms_know_their_option(void **state)
{
	char names[64];

	(void)state;
	for (unsigned m = 0; ix_mech(m); m++) {
		const struct ix_mech *mech = ix_mech(m);

		if (!mech->kconfig)
			continue;
		ix_kconfig_names(mech->kconfig, names, sizeof(names));
		assert_non_null(strstr(names, mech->info.name));
		assert_int_equal(strncmp(mech->kconfig->option, "CONFIG_", 7), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_is_blamed_only_if_proc_agrees),
		cmocka_unit_test(a_filter_may_be_the_reason),
		cmocka_unit_test(mechanisms_know_their_option),
	};

	return cmocka_run_group_tests_name("kconfig", tests, NULL, NULL);
}
