#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Failing system calls: a fixed share of all points of commands of every kind, run quickly (helpers/failcall.c).

usage: failing.py [options] IPCX [NAME...]

  IPCX          the program
  NAME          only commands whose name contains this word
  --points N    at most N points a command (default: all)
  --workers N   run N at once (default: one for each CPU)
  --json FILE   write what was wrong as a list
  -v            print each wrong point when it is found
  --memory SO   make allocations fail, not calls: SO is tests/cli/helpers/nomem.c as a library, IPCX a build without sanitizers
  --only C:E    only points at which the call C fails with the error E
  --point P     only this point, "0 openat 3 EIO": the third openat(2) of the first process

The places, and the processes that read them without ipcx, are those of tests/hostile. The checks are also taken from there, but are stricter here: a
different answer without a message is wrong whatever the exit status is."""

import argparse
import collections
import contextlib
import errno
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../hostile"))

import faults
from faultworld import OURS, TARGET, Place, libc, mount

SECONDS = 60

# ---- the commands

CASES = []


def case(name, words, *, touch=None, kind="", rc=0, stdin=None):
    """A command, with a pattern of what it may change, further checks, the exit status without faults, and the standard input."""
    words = words.split() if isinstance(words, str) else words
    CASES.append(Case(name, words, OURS, touch and re.compile(touch), kind, rc, stdin))


Case = collections.namedtuple("Case", "name words place touch kind rc stdin")

ALL_SIX = "shm:0x1001 msg:0x2001 sem:0x3001 mq:/q1 pshm:/p1 psem:/s1"


def lists():
    for fmt in ("table", "json", "csv", "export", "raw"):
        case(f"ls-{fmt}", f"ls --format {fmt} -o ref,owner,mode,size,nattch,qnum,nsems,curmsgs,value")
    case("ls-all-fields", "ls --json -o all")
    case("ls-command", "ls shm --json -o ref,cpid,command,rss")
    case("ls-where", ["ls", "--where", "size > 4K && owner == root", "--json"])
    case("ls-like", ["ls", "posix", "--where", "name =~ '^/[pqs]1'", "-o", "ref,mode"])
    case("ls-sort", "ls sysv --sort -size,ref --json")
    case("ls-refs", f"ls {ALL_SIX} --json -o ref,owner,group")
    case("ls-ns", "ls --ns {target} --json")
    case("ls-ns-all", "ls sysv --ns all --json -o ref,size,ns")
    case("show", f"show {ALL_SIX} --json")
    case("show-table", f"show {ALL_SIX}")
    case("limits", "limits --json")
    case("limits-table", "limits")
    case("limits-for", "limits --for shm:4K --json")
    case("limits-for-mq", "limits --for mq:3x16 --json", rc=None)
    case("limits-save", "limits --save -")
    case("key", "key /etc")
    case("key-reverse", "key --reverse 0x01000000 -r /etc/apt", rc=None)
    case("rm-dry", "rm sysv --all --dry-run --json")
    case("ns-ls", "ns ls --json -o ns,processes,objects,bytes,kept_by")
    case("ns-show", "ns show {target} --json -o ns,processes,objects,bytes")
    case("ns-cmp", "ns cmp self {target} --json", rc=1)


def contents():
    case("peek", "msg peek 0x2001 --format json")
    case("peek-table", "msg peek 0x2001")
    case("shm-read", "shm read 0x1001")
    case("shm-strings", "shm read 0x1001 --strings")
    case("shm-read-O", "shm read 0x1001 -O {out}")
    case("pshm-read", "pshm read /p1")
    case("sem-get", "sem get 0x3001")
    case("psem-get", "psem get /s1")
    case("shm-write", "shm write 0x1001 {from}", touch="shm:0x1001$", kind="write")
    case("shm-write-stdin", "shm write 0x1001", touch="shm:0x1001$", kind="write", stdin="from")
    case("pshm-write", "pshm write /p1 {from}", touch="file:p1$", kind="write")
    case("shm-copy", "shm copy 0x1001 0x1003", touch="shm:0x1003$", kind="write")
    case("shm-fill", "shm fill 0x1001 --byte 0x41", touch="shm:0x1001$", kind="write")
    case("send", "msg send 0x2002 alpha beta gamma", touch="msg:0x2002$", kind="send")
    case("send-lines", "msg send 0x2002 --lines", touch="msg:0x2002$", kind="send", stdin="lines")
    case("recv", "msg recv 0x2001 --all --format json", touch="msg:0x2001$", kind="recv")
    case("recv-two", "msg recv 0x2001 --count 2 --format json", touch="msg:0x2001$", kind="recv")
    case("drain", "msg drain 0x2001 {out}", touch="msg:0x2001$", kind="recv")
    case("load", "msg load 0x2002 {saved}", touch="msg:0x2002$", kind="send")
    case("mq-send", "mq send /q2 a b", touch="mq:/q2$", kind="count")
    case("mq-recv", "mq recv /q1 --all --format json", touch="mq:/q1$", kind="mqrecv")
    case("mq-drain", "mq drain /q1 {out}", touch="mq:/q1$", kind="mqrecv")
    case("sem-op", "sem op 0x3001 0-1 1+1 2+2", touch="sem:0x3001$")
    case("sem-set", "sem set 0x3001 9 8 7", touch="sem:0x3001$")
    case("psem-post", "psem post /s1", touch="file:sem.s1$")
    case("sem-run", "sem run 0x3002 -- echo ran", kind="ran")
    case("psem-run", "psem run /s1 -- echo ran", touch="file:sem.s1$", kind="ran")


def acts():
    case("mk-shm", "mk shm:0x1111 --size 8K --mode 0640", touch="shm:0x1111$", kind="mk")
    case("mk-shm-from", "mk shm:0x1111 --from {from} --mode 0640", touch="shm:0x1111$", kind="mk")
    case("mk-msg", "mk msg:0x2222 --qbytes 9000", touch="msg:0x2222$", kind="mk")
    case("mk-sem", "mk sem:0x3333 --nsems 3 --init 1,2,3 --owner 5:6", touch="sem:0x3333$", kind="mk")
    case("mk-mq", "mk mq /new --maxmsg 3 --msgsize 16 --mode 0604", touch="mq:/new$", kind="mk")
    case("mk-pshm", "mk pshm /new --from {from}", touch="file:new$", kind="mk")
    case("mk-psem", "mk psem /new --init 4", touch="file:sem.new$", kind="mk")
    case("mk-count", "mk msg --count 3", touch="msg:private", kind="mk")
    case("rm-ref", f"rm {ALL_SIX}", touch=r"(shm:0x1001|msg:0x2001|sem:0x3001|mq:/q1|file:p1|file:sem.s1)$")
    case("rm-where", ["rm", "shm", "--where", "size > 10K", "--yes"], touch="shm:0x1003$")
    case("rm-not-like", ["rm", "pshm", "--where", "!(name =~ '^/(p9|mark)')", "--yes"], touch="file:p1$")
    case("rm-not-owner", ["rm", "shm", "--where", "owner != root && size < 5K", "--yes"])
    case("rm-all", "rm sem --all --yes", touch="sem:")
    case("set-mode", "set shm:0x1001 --mode 0644", touch="shm:0x1001$")
    case("set-owner", "set msg:0x2001 --owner 7:8 --qbytes 9000", touch="msg:0x2001$", kind="steps")
    case("set-size", "set pshm:/p1 --size 4K", touch="file:p1$")
    case("set-mq", "set mq:/q1 --mode 0640", touch="mq:/q1$")
    case("limits-set", "limits set shmmni=100 msgmni=50", touch="limit:(shmmni|msgmni)$")
    case("ns-enter", "ns enter {target} -- readlink /proc/self/ns/ipc", kind="ran")
    case("ns-enter-mount", "ns enter {target} --mount -- readlink /proc/self/ns/ipc", kind="ran")
    case("ns-enter-drop", "ns enter {target} --keep-caps none -- grep -E Cap(Prm|Eff|Bnd) /proc/self/status", kind="ran")
    case("ns-pin", "ns pin {target} lab", touch=r"(pin:lab|mount:/run/.*)$", kind="pin")
    case("rm-there", "rm --ns {target} shm:0x1001 --dry-run --json")
    case("sem-get-there", "sem get --ns {target} 0x3001")


def old_names():
    case("ipcs", "compat ipcs -a")
    case("ipcs-u", "compat ipcs -u")
    case("ipcs-l", "compat ipcs -l")
    case("ipcs-p", "compat ipcs -p")
    case("ipcs-c", "compat ipcs -c")
    case("lsipc", "compat lsipc")
    case("lsipc-m", "compat lsipc -m -J")
    case("lsipc-Q", "compat lsipc -Q")
    case("lsipc-M", "compat lsipc -M -J")
    case("lsipc-S", "compat lsipc -S")
    case("ipcrm", "compat ipcrm -M 0x1001 -Q 0x2001", touch="(shm:0x1001|msg:0x2001)$")
    case("ipcrm-a", "compat ipcrm -a", touch="(shm|msg|sem):")


lists()
contents()
acts()
old_names()

# Cases that run with failing allocations. Excluded are commands that use NSS, whose assertions abort the program, and commands in which another program or
# library could be the one that fails.
STARVED = [c for c in CASES if not re.match("mk-sem|set-owner|rm-not-owner|ls-where|ns-(enter|pin)|.*-run$|ipcs|lsipc-|.*there$|ls-ns$", c.name)]

# ---- the points

# Calls that the sanitizers' runtime also makes; if such a call fails, the runtime ends the program.
NEVER = (faults.NEVER | faults.SANITIZERS) - {"close"}
ERRORS = {**faults.ERRORS, "close": ["EIO"]}
Point = collections.namedtuple("Point", "task call nth error")


@functools.cache
def call_names():
    """Return the numbers of system calls, as the compiler knows them."""
    r = subprocess.run([os.environ.get("CC", "cc"), "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
                       stdout=subprocess.PIPE, text=True, check=True)
    return {name: int(n) for name, n in re.findall(r"#define __NR_(\w+) (\d+)", r.stdout)}


def number_of(call):
    """Return the number of a call; a call that the headers do not know yet is named by its number."""
    return int(call[2:]) if re.fullmatch(r"nr\d+", call) else call_names()[call]


def points(calls, errors=4):
    """Return every point of a trace, which is a list of (task, call). The points depend only on the trace."""
    return [Point(task, name, nth, error) for (task, name), n in sorted(collections.Counter(calls).items()) if name not in NEVER
            for nth in range(1, n + 1) for error in ERRORS.get(name, faults.OTHER_ERRORS)[:errors]]


def share(every, n):
    """Return n of the points, evenly spread."""
    return every if n is None or n >= len(every) else [every[i * len(every) // n] for i in range(n)]


# ---- expected results

# Values that change without any action.
MOVES = re.compile(r'"(age|idle|start|started|created|ctime|otime|stime|rtime|dtime|atime|mtime)":("[^"]*"|-?\d+|null)|\b\d+s\b|\b\d+ms\b'
                   r'|"(free|available|used|rss|swap)":\d+|\d\d:\d\d(:\d\d)?')


def steady(out):
    return MOVES.sub("", out.decode("utf-8", "replace"))


# What reports in the output itself that something is missing: a row of a comparison, the heading of the processes that use an object.
REPORTS = ("unknown: ", "may not be looked at")


class Judge(faults.Judge):
    """A run with a fault, compared with a run without faults."""

    def ended(self, r, untold):
        yield from (x for x in super().ended(r, untold) if x[0] != "silent")
        numbered = self.c.kind == "mk" and r.rc == 0
        usual, now = steady(self.plain.out), steady(r.out)
        if not untold and not numbered and r.rc == self.plain.rc and now != usual and r.err == self.plain.err and \
                not any(now.count(word) > usual.count(word) for word in REPORTS):
            yield "silent", faults.differs(usual, now)
        if self.c.kind == "ran" and r.out and r.out != self.plain.out:
            yield "place", faults.differs(usual, now)

    def messages(self, r, after, out_file):
        if self.c.kind == "mqrecv":  # what was printed, and what was saved
            r = r._replace(out=r.out + b"\n" + out_file)
        yield from super().messages(r, after, out_file)

    def asked(self, r, after):
        if self.c.kind == "count":
            return
        if self.c.kind == "steps" and r.rc != 0 and r.err:
            return
        yield from super().asked(r, after)


# ---- a worker: its places, and the commands that it runs there


class Worker:
    def __init__(self, ipcx):
        self.ipcx, self.work = ipcx, os.environ["FAILING_SCRATCH"]
        with open(f"{self.work}/failcall", "rb") as f:
            helper = f.read()
        mount("tmpfs", self.work, "tmpfs", 0, "mode=755")
        self.write("failcall", helper)
        os.chmod(f"{self.work}/failcall", 0o755)
        self.fresh_run()
        self.places = {n: Place(n) for n in (OURS, TARGET)}
        self.write("from", b"new contents " * 300)
        self.write("lines", b"line one\nline two\nline three\n")
        r = faults.run([ipcx, "msg", "peek", "0x2001", "--format", "json"], self.work)
        self.write("saved", r.out)
        self.names = {n: name for name, n in call_names().items()}

    def write(self, name, data):
        with open(f"{self.work}/{name}", "wb") as f:
            f.write(data)

    def read(self, name):
        with contextlib.suppress(FileNotFoundError), open(f"{self.work}/{name}", "rb") as f:
            return f.read()
        return b""

    def fresh_run(self):
        """Pins are mounts below /run; here /run is a private file system."""
        libc.umount2(b"/run", 2)
        mount("tmpfs", "/run", "tmpfs", 0, "mode=755")

    def reset(self, c):
        if "pin" in c.kind:
            self.fresh_run()
        for place in self.places.values():
            place.ask("restore")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.work}/out")

    def look(self):
        return {n: place.ask("state") for n, place in self.places.items()}

    def argv(self, c):
        words = {"{target}": str(self.places[TARGET].pid), "{from}": f"{self.work}/from", "{out}": f"{self.work}/out",
                 "{saved}": f"{self.work}/saved"}
        return [self.ipcx, *(words.get(w, w) for w in c.words)]

    def begin(self, c):
        argv = [f"{self.work}/failcall", "stdout", "stderr", c.stdin or "/dev/null", str(SECONDS), *self.argv(c)]
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.work, env=faults.ENV, text=True)

    def run(self, p, what):
        """Return the result, the calls of a traced run, and whether the chosen call was reached and whether its failure could not be reported."""
        p.stdin.write(what + "\n")
        p.stdin.flush()
        calls = []
        for line in p.stdout:
            word, *rest = line.split()
            if word == "end":
                rc = rest[0] if rest[0] == "hang" else int(rest[0])
                return faults.Result(rc, self.read("stdout"), self.read("stderr")), calls, rest[1] == "1", rest[2] == "1"
            calls.append((int(rest[0]), self.names.get(int(rest[1]), f"nr{rest[1]}")))
        raise RuntimeError(f"failcall ended: {p.wait()}")

    def measure(self, c, a):
        self.reset(c)
        p = self.begin(c)
        try:
            return self.measure_with(p, c, a)
        finally:
            p.stdin.close()
            p.wait(timeout=60)
            p.stdout.close()

    def measure_with(self, p, c, a):
        if a.memory:
            return self.starve(c, a)
        _, calls, _, _ = self.run(p, "trace")
        every = points(calls)
        chosen = share(every, a.points)
        if a.point:
            task, call, nth, error = a.point.split()
            chosen = [Point(int(task), call, int(nth), error)]
        if a.only:
            chosen = [p for p in every if f"{p.call}:{p.error}" == a.only]
        if c.touch or "{out}" in c.words:
            self.reset(c)
        before = self.look()
        plain, _, _, _ = self.run(p, "none")
        done = self.look()
        judge = Judge(c, plain, before, done, self.places)
        found = [("plain", kind, text, plain.rc, faults.show(plain.err))
                 for kind, text in judge.judge(plain, done, (), False, self.read("out")) if kind not in ("lost", "double")]
        if c.rc is not None and plain.rc != c.rc:
            found.append(("plain", "undone", f"the exit status is not {c.rc}", plain.rc, faults.show(plain.err)))
        after, met = done, 0
        for point in chosen:
            if after != before or "{out}" in c.words:
                self.reset(c)
            r, _, hit, untold = self.run(p, f"fail {point.task} {number_of(point.call)} {point.nth} {getattr(errno, point.error)}")
            after = self.look()
            met += hit
            found += [(" ".join(map(str, point)), kind, text, r.rc, faults.show(r.err))
                      for kind, text in judge.judge(r, after, (), untold, self.read("out"))]
        return {"case": c.name, "words": " ".join(c.words), "total": len(every), "chosen": len(chosen), "met": met, "found": found}


    def starved(self, c, a, nth, everything):
        """A run in which one allocation fails, or one allocation and all after it."""
        argv = [*self.argv(c), *(["--numeric"] if c.words[0] in ("ls", "show", "set") or "--dry-run" in c.words else [])]
        env = dict(faults.ENV, LD_PRELOAD=a.memory, NOMEM_AT=str(nth), **({"NOMEM_ALL": "1"} if everything else {}))
        with open(f"{self.work}/{c.stdin}" if c.stdin else "/dev/null", "rb") as f:
            p = subprocess.run(argv, stdin=f, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.work, env=env, timeout=SECONDS, check=False)
        return faults.Result(p.returncode, p.stdout, p.stderr)

    def starve(self, c, a):
        """Make each allocation fail in turn: the result must be complete, report what is missing, or report out of memory with status 1."""
        self.reset(c)
        before = self.look()
        plain = self.starved(c, a, 0, False)
        done = after = self.look()
        judge, met, found = Judge(c, plain, before, done, self.places), 0, []
        for everything in (False, True):
            for nth in range(1, a.points + 1):
                if after != before or "{out}" in c.words:
                    self.reset(c)
                r = self.starved(c, a, nth, everything)
                after = self.look()
                if r.rc == 90:  # it was never reached
                    break
                met += 1
                bad = list(judge.judge(r, after, (), False, self.read("out")))
                if everything:  # without any memory nothing can be undone either, and it reports what is left
                    bad = [b for b in bad if b[0] != "half"]
                if r.rc not in (0, plain.rc, 1, 4) or (r.rc not in (plain.rc, 4) and not re.search(b"out of memory|llocate memory", r.err)):
                    bad.append(("status", f"{r.rc}"))
                found += [(f"{'all from ' if everything else ''}{nth}", kind, text, r.rc, faults.show(r.err)) for kind, text in bad]
        return {"case": c.name, "words": " ".join(c.words), "total": met, "chosen": met, "met": met, "found": found}


def work(a):
    """Read names of commands, one a line; write the result of each as one line."""
    w = Worker(a.ipcx)
    for line in sys.stdin:
        c = next(c for c in CASES if c.name == line.strip())
        start = time.monotonic()
        print(json.dumps({**w.measure(c, a), "seconds": time.monotonic() - start}), flush=True)


# ---- the coordinator


def why_not():
    """Return what this machine lacks to run the suite, or None."""
    if os.uname().machine not in ("x86_64", "aarch64"):
        return "failcall.c knows no calls of this machine"
    for program in ("unshare", "cc"):
        if not shutil.which(program):
            return f"{program} is not installed"
    r = subprocess.run([*faults.unshare(), "sh", "-c", faults.PREPARE + "[ -d /dev/mqueue ]"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    if r.returncode:
        return "no namespaces, or no /dev/mqueue, here: " + faults.show(r.stdout).strip()
    with tempfile.TemporaryDirectory(prefix="failing.") as scratch:
        compile_helper(scratch)
        r = subprocess.run([f"{scratch}/failcall", "/dev/null", "/dev/null", "/dev/null", "20", "/bin/true"], input=b"none\n",
                           stdout=subprocess.PIPE, check=False)
    return None if r.stdout.startswith(b"end 0") else "ptrace(2) is not allowed here"


def compile_helper(scratch):
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-o", f"{scratch}/failcall", os.path.join(HERE, "helpers/failcall.c")], check=True)


def begin_worker(a, scratch):
    argv = [*faults.unshare(), "sh", "-c", faults.PREPARE + 'exec "$@"', "sh", sys.executable, os.path.abspath(__file__), "--work", a.ipcx]
    for name in ("points", "point", "only", "memory"):
        argv += [f"--{name}", str(getattr(a, name))] if getattr(a, name) else []
    argv += ["-v"] if a.verbose else []
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=faults.end_with_us,
                            env=dict(os.environ, FAILING_SCRATCH=scratch, PYTHONDONTWRITEBYTECODE="1"))


def measure(a, cases, tell=lambda result: None):
    return faults.measure(a, cases, tell, begin_worker, compile_helper)


def text_of(result):
    """Return what was wrong with a command: one line for each point."""
    return "\n".join(f"{kind}: {result['case']}: failing.py --point '{point}' IPCX {result['case']}: ipcx {result['words']}\n    rc={rc} {err!r}\n    {text}"
                     for point, kind, text, rc, err in result["found"])


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ipcx")
    p.add_argument("names", nargs="*")
    p.add_argument("--points", type=int)
    p.add_argument("--memory")
    p.add_argument("--only")
    p.add_argument("--point")
    p.add_argument("--workers", type=int, default=os.cpu_count())
    p.add_argument("--json")
    p.add_argument("-v", dest="verbose", action="store_true")
    p.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    a = p.parse_args(argv)
    a.ipcx = os.path.abspath(a.ipcx)
    return a


def main():
    a = arguments(sys.argv[1:])
    if a.work:
        work(a)
        return 0
    why = why_not()
    if why:
        print(f"failing.py: {why}", file=sys.stderr)
        return 77
    kinds, start = collections.Counter(), time.monotonic()

    def tell(result):
        kinds.update(f[1] for f in result["found"])
        print(f"{result['case']}: {result['chosen']} of {result['total']} points, {result['met']} met, {len(result['found'])} wrong, "
              f"{result['seconds']:.1f}s", flush=True)
        if a.verbose and result["found"]:
            print(text_of(result), flush=True)

    results = measure(a, [c for c in (STARVED if a.memory else CASES) if not a.names or c.name in a.names or any(n + "*" in c.name + "*" for n in a.names)], tell)
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    total = sum(r["met"] for r in results.values())
    print(f"{total} points in {time.monotonic() - start:.0f}s: " + (", ".join(f"{k} {n}" for k, n in kinds.most_common()) or "nothing wrong"))
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
