// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * noquery COMMAND [ARGUMENT...]: run a command as if the kernel had no PROCMAP_QUERY, as
 * before Linux 6.11: a seccomp filter makes it fail with ENOTTY.
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "procmap.h"

#define LOAD(offset)        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define RETURN(value)       BPF_STMT(BPF_RET | BPF_K, value)
/* the lower half of the second argument */
#define REQUEST                                \
	(offsetof(struct seccomp_data, args) + \
	 (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 12 : 8))

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		UNLESS(SYS_ioctl, 3),
		LOAD(REQUEST),
		UNLESS(QUERY_MAPS, 1),
		RETURN(SECCOMP_RET_ERRNO | ENOTTY),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (argc < 2)
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("noquery");
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
