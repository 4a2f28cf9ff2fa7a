/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of mechanisms: what a mechanism can do follows from its members, and
 * members that belong together are set together. */
#include <string.h>

#include "core/mech.h"
#include "unit.h"

static void test_what_each_mechanism_can_do(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint64_t can;
	} rows[] = {
		{ "shm",  IPCX_CAN_ATTACH | IPCX_CAN_MEMORY | IPCX_CAN_TOTALS | IPCX_CAN_STRESS },
		{ "msg",  IPCX_CAN_QUEUE | IPCX_CAN_PICK | IPCX_CAN_PEEK | IPCX_CAN_TOTALS | IPCX_CAN_STRESS },
		{ "sem",  IPCX_CAN_SEM_OP | IPCX_CAN_SEM_SET | IPCX_CAN_TOTALS | IPCX_CAN_STRESS },
		{ "mq",   IPCX_CAN_ATTACH | IPCX_CAN_QUEUE | IPCX_CAN_NOTIFY | IPCX_CAN_STRESS },
		{ "pshm", IPCX_CAN_ATTACH | IPCX_CAN_MEMORY | IPCX_CAN_STRESS | IPCX_CAN_REACH },
		{ "psem", IPCX_CAN_ATTACH | IPCX_CAN_SEM_OP | IPCX_CAN_SEM_TAKE | IPCX_CAN_STRESS | IPCX_CAN_REACH },
		{ "memfd", IPCX_CAN_ATTACH },
		{ "pipe", IPCX_CAN_ATTACH },
	};
	/* clang-format on */
	unsigned mech;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW_TRUE(rows[i].name,
			 ipcx_mech_by_name(rows[i].name, (size_t)-1, &mech) == 0);
		ROW_TRUE(rows[i].name, ipcx_mech_can(mech) == rows[i].can);
	}
	assert_int_equal(ipcx_mech_can(IPCX_NO_MECH), 0);
}

static void check_queue(const struct ix_mech *m)
{
	const struct ix_queue_ops *q = m->queue;
	const char *name = m->info.name;

	ROW_TRUE(name, q->open && q->state && q->send && q->receive && q->full);
	ROW_TRUE(name, q->limited_by && q->most >= m->info.message_least);
	ROW_TRUE(name, !(q->picks && q->no_pick) && !(q->peek && q->no_peek) &&
			       !(q->notify && q->no_notify));
}

static void check_driver(const struct ix_mech *m)
{
	const struct ix_driver *d = m->driver;
	const char *name = m->info.name;

	ROW_TRUE(name, d->make && d->open && d->stat && d->change && d->remove);
	ROW_TRUE(name, d->close && d->is_there && d->sweep);
	ROW_TRUE(name, d->size && d->churn && d->churn_ops);
}

static void test_members_are_set_together(void **state)
{
	const struct ix_mech *m;

	(void)state;
	for (unsigned i = 0; (m = ix_mech(i)); i++) {
		ROW_TRUE(m->info.name, !m->queue == !m->info.message_label);
		if (m->queue)
			check_queue(m);
		if (m->sem)
			ROW_TRUE(m->info.name,
				 m->sem->op && !m->sem->take == !m->sem->give);
		if (m->totals)
			ROW_TRUE(m->info.name,
				 m->totals->ask &&
					 ix_column(m->totals->kind, IPCX_F_OBJECTS)->size);
		if (m->driver)
			check_driver(m);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_each_mechanism_can_do),
		cmocka_unit_test(test_members_are_set_together),
	};

	return cmocka_run_group_tests_name("mech", tests, NULL, NULL);
}
