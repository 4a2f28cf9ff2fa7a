/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp ERRNO CALL[@ARG(=|==|&)VALUE]… -- COMMAND…: run a command for which these
 * system calls fail: always, or only if the argument ARG (from 0) has VALUE in its low
 * byte (=), is VALUE in its low 32 bits (==), or has one of the bits of VALUE there (&).
 * With "-o" as the first word the filter hides itself: PR_GET_SECCOMP returns 0, as on an
 * old kernel without a filter.
 * With "kill" as ERRNO the calls kill the process, as SystemCallFilter= of systemd does.
 * With a path instead, all calls are made, and those of the list that were made are
 * written to this file, as they stand in the list, one a line.
 * Programs of another word size than this one are not filtered.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_listns
#define SYS_listns (SYS_openat2 + 33)
#endif
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0
#endif

#define CALL(name)                   \
	{                            \
#name, SYS_##name, 0 \
	}
/* A call may be made by several numbers, and through a call for many (ipc(2),
 * socketcall(2)), whose first argument says which, in its low 16 bits. */
static const struct call {
	const char *name;
	long number;
	unsigned which;
} calls[] = {
	CALL(shmctl),
	CALL(shmget),
	CALL(shmat),
	CALL(shmdt),
	CALL(msgsnd),
#ifdef SYS_semop
	CALL(semop),
	CALL(semtimedop),
#endif
	CALL(mq_timedsend),
	CALL(mq_timedreceive),
	CALL(mq_notify),
	CALL(clone),
	CALL(clone3),
	CALL(fork),
	CALL(vfork),
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
#ifdef __i386__
	{ "semop", SYS_ipc, 1 },
	{ "semget", SYS_ipc, 2 },
	{ "semctl", SYS_ipc, 3 },
	{ "semtimedop", SYS_ipc, 4 },
	{ "semtimedop", SYS_semtimedop_time64, 0 },
	{ "msgsnd", SYS_ipc, 11 },
	{ "msgrcv", SYS_ipc, 12 },
	{ "msgget", SYS_ipc, 13 },
	{ "msgctl", SYS_ipc, 14 },
	{ "shmat", SYS_ipc, 21 },
	{ "shmdt", SYS_ipc, 22 },
	{ "shmget", SYS_ipc, 23 },
	{ "shmctl", SYS_ipc, 24 },
	{ "socketpair", SYS_socketcall, 8 },
	{ "sendmsg", SYS_socketcall, 16 },
	{ "mq_timedsend", SYS_mq_timedsend_time64, 0 },
	{ "mq_timedreceive", SYS_mq_timedreceive_time64, 0 },
	{ "clock_settime", SYS_clock_settime64, 0 },
	{ "clock_adjtime", SYS_clock_adjtime64, 0 },
	{ "umount2", SYS_umount, 0 },
	{ "statfs", SYS_statfs64, 0 },
	{ "fstatfs", SYS_fstatfs64, 0 },
	{ "ftruncate", SYS_ftruncate64, 0 },
	{ "getresuid", SYS_getresuid32, 0 },
	{ "getresgid", SYS_getresgid32, 0 },
	{ "getgroups", SYS_getgroups32, 0 },
	{ "setresuid", SYS_setresuid32, 0 },
	{ "setresgid", SYS_setresgid32, 0 },
	{ "setgroups", SYS_setgroups32, 0 },
	{ "setfsuid", SYS_setfsuid32, 0 },
	{ "setreuid", SYS_setreuid32, 0 },
	{ "setuid", SYS_setuid32, 0 },
	{ "chown", SYS_chown32, 0 },
	{ "fchown", SYS_fchown32, 0 },
	{ "lchown", SYS_lchown32, 0 },
#endif
};

static struct sock_filter filter[1024];
static unsigned short n;

static void add(struct sock_filter f)
{
	filter[n++] = f;
}

static void load(size_t at)
{
	add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)at));
}

