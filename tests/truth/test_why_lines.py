# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions that people asked in public, by project and number: what the line complains of is planted, and one command answers."""

import resource

import pytest

NOBODY = 65534


def applying(world, line, *words, **more):
    """Return the cause that comes first, which must apply."""
    r = world.ipcx("why", line, *words, "--json", **more)
    assert r.rc in (0, 1, 4) and r.json["causes"], (r.rc, r.out, r.err)
    first = r.json["causes"][0]
    assert (r.rc, first["applies"]) == (0, True), r.json["causes"]
    assert first["evidence"], first
    return first


# ---- what is planted

def segments_full(world):
    world.sysctl("kernel.shmmni", "1")
    world.ok("mk", "shm", "--size", "4K")


def pages_full(world):
    world.sysctl("kernel.shmall", "2")
    world.ok("mk", "shm", "--size", "8K")


def small_shmmax(world):
    world.sysctl("kernel.shmmax", "4096")


def arrays_full(world):
    world.sysctl("kernel.sem", "250 32000 32 1")
    world.ok("mk", "sem", "--nsems", "1")


def queues_full(world):
    world.sysctl("kernel.msgmni", "1")
    world.ok("mk", "msg")


def small_segment(world):
    world.ok("mk", "shm", "--key", "0x4d2", "--size", "4K")


def segment_of_postgresql(world):
    world.ok("mk", "shm", "--key", "5432001", "--size", "56")


def array_removed(world):
    world.ok("mk", "sem", "--nsems", "1")
    world.ok("rm", "sem:0", "--yes")


def nothing(world):
    pass


def shm_full(world):
    assert world.sh("mount -o remount,size=64k /dev/shm && head -c 65536 /dev/zero >/dev/shm/fill").rc == 0


def shm_missing(world):
    assert world.sh("umount /dev/shm; mount -t tmpfs none /dev && ! test -e /dev/shm").rc == 0


def shm_of_another(world):
    assert world.sh("install -m 600 /dev/null /dev/shm/vader_segment.capri02.1").rc == 0


