/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/ref.c: which texts are references, which object each text refers to, and how
 * references are written. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "ipcx.h"
#include "unit.h"

#define A15  "aaaaaaaaaaaaaaa"
#define A255 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15 A15
#define B5   "%FF%FF%FF%FF%FF"
#define B15  B5 B5 B5
#define B255 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15 B15

struct row {
	const char *text, *def; /* NULL: no default mechanism */
	const char *format;     /* canonical form of the reference; NULL: refused */
	const char *says;       /* part of the error text */
};

/* clang-format off */
static const struct row rows[] = {
	/* ids */
	{ "shm:0", NULL, "shm:0", NULL },
	{ "shm:5", NULL, "shm:5", NULL },
	{ "shm:010", NULL, "shm:10", NULL },
	{ "sem:2147483647", NULL, "sem:2147483647", NULL },
	{ "5", "msg", "msg:5", NULL },
	{ "shm:5", "msg", "shm:5", NULL },
	{ "shm:5", "mq", "shm:5", NULL },
	{ "shm:2147483648", NULL, NULL, "out of range (0 to 2147483647)" },
	{ "shm:4294967296", NULL, NULL, "out of range" },
	{ "shm:-1", NULL, NULL, "neither an id (decimal) nor a key" },
	{ "shm:+5", NULL, NULL, "neither an id" },
	{ "shm: 5", NULL, NULL, "neither an id" },
	{ "shm:5 ", NULL, NULL, "neither an id" },
	{ "shm:5x", NULL, NULL, "\"5x\" is neither an id" },
	{ "shm:/jobs", NULL, NULL, "\"/jobs\" is neither an id" },
	{ "shm:", NULL, NULL, "shm: the id or key is missing" },
	{ "", "shm", NULL, "shm: the id or key is missing" },
	/* keys */
	{ "shm:0x4d2", NULL, "shm:0x000004d2", NULL },
	{ "shm:0X4D2", NULL, "shm:0x000004d2", NULL },
	{ "msg:key=1234", NULL, "msg:0x000004d2", NULL },
	{ "msg:KEY=1234", NULL, "msg:0x000004d2", NULL },
	{ "msg:key=0x4d2", NULL, "msg:0x000004d2", NULL },
	{ "msg:key=02322", NULL, "msg:0x000004d2", NULL },
	{ "msg:key=-1", NULL, "msg:0xffffffff", NULL },
	{ "key=4294967295", "sem", "sem:0xffffffff", NULL },
	{ "0x80000000", "sem", "sem:0x80000000", NULL },
	{ "shm:0x100001111", NULL, NULL, "does not fit into 32 bits" },
	{ "shm:key=4294967296", NULL, NULL, "does not fit into 32 bits" },
	{ "shm:0x0", NULL, NULL, "key 0 is IPC_PRIVATE and names no object" },
	{ "shm:key=0", NULL, NULL, "IPC_PRIVATE" },
	{ "shm:0x", NULL, NULL, "is not a key" },
	{ "shm:key=", NULL, NULL, "is not a key" },
	{ "shm:key=5K", NULL, NULL, "is not a key" },
	{ "shm:key", NULL, NULL, "neither an id" },
	/* names */
	{ "mq:/jobs", NULL, "mq:/jobs", NULL },
	{ "mq:jobs", NULL, "mq:/jobs", NULL },
	{ "jobs", "mq", "mq:/jobs", NULL },
	{ "/jobs", "pshm", "pshm:/jobs", NULL },
	{ "5", "psem", "psem:/5", NULL },
	{ "0x4d2", "psem", "psem:/0x4d2", NULL },
	{ "key=5", "psem", "psem:/key=5", NULL },
	{ "a:b", "mq", "mq:/a:b", NULL },
	{ "/shm:5", "mq", "mq:/shm:5", NULL },
	{ "mq:shm:5", NULL, "mq:/shm:5", NULL },
	{ "mq::", NULL, "mq:/:", NULL },
	{ ":", "mq", "mq:/:", NULL },
	{ "mq:...", NULL, "mq:/...", NULL },
	{ "mq:/.a", NULL, "mq:/.a", NULL },
	{ "mq:a%20b", NULL, "mq:/a%20b", NULL },
	{ "mq:a b*", NULL, "mq:/a%20b%2A", NULL },
	{ "mq:%2fjobs", NULL, "mq:/jobs", NULL },
	{ "mq:a\\b", NULL, "mq:/a%5Cb", NULL },
	{ "mq:a\\x41", NULL, "mq:/a%5Cx41", NULL },
	{ "mq:a%2541", NULL, "mq:/a%2541", NULL },
	{ "mq:\x1b[31m", NULL, "mq:/%1B%5B31m", NULL },
	{ "mq:\xff", NULL, "mq:/%FF", NULL },
	/* after a default mechanism, the text is taken literally as a name */
	{ "a b", "mq", "mq:/a%20b", NULL },
	{ "a%20b", "mq", "mq:/a%2520b", NULL },
	{ "50%", "pshm", "pshm:/50%25", NULL },
	{ "/%00", "pshm", "pshm:/%2500", NULL },
	{ "a\\x20b", "psem", "psem:/a%5Cx20b", NULL },
	{ "pshm:a%20b", "mq", "pshm:/a%20b", NULL },
	{ "mq:gr\xc3\xbc\xc3\x9f", NULL, "mq:/gr\xc3\xbc\xc3\x9f", NULL },
	{ "mq:" A255, NULL, "mq:/" A255, NULL },
	{ "mq:/" B255, NULL, "mq:/" B255, NULL },
	{ "mq:" A255 "a", NULL, NULL, "at most 255 bytes" },
	{ "mq:/" A255 "a", NULL, NULL, "at most 255 bytes" },
	{ "mq:" B255 "a", NULL, NULL, "at most 255 bytes" },
	{ "mq:" B255 B255, NULL, NULL, "at most 255 bytes" },
	{ "mq:", NULL, NULL, "mq: the name is missing" },
	{ "mq:/", NULL, NULL, "at least one byte" },
	{ "mq://", NULL, NULL, "no slash but the first" },
	{ "mq:.", NULL, NULL, "names a directory" },
	{ "mq:/.", NULL, NULL, "names a directory" },
	{ "mq:..", NULL, NULL, "names a directory" },
	{ "mq:/..", NULL, NULL, "names a directory" },
	{ "mq:/a/b", NULL, NULL, "no slash but the first" },
	{ "mq:a/", NULL, NULL, "no slash but the first" },
	{ "mq:/a%2fb", NULL, NULL, "no slash but the first" },
	{ "mq:a%00b", NULL, NULL, "two hexadecimal digits, not 00" },
	{ "mq:a%4", NULL, NULL, "two hexadecimal digits" },
	{ "mq:50%", NULL, NULL, "% itself is %25" },
	{ "shm:%35", NULL, NULL, "neither an id" },
	/* files without a name: by device and inode */
	{ "pshm:inode=26:7", NULL, "pshm:inode=26:7", NULL },
	{ "mq:inode=18446744073709551615:1", NULL, "mq:inode=18446744073709551615:1", NULL },
	{ "pshm:inode=026:07", NULL, "pshm:inode=26:7", NULL },
	/* what merely resembles that is a name, and a name is written with its slash */
	{ "pshm:/inode=26:7", NULL, "pshm:/inode=26:7", NULL },
	{ "pshm:%69node=26:7", NULL, "pshm:/inode=26:7", NULL },
	{ "inode=26:7", "pshm", "pshm:/inode=26:7", NULL },
	{ "pshm:inode=7", NULL, "pshm:/inode=7", NULL },
	{ "pshm:inode=0:7", NULL, "pshm:/inode=0:7", NULL },
	{ "pshm:inode=26:0", NULL, "pshm:/inode=26:0", NULL },
	{ "pshm:inode=26:7:8", NULL, "pshm:/inode=26:7:8", NULL },
	{ "pshm:inode=26:7x", NULL, "pshm:/inode=26:7x", NULL },
	{ "pshm:inode=26:18446744073709551616", NULL, "pshm:/inode=26:18446744073709551616", NULL },
	{ "pshm:inode=000000000000000000000000026:7", NULL, "pshm:/inode=000000000000000000000000026:7", NULL },
	{ "pshm:INODE=26:7", NULL, "pshm:/INODE=26:7", NULL },
	{ "shm:inode=26:7", NULL, NULL, "neither an id" },
	/* objects that never have a unique name */
	{ "memfd:1:2057", NULL, "memfd:1:2057", NULL },
	{ "1:2057", "memfd", "memfd:1:2057", NULL },
	{ "pipe:31871", NULL, "pipe:31871", NULL },
	{ "31871", "pipe", "pipe:31871", NULL },
	{ "pipe:26:7", NULL, "pipe:26:7", NULL },
	{ "26:7", "pipe", "pipe:26:7", NULL },
	{ "memfd:2057", NULL, NULL, "memfd: \"2057\" is not DEVICE:INODE (two numbers)" },
	{ "memfd:0:2057", NULL, NULL, "is not DEVICE:INODE" },
	{ "memfd:1:0", NULL, NULL, "is not DEVICE:INODE" },
	{ "memfd:1:2:3", NULL, NULL, "is not DEVICE:INODE" },
	{ "memfd:inode=1:2", NULL, NULL, "is not DEVICE:INODE" },
	{ "memfd:/name", NULL, NULL, "is not DEVICE:INODE" },
	{ "memfd:", NULL, NULL, "memfd: the inode is missing" },
	{ "pipe:0", NULL, NULL, "is not INODE or DEVICE:INODE" },
	{ "pipe:0:7", NULL, NULL, "is not INODE or DEVICE:INODE" },
	{ "pipe:-1", NULL, NULL, "is not INODE or DEVICE:INODE" },
	{ "pipe:\x1b", NULL, NULL, "\"\\x1b\" is not INODE" },
	/* texts without a mechanism or with an unknown mechanism */
	{ "", NULL, NULL, "does not say which mechanism" },
	{ "5", NULL, NULL, "write MECH:WHICH" },
	{ "/jobs", NULL, NULL, "\"/jobs\" does not say which mechanism" },
	{ ":5", NULL, NULL, "does not say which mechanism" },
	{ "foo:5", NULL, NULL, "(known: shm, msg, sem, mq, pshm, psem" },
	{ "sh:5", NULL, NULL, "no mechanism has the name" },
	{ "shmm:5", NULL, NULL, "no mechanism has the name" },
	{ "SHM:5", NULL, NULL, "no mechanism has the name" },
	{ "foo:5", "shm", NULL, "no mechanism has the name" },
	{ "\x1b]0;x\a:5", NULL, NULL, "\"\\x1b]0;x\\x07:5\"" },
};
/* clang-format on */

