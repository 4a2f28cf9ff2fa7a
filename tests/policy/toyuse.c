/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Use a mechanism that was added by one file: toyuse REF. Print what ipcx_mech_can()
 * returns and what ipcx_totals() counts, write to the object's memory and read it, send
 * two messages, peek at the second, and receive both. Each line of output is one result;
 * test_new_mechanism.py has the expected values.
 */
#include <stdio.h>
#include <string.h>

#include "ipcx.h"

static int failed(const struct ipcx *x, const char *what)
{
	(void)printf("%s failed: %s\n", what, ipcx_error(x));
	return 1;
}

static void say_can(unsigned mech)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} bits[] = {
		{ IPCX_CAN_MEMORY, "memory" },   { IPCX_CAN_QUEUE, "queue" },
		{ IPCX_CAN_PICK, "pick" },       { IPCX_CAN_PEEK, "peek" },
		{ IPCX_CAN_NOTIFY, "notify" },   { IPCX_CAN_SEM_OP, "sem_op" },
		{ IPCX_CAN_SEM_SET, "sem_set" }, { IPCX_CAN_SEM_TAKE, "sem_take" },
		{ IPCX_CAN_TOTALS, "totals" },   { IPCX_CAN_STRESS, "stress" },
	};

	(void)printf("can");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (ipcx_mech_can(mech) & bits[i].bit)
			(void)printf(" %s", bits[i].name);
	(void)printf("\n");
}

static int say_totals(struct ipcx *x, unsigned mech)
{
	struct ipcx_value objects, size;
	struct ipcx_table *t;

	if (ipcx_totals(x, &t) < 0)
		return failed(x, "totals");
	for (size_t row = 0; row < ipcx_table_rows(t); row++)
		if (ipcx_row_mech(t, row) == mech &&
		    ipcx_row_get(t, row, IPCX_F_OBJECTS, &objects) == 0 &&
		    ipcx_row_get(t, row, IPCX_F_SIZE, &size) == 0)
			(void)printf("totals %llu %llu\n",
				     (unsigned long long)objects.as.u,
				     (unsigned long long)size.as.u);
	ipcx_table_free(t);
	return 0;
}

static int use_memory(struct ipcx *x, const struct ipcx_ref *ref)
{
	char text[4] = "";
	struct ipcx_mem *m;
	int r;

	if (ipcx_mem_open(x, ref, IPCX_MEM_WRITE, &m) < 0)
		return failed(x, "open to write");
	r = ipcx_mem_write(m, 1, "abc", 3);
	ipcx_mem_close(m);
	if (r < 0 || ipcx_mem_open(x, ref, 0, &m) < 0)
		return failed(x, "write");
	r = ipcx_mem_read(m, 1, text, 3);
	(void)printf("memory %llu %s\n", (unsigned long long)ipcx_mem_size(m), text);
	ipcx_mem_close(m);
	return r < 0 ? failed(x, "read") : 0;
}

static void say_message(const char *what, const struct ipcx_message *m)
{
	(void)printf("%s %lld %.*s\n", what, (long long)m->rank, (int)m->len,
		     (const char *)m->data);
}

static int use_queue(struct ipcx *x, const struct ipcx_ref *ref)
{
	struct ipcx_message first = {
		.size = sizeof(first), .rank = 1, .data = "one", .len = 3
	};
	struct ipcx_message second = {
		.size = sizeof(second), .rank = 2, .data = "two", .len = 3
	};
	struct ipcx_message wrong = { .size = sizeof(wrong),
				      .rank = 10,
				      .data = "x",
				      .len = 1 },
			    m = { .size = sizeof(m) };
	struct ipcx_take take = { .size = sizeof(take) };
	struct ipcx_queue *q;

	if (ipcx_queue_open(x, ref, IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE, &q) < 0)
		return failed(x, "open");
	if (ipcx_queue_send(q, &wrong, 0) < 0)
		(void)printf("%s\n", ipcx_error(x));
	if (ipcx_queue_notify(q, 10) < 0)
		(void)printf("%s\n", ipcx_error(x));
	if (ipcx_queue_send(q, &first, 0) < 0 || ipcx_queue_send(q, &second, -1) < 0)
		(void)failed(x, "send");
	if (ipcx_queue_peek(q, 1, &m) == 0)
		say_message("peek", &m);
	while (ipcx_queue_receive(q, &take, 0, &m) == 0)
		say_message("receive", &m);
	(void)printf("%s\n", ipcx_error(x));
	ipcx_queue_close(q);
	return 0;
}

int main(int argc, char **argv)
{
	struct ipcx_ref ref;
	struct ipcx *x;
	int r;

	if (argc != 2 || ipcx_new(&x) < 0)
		return 2;
	if (ipcx_ref_parse(x, argv[1], IPCX_NO_MECH, &ref) < 0) {
		(void)failed(x, argv[1]);
		ipcx_free(x);
		return 2;
	}
	say_can(ref.mech);
	r = say_totals(x, ref.mech) || use_memory(x, &ref) || use_queue(x, &ref);
	ipcx_free(x);
	return r;
}
