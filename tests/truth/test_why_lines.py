# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions that people asked in public, by project and number: what the line complains of is planted, and one command answers."""

import contextlib
import resource
import subprocess

import pytest

from planting import plant

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
    world.ok("mk", "shm", "--key", "0x3a98", "--size", "4K")


@contextlib.contextmanager
def segment_of_postgresql(world):
    with plant(world, "shmget 5433001 56", "shmat"):
        yield


@contextlib.contextmanager
def segment_of_stolon(world):
    world.sysctl("kernel.shm_next_id", "98304")
    with plant(world, "shmget 5432001 56", "shmat"):
        yield


@contextlib.contextmanager
def named(world, name, *before, then=0):
    """A process with this name, which becomes another user; yields its pid in the world. "before" are words of a command that starts it."""
    script = ("import os, sys; open('/proc/self/comm', 'w').write(sys.argv[1]); os.setresgid(*3 * [int(sys.argv[2])]); "
              "os.setresuid(*3 * [int(sys.argv[2])]); print(os.getpid(), flush=True); sys.stdin.read()")
    p = subprocess.Popen(world.argv(*before, "python3", "-c", script, name, then), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield int(p.stdout.readline())
    finally:
        p.stdin.close()
        p.stdout.close()
        p.wait(timeout=60)


def shmmax_of_the_time(world):
    world.sysctl("kernel.shmmax", "33554432")


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
    "TrunkRecorder/trunk-recorder#880": (segments_full, "gr::vmcircbuf :error: shmget (2): No space left on device", [], "kernel.shmmni"),
    "openucx/ucx#5280": (pages_full, "UCX  ERROR shmget(size=262144 flags=0x7b0) for user allocation failed: No space left on device, please check "
                         "shared memory limits by 'ipcs -l'", [], "kernel.shmall"),
    "s5z/zsim#38": (small_shmmax, "gm_create failed shmget: Invalid argument", ["size=1G"], "kernel.shmmax"),
    "CMU-SAFARI/DAMOV#14": (nothing, "gm create failed shmget: Cannot allocate memory", ["size=100T"], "overcommit"),
    "concretecms/concretecms#7524": (arrays_full, "sem_get(): failed for key 0x1234abcd: No space left on device", [], "SEMMNI"),
    "friendica/friendica#8200": (arrays_full, "PHP Warning: sem_get(): failed for key 0x6602b303: No space left on device", [], "SEMMNI"),
    "NethServer/dev#6281": (arrays_full, "[core:emerg] [pid 4545] (28)No space left on device: AH00023: Couldn't create the ssl-cache mutex", [], "SEMMNI"),
    "tk0miya/testing.postgresql#11": (arrays_full, "FATAL:  could not create semaphores: No space left on device\nDETAIL:  Failed system call was "
                                      "semget(1, 17, 03600).", [], "SEMMNI"),
    "amphp/sync#28": (queues_full, "msg_get_queue(): Failed for key 0x00000000: No space left on device", [], "msgmni"),
    "yugabyte/yugabyte-db#11343": (segment_of_postgresql, "FATAL: pre-existing shared memory block (key 5433001, ID 0) is still in use", [],
                                   "still have the segment attached"),
    "sorintlab/stolon#743": (segment_of_stolon, "FATAL:  pre-existing shared memory block (key 5432001, ID 98304) is still in use", [],
                             "still have the segment attached"),
    "jorisvink/kore#44": (small_segment, "kore: kore_worker_init(): shmget() Invalid argument", ["key=0x3a98", "size=8K"], "smaller"),
    "TechEmpower/FrameworkBenchmarks#450": (shmmax_of_the_time, "FATAL:  could not create shared memory segment: Invalid argument\nDETAIL:  Failed system "
                                            "call was shmget(key=5432001, size=61816832, 03600).", [], "kernel.shmmax"),
    "greenplum-db/gpdb#12090": (array_removed, "FATAL:  semctl(163858, 9, SETVAL, 0) failed: Invalid argument (pg_sema.c:151)", [], "removed"),
    "coollabsio/coolify#2963": (shm_full, 'PG::DiskFull: ERROR:  could not resize shared memory segment "/PostgreSQL.726751546" to 4194304 bytes: No space '
                                "left on device", [], "/dev/shm"),
    "NVIDIA/nccl#525": (shm_full, "[3] include/shm.h:28 NCCL WARN Call to posix_fallocate failed : No space left on device", [], "/dev/shm"),
    "pytorch/pytorch#16979": (shm_full, "RuntimeError: DataLoader worker (pid 125) is killed by signal: Bus error.", [], "/dev/shm"),
    "OpenIDC/liboauth2#18": (shm_full, "oauth2_ipc_sema_post_config: sem_open() failed to create named semaphore /zzo-sema-8085.0x564b89a996e0: No space "
                             "left on device (28)", [], "/dev/shm"),
    "conductor-oss/python-sdk#132": (shm_full, "_multiprocessing.SemLock(OSError: [Errno 28] No space left on device", [], "/dev/shm"),
    "actionless/pikaur#567": (shm_missing, "self._semlock = _multiprocessing.SemLock( FileNotFoundError: [Errno 2] No such file or directory", [], "/dev/shm"),
    "open-mpi/ompi#7308": (shm_of_another, "A system call failed during shared memory initialization\n  System call: open(2)\n"
                           "  Error:       Permission denied (errno 13)",
                           ["name=/vader_segment.capri02.1", "flags=O_RDWR", "--as", NOBODY], "mode"),
    "gnudatalanguage/gdl#1880": (nothing, "Server: mq_open (server): Too many open files", ["maxmsg=10", "msgsize=8192"], "RLIMIT_MSGQUEUE"),
    "osvenskan/posix_ipc#21": (nothing, "OSError: This process already has the maximum number of files open", ["maxmsg=10", "msgsize=8192"],
                               "RLIMIT_MSGQUEUE"),
    "fandrej/glonassd#7": (nothing, "database thread[824]: mq_open() error 22: Invalid argument", ["maxmsg=20", "msgsize=1024", "flags=O_CREAT"], "msg_max"),
    "envoyproxy/envoy#36713": (nothing, "cannot open shared memory region /envoy_shared_memory_60 check user permissions. Error: No such file or "
                               "directory", ["name=/envoy_shared_memory_60"], "no "),
}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.replace("/", "-"))
def test_a_public_question_is_answered_by_one_command(world, question):
    prepare, line, words, cause = QUESTIONS[question]
    more = {}
    if "RLIMIT_MSGQUEUE" in cause:
        more = {"uid": NOBODY, "preexec_fn": limit_queues}
    elif cause == "msg_max":
        more = {"uid": NOBODY}
    with contextlib.ExitStack() as stack:
        planted = prepare(world)
        if planted:
            stack.enter_context(planted)
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