static unsigned mech_of(const char *name)
{
	unsigned mech = IPCX_NO_MECH;

	if (name)
		assert_int_equal(ipcx_mech_by_name(name, (size_t)-1, &mech), 0);
	return mech;
}

static bool same(const struct ipcx_ref *a, const struct ipcx_ref *b)
{
	return a->mech == b->mech && a->by == b->by && a->id == b->id &&
	       a->key == b->key && strcmp(a->name, b->name) == 0 &&
	       a->device == b->device && a->inode == b->inode;
}

static void accepted(struct ipcx *x, const struct row *row)
{
	struct ipcx_ref ref, again;
	char buf[IPCX_REF_MAX];

	memset(&ref, 0x5a, sizeof(ref));
	ROW_TRUE(row->text, ipcx_ref_parse(x, row->text, mech_of(row->def), &ref) == 0);
	ROW_TRUE(row->text,
		 ipcx_ref_format(&ref, buf, sizeof(buf)) == (int)strlen(row->format));
	assert_string_equal(buf, row->format);
	ROW_TRUE(row->text, ipcx_ref_parse(x, buf, IPCX_NO_MECH, &again) == 0);
	ROW_TRUE(row->text, same(&ref, &again));
}

static void refused(struct ipcx *x, const struct row *row)
{
	struct ipcx_ref ref, before;

	memset(&ref, 0x5a, sizeof(ref));
	before = ref;
	ROW_TRUE(row->text,
		 ipcx_ref_parse(x, row->text, mech_of(row->def), &ref) == -EINVAL);
	ROW_TRUE(row->text, memcmp(&ref, &before, sizeof(ref)) == 0);
	if (!strstr(ipcx_error(x), row->says))
		fail_msg("\"%s\": \"%s\" does not say \"%s\"", row->text, ipcx_error(x),
			 row->says);
	ROW_TRUE(row->text,
		 strlen(ipcx_error(x)) < 400 && !strpbrk(ipcx_error(x), "\n\x1b\a"));
}