/* Unless the loaded number fulfils the condition, the rule does not apply. */
static void demand(unsigned short jump, unsigned mask, unsigned value)
{
	add((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
	add((struct sock_filter)BPF_JUMP(BPF_JMP | jump | BPF_K, value, 0, 0));
}

static void rule(const struct call *c, const char *condition, unsigned answer)
{
	unsigned short first = n;
	unsigned long arg, value;
	char *end;

	load(offsetof(struct seccomp_data, nr));
	demand(BPF_JEQ, ~0U, (unsigned)c->number);
	if (c->which) {
		load(offsetof(struct seccomp_data, args));
		demand(BPF_JEQ, 0xffff, c->which);
	}
	if (*condition) {
		arg = strtoul(condition + 1, &end, 10) + !!c->which;
		value = strtoul(end + strspn(end, "=&"), NULL, 0);
		load(offsetof(struct seccomp_data, args) + 8 * arg);
		/* The C library adds IPC_64 to the commands of ipc(2). */
		demand(*end == '&' ? BPF_JSET : BPF_JEQ,
		       end[0] == '=' && end[1] != '=' ? 0xffU
		       : c->which                     ? ~0x100U
						      : ~0U,
		       (unsigned)value);
	}
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
	for (unsigned short i = first; i < n; i++)
		if (BPF_CLASS(filter[i].code) == BPF_JMP)
			filter[i].jf = (unsigned char)(n - i - 1);
}

static void refuse(const char *word, unsigned answer)
{
	size_t len = strcspn(word, "@"), found = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strlen(calls[i].name) == len && !strncmp(calls[i].name, word, len)) {
			rule(&calls[i], word + len, answer);
			found++;
		}
	if (found)
		return;
	fprintf(stderr, "seccomp: unknown call %s\n", word);
	exit(125);
}

/* ---- which calls of the list are made */

/* The same conditions as those of rule(). */
static bool applies(const struct call *c, const char *condition,
		    const struct seccomp_data *d)
{
	unsigned at, value;
	unsigned long arg;
	char *end;

	if (d->nr != c->number || (c->which && (d->args[0] & 0xffff) != c->which))
		return false;
	if (!*condition)
		return true;
	arg = strtoul(condition + 1, &end, 10) + !!c->which;
	value = (unsigned)strtoul(end + strspn(end, "=&"), NULL, 0);
	at = (unsigned)d->args[arg];
	if (*end == '&')
		return at & value;
	return (end[1] != '=' ? at & 0xff : c->which ? at & ~0x100U : at) == value;
}

static bool matches(const char *word, const struct seccomp_data *d)
{
	size_t len = strcspn(word, "@");

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strlen(calls[i].name) == len && !strncmp(calls[i].name, word, len) &&
		    applies(&calls[i], word + len, d))
			return true;
	return false;
}

/* Let each call go on, and write what was made when the last process has ended. */
static void note(int listener, char **words, const char *path)
{
	struct pollfd fd = { .fd = listener, .events = POLLIN };
	bool made[256] = { false };
	FILE *out;

	while (poll(&fd, 1, -1) >= 0 || errno == EINTR) {
		struct seccomp_notif seen = { .id = 0 };
		struct seccomp_notif_resp go = {
			.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
		};

		if (fd.revents & (POLLHUP | POLLERR))
			break;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &seen) < 0)
			continue;
		for (int i = 0; strcmp(words[i], "--"); i++)
			made[i] |= matches(words[i], &seen.data);
		go.id = seen.id;
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go);
	}
	out = fopen(path, "we");
	for (int i = 0; out && strcmp(words[i], "--"); i++)
		if (made[i])
			fprintf(out, "%s\n", words[i]);
	if (!out || fclose(out))
		exit(125);
}

/* The child shares the descriptors until it executes the command. */
static int listed(struct sock_fprog *prog, char **words, char **command, const char *path)
{
	int ends[2], listener = -1, status = 125 << 8;
	long pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 125;
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0L, 0L, 0L, 0L);
	if (pid == 0) {
		listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
					SECCOMP_FILTER_FLAG_NEW_LISTENER, prog);
		if (write(ends[1], &listener, sizeof(listener)) != sizeof(listener) ||
		    listener < 0)
			_exit(125);
		execvp(*command, command);
		_exit(125);
	}
	if (pid > 0 && read(ends[0], &listener, sizeof(listener)) == sizeof(listener) &&
	    listener >= 0)
		note(listener, words, path);
	if (pid > 0)
		(void)waitpid((pid_t)pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- */

int main(int argc, char **argv)
{
	struct sock_fprog prog = { .filter = filter };
	unsigned answer;
	bool hides;
	int i = 2;

	if (argc < 4 || !ARCH)
		return 125;
	hides = !strcmp(argv[1], "-o");
	argv += hides;
	argc -= hides;
	answer = *argv[1] == '/'           ? SECCOMP_RET_USER_NOTIF
		 : strcmp(argv[1], "kill") ? SECCOMP_RET_ERRNO | (unsigned)atoi(argv[1])
					   : SECCOMP_RET_KILL_PROCESS;
	add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 offsetof(struct seccomp_data, arch)));
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	for (; i < argc && strcmp(argv[i], "--"); i++)
		refuse(argv[i], answer);
	if (hides)
		refuse("prctl@0==21", SECCOMP_RET_ERRNO); /* PR_GET_SECCOMP */
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	prog.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		perror("seccomp");
		return 125;
	}
	if (*argv[1] == '/')
		return listed(&prog, argv + 2, argv + i + 1, argv[1]);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0) {
		perror("seccomp");
		return 125;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 125;
}
