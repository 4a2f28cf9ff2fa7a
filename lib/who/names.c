/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* These forms are written by shmem_file_setup(), memfd_create(2) and d_path() of the
 * kernel. */
#include "who/names.h"

#include <string.h>

bool ix_name_is_given(const char *name)
{
	static const char head[] = "[anon_shmem:";

	return !strncmp(name, head, sizeof(head) - 1);
}

bool ix_name_is_memfd(const char *name)
{
	static const char head[] = "/memfd:";

	return !strncmp(name, head, sizeof(head) - 1);
}

bool ix_name_sysv_key(const char *name, uint32_t *ret_key)
{
	static const char head[] = "/SYSV";
	uint32_t key = 0;

	if (strncmp(name, head, sizeof(head) - 1) != 0)
		return false;
	name += sizeof(head) - 1;
	for (int i = 0; i < 8; i++) {
		char c = name[i];

		if (c >= '0' && c <= '9')
			key = key << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			key = key << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret_key = key;
	return name[8] == '\0' || name[8] == ' ';
}

const char *ix_name_cut_mark(char *name, size_t len)
{
	static const char mark[] = " (deleted)";
	const size_t n = sizeof(mark) - 1;
	const char *slash;

	if (len < n || memcmp(name + len - n, mark, n) != 0)
		return NULL;
	name[len - n] = '\0';
	slash = strrchr(name, '/');
	return slash ? slash + 1 : name;
}