static void test_texts_are_parsed(void **state)
{
	struct ipcx *x = NULL;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		(rows[i].format ? accepted : refused)(x, &rows[i]);
	ipcx_free(x);
}

static void test_references_are_written(void **state)
{
	struct ipcx_ref ref = { .mech = mech_of("shm"), .by = IPCX_BY_ID, .id = 12345 };
	char buf[8] = "#######";

	(void)state;
	assert_int_equal(ipcx_ref_format(&ref, NULL, 0), 9);
	assert_int_equal(ipcx_ref_format(&ref, buf, 6), 9);
	assert_string_equal(buf, "shm:1");
	ref.id = -1;
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	ref.by = IPCX_BY_KEY;
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	ref.by = IPCX_BY_NAME;
	strcpy(ref.name, "/x");
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	ref.mech = mech_of("mq");
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), 5);
	strcpy(ref.name, "x");
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	memset(ref.name, 'x', sizeof(ref.name));
	ref.name[0] = '/';
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	ref = (struct ipcx_ref){ .mech = mech_of("pshm"), .by = IPCX_BY_INODE };
	ref.device = 26;
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	ref.inode = 7;
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), 15);
	ref.device = 0;
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	ref.device = 26;
	ref.mech = mech_of("shm");
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
	ref.mech = 1000;
	assert_int_equal(ipcx_ref_format(&ref, buf, sizeof(buf)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_are_parsed),
		cmocka_unit_test(test_references_are_written),
	};

	return cmocka_run_group_tests_name("ref", tests, NULL, NULL);
}
