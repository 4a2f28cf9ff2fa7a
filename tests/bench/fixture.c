// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The objects that the measured commands list, created without ipcx:
 *
 *   fixture make KIND COUNT [OWNERS FIRST_UID]   print their number
 *   fixture clear KIND                           remove all
 *
 * KIND is shm, msg, sem or mq (names /bench.NNNNN). With OWNERS the objects belong to
 * the users FIRST_UID .. FIRST_UID+OWNERS-1 in turn, so that neighbours never share an
 * owner and caching only the last name does not help.
 */

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <unistd.h>

#include "kinds.h"

#define KEY_BASE 0x49000000 /* object i has the key KEY_BASE + i: `ls shm:0xKEY` */

static int become(uid_t uid)
{
	if (seteuid(0) || setegid(uid) || seteuid(uid)) {
		perror("fixture: cannot take on an owner's uid");
		return -1;
	}
	return 0;
}

static int make_sysv(const struct kind *kind, int count, int owners, uid_t first)
{
	for (int i = 0; i < count; i++) {
		if (owners && become(first + (uid_t)(i % owners)))
			return -1;
		if (kind->make(KEY_BASE + i) < 0) {
			fprintf(stderr, "fixture: %s %d: %s\n", kind->name, i,
				strerror(errno));
			return -1;
		}
	}
	return count;
}

/*
 * Root without CAP_SYS_RESOURCE cannot raise RLIMIT_MSGQUEUE, which all namespaces of a
 * user share (EMFILE): to create fewer queues is a valid result, to create none is an
 * error.
 */
static int make_mq(int count)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	char name[32];
	mqd_t mq;

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "/bench.%05d", i);
		mq = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attr);
		if (mq == (mqd_t)-1) {
			fprintf(stderr, "fixture: mq %d: %s\n", i, strerror(errno));
			return i ? i : -1;
		}
		mq_close(mq);
	}
	return count;
}

/* Remove in ascending order: removing the highest index makes the kernel search for the
 * new highest. */
static int clear(const struct kind *kind)
{
	char path[32], line[1024];
	FILE *f;
	int id;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", kind->name);
	f = fopen(path, "re");
	if (!f) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d %d", &id) == 1)
			(void)kind->drop(id);
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	const struct kind *kind = NULL;
	int owners = argc == 6 ? atoi(argv[4]) : 0;
	uid_t first = argc == 6 ? (uid_t)atoi(argv[5]) : 0;
	int count, made;

	if (argc < 3)
		return 2;
	if (strcmp(argv[2], "mq")) {
		kind = kind_by_name(argv[2]);
		if (!kind)
			return 2;
	}
	if (!strcmp(argv[1], "clear") && kind)
		return clear(kind) ? 1 : 0;
	if (strcmp(argv[1], "make") || argc < 4)
		return 2;
	count = atoi(argv[3]);
	made = kind ? make_sysv(kind, count, owners, first) : make_mq(count);
	if (made < 0)
		return 1;
	printf("%d\n", made);
	return 0;
}