# ---- PostgreSQL: its old segment

OLD = "FATAL:  pre-existing shared memory block (key %d, ID %d) is still in use"


def only(world, line, *words):
    """Return exit status and reason of a line that has one."""
    r = world.ipcx("why", line, *words, "--json")
    assert len(r.json["causes"]) == 1, r.json["causes"]
    return r.rc, r.json["causes"][0]


def test_who_holds_the_old_segment_is_named(world):
    with plant(world, "shmget 5432001 56", "shmat") as first, plant(world, "shmget 5432001 56", "shmat", "shmat"):
        assert first["id"] == 0
        rc, reason = only(world, OLD % (5432001, 0))
        assert (rc, reason["applies"]) == (0, True), reason
        assert "is attached 3 times, by plant (process " in reason["evidence"] and reason["evidence"].count("plant") == 2, reason
        fix, then = reason["fix"].split(" # ")
        assert (fix, then) == ("ipcx who shm:0", "then end these processes")
        assert len(world.ipcx(*fix.split()[1:], "--json").json["users"]) == 2
    assert only(world, OLD % (5432001, 0))[1]["applies"] is False


def test_an_old_segment_without_users_can_be_removed(world):
    world.ok("mk", "shm", "--key", "5432001", "--size", "56")
    rc, reason = only(world, OLD % (5432001, 0))
    assert (rc, reason["applies"]) == (1, False) and "no process has segment shm:0" in reason["evidence"], reason
    assert "no process has segment" in world.ipcx("why", OLD % (5432001, 0)).out, "told although it does not apply"
    with plant(world, "shmget 5432001 56", "shmat"):
        world.sh(reason["fix"].replace("ipcx", '"$IPCX"', 1) + " --yes")
        assert len(world.objects("shm")) == 1, "not while it is attached"
    assert world.sh(reason["fix"].replace("ipcx", '"$IPCX"', 1) + " --yes").rc == 0
    assert world.objects("shm") == []


