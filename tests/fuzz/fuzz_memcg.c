/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of control groups: the path of a process's group, and the numbers of a
 * group: what is returned stands in the text, and a failure changes nothing. */
#include <errno.h>

#include "base/util.h"
#include "fuzz.h"
#include "space/cgroup.h"

static void check_path(const char *text, size_t size, size_t room)
{
	auto_free char *buf = malloc(room);
	bool v2;
	int r;

	CHECK(buf);
	r = ix_memcg_path(text, size, &v2, buf, room);
	CHECK(r == 0 || r == -ENOENT || r == -ENAMETOOLONG);
	if (r == 0)
		CHECK(memchr(buf, '\0', room) && buf[0] == '/' &&
		      memmem(text, size, buf, strlen(buf)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size + 1);
	uint64_t n = 77;

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_path(text, size, 1);
	check_path(text, size, 512);
	CHECK(ix_memcg_number(text, &n) == 0 || n == 77);
	n = 77;
	CHECK(ix_memcg_stat(text, "shmem", &n) == 0 || n == 77);
	return 0;
}
