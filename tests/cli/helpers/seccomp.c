/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp ERRNO CALL[@ARG(=|==|&)VALUE]… -- COMMAND…: run a command for which these
 * system calls fail: always, or only if the argument ARG (from 0) has VALUE in its low
 * byte (=), is VALUE in its low 32 bits (==), or has one of the bits of VALUE there (&).
 * With "kill" as ERRNO the calls kill the process, as SystemCallFilter= of systemd does.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_listns
#define SYS_listns (SYS_openat2 + 33)
#endif
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0
#endif

#define CALL(name)                \
	{                         \
#name, SYS_##name \
	}
static const struct {
	const char *name;
	long number;
} calls[] = {
	CALL(shmctl),
	CALL(shmget),
	CALL(shmat),
	CALL(shmdt),
	CALL(msgsnd),
	CALL(semop),
	CALL(semtimedop),
	CALL(mq_timedsend),
	CALL(mq_timedreceive),
	CALL(mq_notify),
	CALL(clone),
	CALL(clone3),
	CALL(pidfd_send_signal),
	CALL(preadv2),
	CALL(faccessat2),
	CALL(get_robust_list),
	CALL(name_to_handle_at),
	CALL(copy_file_range),
	CALL(listns),
	CALL(msgctl),
	CALL(msgget),
	CALL(msgrcv),
	CALL(semctl),
	CALL(semget),
	CALL(fsopen),
	CALL(fsconfig),
	CALL(fsmount),
	CALL(openat2),
	CALL(statx),
	CALL(ioctl),
	CALL(fstatfs),
	CALL(statfs),
	CALL(mq_open),
	CALL(mq_unlink),
	CALL(mq_getsetattr),
	CALL(getdents64),
	CALL(fchmodat2),
	CALL(fchownat),
	CALL(memfd_create),
	CALL(prlimit64),
	CALL(getrandom),
	CALL(unlinkat),
	CALL(ftruncate),
	CALL(setns),
	CALL(unshare),
	CALL(mount),
	CALL(open_tree),
	CALL(move_mount),
	CALL(close_range),
	CALL(pidfd_open),
	CALL(mount_setattr),
	CALL(setresuid),
	CALL(setresgid),
	CALL(setgroups),
	CALL(getresuid),
	CALL(getresgid),
	CALL(getgroups),
	CALL(sendmsg),
	CALL(socketpair),
	CALL(prctl),
	/* @mount, @keyring, @debug and others that @system-service does not include */
	CALL(chroot),
	CALL(fspick),
	CALL(pivot_root),
	CALL(umount2),
	CALL(add_key),
	CALL(keyctl),
	CALL(request_key),
	CALL(ptrace),
	CALL(process_vm_readv),
	CALL(process_vm_writev),
	CALL(pidfd_getfd),
	CALL(perf_event_open),
	CALL(lookup_dcookie),
	CALL(bpf),
	CALL(open_by_handle_at),
	CALL(acct),
	CALL(fanotify_init),
	CALL(fanotify_mark),
	CALL(quotactl),
	CALL(vhangup),
	CALL(setdomainname),
	CALL(sethostname),
	CALL(nfsservctl),
	CALL(_sysctl),
	CALL(init_module),
	CALL(finit_module),
	CALL(delete_module),
	CALL(iopl),
	CALL(ioperm),
	CALL(reboot),
	CALL(swapon),
	CALL(swapoff),
	CALL(clock_settime),
	CALL(clock_adjtime),
	CALL(adjtimex),
	CALL(settimeofday),
	CALL(io_uring_setup),
	CALL(modify_ldt),
	CALL(migrate_pages),
	CALL(kcmp),
	/* the rest of @privileged */
	CALL(chown),
	CALL(fchown),
	CALL(lchown),
	CALL(capset),
	CALL(setfsuid),
	CALL(setreuid),
	CALL(setuid),
};

static long number_of(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strlen(calls[i].name) == len && !strncmp(calls[i].name, name, len))
			return calls[i].number;
	fprintf(stderr, "seccomp: unknown call %s\n", name);
	exit(125);
}

static struct sock_filter filter[1024];
static unsigned short n;

static void add(struct sock_filter f)
{
	filter[n++] = f;
}

static void refuse(const char *word, unsigned answer)
{
	size_t len = strcspn(word, "@");
	unsigned number = (unsigned)number_of(word, len);
	unsigned long arg, value;
	char *end;

	add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 offsetof(struct seccomp_data, nr)));
	if (!word[len]) {
		add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0,
						 1));
	} else {
		arg = strtoul(word + len + 1, &end, 10);
		value = strtoul(end + strspn(end, "=&"), NULL, 0);
		add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0,
						 4));
		add((struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS,
			(unsigned)(offsetof(struct seccomp_data, args) + 8 * arg)));
		add((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
						 end[0] == '=' && end[1] != '=' ? 0xffU
										: ~0U));
		add((struct sock_filter)BPF_JUMP(
			BPF_JMP | (*end == '&' ? BPF_JSET : BPF_JEQ) | BPF_K,
			(unsigned)value, 0, 1));
	}
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

int main(int argc, char **argv)
{
	struct sock_fprog prog = { .filter = filter };
	int i = 2;

	if (argc < 4 || !ARCH)
		return 125;
	add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 offsetof(struct seccomp_data, arch)));
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	for (; i < argc && strcmp(argv[i], "--"); i++)
		refuse(argv[i], strcmp(argv[1], "kill")
					? SECCOMP_RET_ERRNO | (unsigned)atoi(argv[1])
					: SECCOMP_RET_KILL_PROCESS);
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	prog.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0) {
		perror("seccomp");
		return 125;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 125;
}
