/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names that programs give to shared memory and semaphores, as their public sources
 * and documentation show them. A name alone proves nothing: a finding also needs that
 * nobody uses the object.
 *
 * In a pattern, "@" is the decimal id of the process that made the object, "#" a decimal
 * and "~" a hexadecimal number of any length, "$" one letter, digit or "_", and "*"
 * anything. All other characters stand for themselves.
 */
#include "doctor/names.h"

#include <ctype.h>
#include <string.h>

/* clang-format off */
static const struct ix_known known_names[] = {
	{ "psm_$$$$$$$$", "Python multiprocessing", false, IX_LEFT_OVER,
	  "its resource tracker removes it when the program ends, unless that was killed, too" },
	{ "mp-$$$$$$$$", "Python multiprocessing", true, IX_LEFT_OVER,
	  "it is unlinked as soon as it is made, so this one is from a start that was interrupted" },
	{ "loky-@-*", "joblib (loky)", true, IX_LEFT_OVER,
	  "its resource tracker removes it when the program ends, unless that was killed, too" },
	{ "torch_@_*", "PyTorch", false, IX_LEFT_OVER,
	  "torch_shm_manager removes it when the program ends, unless that was killed, too" },

	{ "vader_segment.*", "Open MPI", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind; the next job with the same number may fail" },
	{ "sm_segment.*", "Open MPI", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind; the next job with the same number may fail" },
	{ "osc_rdma.*", "Open MPI", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind" },
	{ "open_mpi.#", "Open MPI", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind" },
	{ "mpich_shm_*", "MPICH", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind" },
	{ "mpich_vci_*", "MPICH", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind" },
	{ "psm2_shm.*", "PSM2 (Omni-Path)", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind" },
	{ "ucx_shm_posix_~", "UCX", false, IX_LEFT_OVER,
	  "a job that was killed leaves it behind" },
	{ "nccl-$$$$$$", "NCCL", false, IX_LEFT_OVER,
	  "it is unlinked once all ranks have it, so this one is from a start that was interrupted" },
	{ "nccl-shm-*", "NCCL", false, IX_LEFT_OVER,
	  "it is unlinked once all ranks have it, so this one is from a start that was interrupted" },

	{ "fastrtps_*", "Fast DDS (ROS 2)", false, IX_LEFT_OVER,
	  "\"fastdds shm clean\" removes what no process has locked" },
	{ "fastdds_*", "Fast DDS (ROS 2)", false, IX_LEFT_OVER,
	  "\"fastdds shm clean\" removes what no process has locked" },
	{ "fast_datasharing_*", "Fast DDS (ROS 2)", false, IX_LEFT_OVER,
	  "\"fastdds shm clean\" removes what no process has locked" },
	{ "fastrtps_port#_mutex", "Fast DDS (ROS 2)", true, IX_LEFT_OVER,
	  "\"fastdds shm clean\" removes what no process has locked" },
	{ "iceoryx_mgmt", "iceoryx", false, IX_LEFT_SWEPT,
	  "RouDi replaces it when it is started again" },

	{ "PostgreSQL.#", "PostgreSQL", false, IX_LEFT_SWEPT,
	  "the server removes those of its last run when the same data directory is started again" },
	{ "pulse-shm-#", "PulseAudio", false, IX_LEFT_SWEPT,
	  "PulseAudio removes those of processes that ended when it is started again" },
	{ "mono.@", "Mono", false, IX_LEFT_SWEPT,
	  "the next program of Mono removes those of processes that ended" },
	{ "jack-#-#", "JACK", false, IX_LEFT_SWEPT,
	  "jackd removes those of servers that ended when it is started again" },
	{ "jack_sem.*", "JACK", true, IX_LEFT_OVER, "" },
	{ "org.mozilla.ipc.@.#", "Firefox", false, IX_LEFT_OVER,
	  "it is unlinked as soon as it is made, so this one is from a process that was killed" },
	{ "snap.*.org.mozilla.ipc.@.#", "Firefox", false, IX_LEFT_OVER,
	  "it is unlinked as soon as it is made, so this one is from a process that was killed" },
	{ ".org.chromium.Chromium.*", "Chromium", false, IX_LEFT_OVER,
	  "it is unlinked as soon as it is made, so this one is from a process that was killed" },
	{ ".com.google.Chrome.*", "Chrome", false, IX_LEFT_OVER,
	  "it is unlinked as soon as it is made, so this one is from a process that was killed" },
	{ "org.chromium.Chromium.shmem.*", "Chromium", false, IX_LEFT_OVER, "" },
	{ "com.google.Chrome.shmem.*", "Chrome", false, IX_LEFT_OVER, "" },
	{ "u#-Shm_~", "Steam", false, IX_LEFT_OVER, "" },
	{ "qipc_sharedmemory_*", "Qt (QSharedMemory)", false, IX_LEFT_OVER,
	  "a program that crashed leaves it behind; many take it for another running instance" },
	{ "qipc_systemsem_*", "Qt (QSystemSemaphore)", true, IX_LEFT_OVER,
	  "a program that crashed leaves it behind; if its value is 0, the next one waits for ever" },
	{ "*_trace.pid@", "SPDK", false, IX_LEFT_OVER,
	  "scripts/cleanup.sh of SPDK removes those of processes that ended" },
	{ "envoy_shared_memory_#", "Envoy", false, IX_LEFT_SWEPT,
	  "the first Envoy with this base id replaces it, if it belongs to the same user" },
	{ "zm.mmap.#", "ZoneMinder", false, IX_LEFT_SWEPT,
	  "it is used again when this camera's process is started again" },

	/* These are meant to stay while nobody has them open. */
	{ "jack-shm-registry", "JACK", false, IX_LEFT_STAYS, "" },
	{ "lttng-ust-wait-*", "LTTng", false, IX_LEFT_STAYS, "" },
	{ "libpod_lock", "Podman", false, IX_LEFT_STAYS, "" },
	{ "libpod_rootless_lock_#", "Podman", false, IX_LEFT_STAYS, "" },
	{ "ValveIPCSHM_#", "Steam", false, IX_LEFT_STAYS, "" },
	{ "sr_main", "sysrepo", false, IX_LEFT_STAYS, "" },
	{ "sr_mod", "sysrepo", false, IX_LEFT_STAYS, "" },
	{ "sr_ext", "sysrepo", false, IX_LEFT_STAYS, "" },
	{ "haveged_sem", "haveged", true, IX_LEFT_STAYS, "" },
};
/* clang-format on */

const struct ix_known *ix_doctor_known_at(unsigned i)
{
	return i < ARRAY_SIZE(known_names) ? &known_names[i] : NULL;
}

static size_t known_digits(const char *text, bool hex)
{
	size_t n = 0;

	while (hex ? isxdigit((unsigned char)text[n]) : isdigit((unsigned char)text[n]))
		n++;
	return n;
}

/* Read a process id of n digits; 0 if it is none. */
static uint32_t known_pid(const char *digits, size_t n)
{
	uint32_t pid = 0;

	if (n > 9 || digits[0] == '0')
		return 0;
	for (size_t i = 0; i < n; i++)
		pid = 10 * pid + (uint32_t)(digits[i] - '0');
	return pid;
}

/*
 * Compare a name with a pattern. Only the last "*" may have to be tried at several
 * places: what is before the next "*" need not match further to the right.
 */
static bool known_match(const char *pattern, const char *name, uint32_t *ret_pid)
{
	const char *star = NULL, *retry = NULL;
	size_t n;

	*ret_pid = 0;
	for (;;) {
		bool same;

		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
			continue;
		}
		if (*pattern == '@' || *pattern == '#' || *pattern == '~') {
			n = known_digits(name, *pattern == '~');
			same = n > 0;
			if (*pattern == '@')
				*ret_pid = known_pid(name, n);
		} else {
			n = *pattern != '\0';
			same = *pattern == '$'
				       ? isalnum((unsigned char)*name) || *name == '_'
				       : *name == *pattern;
		}
		if (same && !*pattern)
			return true;
		if (same) {
			pattern++;
			name += n;
			continue;
		}
		if (!star || !*retry)
			return false;
		pattern = star;
		name = ++retry;
	}
}

const struct ix_known *ix_doctor_known(const char *name, bool sem, uint32_t *ret_pid)
{
	name += *name == '/';
	for (unsigned i = 0; i < ARRAY_SIZE(known_names); i++)
		if (known_names[i].sem == sem &&
		    known_match(known_names[i].pattern, name, ret_pid))
			return &known_names[i];
	*ret_pid = 0;
	return NULL;
}
