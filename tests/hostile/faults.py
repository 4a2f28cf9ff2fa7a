#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Failing system calls: in commands that act on other namespaces, each call fails once with each of several errors.

usage: faults.py [options] IPCX [NAME...]

  IPCX          the program; one without sanitizers is faster, and also makes calls for memory fail
  NAME          only commands whose name contains this word
  --all         every point, with six errors a call
  --errors N    at most N errors a call (default 6)
  --points N    at most N points a command (default: all)
  --every N     only each N-th point
  --point P     only this point, openat:error=EIO:when=7; with --keep its trace
  --keep FILE   file for the trace of the last point
  --workers N   run N at once (default: one for each CPU)
  --json FILE   write what was wrong as a list
  -v            print each wrong point when it is found

A point is a call by its name and number, and an error. The checks use direct calls (faultworld.py) and what an executed command prints
about its place (tests/cli/helpers/where.c):

  place      a command ran in a namespace that was not requested, or saw another /dev/shm or /dev/mqueue
  rights     a command ran with a capability that was not requested
  other      something was changed, removed or created that was not requested: an object, a limit, a mount, a process, in any of the places
  half       the requested change is neither done nor undone, and the exit status is not 0
  undone     the exit status is 0, but the requested change was not made
  lost       queue, output and standard error together have fewer messages than before; "double": more
  silent     the exit status is 0, the answer differs, and standard error does not say so
  mute       the exit status is not 0, and standard error is empty
  crash      a signal, or a sanitizer's report
  hang       the command does not end
