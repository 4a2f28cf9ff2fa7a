# SPDX-License-Identifier: GPL-2.0-or-later
"""sem run and psem run: semaphores are released however the command ends; what the command inherits."""

import os
import signal
import time

import pytest

from conftest import IPCX
from helpers.real import PYTHON, kernel, meanwhile
from helpers.sems import Waiting, array, fails, values
from helpers.tools import asleep, is_musl, release, until

# A hundred commands, killed at random moments from before the start until well into the run.
KILL = """
import random, subprocess
id, most, argv = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
random.seed(5)
init, held, free = sem_values(id, 1), 0, 0
for i in range(100):
    p = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    time.sleep(random.random() * most)
    now = sem_values(id, 1)
    p.kill()
    p.wait()
    held, free = held + (now != init), free + (now == init)
    end = time.monotonic() + 5
    while sem_values(id, 1) != init and time.monotonic() < end:
        time.sleep(0.001)
    assert sem_values(id, 1) == init, (i, sem_values(id, 1))
print(f"[{held}, {free}]")
"""


@pytest.mark.parametrize("command", [["sleep", "100"], ["sh", "-c", "while :; do :; done"]], ids=["sleep", "busy"])
def test_a_semaphore_is_released_after_sigkill_at_random_moments(world, command):
    """ipcx is killed by SIGKILL at any moment: before it takes the semaphore, before it starts the command, or while the command runs."""
    array(world, 3)
    program = release()
    begun = time.monotonic()
    for _ in range(5):
        world.run(program, "sem", "run", "sem:0", "--", "true")
    each = (time.monotonic() - begun) / 5
    held, free = kernel(world, KILL, 0, 2 * each, program, "sem", "run", "sem:0", "--count", "2", "--", *command, timeout=300)
    assert held + free == 100 and held >= 10 and free >= 3, "the moments were not before and after"


def test_under_contention_the_semaphore_is_released_each_time(world):
    """Eight commands are started at a time and killed one after another; never more than two run, and in the end the value is restored."""
    array(world, 2, 0)
    code = """
import random, subprocess
random.seed(7)
argv, busy = sys.argv[1:], []
for i in range(100):
    busy.append(subprocess.Popen(argv))
    assert 0 <= sem_values(0, 1)[0] <= 2
    if len(busy) == 8:
        p = busy.pop(random.randrange(8))
        time.sleep(random.random() * 0.01)
        p.kill()
        p.wait()
for p in busy:
    p.kill()
    p.wait()
wait_for(lambda: sem_values(0, 1) == [2])
"""
    kernel(world, code, release(), "sem", "run", "sem:0", "--", "sleep", "100", timeout=300)
    assert values(world, 1) == [2]


def test_it_execs_the_command(world):
    array(world, 1)
    r = world.sh('"$IPCX" sem run sem:0 -- sh -c \'echo $$ $PPID; "$IPCX" sem get sem:0; exit 7\' & echo $! $$; wait $!; echo $?')
    first, second, value, status = r.lines
    assert {first, second} == {first} and value == "0" and status == "7" and values(world, 1) == [1]


@pytest.mark.parametrize("how,status", [("exit 0", 0), ("exit 200", 200), ("kill -TERM $$", -15), ("kill -KILL $$", -9), ("kill -SEGV $$", -11)])
def test_the_command_ends_in_any_way(world, how, status):
    array(world, 5)
    r = world.sh(f'ulimit -c 0; "$IPCX" sem run sem:0 --count 5 -- sh -c \'"$IPCX" sem get sem:0; {how}\'; echo $?')
    assert r.lines == ["0", str(status if status >= 0 else 128 - status)] and values(world, 1) == [5]


def test_background_processes_do_not_keep_the_semaphore(world):
    array(world, 1)
    with meanwhile(world, "import subprocess; subprocess.check_call(sys.argv[1:]); hold()",
                   IPCX, "sem", "run", "0", "--", "sh", "-c", "sleep 100 >/dev/null & echo $! >&2"):
        assert values(world, 1) == [1]


@pytest.mark.parametrize("command,status,says", [
    (["/nonexistent"], 127, "/nonexistent: cannot run: No such file"), (["nonexistent"], 127, "nonexistent: cannot run: No such file"),
    (["/etc/passwd"], 126, "/etc/passwd: cannot run: Permission denied"), (["/etc"], 126, "/etc: cannot run: Permission denied"), ([""], 127, "cannot run"),
    (["/etc/passwd/x"], 126, "Not a directory")])
