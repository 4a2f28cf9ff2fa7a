/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/idmap.c: reading a uid_map, and mapping ids into a user namespace and back. */
#include "core/idmap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define FULL UINT32_C(4294967295)

struct row {
	const char *text;
	int n; /* or -errno */
	struct ix_idrange first, last;
};

/* clang-format off */
static const struct row rows[] = {
	/* lines as the kernel writes them */
	{ "         0          0 4294967295\n", 1, { 0, 0, FULL }, { 0, 0, FULL } },
	{ "         0       1000          1\n         1     100000      65536\n",
	  2, { 0, 1000, 1 }, { 1, 100000, 65536 } },
	{ "0 100000 65536", 1, { 0, 100000, 65536 }, { 0, 100000, 65536 } },
	{ "\t0\t1 2 \t\n", 1, { 0, 1, 2 }, { 0, 1, 2 } },
	{ "0 0 0\n", 1, { 0, 0, 0 }, { 0, 0, 0 } },
	{ "", 0, { 0 }, { 0 } }, /* not yet written */

	{ "\n", -EPROTO, { 0 }, { 0 } },
	{ " ", -EPROTO, { 0 }, { 0 } },
	{ "0\n", -EPROTO, { 0 }, { 0 } },
	{ "0 1\n", -EPROTO, { 0 }, { 0 } },
	{ "0 1 \n2", -EPROTO, { 0 }, { 0 } },
	{ "0 1 2 3\n", -EPROTO, { 0 }, { 0 } },
	{ "0 1 2x\n", -EPROTO, { 0 }, { 0 } },
	{ "0 1 2\n\n", -EPROTO, { 0 }, { 0 } },
	{ "0 1 2\nx", -EPROTO, { 0 }, { 0 } },
	{ "-1 1 2\n", -EPROTO, { 0 }, { 0 } },
	{ "0x1 1 2\n", -EPROTO, { 0 }, { 0 } },
	{ "0 1 4294967296\n", -EPROTO, { 0 }, { 0 } },
	{ "0 18446744073709551617 1\n", -EPROTO, { 0 }, { 0 } },
	{ "0 1 000000000000000000000000000000001\n", -EPROTO, { 0 }, { 0 } },
};
/* clang-format on */

static bool same(const struct ix_idrange *a, const struct ix_idrange *b)
{
	return a->inside == b->inside && a->outside == b->outside && a->count == b->count;
}

static void test_map_texts(void **state)
{
	static struct ix_idrange ranges[IX_IDMAP_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		ROW_TRUE(row->text,
			 ix_idmap_parse(row->text, strlen(row->text), ranges) == row->n);
		if (row->n <= 0)
			continue;
		ROW_TRUE(row->text, same(&ranges[0], &row->first));
		ROW_TRUE(row->text, same(&ranges[row->n - 1], &row->last));
	}
}

/* A map has as many lines as the kernel accepts, but no more. */
static void test_most_lines_of_a_map(void **state)
{
	static struct ix_idrange ranges[IX_IDMAP_MAX + 1];
	static const struct ix_idrange untouched = { 1, 2, 3 };
	static char text[(IX_IDMAP_MAX + 1) * 16];
	size_t len = 0;

	(void)state;
	ranges[IX_IDMAP_MAX] = untouched;
	for (int i = 0; i < IX_IDMAP_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%d %d 1\n", i,
					1000 + i);
	assert_int_equal(ix_idmap_parse(text, strlen(text), ranges), IX_IDMAP_MAX);
	assert_int_equal(ix_id_here(ranges, IX_IDMAP_MAX, 339), 1339);
	assert_int_equal(ix_id_here(ranges, IX_IDMAP_MAX, 340), IX_UNMAPPED);
	(void)snprintf(text + len, sizeof(text) - len, "340 1340 1\n");
	assert_int_equal(ix_idmap_parse(text, strlen(text), ranges), -EPROTO);
	assert_true(same(&ranges[IX_IDMAP_MAX], &untouched));
}