def test_an_old_segment_that_is_gone_is_not_in_use(world):
    rc, reason = only(world, OLD % (5432001, 0))
    assert (rc, reason["applies"]) == (1, False) and "no such segment" in reason["evidence"], reason
    with plant(world, "shmget 5432002 56", "shmat"):
        rc, reason = only(world, OLD % (5432001, 0))
        assert (rc, reason["applies"]) == (1, False) and "now belongs to segment shm:0 (key 0x0052e2c2)" in reason["evidence"], reason


def test_shmget_eexist_is_another_question(world):
    world.ok("mk", "shm", "--key", "5432001", "--size", "56")
    r = world.ipcx("why", "shmget", "EEXIST", "key=5432001", "--json")
    assert [c["cause"] for c in r.json["causes"]] == ["a segment with this key exists, and IPC_CREAT and IPC_EXCL were given"]


# ---- X11: the server cannot attach the client's segment

SHM = ("X Error of failed request:  BadAccess (attempt to access private resource denied)\n"
       "  Major opcode of failed request:  130 (MIT-SHM)\n  Minor opcode of failed request:  1 (X_ShmAttach)")  # pauleve/docker-mtgo#1


def reasons(world, *words):
    r = world.ipcx("why", SHM, *words, "--json")
    causes = {c["error"]: c for c in r.json["causes"]}
    assert set(causes) == {"EINVAL", "EACCES"} and r.json["causes"][0]["program"] == "X11", r.json["causes"]
    return r.rc, causes["EINVAL"], causes["EACCES"]


def test_mit_shm_without_a_process_cannot_be_told(world):
    rc, apart, mode = reasons(world)
    assert (rc, apart["applies"], mode["applies"]) == (4, None, None)
    assert apart["evidence"].startswith("cannot be told: ") and apart["fix"].startswith("ipcx ns cmp CLIENT SERVER #"), apart
    with named(world, "client") as client:
        _, apart, _ = reasons(world, "--pid", client)
        assert apart["applies"] is None and "no X server is seen" in apart["evidence"], apart


def test_mit_shm_between_namespaces(world):
    with named(world, "Xvfb") as server, named(world, "client", "unshare", "--ipc") as client:
        rc, apart, _ = reasons(world, "--pid", client)
        assert (rc, apart["applies"]) == (0, True) and f"process {server}" in apart["evidence"], apart
        fix = apart["fix"].split(" # ")[0]
        assert fix == f"ipcx ns cmp {client} {server}"
        assert world.ipcx(*fix.split()[1:]).rc == 1, "they differ"
    with named(world, "Xvfb"), named(world, "client") as client:
        _, apart, _ = reasons(world, "--pid", client)
        assert apart["applies"] is False and "is in the namespace of the X server" in apart["evidence"], apart


def test_mit_shm_and_the_mode_of_the_segment(world):
    world.ok("mk", "shm", "--size", "4K", "--mode", "0600")
    with named(world, "Xvfb", then=NOBODY), named(world, "client") as client:
        rc, _, mode = reasons(world, "id=0", "--pid", client)
        assert (rc, mode["applies"]) == (0, True) and "mode 0600" in mode["evidence"], mode
        assert world.sh(mode["fix"].replace("ipcx", '"$IPCX"', 1)).rc == 0
        _, _, mode = reasons(world, "id=0", "--pid", client)
        assert mode["applies"] is False, mode