@pytest.mark.parametrize("verb", ["sem", "psem"])
def test_a_command_that_cannot_be_run_is_reported_before_anything_is_taken(world, verb, command, status, says):
    """The error comes at once, even if the semaphore cannot be taken."""
    array(world, 0)
    world.ok("mk", "psem", "/s", "--init", "0")
    fails(world, status, verb, "run", "sem:0" if verb == "sem" else "/s", "--", *command, says=says)
    assert values(world, 1) == [0]


@pytest.mark.parametrize("verb", ["sem", "psem"])
def test_a_command_that_exec_refuses_after_all(world, verb):
    """The file looks like a program; the semaphore is still released at once."""
    array(world, 1)
    world.ok("mk", "psem", "/s", "--init", "1")
    path = os.path.join(world.dir, "program")
    with open(path, "w", encoding="ascii") as f:
        f.write("#!/nonexistent/interpreter\n")
    os.chmod(path, 0o755)
    fails(world, 127, verb, "run", "sem:0" if verb == "sem" else "/s", "--", path, says="cannot run: No such file")
    assert values(world, 1) == [1] and world.ok("psem", "get", "/s") == "1"


def test_path_is_searched_as_by_a_shell(world):
    array(world, 1)
    os.mkdir(f"{world.dir}/a")
    os.mkdir(f"{world.dir}/b")
    for d, mode in (("a", 0o644), ("b", 0o755)):
        with open(f"{world.dir}/{d}/prog", "w", encoding="ascii") as f:
            f.write(f"#!/bin/sh\necho {d}\n")
        os.chmod(f"{world.dir}/{d}/prog", mode)
    script = f'PATH={world.dir}/a:{world.dir}/b "$IPCX" sem run 0 prog'
    assert world.sh(script.replace(" prog", " prog || :")).out == "b\n"
    os.unlink(f"{world.dir}/b/prog")
    r = world.sh(script)
    assert r.rc == 126 and "Permission denied" in r.err
    assert world.sh(f'cd {world.dir}/a; chmod +x prog; PATH= "$IPCX" sem run 0 prog').out == "a\n"
    assert world.sh(f'cd {world.dir}/a; unset PATH; "$IPCX" sem run 0 sh -c "echo found"').out == "found\n"


def test_options_are_parsed_only_before_the_command(world):
    array(world, 5)
    for words in (["sem:0", "--count", "2", "echo", "--count", "7"], ["--count", "2", "sem:0", "--", "echo", "--count", "7"], ["-c2", "0", "echo", "--count", "7"]):
        assert world.ok("sem", "run", *words) == "--count 7"
    fails(world, 2, "sem", "run", "sem:0", says="a reference and a command are needed")
    fails(world, 2, "sem", "run", "sem:0", "--", says="a reference and a command are needed")
    fails(world, 2, "psem", "run", "/x", "--", says="a reference and a command are needed")


@pytest.mark.parametrize("verb", ["sem", "psem"])
def test_what_the_command_inherits(world, verb):
    """The command inherits nothing of ipcx, only what the caller passed, as with flock(1) and env(1). With --ns it inherits no descriptor above the standard
    streams."""
    array(world, 1)
    world.ok("mk", "psem", "/s", "--init", "1")
    ref = "sem:0" if verb == "sem" else "/s"
    world.ok("mk", "shm", "--size", "1")
    show = "exec 9</etc/passwd; \"$IPCX\" %s run %s %s -- sh -c 'cd /proc/self/fd; echo *; cat /proc/self/status | grep -E \"^Sig(Blk|Ign)\"' 2>&1"
    here = world.sh("exec 9</etc/passwd; sh -c 'cd /proc/self/fd; echo *; cat /proc/self/status | grep -E \"^Sig(Blk|Ign)\"'").lines
    assert world.sh(show % (verb, ref, "")).lines == here and "9" in here[0].split()
    away = world.sh(show % (verb, ref, "--ns self")).lines
    assert away[1:] == here[1:] and set(here[0].split()) - set(away[0].split()) == {"9"}, away


