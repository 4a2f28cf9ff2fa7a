/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run a fuzz target without a fuzzer: on every file of the given directories, and on a
 * fixed number of mutations of each, from a generator that is the same on every machine.
 * A crash ends the program.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/util.h"
#include "fuzz.h"

#define MUTATIONS 300
#define LARGEST   (1 << 20) /* bytes of a file */
#define GROWS     64        /* bytes that mutations may add */

static uint64_t next(uint64_t *seed)
{
	/* xorshift64: the only requirement is the same sequence everywhere */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Make one small change: flip a bit, set a byte, remove or duplicate a piece. */
static size_t mutate(uint8_t *data, size_t len, size_t room, uint64_t *seed)
{
	static const char odd[] = "\0\xff\x80\x7f\n\x1b\\\"'()!=<>&|-+.%@:/0x9eKZ \t";
	size_t at = len ? next(seed) % len : 0, n = 1 + next(seed) % 8;

	switch (next(seed) % 5) {
	case 0:
		if (len)
			data[at] ^= (uint8_t)(1U << next(seed) % 8);
		return len;
	case 1:
		if (len)
			data[at] = (uint8_t)odd[next(seed) % (sizeof(odd) - 1)];
		return len;
	case 2:
		n = MIN(n, len - at);
		memmove(data + at, data + at + n, len - at - n);
		return len - n;
	case 3:
		n = MIN(MIN(n, len - at), room - len);
		memmove(data + at + n, data + at, len - at);
		return len + n;
	default:
		if (len == room)
			return len;
		memmove(data + at + 1, data + at, len - at);
		data[at] = (uint8_t)odd[next(seed) % (sizeof(odd) - 1)];
		return len + 1;
	}
}

/* Feed a copy of exactly its size, so that the sanitizers see a read past the end. */
static void feed(const uint8_t *data, size_t len)
{
	auto_free uint8_t *copy = malloc(len ? len : 1);

	CHECK(copy);
	if (len)
		memcpy(copy, data, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
}

static void replay(const struct ix_buf *file)
{
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15) ^ file->len;
	size_t room = file->len + GROWS;
	auto_free uint8_t *data = malloc(room);

	CHECK(data);
	for (int change = 0; change <= MUTATIONS; change++) {
		size_t len = file->len;

		if (len)
			memcpy(data, file->data, len);
		for (int i = 0; i < change % 8 + (change != 0); i++)
			len = mutate(data, len, room, &seed);
		feed(data, len);
	}
}

/* Replay every file of a directory; return their number, or -1. */
static int replay_directory(const char *path)
{
	auto_dir DIR *dir = opendir(path);
	const struct dirent *entry;
	int files = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		auto_buf struct ix_buf file = { 0 };
		auto_fd int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (ix_read_all(fd, LARGEST, &file) < 0)
			return -1;
		/* If the target crashes, the last of these lines names the file. */
		(void)printf("# %s\n", entry->d_name);
		(void)fflush(stdout);
		replay(&file);
		files++;
	}
	return files;
}

int main(int argc, char *argv[])
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++) {
		int files = replay_directory(argv[i]);

		/* An unreadable or empty corpus tests nothing, so it is a failure. */
		failed |= files <= 0;
		(void)printf("%sok %d - %s: %d files, %d inputs\n",
			     files > 0 ? "" : "not ", i, argv[i], files,
			     files * (MUTATIONS + 1));
	}
	(void)printf("1..%d\n", argc - 1);
	return failed;
}
