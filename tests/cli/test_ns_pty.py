# SPDX-License-Identifier: GPL-2.0-or-later
"""ns enter on a terminal compared with the same command without it: jobs, keys, signals, sizes, exit status, and the state of the terminal
afterwards."""

import contextlib
import fcntl
import hashlib
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

from conftest import IPCX
from helpers.tools import children, until

WAIT = 20  # timeout in seconds
DEADLY = ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "PIPE", "VTALRM", "IO"]


def gone(pid):
    """Return whether a process has exited (whether or not it has been reaped)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def comm(pid):
    """Return the name of the program that a process runs; nothing if it has exited."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/comm", encoding="utf-8") as f:
        return f.read().strip()
    return ""


def family(pid):
    """Return a process and all its descendants."""
    found, new = [], [pid]
    while new:
        found += new
        new = [c for p in new for c in children(p)]
    return found


class Terminal:
    """A process that leads the session of a new terminal, as under ssh -t."""

    def __init__(self, *argv, size=(24, 80), pause=0):
        self.out, self.at, self.status, self.pause = b"", 0, None, pause
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Python ignores these two signals.
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            env = dict(os.environ, PS1="PROMPT ", LC_ALL="C", IPCX=IPCX)
            os.execvpe(argv[0], [str(a) for a in argv], env)
        os.set_blocking(self.fd, False)

    def take(self, wait=0.1):
        """Read available output; return False at the end."""
        if select.select([self.fd], [], [], wait)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            self.out += data
            return bool(data)
        return True

    def expect(self, pattern, wait=WAIT):
        """Wait for a pattern after the last match."""
        end = time.monotonic() + wait
        while True:
            found = re.search(pattern.encode(), self.out[self.at:], re.S)
            if found:
                self.at += found.end()
                return [g and g.decode() for g in found.groups()]
            assert time.monotonic() < end and (self.take() or re.search(pattern.encode(), self.out[self.at:], re.S)), \
                (pattern, self.out[self.at:][-2000:])

    def repeat(self, text, pattern):
        """Send the text repeatedly until the answer arrives."""
        end = time.monotonic() + WAIT
        while not re.search(pattern.encode(), self.out[self.at:], re.S):
            assert time.monotonic() < end, (pattern, self.out[self.at:][-2000:])
            self.send(text)
            self.take(0.3)
        self.expect(pattern)

    def send(self, text):
        time.sleep(self.pause)
        data = text.encode() if isinstance(text, str) else text
        end = time.monotonic() + WAIT
        while data:
            assert time.monotonic() < end, "keys are not taken"
            if select.select([], [self.fd], [], 0.05)[1]:
                try:
                    data = data[os.write(self.fd, data[:1024]):]
                except BlockingIOError:
                    pass
            self.take(0)

    def press(self, key):
        """Wait before sending a key: between fork and exec a shell reads no key, with or without ipcx."""
        time.sleep(0.3)
        self.send(key)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def quiet(self, wait=0.5):
        """Return whether no output arrives for a while."""
        before = len(self.out)
        end = time.monotonic() + wait
        while time.monotonic() < end:
            self.take(0.05)
        return len(self.out) == before

    def end(self, wait=WAIT):
        """Return the exit status, or the negative signal number."""
        end = time.monotonic() + wait
        while self.status is None:
            assert time.monotonic() < end, ("it does not end", self.out[-2000:])
            more = self.take(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif not more:
                time.sleep(0.02)
        while time.monotonic() < end and self.take(0.2) and select.select([self.fd], [], [], 0)[0]:
            pass
        return self.status

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1
        if self.status is None:
            for pid in [*children(self.pid), self.pid]:
                try:
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            until(lambda: gone(self.pid))
            self.status = os.waitpid(self.pid, 0)[1]


@pytest.fixture(scope="module")
def place():
    """A process in other namespaces, including a PID namespace of its own."""
    p = subprocess.Popen(["unshare", "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                          "mount -t tmpfs none /dev/shm; echo ready; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"ready\n"
    yield children(p.pid)[0]
    p.stdin.close()
    p.wait(timeout=WAIT)
    p.stdout.close()


@pytest.fixture
def open_terminal():
    opened = []

    def make(*argv, **more):
        opened.append(Terminal(*argv, **more))
        return opened[-1]
    yield make
    for t in opened:
        t.close()


@pytest.fixture
def alone(open_terminal, place):
    """ipcx ns enter is the leader of its session and runs a script."""
    def make(script, *options, **more):
        return open_terminal(IPCX, "ns", "enter", *options, place, "--", "sh", "-c", script, **more)
    return make


@pytest.fixture
def shell(open_terminal, place):
    """An interactive shell; .there() returns the words that run a script in the other namespaces."""
    t = open_terminal("bash", "--norc", "--noprofile", "--noediting", "-i", pause=0.3)  # it prompts before it reads
    t.expect(r"PROMPT ")
    t.there = lambda script, *options: " ".join([IPCX, "ns", "enter", *options, str(place), "--", "sh", "-c", shlex.quote(script)])
    return t


@pytest.fixture
def script(open_terminal, place):
    """A shell without job control that runs ipcx on a terminal and prints the exit status of both."""
    def make(there, *options, before="", after=""):
        enter = " ".join([IPCX, "ns", "enter", *options, str(place), "--", "sh", "-c", shlex.quote(there)])
        return open_terminal("sh", "-c", f"trap : {' '.join(DEADLY[:4])}; {before} {enter} {after}; echo rc=$?; stty -a; exit 0")
    return make


def check_restored(t):
    t.expect(r"[^-]icrnl.*[^-]opost.*[^-]isig [^-]*icanon.*[^-]echo ")
    assert t.end() == 0


KINDS = pytest.mark.parametrize("options", [(), ("--pid",), ("--no-pty",), ("--no-pty", "--pid")], ids=" ".join)


# ---- what is inherited

@KINDS
@pytest.mark.parametrize("before", ["", "trap '' HUP USR1 PIPE CHLD TSTP;"])
def test_signals_are_those_of_the_caller(script, options, before):
    t = script("grep -E 'Sig(Ign|Blk)' /proc/self/status", *options, before=f"{before} grep -E 'Sig(Ign|Blk)' /proc/self/status;")
    found = t.expect(r"SigBlk:\s+(\w+).*?SigIgn:\s+(\w+).*SigBlk:\s+(\w+).*?SigIgn:\s+(\w+)")
    assert found[:2] == found[2:]
    assert t.end() == 0


def test_no_descriptor_of_our_terminal_is_left(alone):
    t = alone("ls -l /proc/self/fd; tty")
    t.end()
    own = re.search(rb"(/dev/pts/\d+)\r\n$", t.out)[1]
    assert set(re.findall(rb"-> (/dev/p\S+|socket\S+|anon\S+)", t.out)) == {own}


# ---- ends

@KINDS
@pytest.mark.parametrize("end,rc", [("exit 7", 7), ("kill -INT $$", -2), ("kill -TERM $$", -15), ("kill -KILL $$", -9),
                                    ("kill -SEGV $$", -11), ("ulimit -c 0; kill -ABRT $$", -6), ("true", 0)])
def test_exit_status_is_that_of_the_command(alone, options, end, rc):
    assert alone(end, *options).end() == rc


@KINDS
def test_last_output_of_very_short_commands(alone, options):
    for _ in range(5):
        t = alone("echo words; exit 3", *options)
        assert t.end() == 3 and t.out.count(b"words\r\n") == 1


@KINDS
def test_all_output_arrives(alone, options):
    t = alone("stty -opost; seq 1 170000; exit 5", *options)
    want = "".join(f"{n}\n" for n in range(1, 170001)).encode()
    assert len(want) > 1 << 20
    assert t.end() == 5
    assert hashlib.sha256(t.out).hexdigest() == hashlib.sha256(want).hexdigest(), (len(t.out), len(want))


@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_output_of_background_processes_does_not_delay_the_end(alone, options):
    """This also holds if our terminal is slower than the command, so that there is always more output."""
    t = alone("yes & yes & sleep 0.2; exit 4", *options)
    end = time.monotonic() + 10
    while not gone(t.pid):
        assert time.monotonic() < end, "it does not end"
        with contextlib.suppress(OSError):  # it ends in between
            if select.select([t.fd], [], [], 0.01)[0]:
                os.read(t.fd, 2048)
        time.sleep(0.002)
    assert t.end() == 4


@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_a_closed_terminal_ends_everything(alone, options):
    t = alone("echo started; sleep 1000; true", *options)
    t.expect("started")
    until(lambda: any(comm(p) == "sleep" for p in family(t.pid)))
    everybody = family(t.pid)
    assert len(everybody) >= 4
    os.close(t.fd)
    t.fd = -1
    until(lambda: all(gone(p) for p in everybody))
    assert os.waitstatus_to_exitcode(os.waitpid(t.pid, 0)[1]) == -1
    t.status = -1


def test_a_command_that_ignores_the_hangup_reads_the_end(alone, tmp_path):
    """The same happens as on a terminal of its own: the command continues, and ipcx waits for it."""
    t = alone(f"trap '' HUP; echo started; cat; echo rc=$? > {tmp_path}/end; exit 9")
    t.expect("started")
    os.close(t.fd)
    t.fd = -1
    until(lambda: gone(t.pid))
    t.status = os.waitpid(t.pid, 0)[1]
    assert os.waitstatus_to_exitcode(t.status) == 9 and os.path.exists(tmp_path / "end")


# ---- keys

@KINDS
def test_keys_and_the_end_of_input(alone, options):
    t = alone("cat; echo over", *options)
    t.send("one\n")
    t.expect("one\r\none\r\n")
    t.press("\x04")
    t.expect("over")
    assert t.end() == 0


@KINDS
@pytest.mark.parametrize("key,rc", [("\x03", -2), ("\x1c", -3)])
def test_keys_that_are_signals(alone, options, key, rc):
    t = alone("ulimit -c 0; echo started; sleep 1000; echo lived", *options)
    t.expect("started")
    t.press(key)
    assert t.end() == rc and b"lived" not in t.out


@KINDS
def test_a_key_is_one_signal(alone, options):
    """The signal is neither lost nor duplicated: Python counts how often it arrives."""
    count = ("import signal,time; n = []; signal.signal(2, lambda *a: n.append(1)); print('started', flush=True);"
             "time.sleep(0.7) or time.sleep(0.7); print('count', len(n))")
    t = alone(f"exec {sys.executable} -c {shlex.quote(count)}", *options)
    t.expect("started")
    t.press("\x03")
    t.expect("count 1\r")


@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_keys_typed_too_early(alone, options):
    t = alone("cat; echo ov''er; cat; echo too", *options)
    t.send("one\ntwo\n\x04three\x04\x04")
    t.expect("one\r\n.*two\r\n.*over\r\n.*three.*too\r\n")
    assert t.end() == 0 and b"\0" not in t.out and b"^@" not in t.out


def test_a_pasted_flood(alone):
    """The command writes forty times what it reads, and neither side waits for the other forever."""
    echo = ("import os,sys,tty; tty.setraw(0); os.write(1, b'started'); n = 0\n"
            "while n < 30000:\n d = os.read(0, 512); n += len(d); d = b''.join(bytes([c]) * 40 for c in d)\n"
            " while d: d = d[os.write(1, d):]\n")
    t = alone(f"exec {sys.executable} -c {shlex.quote(echo)}")
    t.expect("started")
    keys = bytes(97 + n * n % 26 for n in range(30000))
    # As long as there is room for keys, the test sends them and does not read the output.
    sent, stuck = 0, 0
    while sent < len(keys) and stuck < 10:
        try:
            sent += os.write(t.fd, keys[sent:sent + 1024])
            stuck = 0
        except BlockingIOError:
            stuck += 1
            time.sleep(0.05)
    t.send(keys[sent:])
    assert t.end() == 0
    shown = t.out[t.out.index(b"started") + 7:]
    assert shown == b"".join(bytes([c]) * 40 for c in keys), len(shown)


@pytest.mark.parametrize("after", ["", "2>&1 | cat", "2>/dev/null | cat"])
@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_input_from_a_pipe_and_keys_from_the_terminal(script, options, after):
    t = script("read a; echo has-$a; read k </dev/tty; echo got-$a-$k", *options, before="echo piped |", after=after)
    t.expect("has-piped")
    t.send("typed\n")
    t.expect("got-piped-typed")
    t.expect("rc=0")
    check_restored(t)


def test_keys_of_a_raw_reader_behind_a_pipe(script):
    """As less(1) does, the command sets the terminal to raw mode before it reads."""
    t = script("stty -icanon -echo </dev/tty; echo ready; dd bs=1 count=1 </dev/tty 2>/dev/null | od -An -c", before="echo |")
    t.expect("ready")
    t.send("q")
    t.expect(r"  q\r")
    check_restored(t)


def test_a_command_that_does_not_read_leaves_the_terminal_unchanged(script):
    """ipcx runs in the background of a script, where all processes are in one process group."""
    t = script("sleep 1", before="(sleep 0.4; stty -a </dev/tty; echo seen) & true |", after="")
    t.expect(r"[^-]icanon.*seen")
    check_restored(t)


# ---- sizes

@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_the_size(alone, options):
    t = alone("trap 'stty size' WINCH; stty size; echo started; while :; do sleep 0.1; done", *options, size=(33, 77))
    t.expect(r"33 77\r\nstarted")
    t.resize(20, 50)
    t.expect(r"20 50\r\n")


# ---- jobs

@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_an_orphan_cannot_be_stopped(alone, options):
    """If ipcx leads its session, no process could continue it after a stop."""
    t = alone("echo started; exec cat", *options)
    t.expect("started")
    for word in ("one", "two"):
        t.press("\x1a")
        time.sleep(0.2)
        t.send(f"{word}\n")
        t.expect(f"{word}\r\n{word}\r\n")
    t.press("\x04")
    assert t.end() == 0


@KINDS
@pytest.mark.parametrize("pipe", ["", " | cat"])
def test_command_and_ipcx_can_be_stopped_and_continued(shell, options, pipe):
    shell.send(shell.there("echo in; cat", *options) + pipe + "\n")
    shell.expect(r"\nin\r\n")
    for word in ("one", "two", "three"):
        shell.send(f"{word}\n")
        shell.expect(f"{word}\r\n{word}\r\n")
        shell.press("\x1a")
        shell.expect("Stopped.*PROMPT ")
        shell.send("stty -a; fg\n")
        shell.expect(r"[^-]icanon.*[^-]echo .*cat'")
    shell.press("\x04")
    shell.expect("PROMPT ")
    shell.send("echo rc=$?\n")
    shell.expect("\nrc=0\r")


@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_a_background_job_runs_and_writes(shell, options):
    shell.send(shell.there("sleep 0.5; echo spo''ken; sleep 1; exit 6", *options) + " &\n")
    shell.expect("PROMPT ")
    shell.send("jobs; stty -a\n")
    shell.expect(r"Running.*[^-]icanon")
    shell.expect("spoken\r\n")
    shell.repeat("\n", "Exit 6")


@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_a_background_job_that_reads_is_stopped(shell, options):
    shell.send(shell.there("read x; echo got-$x", *options) + " &\n")
    shell.expect("PROMPT ")
    shell.repeat("\n", "Stopped")
    shell.send("fg\n")
    shell.expect("read x.*\r\n")
    shell.send("word\n")
    shell.expect("got-word\r\n")


def test_a_background_job_and_tostop(shell):
    shell.send("stty tostop; " + shell.there("sleep 0.5; echo spo''ken") + " &\n")
    shell.expect("PROMPT ")
    shell.repeat("jobs\n", "Stopped")
    assert b"spoken\r" not in shell.out
    shell.send("fg\n")
    shell.expect("spoken\r\n")


def test_a_running_job_is_brought_to_the_foreground(shell):
    """After ^Z and bg, typed text belongs to the shell until fg."""
    shell.send(shell.there("echo in; sleep 1; sleep 1; sleep 1; read x; echo got-$x") + "\n")
    shell.expect(r"\nin\r\n")
    shell.press("\x1a")
    shell.expect("Stopped.*PROMPT ")
    shell.send("bg\n")
    shell.expect("PROMPT ")
    shell.send("echo my''shell; stty -a\n")
    shell.expect("myshell.*[^-]icanon.*PROMPT ")
    shell.send("fg\n")
    shell.expect("read x.*\r\n")
    shell.send("word\n")
    shell.expect("got-word\r\n")
    shell.expect("PROMPT ")
    shell.send("stty -a\n")
    shell.expect(r"[^-]icanon.*[^-]echo ")


def test_a_shell_with_jobs_of_its_own(shell, place):
    shell.send(f"PS1=INNER\\  {IPCX} ns enter {place} -- bash --norc --noprofile --noediting -i\n")
    shell.expect("INNER ")
    shell.send("cat\n")
    shell.send("one\n")
    shell.expect("one\r\none\r\n")
    shell.press("\x1a")
    shell.expect("Stopped.*INNER ")
    shell.press("\x03")
    shell.expect("INNER ")
    shell.send("fg\n")
    shell.expect("cat\r\n")
    shell.send("two\n")
    shell.expect("two\r\ntwo\r\n")
    shell.press("\x03")
    shell.expect("INNER ")
    shell.send("suspend\n")
    shell.expect("Stopped.*PROMPT ")
    shell.send("fg\n")
    shell.send("echo rc=$?\n")
    shell.expect("rc=(146|130|0)\r.*INNER ")
    shell.send("exit 3\n")
    shell.expect("PROMPT ")
    shell.send("echo rc=$?\n")
    shell.expect("rc=3\r")


def test_interrupting_a_pipeline(shell):
    """The key reaches every process of the pipeline, as without ipcx."""
    shell.send(shell.there("echo in; exec cat") + " | (trap 'echo heard' INT; cat; cat; true)\n")
    shell.expect(r"\nin\r\n")
    shell.press("\x03")
    shell.expect("heard")


# ---- signals

@pytest.mark.parametrize("options", [(), ("--pid",)])
@pytest.mark.parametrize("name", DEADLY)
def test_a_deadly_signal_restores_the_terminal(script, options, name):
    t = script("ulimit -c 0; echo started; exec sleep 1000", *options)
    t.expect("started")
    ipcx = children(t.pid)[0]
    os.kill(ipcx, getattr(signal, "SIG" + name))
    t.expect(f"rc={128 + getattr(signal, 'SIG' + name)}\r\n")
    check_restored(t)


@KINDS
@pytest.mark.parametrize("name", DEADLY)
def test_a_signal_is_passed_to_the_command(script, options, name):
    t = script(f"trap 'echo caught; exit 7' {name}; echo started; while :; do sleep 0.1; done", *options)
    t.expect("started")
    os.kill(children(t.pid)[0], getattr(signal, "SIG" + name))
    t.expect("caught.*rc=7\r\n")
    check_restored(t)


@pytest.mark.parametrize("options", [(), ("--pid",)])
def test_a_crash_restores_the_terminal(script, options):
    t = script("ulimit -c 0; stty raw -echo; kill -SEGV $$", *options)
    t.expect("rc=139")
    check_restored(t)


@pytest.mark.parametrize("name,end", [("TERM", -15), ("INT", -2), ("USR1", -10), ("HUP", -1)])
def test_without_a_terminal(place, name, end):
    """No process survives: the command gets the signal sent to ipcx, and its exit status becomes that of ipcx."""
    p = subprocess.Popen([IPCX, "ns", "enter", "--pid", str(place), "--", "sh", "-c", "echo started; exec sleep 1000"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    assert p.stdout.readline() == b"started\n"
    inner = children(p.pid)[0]
    p.send_signal(getattr(signal, "SIG" + name))
    assert p.wait(timeout=WAIT) == end and gone(inner)
    p.stdout.close()


# ---- streams

@pytest.mark.parametrize("streams,out", [("<&-", ""), ("</dev/null", ""), ("2>&-", ""), ("| head -c 2", "y"), ("<&- 2>&-", "")])
def test_other_streams(script, streams, out):
    t = script("yes | head -n 3; ls /proc/self/fd | wc -w", after=streams)
    t.expect(r"y\r\n.*rc=0")
    assert b"rror" not in t.out and out.encode() in t.out
    check_restored(t)


def test_a_pipe_without_a_reader(shell):
    shell.send(shell.there("exec yes") + " | true; echo ${PIPESTATUS[@]}\n")
    shell.expect("141 0\r\n")


def test_line_ends_are_translated_once(script):
    for before, after in (("", ""), ("echo |", ""), ("", "</dev/null"), ("", "| cat"), ("echo |", "| cat")):
        t = script("echo a >&2; echo b >&2", before=before, after=after)
        t.expect("rc=0")
        assert b"a\r\nb\r\nrc=0" in t.out
        check_restored(t)