def test_a_namespace_is_entered_before_the_semaphore_is_taken(world):
    """In the other order, entering the namespace would release the semaphore (setns(2))."""
    array(world, 1)
    r = world.ipcx("sem", "run", "sem:0", "--ns", "self", "--", IPCX, "sem", "get", "sem:0")
    assert (r.rc, r.out) == (0, "0\n") and values(world, 1) == [1]
    r = world.ipcx("sem", "run", "sem:0", "--", "unshare", "--ipc", "nsenter", "--ipc=/proc/1/ns/ipc", IPCX, "sem", "get", "sem:0")
    assert r.out == "1\n", "help says that whoever enters another namespace gives it back"


def test_one_at_a_time_and_n_at_once(world):
    """What the man page promises, checked by a counter that a race would corrupt."""
    for n, init in ((1, "1"), (3, "3")):
        world.ok("mk", f"sem:key={n}", "--nsems", "2", "--init", f"{init},0")
        r = world.sh(f'''for i in $(seq 12); do "$IPCX" sem run sem:key={n} -- sh -c \'
"$IPCX" sem post sem:key={n}:1; "$IPCX" sem get sem:key={n}:1; sleep 0.05; "$IPCX" sem wait sem:key={n}:1\' & done; wait''', timeout=120)
        assert r.err == "" and len(r.lines) == 12 and 1 <= max(map(int, r.lines)) <= n
        assert world.ok("sem", "get", f"sem:key={n}") == f"{n}\n0"


def test_a_semaphore_that_is_set_meanwhile_is_not_released(world):
    """SETVAL discards undo entries, as help says."""
    array(world, 1)
    assert world.ipcx("sem", "run", "0", "--", IPCX, "sem", "set", "0", "0=4").rc == 0
    assert values(world, 1) == [4]


def test_the_status_is_that_of_the_command_if_the_array_is_removed_meanwhile(world):
    array(world, 1)
    r = world.ipcx("sem", "run", "0", "--", "sh", "-c", f"{IPCX} rm sem 0 >/dev/null; exit 9")
    assert r.rc == 9


# Run a command on a terminal; type ^C when the command has printed "begun".
TERMINAL = """
import json, pty
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
out = ""
while True:
    try:
        more = os.read(fd, 4096).decode()
    except OSError:
        more = ""
    if not more:
        break
    if "begun" in more:
        os.write(fd, b"\\x03")
    out += more
print(json.dumps([os.waitpid(pid, 0)[1], out]))
"""


# Count how often SIGINT arrives: each signal writes a byte, even if Python merges two of them.
COUNT = """
import os, signal, time
r, w = os.pipe()
os.set_blocking(w, False)
signal.set_wakeup_fd(w)
signal.signal(signal.SIGINT, lambda *_: None)
print("begun", flush=True)
os.read(r, 1)
time.sleep(0.5)
os.write(w, b"x")
print(f"end{len(os.read(r, 100))}")
"""


# ---- named ones


def sem(world, init=1, name="/s"):
    world.ok("mk", "psem", name, "--init", init)


def value(world, name="/s"):
    return int(world.ok("psem", "get", name))


@pytest.mark.parametrize("how,status", [("exit 0", 0), ("exit 200", 200), ("kill -TERM $$", 143), ("kill -KILL $$", 137)])
def test_a_named_semaphore_is_released_however_the_command_ends(world, how, status):
    sem(world)
    r = world.sh(f'"$IPCX" psem run /s -- sh -c \'"$IPCX" psem get /s; {how}\'; echo $?')
    assert r.lines == ["0", str(status)] and value(world) == 1


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "PIPE", "PWR", "RTMIN", "RTMAX"])
def test_signals_go_to_the_command(world, name):
    if name == "RTMIN" and is_musl():
        pytest.skip(f"musl keeps signal {int(signal.SIGRTMIN)} for itself")
    sem(world)
    number = getattr(signal, "SIG" + name)
    ready = os.path.join(world.dir, "ready")
    w = Waiting(world, "psem", "run", "/s", "--", "sh", "-c",
                f"trap 'echo got; exit 4' {int(number)}; : >{ready}; while :; do sleep 0.01; done")
    until(lambda: os.path.exists(ready))
    assert value(world) == 0
    os.kill(w.pid, number)
    assert w.end() == (4, "got\n", "") and value(world) == 1