"""

import argparse
import base64
import collections
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from faultworld import BYSTANDER, MESSAGES, OURS, PR_SET_PDEATHSIG, PRIORITIES, TARGET, USER, Place, libc, mount

SECONDS = 60  # longer than any command takes on the slowest machine

# ---- the commands


class Case(collections.namedtuple("Case", "name words place touch kind rc")):
    """A command. place: where the command acts; touch: a pattern of what it may change there; kind: further checks; rc: exit status without faults."""


CASES = []


def case(name, words, *, place=OURS, touch=None, kind="", rc=0):
    words = words.split() if isinstance(words, str) else words
    CASES.append(Case(name, words, place, touch and re.compile(touch), kind, rc))


def looks():
    case("ns-ls", "ns ls")
    case("ns-ls-json", "ns ls --json -o ns,processes,objects,bytes,kept_by,user_ns_uid,container")
    case("ns-show", "ns show {target} --json -o ns,processes,objects,bytes,kept_by")
    case("ns-show-user", "ns show {user} --json -o ns,processes,objects,bytes,user_ns_uid")
    case("ns-cmp", "ns cmp self {target} --json", rc=1)
    case("ns-cmp-two", "ns cmp {user} {bystander}", rc=1)
    case("ls-all", "ls --ns all --json -o ns,ref,owner,mode,size,qnum,nsems,curmsgs,value")
    case("show-all", "show shm:0x1001 pshm:/p1 --ns all --json -o ns,ref,owner,mode,size")
    case("limits-all", "limits --ns all shmmni msgmni --json")


def moves():
    case("enter", "ns enter {target} -- {where}", place=TARGET, kind="enter")
    case("enter-mount", "ns enter {target} --mount -- {where}", place=TARGET, kind="enter")
    case("enter-none", "ns enter {target} --keep-caps none -- {where}", place=TARGET, kind="enter none")
    case("enter-mount-none", "ns enter {target} --mount --keep-caps none -- {where}", place=TARGET, kind="enter none")
    case("enter-drop", "ns enter {target} --drop-caps cap_sys_admin,cap_net_raw -- {where}", place=TARGET, kind="enter")
    case("enter-foreign", "ns enter {user} -- {where}", place=USER, kind="enter")
    case("enter-user", "ns enter {user} --user -- {where}", place=USER, kind="enter")
    case("enter-user-none", "ns enter {user} --user --keep-caps none -- {where}", place=USER, kind="enter none")
    case("enter-pid", "ns enter {target} --pid -- {where}", place=TARGET, kind="enter")
    case("enter-pid-foreign", "ns enter {user} --pid -- {where}", place=USER, kind="enter", rc=2)
    case("enter-user-mount", "ns enter {user} --mount -- {where}", place=USER, kind="enter")
    case("new", "ns new -- {where}", kind="new")
    case("new-set", "ns new --set shmmni=77 --set msgmni=5 -- {where}", kind="new")
    case("new-size", "ns new --shm-size 1M -- {where}", kind="new")
    case("new-none", "ns new --keep-caps none -- {where}", kind="new none")
    case("new-pin", "ns new --pin fresh --set shmmni=77", touch=r"(pin:fresh|mount:/run/.*)$", kind="pin")
    case("new-pin-run", "ns new --pin fresh -- {where}", touch=r"(pin:fresh|mount:/run/.*)$", kind="pin new")
    case("pin", "ns pin {target} lab", touch=r"(pin:lab|mount:/run/.*)$", kind="pin")
    case("pin-user", "ns pin {user} lab", touch=r"(pin:lab|mount:/run/.*)$", kind="pin")
    case("unpin", "ns unpin old", touch=r"(pin:old|mount:/run/.*)$", kind="pin old")


def there(place, who, only=None):
    """Commands with --ns."""
    def one(name, words, **more):
        if only is None or name in only:
            words = words.split() if isinstance(words, str) else words
            verbs = 2 if words[0] in ("shm", "pshm", "msg", "mq", "sem", "psem") or words[1] == "set" else 1
            case(f"{name}-{who}", [*words[:verbs], "--ns", f"{{{who}}}", *words[verbs:]], place=place, **more)

    one("ls", "ls --json -o ref,owner,mode,size,nattch,qnum,nsems,curmsgs,value")
    one("show", "show shm:0x1001 msg:0x2001 sem:0x3001 mq:/q1 pshm:/p1 psem:/s1 --json -o ref,owner,mode,size,qnum,nsems,curmsgs,value")
    one("limits", "limits --json")
    one("limits-set", "limits set shmmni=100", touch="limit:shmmni$")
    one("mk-shm", "mk shm:0x1111 --size 8K --mode 0640", touch="shm:0x1111$", kind="mk")
    one("mk-mq", "mk mq /new --maxmsg 3 --msgsize 16 --mode 0604", touch="mq:/new$", kind="mk")
    one("mk-pshm", "mk pshm /new --from {from}", touch="file:new$", kind="mk")
    one("mk-psem", "mk psem /new --init 4", touch="file:sem.new$", kind="mk")
    one("rm-ref", "rm shm:0x1001 msg:0x2001 mq:/q1 pshm:/p1 psem:/s1", touch=r"(shm:0x1001|msg:0x2001|mq:/q1|file:p1|file:sem.s1)$")
    one("rm-where", ["rm", "all", "--where", "size > 10K || name == '/p1'", "--yes"], touch="(shm:0x1003|file:p1)$")
    one("rm-not", ["rm", "shm", "pshm", "--where", "!(owner != root) && (!(name =~ '^/(p9|mark)') || !(key == 0x1099))", "--yes"],
        touch="(shm:0x100[13]|file:p1)$")
    one("set", "set shm:0x1001 --mode 0644", touch="shm:0x1001$")
    one("set-pshm", "set pshm:/p1 --mode 0644", touch="file:p1$")
    one("shm-read", "shm read 0x1001")
    one("shm-write", "shm write 0x1001 {from}", touch="shm:0x1001$", kind="write")
    one("pshm-read", "pshm read /p1")
    one("pshm-write", "pshm write /p1 {from}", touch="file:p1$", kind="write")
    one("send", "msg send 0x2002 alpha beta gamma", touch="msg:0x2002$", kind="send")
    one("recv", "msg recv 0x2001 --all --format json", touch="msg:0x2001$", kind="recv")
    one("drain", "msg drain 0x2001 {out}", touch="msg:0x2001$", kind="recv")
    one("load", "msg load 0x2002 {saved}", touch="msg:0x2002$", kind="send")
    one("mq-recv", "mq recv /q1 --all --format json", touch="mq:/q1$", kind="mqrecv")
    one("sem-op", "sem op 0x3001 0-1 1+1 2+2", touch="sem:0x3001$")
    one("sem-get", "sem get 0x3001")
    one("psem-post", "psem post /s1", touch="file:sem.s1$")
    one("psem-get", "psem get /s1")
    one("sem-run", "sem run 0x3002 -- {where}", kind="run")
    one("psem-run", "psem run /s1 -- {where}", touch="file:sem.s1$", kind="run")


looks()
moves()
there(TARGET, "target")
there(USER, "user", {"ls", "show", "mk-shm", "mk-pshm", "rm-where", "rm-ref", "set-pshm", "pshm-read", "pshm-write", "psem-post", "recv", "limits-set"})

# ---- the points

ERRORS = {
    "openat": ["EMFILE", "EIO", "ENOMEM", "EPERM", "ENFILE", "EINTR"],
    "openat2": ["EMFILE", "EIO", "ENOMEM", "EPERM", "EAGAIN", "EINTR"],
    "read": ["EIO", "EINTR", "ENOMEM", "EAGAIN"], "pread64": ["EIO", "EINTR", "ENOMEM"],
    "getdents64": ["EIO", "EINTR", "ENOMEM"],
    "write": ["ENOSPC", "EIO", "EINTR", "EAGAIN"], "pwrite64": ["ENOSPC", "EIO", "EINTR"], "writev": ["ENOSPC", "EIO", "EINTR"],
    "mmap": ["ENOMEM"], "mremap": ["ENOMEM"], "munmap": ["ENOMEM"], "mprotect": ["ENOMEM"],
    "clone": ["EAGAIN", "ENOMEM"], "clone3": ["EAGAIN", "ENOMEM"], "fork": ["EAGAIN"], "vfork": ["EAGAIN"],
    "setns": ["EPERM", "EINVAL", "ENOMEM", "ENOSPC"], "unshare": ["EPERM", "EINVAL", "ENOMEM", "ENOSPC"],
    "fsync": ["EIO", "ENOSPC", "EINTR"],
    # not EINVAL and EIDRM: they would say that the object is gone
    **dict.fromkeys(("shmctl", "msgctl", "semctl", "msgrcv", "msgsnd"), ["EPERM", "EIO", "ENOMEM", "EINTR", "EACCES"]),
}
OTHER_ERRORS = ["EPERM", "EIO", "ENOMEM", "EINTR", "EINVAL", "EMFILE"]

# Calls that cannot fail, or after which no program could continue: the C library aborts. (brk is such a call in glibc before 2.38. A close(2) that fails has
# nevertheless closed the descriptor, which fault injection cannot imitate.)
NEVER = {"brk", "close", "execve", "exit_group", "exit", "rt_sigreturn", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "restart_syscall",
         "wait4", "waitid", "futex", "rt_sigprocmask", "gettid", "getpid", "tgkill"}
# In a build with sanitizers these calls are also made by the sanitizers' runtime, which aborts if they fail.
SANITIZERS = {"mmap", "munmap", "mremap", "mprotect", "madvise", "sigaltstack", "sched_getaffinity", "readlink", "getrlimit", "prlimit64"}

CALL = re.compile(r"^(\d+) +([a-z_0-9]+)\(")
Point = collections.namedtuple("Point", "call nth error")


def run(argv, where):
    """Run a command and return the result; if the command hangs, its processes are killed."""
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=where, start_new_session=True,
                         env=ENV)
    try:
        out, err = p.communicate(timeout=SECONDS)
        return Result(p.returncode, out, err)
    except subprocess.TimeoutExpired:
        for pid in strangers():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        out, err = p.communicate()
        return Result("hang", out, err)


Result = collections.namedtuple("Result", "rc out err")
ENV = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC0", ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:handle_abort=0",
           UBSAN_OPTIONS="halt_on_error=1:abort_on_error=1")
KNOWN = set()


def strangers():
    """Return the processes of this PID namespace that the suite did not start; a zombie counts as exited."""
    found = set()
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in KNOWN:
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as f:
                if f.read().rpartition(")")[2].split()[0] not in "ZX":
                    found.add(int(name))
    return found


def count_calls(log, where):
    """Return how often each process and thread made each call before it executed the requested command, and which calls the first process made before
    main()."""
    calls, before, began, first, done = collections.Counter(), collections.Counter(), False, None, set()
    with open(log, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = CALL.match(line)
            if not m or m[1] in done:
                continue
            pid, name = m[1], m[2]
            first = first or pid
            if name == "execve" and f'execve("{where}"' in line and line.rstrip().endswith("= 0"):
                done.add(pid)
                continue
            if not began and "fcntl(0, F_GETFD" in line:
                began = True
            calls[pid, name] += 1
            if pid == first and not began:
                before[name] += 1
    return calls, before


def points(calls, before, errors, sanitized):
    """Return all points, those of rare calls first: the order depends only on the trace."""
    most = collections.Counter()
    for (_, name), n in calls.items():
        most[name] = max(most[name], n)
    never = NEVER | (SANITIZERS if sanitized else set())
    names = sorted((n for n in most if n not in never), key=lambda n: (most[n] - before[n], n))
    return [Point(name, nth, error) for name in names for nth in range(before[name] + 1, most[name] + 1)
            for error in ERRORS.get(name, OTHER_ERRORS)[:errors]]


def spread(all_points, n):
    """Choose n points: of calls that a command makes once or twice, the first error (calls that move processes are among these); of the other points, an even
    selection."""
    if n is None or n >= len(all_points):
        return all_points
    times = collections.Counter(p.call for p in {p._replace(error="") for p in all_points})
    seen, rare, rest = set(), [], []
    for p in all_points:
        new = (p.call, p.nth) not in seen and times[p.call] <= 2
        seen.add((p.call, p.nth))
        (rare if new else rest).append(p)
    rare = rare[:n // 2]
    left = n - len(rare)
    return rare + [rest[i * len(rest) // left] for i in range(left)]


# ---- expected results

FIELDS = re.compile(r"^here=(\S+) shm=(\S+) mq=(\S+) ipc=(\d+) prm=(\w+) eff=(\w+) bnd=(\w+) amb=(\w+) shmmni=(\S+) size=(\d+)$")
# Messages of other code in the program: the C library, for example, aborts a program that cannot continue.
NOT_OURS = re.compile(rb"futex facility|libgcc_s|Unexpected error.\n|nss-systemd|src/basic/")
FATAL = {128 + n for n in (signal.SIGILL, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV)}


def said(out):
    """Return what a command printed about its place: a list of the fields of each line."""
    return [m for m in (FIELDS.match(line) for line in out.decode("utf-8", "replace").splitlines()) if m]


STARTED = re.compile(r'"started":"[^"]*"')


def steady(out, fresh):
    """Return an answer without what differs between runs: the numbers of new namespaces, and times computed from two clocks."""
    text = STARTED.sub("", out.decode("utf-8", "replace"))
    return re.sub(r"\bipc=\d+", "ipc=N", text) if fresh else text


def records(text):
    """Return the messages of all records in a text, except records that are void (ipcx-msg(5))."""
    found = []
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        try:
            record = json.loads(line[line.find("{"):])
            if record.get("ipcx") != 0:
                found.append((record.get("type", record.get("priority")), base64.b64decode(record["data"])))
        except (ValueError, KeyError, AttributeError):
            pass
    return found


class Judge:
    """A run with a fault, compared with a run without faults. Each finding consists of its kind and a text."""

    def __init__(self, c, plain, before, done, places):
        self.c, self.plain, self.before, self.done, self.places = c, plain, before, done, places

    def judge(self, r, after, strays, untold, out_file):
        c = self.c
        bad = list(self.ended(r, untold))
        if any(kind in ("enter", "new", "run") for kind in c.kind.split()):
            bad += self.went(r)
        bad += self.elsewhere(r, after)
        if strays:
            bad.append(("other", f"{strays} processes are left"))
        if c.kind in ("send", "recv", "mqrecv"):
            bad += self.messages(r, after, out_file)
        elif c.touch:
            bad += self.asked(r, after)
        return bad

    def ended(self, r, untold):
        if r.rc == "hang":
            yield "hang", ""
            return
        if (r.rc < 0 or r.rc in FATAL or b"Sanitizer" in r.err or b"runtime error" in r.err) and not NOT_OURS.search(r.err):
            yield "crash", f"{r.rc}"
        if untold:
            return
        if r.rc not in (0, self.plain.rc) and not r.err:
            yield "mute", f"{r.rc}"
        fresh = "new" in self.c.kind
        numbered = self.c.kind == "mk" and r.out.strip().isdigit()
        usual, now = steady(self.plain.out, fresh), steady(r.out, fresh)
        if r.rc == 0 and not numbered and now != usual and r.err == self.plain.err:
            yield "silent", differs(usual, now)

    def went(self, r):
        """If the command ran, check in which place."""
        c, usual = self.c, said(self.plain.out)
        lines = said(r.out)
        if r.out and not lines:
            yield "place", f"what is this: {r.out[:80]!r}"
        if r.rc == 0 and usual and not lines:
            yield "place", "the exit status is 0, and it did not run"
        if lines and not usual:
            yield "place", "it ran, and is refused otherwise"
        for m, as_usual in zip(lines, usual * len(lines)):
            here, shm, mq, ipc, *caps = m.groups()
            if "new" in c.kind:
                if here != "-" or int(ipc) in {p.ipc for p in self.places.values()} or shm != "-" or mq != "-":
                    yield "place", m[0]
            else:
                told = ("-",) if r.err != self.plain.err else ()  # an empty one, which is reported
                if (here != str(c.place) or (ipc != "0" and int(ipc) != self.places[c.place].ipc) or shm not in (as_usual[2], *told) or
                        mq not in (as_usual[3], *told)):
                    yield "place", m[0]
            for name, now, before in zip(("prm", "eff", "bnd", "amb"), caps, as_usual.groups()[4:]):
                allowed = 0 if "none" in c.kind else int(before, 16)
                if int(now, 16) & ~allowed:
                    yield "rights", f"{name}={now}"

    def may_touch(self, n, key):
        c = self.c
        return c.touch and n == c.place and c.touch.match(key)

    def elsewhere(self, r, after):
        for n, now in after.items():
            was = self.before[n]
            for key in sorted(set(was) | set(now)):
                if was.get(key) != now.get(key) and not self.may_touch(n, key):
                    yield "other", f"place {n}: {key}: {short(was.get(key))} became {short(now.get(key))}"

    def asked(self, r, after):
        was, now, done = (state[self.c.place] for state in (self.before, after, self.done))
        for key in sorted(k for k in set(was) | set(now) | set(done) if self.may_touch(self.c.place, k)):
            a, b, c = was.get(key), now.get(key), done.get(key)
            if "pin" in self.c.kind and "old" not in self.c.kind:
                b, c = same_pin(b, a), same_pin(c, a)
            if "old" in self.c.kind and b and "no mount" in b and b"stays" in r.err:
                continue  # a file without a namespace, which is reported
            if r.rc == 0 and b != c and not (b == a and r.err != self.plain.err):
                yield "undone", f"{key}: is {short(b)}, not {short(c)}"
            if r.rc != 0 and b not in (a, c) and not ("write" in self.c.kind and mixed(a, b, c)):
                yield "half", f"{key}: was {short(a)}, is {short(b)}, not {short(c)}"
            elif r.rc != 0 and b != a and self.c.kind == "mk" and not r.err:
                yield "half", f"{key}: was made, and nobody says so"
            elif r.rc != 0 and b != a and self.c.kind == "mk" and key.partition(":")[2].encode() not in r.err + r.out:
                yield "half", f"{key}: was made, the exit status is {r.rc}, and no word of it"

    def messages(self, r, after, out_file):
        key = next(k for k in self.before[self.c.place] if self.c.touch.match(k))
        was, now, done = (state[self.c.place].get(key, (None,))[-1] for state in (self.before, after, self.done))
        if now is None:
            yield "lost", "the queue"
        elif self.c.kind == "send":
            if now != done[:len(now)] or len(now) < len(was):
                yield "lost", f"{now}"
            if r.rc == 0 and now != done:
                yield "undone", f"{len(now)} of {len(done)} were sent"
            if r.rc != 0 and now and not re.search(rb"\b%d\b|\b(one|first)\b" % len(now), r.err):
                yield "half", f"{len(now)} were sent, and no word of how many"
        elif self.c.kind == "mqrecv":
            n = now + len(records(r.out)) + len(records(r.err))
            if n != len(PRIORITIES):
                yield "lost" if n < len(PRIORITIES) else "double", f"{n} of {len(PRIORITIES)}"
        else:
            have = collections.Counter([*now, *records(r.out + b"\n" + out_file + b"\n" + r.err)])
            want = collections.Counter(MESSAGES)
            if want - have:
                yield "lost", f"{short(sorted((want - have).elements()))}"
            elif have - want:
                yield "double", f"{short(sorted((have - want).elements()))}"


def same_pin(pin, before):
    """Return a pin in a form that can be compared, since a new namespace has another number each time."""
    return pin if pin is None or pin == before else ("a pin", "no mount" in pin)


def mixed(a, b, c):
    """Return whether c are contents that were overwritten only up to some offset."""
    if not (a and b and c and a[:-1] == b[:-1]):
        return False
    data = b[-1]
    return all(x in (y, z) for x, y, z in zip(data, a[-1], c[-1]))


def short(value):
    text = repr(value)
    return text if len(text) < 160 else text[:100] + "…" + text[-50:]


def differs(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"at {at}: {a[max(0, at - 40):at + 60]!r} became {b[max(0, at - 40):at + 60]!r}"


# ---- a worker: its places, and the commands that it runs there


class Worker:
    def __init__(self, ipcx):
        self.ipcx = ipcx
        self.work = os.environ["FAULTS_SCRATCH"]
        with open(f"{self.work}/where", "rb") as f:
            where = f.read()
        mount("tmpfs", self.work, "tmpfs", 0, "mode=755")
        self.where, self.log = f"{self.work}/where", f"{self.work}/log"
        self.write("where", where)
        os.chmod(self.where, 0o755)
        self.fresh_run()
        self.places = {n: Place(n) for n in (OURS, TARGET, USER, BYSTANDER)}
        self.write("from", b"new contents " * 300)
        with open(ipcx, "rb") as f:
            self.sanitized = b"__asan_" in f.read()
        KNOWN.update(int(name) for name in os.listdir("/proc") if name.isdigit())
        r = run([ipcx, "msg", "peek", "0x2001", "--format", "json"], self.work)
        self.write("saved", r.out)
        self.dirty = None

    def write(self, name, data):
        with open(f"{self.work}/{name}", "wb") as f:
            f.write(data)

    def fresh_run(self):
        """Pins are mounts below /run; here /run is a private file system."""
        libc.umount2(b"/run", 2)
        mount("tmpfs", "/run", "tmpfs", 0, "mode=755")

    def reset(self, c):
        if "pin" in c.kind:
            self.fresh_run()
        for place in self.places.values():
            place.ask("restore")
        if "old" in c.kind:
            r = run([self.ipcx, "ns", "pin", str(self.places[TARGET].pid), "old"], self.work)
            assert r.rc == 0, r.err
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.work}/out")

    def look(self):
        return {n: place.ask("state") for n, place in self.places.items()}

    def words(self, c):
        names = {"{where}": self.where, "{target}": str(self.places[TARGET].pid), "{user}": str(self.places[USER].pid),
                 "{bystander}": str(self.places[BYSTANDER].pid), "{from}": f"{self.work}/from", "{out}": f"{self.work}/out",
                 "{saved}": f"{self.work}/saved"}
        return [self.ipcx, *(names.get(w, w) for w in c.words)]

    def strace(self, *more):
        return ["strace", "-f", "-qq", "-s", "300", "-o", self.log, *more]

    def points_of(self, c, errors):
        self.reset(c)
        run([*self.strace(), *self.words(c)], self.work)
        return points(*count_calls(self.log, self.where), errors, self.sanitized)

    def injected(self):
        """Return whether the call failed as requested, and whether ipcx cannot report the failure: the call was made by the command that ipcx ran, or was the
        write of the report itself. (Calls are counted in each process: the same number may fail in several.)"""
        hits, mute, became = 0, 0, set()
        with open(self.log, encoding="utf-8", errors="replace") as f:
            for line in f:
                m = CALL.match(line)
                if m and f'execve("{self.where}"' in line and line.rstrip().endswith("= 0"):
                    became.add(m[1])
                if "(INJECTED)" in line:
                    hits += 1
                    mute += line.split()[0] in became or " write(2, " in line
        return hits > 0, mute > 0

    def measure(self, c, a):
        """Run every chosen point of a command; return the number of points, how many ran, and what was wrong."""
        chosen = self.points_of(c, a.errors)
        total = len(chosen)
        chosen = spread(chosen, a.points)[::a.every]
        if a.point:
            chosen = [Point(*re.fullmatch(r"(\w+):error=(\w+):when=(\d+)", a.point).group(1, 3, 2))]
        self.reset(c)
        before = self.look()
        plain = run([*self.strace("-e", "trace=execve"), *self.words(c)], self.work)
        done = self.look()
        judge = Judge(c, plain, before, done, self.places)
        wrong = judge.judge(plain, done, strangers(), False, self.out_file())
        if plain.rc != c.rc:
            wrong.append(("undone", f"the exit status is not {c.rc}"))
        found = [("plain", kind, text, plain.rc, show(plain.err)) for kind, text in wrong if kind not in ("lost", "double")]
        after, ran = done, 0
        for p in chosen:
            if after != before:
                self.reset(c)
            r = run([*self.strace("-e", "trace=all" if a.keep else f"trace={p.call},execve", "-e", f"inject={p.call}:error={p.error}:when={p.nth}"), *self.words(c)],
                    self.work)
            hit, untold = self.injected()
            strays, after = strangers(), self.look()
            ran += hit
            for kind, text in judge.judge(r, after, strays, untold, self.out_file()):
                found.append((f"{p.call}:error={p.error}:when={p.nth}", kind, text, r.rc, show(r.err)))
            for pid in strays:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        if a.keep:
            with open(self.log, "rb") as f, open(a.keep, "wb") as out:
                shutil.copyfileobj(f, out)
        return {"case": c.name, "words": " ".join(c.words), "rc": plain.rc, "err": show(plain.err), "total": total, "chosen": len(chosen),
                "ran": ran, "found": found}

    def out_file(self):
        with contextlib.suppress(FileNotFoundError), open(f"{self.work}/out", "rb") as f:
            return f.read()
        return b""


def show(text):
    return text.decode("utf-8", "replace")[:400]


def work(a):
    """Read names of commands, one a line; write the result of each as one line."""
    w = Worker(a.ipcx)
    for line in sys.stdin:
        c = next(c for c in CASES if c.name == line.strip())
        start = time.monotonic()
        result = w.measure(c, a)
        print(json.dumps({**result, "seconds": time.monotonic() - start}), flush=True)


# ---- the coordinator


def why_not():
    """Return what this machine lacks to run the suite, or None."""
    for program in ("strace", "unshare", "cc"):
        if not shutil.which(program):
            return f"{program} is not installed"
    r = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=chdir:error=EIO:when=1", "true"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    if r.returncode:
        return "strace may not trace here: " + show(r.stdout).strip()
    r = subprocess.run([*unshare(), "sh", "-c", PREPARE + "[ -d /dev/mqueue ]"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return "no namespaces, or no /dev/mqueue, here: " + show(r.stdout).strip() if r.returncode else None


PREPARE = "mount -t tmpfs -o mode=1777 tmpfs /dev/shm && mount -t mqueue mqueue /dev/mqueue && mount -t tmpfs -o mode=755 tmpfs /run && "


def unshare():
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]


def end_with_us():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def begin_worker(a, scratch):
    argv = [*unshare(), "sh", "-c", PREPARE + 'exec "$@"', "sh", sys.executable, os.path.abspath(__file__), "--work", a.ipcx,
            "--errors", str(a.errors), "--every", str(a.every)]
    for name in ("points", "point", "keep"):
        argv += [f"--{name}", str(getattr(a, name))] if getattr(a, name) else []
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_us,
                            env=dict(os.environ, FAULTS_SCRATCH=scratch, PYTHONDONTWRITEBYTECODE="1"))


def prepare(scratch):
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", f"{scratch}/where", os.path.join(HERE, "../cli/helpers/where.c")], check=True)


def measure(a, cases, tell=lambda result: None, begin=begin_worker, ready=prepare):
    """Run all of these commands with several workers; return the results by name. Each worker starts in a directory that was prepared for it."""
    results, workers, local = {}, [], threading.local()

    def one(c):
        if not hasattr(local, "worker"):
            local.worker = begin(a, scratch)
            workers.append(local.worker)
        local.worker.stdin.write(c.name + "\n")
        local.worker.stdin.flush()
        line = local.worker.stdout.readline()
        if not line:
            raise RuntimeError(f"{c.name}: the worker ended")
        results[c.name] = json.loads(line)
        tell(results[c.name])

    with tempfile.TemporaryDirectory(prefix="faults.") as scratch:
        os.chmod(scratch, 0o755)
        ready(scratch)
        with concurrent.futures.ThreadPoolExecutor(a.workers) as pool:
            try:
                list(pool.map(one, cases))
            finally:
                for p in workers:
                    with contextlib.suppress(BrokenPipeError):
                        p.stdin.close()
                    p.wait(timeout=60)
                    p.stdout.close()
    return results


def text_of(result):
    """Return what was wrong with a command: one line for each point."""
    lines = [f"{kind}: {result['case']}: strace -f -e inject={point} ipcx {result['words']}\n    rc={rc} {err!r}\n    {text}"
             for point, kind, text, rc, err in result["found"]]
    return "\n".join(lines)


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ipcx")
    p.add_argument("names", nargs="*")
    p.add_argument("--all", action="store_true")
    p.add_argument("--errors", type=int, default=6)
    p.add_argument("--points", type=int)
    p.add_argument("--every", type=int, default=1)
    p.add_argument("--point")
    p.add_argument("--keep")
    p.add_argument("--workers", type=int, default=os.cpu_count())
    p.add_argument("--json")
    p.add_argument("-v", dest="verbose", action="store_true")
    p.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    a = p.parse_args(argv)
    a.ipcx = os.path.abspath(a.ipcx)
    a.keep = a.keep and os.path.abspath(a.keep)
    return a


def main():
    a = arguments(sys.argv[1:])
    if a.work:
        work(a)
        return 0
    why = why_not()
    if why:
        print(f"faults.py: {why}", file=sys.stderr)
        return 77
    if a.all:
        a.errors, a.points = 6, None
    kinds, start = collections.Counter(), time.monotonic()

    def tell(result):
        kinds.update(f[1] for f in result["found"])
        print(f"{result['case']}: {result['chosen']} of {result['total']} points, {result['ran']} met, plain rc={result['rc']}, "
              f"{len(result['found'])} wrong, {result['seconds']:.0f}s", flush=True)
        if a.verbose and result["found"]:
            print(text_of(result), flush=True)

    cases = [c for c in CASES if not a.names or any(n in c.name for n in a.names)]
    results = measure(a, cases, tell)
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    total = sum(r["ran"] for r in results.values())
    print(f"{total} points in {time.monotonic() - start:.0f}s: " + (", ".join(f"{k} {n}" for k, n in kinds.most_common()) or "nothing wrong"))
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