# project and number: what is planted, the line, further words, the cause
QUESTIONS = {
    "qTox/qTox#2366": (segments_full, "(qtox:1270): Gdk-WARNING **: shmget failed: error 28 (No space left on device)", [], "kernel.shmmni"),
    "TrunkRecorder/trunk-recorder#880": (segments_full, "gr::vmcircbuf_sysv_shm: shmget (2): No space left on device", [], "kernel.shmmni"),
    "openucx/ucx#5280": (pages_full, "UCX  ERROR shmget(size=262144 flags=0x7b0) for user allocation failed: No space left on device, please check "
                         "shared memory limits by 'ipcs -l'", [], "kernel.shmall"),
    "s5z/zsim#38": (small_shmmax, "gm_create failed shmget: Invalid argument", ["size=1G"], "kernel.shmmax"),
    "MicrosoftDocs/WSL#39": (small_shmmax, "[-]  SYSTEM ERROR : shmget() failed\n    Stop location : setup_shm(), afl-showmap.c:134\n       OS message : "
                             "Invalid argument", ["size=64K"], "kernel.shmmax"),
    "CMU-SAFARI/DAMOV#14": (nothing, "gm create failed shmget: Cannot allocate memory", ["size=100T"], "overcommit"),
    "concretecms/concretecms#7524": (arrays_full, "sem_get(): failed for key 0x1234abcd: No space left on device", [], "SEMMNI"),
    "visibilityspots/httpd-semaphores": (arrays_full, "[core:emerg] [pid 17] (28)No space left on device: AH00023: Couldn't create the rewrite-map "
                                         "mutex", [], "SEMMNI"),
    "PostgreSQL: could not create semaphores": (arrays_full, "FATAL:  could not create semaphores: No space left on device\nDETAIL:  Failed system call "
                                                "was semget(5432129, 17, 03600).", [], "SEMMNI"),
    "amphp/sync#28": (queues_full, "msg_get_queue(): Failed for key 0x00000001: No space left on device", [], "msgmni"),
    "deis/postgres#20": (segment_of_postgresql, "FATAL:  pre-existing shared memory block (key 5432001, ID 0) is still in use", [], "this key exists"),
    "php/php-src#11789": (small_segment, 'shmop_open(): Unable to attach or create shared memory segment "Invalid argument"', ["key=0x4d2", "size=8K"],
                          "smaller"),
    "systemd/systemd#2039": (array_removed, "FATAL:  semctl(0, 3, SETVAL, 0) failed: Invalid argument", [], "removed"),
    "coollabsio/coolify#2963": (shm_full, 'PG::DiskFull: ERROR:  could not resize shared memory segment "/PostgreSQL.726751546" to 4194304 bytes: No space '
                                "left on device", [], "/dev/shm"),
    "NVIDIA/nccl#525": (shm_full, "include/shm.h:28 NCCL WARN Call to posix_fallocate failed : No space left on device (size 9637888)", [], "/dev/shm"),
    "pytorch/pytorch#16979": (shm_full, "RuntimeError: DataLoader worker (pid 21) is killed by signal: Bus error.", [], "/dev/shm"),
    "OpenIDC/liboauth2#18": (shm_full, "oauth2_ipc_sema_post_config: sem_open() failed to create named semaphore /zzo-sema-8085.0x564b89a996e0: No space "
                             "left on device (28)", [], "/dev/shm"),
    "conductor-oss/python-sdk#132": (shm_full, "_multiprocessing.SemLock(OSError: [Errno 28] No space left on device", [], "/dev/shm"),
    "actionless/pikaur#567": (shm_missing, "self._semlock = _multiprocessing.SemLock( FileNotFoundError: [Errno 2] No such file or directory", [], "/dev/shm"),
    "open-mpi/ompi#7308": (shm_of_another, "System call: open(2) /dev/shm/vader_segment.capri02.1\n  Error:       Permission denied (errno 13)",
                           ["flags=O_RDWR", "--as", NOBODY], "mode"),
    "gnudatalanguage/gdl#1880": (nothing, "Server: mq_open (server): Too many open files", ["maxmsg=10", "msgsize=8192"], "RLIMIT_MSGQUEUE"),
    "osvenskan/posix_ipc#21": (nothing, "OSError: This process already has the maximum number of files open", ["maxmsg=10", "msgsize=8192"],
                               "RLIMIT_MSGQUEUE"),
    "mscdex/pmq#4": (nothing, "mq_open: Invalid argument", ["maxmsg=20", "msgsize=1024", "flags=O_CREAT"], "msg_max"),
    "envoyproxy/envoy#36713": (nothing, "cannot open shared memory region /envoy_shared_memory_60 check user permissions. Error: No such file or "
                               "directory", ["name=/envoy_shared_memory_60"], "no "),
}



@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.replace("/", "-"))
def test_a_public_question_is_answered_by_one_command(world, question):
    plant, line, words, cause = QUESTIONS[question]
    more = {}
    if "RLIMIT_MSGQUEUE" in cause:
        more = {"uid": NOBODY, "preexec_fn": limit_queues}
    elif cause == "msg_max":
        more = {"uid": NOBODY}
    plant(world)
    first = applying(world, line, *words, **more)
    assert cause in first["cause"] + first["evidence"], first


def limit_queues():
    """Allow no queue at all, as if others of the same user had used up what is allowed."""
    resource.setrlimit(resource.RLIMIT_MSGQUEUE, (1000, 1000))


def test_the_same_lines_without_the_fault_are_not_so(world):
    for question in ("qTox/qTox#2366", "concretecms/concretecms#7524", "amphp/sync#28"):
        _, line, words, _ = QUESTIONS[question]
        r = world.ipcx("why", line, *words, "--json")
        assert r.rc in (1, 4) and not any(c["applies"] for c in r.json["causes"]), r.json["causes"]