def test_a_named_semaphore_stays_taken_after_sigkill(world):
    """The semaphore stays taken, as the man page says."""
    sem(world)
    w = Waiting(world, "psem", "run", "/s", "--", "sleep", "2")
    until(lambda: value(world) == 0)
    os.kill(w.pid, signal.SIGKILL)
    w.end()
    time.sleep(2.2)
    assert value(world) == 0
    world.ok("psem", "post", "/s")
    text = " ".join(world.ok("help", "psem", "run").split())
    assert "stays taken" in text and "psem post" in text


def test_a_named_semaphore_is_released_after_other_signals_at_random_moments(world):
    """ipcx is ended by any signal except SIGKILL, also between taking the semaphore and starting the command."""
    sem(world)
    program = release()
    code = """
import random, signal, subprocess
random.seed(11)
file = os.open("/dev/shm/sem.s", os.O_RDONLY)
shift = os.fstat(file).st_size == 16  # in 32 bits, the lowest bit says that somebody waits
def value():
    return struct.unpack("=I", os.pread(file, 4, 0))[0] >> shift
held = free = 0
for i in range(100):
    p = subprocess.Popen(sys.argv[1:])
    time.sleep(random.random() * 0.02)
    now = value()
    held, free = held + (now == 0), free + (now == 1)
    p.send_signal(random.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1]))
    p.wait(10)
    assert value() == 1, i
print(f"[{held}, {free}]")
"""
    held, free = kernel(world, code, program, "psem", "run", "/s", "--", "sleep", "100", timeout=300)
    assert held >= 10 and free >= 3


def test_release_of_a_named_semaphore_posts_the_one_that_was_taken(world):
    """By then the name may belong to another semaphore."""
    sem(world)
    r = world.sh('''"$IPCX" psem run /s -- sh -c '"$IPCX" rm psem /s >/dev/null; "$IPCX" mk psem /s --init 5 >/dev/null'; "$IPCX" psem get /s''')
    assert r.out == "5\n" and r.err == ""


def test_release_of_a_removed_semaphore_wakes_its_waiting_processes(world):
    """They are woken although the semaphore no longer has a name."""
    sem(world)
    w = Waiting(world, "psem", "run", "/s", "--", "sleep", "2")
    until(lambda: value(world) == 0)
    other = Waiting(world, "psem", "wait", "/s")
    until(lambda: asleep(world, "futex_do_wait", "futex_wait_queue", "futex_wait_queue_me") == 1)
    assert world.ipcx("rm", "psem", "/s").rc == 0
    assert w.end() == other.end() == (0, "", "")


def test_signals_during_a_wait_do_not_take_a_named_semaphore(world):
    sem(world, 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        w = Waiting(world, "psem", "run", "/s", "--", "sleep", "100")
        time.sleep(0.3)
        begun = time.monotonic()
        os.kill(w.pid, number)
        assert w.end()[0] in (-number, 128 + number) and time.monotonic() - begun < 2
    assert value(world) == 0
    world.ok("psem", "post", "/s")
    assert value(world) == 1


def test_a_named_semaphore_with_sigchld_ignored(world):
    """An inherited SIG_IGN for SIGCHLD would lose the exit status."""
    sem(world)
    code = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    r = world.run("/usr/bin/python3", "-c", "import os, sys; " + code, IPCX, "psem", "run", "/s", "--", "grep", "SigIgn", "/proc/self/status", timeout=20)
    assert r.rc == 0 and int(r.out.split()[1], 16) & 1 << 16 and value(world) == 1


def test_a_named_semaphore_when_the_command_is_stopped(world):
    """ipcx stops so that a shell's job control sees it, and continues together with the command."""
    sem(world)
    w = Waiting(world, "psem", "run", "/s", "--", "sh", "-c", "kill -STOP $$; echo went on")
    pid = w.pid

    def state():
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0]
    until(lambda: state() == "T")
    assert value(world) == 0
    os.kill(w.p.pid, signal.SIGCONT)  # nsenter, which stopped with its child, and wakes it
    assert w.end() == (0, "went on\n", "") and value(world) == 1


@pytest.mark.parametrize("verb", ["sem", "psem"])
def test_interrupted_from_the_terminal(world, verb):
    """The terminal sends the signal to ipcx and to the command; the command gets it once."""
    array(world, 1)
    sem(world)
    ref = "sem:0" if verb == "sem" else "/s"
    status, out = kernel(world, TERMINAL, IPCX, verb, "run", ref, "--", PYTHON, "-c", COUNT)
    assert status == 0 and "end1" in out, out
    assert values(world, 1) == [1] and value(world) == 1