/* The map of rootless podman: root is mapped to the user, other ids come from
 * /etc/subuid. */
static const struct ix_idrange podman[] = { { 0, 1000, 1 }, { 1, 100000, 65535 } };
/* The highest ids, mapped onto each other in reverse. */
static const struct ix_idrange high[] = { { 4294967285, 10, 10 },
					  { 10, 4294967285, 10 } };
static const struct ix_idrange nothing[] = { { 5, 6, 0 } };
static const struct ix_idrange everything[] = { { 0, 0, FULL } };

struct pair {
	const char *what;
	const struct ix_idrange *ranges;
	size_t n;
	uint32_t there, here;
	bool back; /* the result maps back to the id */
};

/* clang-format off */
#define MAP(map) #map, map, ARRAY_SIZE(map)

static const struct pair pairs[] = {
	{ MAP(podman), 0, 1000, true },
	{ MAP(podman), 1, 100000, true },
	{ MAP(podman), 1000, 100999, true },
	{ MAP(podman), 65533, 165532, true },
	{ MAP(podman), 65535, 165534, true },
	{ MAP(podman), 65536, IX_UNMAPPED, false },
	{ MAP(podman), FULL, IX_UNMAPPED, false },
	/* the overflow id, as which any unmapped id is shown */
	{ MAP(podman), IX_UNMAPPED, IX_UNMAPPED, false },
	{ MAP(high), 4294967285, 10, true },
	{ MAP(high), 4294967294, 19, true },
	{ MAP(high), 4294967295, IX_UNMAPPED, false },
	{ MAP(high), 10, 4294967285, true },
	{ MAP(high), 19, 4294967294, true },
	{ MAP(high), 20, IX_UNMAPPED, false },
	{ MAP(high), 9, IX_UNMAPPED, false },
	{ MAP(nothing), 5, IX_UNMAPPED, false },
	{ MAP(everything), 0, 0, true },
	{ MAP(everything), 4294967294, 4294967294, true },
	{ MAP(everything), FULL, IX_UNMAPPED, false }, /* (uid_t)-1 is no user */
	{ "no ranges", NULL, 0, 0, IX_UNMAPPED, false },
};
/* clang-format on */

static void test_ids_map_there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct pair *p = &pairs[i];
		uint32_t there = 77;

		if (ix_id_here(p->ranges, p->n, p->there) != p->here)
			fail_msg("%s: %u is %u here, not %u", p->what, p->there,
				 ix_id_here(p->ranges, p->n, p->there), p->here);
		if (!p->back)
			continue;
		ROW_TRUE(p->what, ix_id_there(p->ranges, p->n, p->here, &there) == 0);
		ROW_TRUE(p->what, there == p->there);
	}
}

static void test_ids_without_a_mapping_fail(void **state)
{
	static const uint32_t strangers[] = { 0, 999, 1001, 99999, 165535, FULL };
	uint32_t there = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
		assert_int_equal(ix_id_there(podman, ARRAY_SIZE(podman), strangers[i],
					     &there),
				 -EOVERFLOW);
	assert_int_equal(ix_id_there(nothing, 1, 6, &there), -EOVERFLOW);
	assert_int_equal(ix_id_there(NULL, 0, 0, &there), -EOVERFLOW);
	assert_int_equal(there, 77);
	/* in the outer namespace, 65534 is an ordinary id */
	assert_int_equal(ix_id_there(podman, ARRAY_SIZE(podman), 165533, &there), 0);
	assert_int_equal(there, 65534);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_texts),
		cmocka_unit_test(test_most_lines_of_a_map),
		cmocka_unit_test(test_ids_map_there_and_back),
		cmocka_unit_test(test_ids_without_a_mapping_fail),
	};

	return cmocka_run_group_tests_name("idmap", tests, NULL, NULL);
}
