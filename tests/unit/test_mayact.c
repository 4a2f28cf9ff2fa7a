/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's name does not permit changes in our own namespace: "docker run
 * --ipc=host" says nothing about the other objects there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/util.h"
#include "core/ctx.h"
#include "ns/ns.h"
#include "unit.h"

static struct ipcx_ref ref_of(struct ipcx *x, const char *word)
{
	struct ipcx_ref ref;

	assert_int_equal(ipcx_ref_parse(x, word, IPCX_NO_MECH, &ref), 0);
	return ref;
}

static void is_refused(struct ipcx *x, int r)
{
	assert_int_equal(r, -EINVAL);
	assert_int_equal(ipcx_error_hint(x)->kind, IPCX_HINT_STAY);
	assert_non_null(strstr(ipcx_error(x), "this namespace"));
}

/* Check that each change is refused before it is attempted: no object has such a name or
 * id. */
static void nothing_acts(struct ipcx *x)
{
	const struct ipcx_sem_op give = { .size = sizeof(give), .op = 1 };
	struct ipcx_ref none[] = { ref_of(x, "pshm:/ipcx-none"),
				   ref_of(x, "mq:/ipcx-none"),
				   ref_of(x, "psem:/ipcx-none") };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_attrs mode = { .size = sizeof(mode), .set = IPCX_A_MODE };
	struct ipcx_attrs a = { .size = sizeof(a),
				.set = IPCX_A_NAME | IPCX_A_SIZE,
				.name = "/ipcx-none",
				.bytes = 1,
				.mech = none[0].mech };
	struct ipcx_psem_taken *taken;
	struct ipcx_table *t;
	struct ipcx_mem *m;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		q.refs = &none[i];
		is_refused(x, ipcx_remove(x, &q, &t));
		is_refused(x, ipcx_change(x, &q, &mode, &t));
	}
	is_refused(x, ipcx_create(x, &a, 1, &t));
	is_refused(x, ipcx_limit_set(x, "semmni", 1));
	is_refused(x, ipcx_mem_open(x, &none[0], IPCX_MEM_WRITE, &m));
	is_refused(x, ipcx_sem_op(x, &none[2], &give, 1, 0));
	is_refused(x, ipcx_psem_take(x, &none[2], 0, &taken));
}

static void looking_goes_on(struct ipcx *x)
{
	struct ipcx_ref none = ref_of(x, "pshm:/ipcx-none");
	struct ipcx_query q = { .size = sizeof(q), .refs = &none, .nrefs = 1 };
	struct ipcx_table *t;
	struct ipcx_mem *m;

	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	assert_int_equal(ipcx_mem_open(x, &none, 0, &m), -ENOENT);
	assert_int_equal(ipcx_limits(x, NULL, &t), 0);
	ipcx_table_free(t);
}

static void test_container_name_does_not_permit_changes_at_home(void **state)
{
	auto_fd int fd = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	struct ipcx_ns *ns;
	struct ipcx *x;

	(void)state;
	if (ioctl(fd, NS_GET_NSTYPE) < 0) {
		print_message("this kernel or emulator lacks NS_GET_NSTYPE\n");
		skip();
	}
	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	ipcx_use(x, ns);
	assert_int_equal(ipcx_ns_may_act(x, ns), 0);
	ns->places[0].named = true;
	is_refused(x, ipcx_ns_may_act(x, ns));
	nothing_acts(x);
	looking_goes_on(x);
	/* After the program has entered the namespace (which was checked then), changes
	 * are permitted. */
	ix_moved(x);
	assert_int_equal(ipcx_ns_may_act(x, ns), 0);
	x->moved = false;
	/* A container's name does permit changes in a namespace that is not our own. */
	ns->places[0].ino++;
	assert_int_equal(ipcx_ns_may_act(x, ns), 0);
	ns->places[0].ino--;
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	ipcx_free(x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container_name_does_not_permit_changes_at_home),
	};

	return cmocka_run_group_tests_name("mayact", tests, NULL, NULL);
}
