# SPDX-License-Identifier: GPL-2.0-or-later
"""The measured pairs and the ratio each must reach: one entry per line of the report. Commands are in the order of the formula's arguments; without a formula
the figure is that of the first command ÷ that of the second."""

from measure import Case, Cmd, has_line, lines, objects, present

KINDS = ("shm", "msg", "sem")
FLAG = {"shm": "-m", "msg": "-q", "sem": "-s"}
MAKE = {"shm": ("--size", "4K"), "msg": (), "sem": ("--nsems", "1")}
SORT = {"shm": "-size", "msg": "-qnum", "sem": "-nsems"}
IPCMK = {"shm": "ipcmk -M 4096", "msg": "ipcmk -Q", "sem": "ipcmk -S 1"}
N = "32000"
START_UP = 15           # half a millisecond of CPU needs more rounds: 105 by default


def count(world):
    return int(world.split()[0])


def ls(kind, world=N, *options):
    check = objects if "--json" in options else lines
    return Cmd(world, ("@ipcx@", "ls", kind, *options), check=check(count(world)))


def cat(kind, world=N):
    return Cmd(world, ("cat", f"/proc/sysvipc/{kind}"), check=lines(count(world)))


def ipcs(kind, world=N):
    return Cmd(world, ("ipcs", FLAG[kind]), check=lines(count(world)))


def lsipc(kind, world=N, *options):
    check = objects if "-J" in options else lines
    return Cmd(world, ("lsipc", FLAG[kind], *options), check=check(count(world)))


def ours(*words, world=N, **more):
    return Cmd(world, ("@ipcx@", *words), **more)


def trivial(world):
    return Cmd(world, ("@bin@/trivial",))


def faults(*argv):
    return Cmd("0", argv, metric="faults")


def look(kind):
    """The floor of a listing: read each object, print nothing."""
    return Cmd(N, ("@bin@/floor", kind, N, "look"))


def rss(kind, *options):
    return ours("ls", kind, *options, metric="rss")


def rate(kind, *lister):
    """Count the cycles per second of a process that creates and removes objects while a lister runs."""
    return Cmd(N, ("@bin@/observer", kind, "300", *lister), metric="out")


def mk(kind):
    return ours("mk", kind, *MAKE[kind], "--count", N, world="spare",
                check=present(kind, 32000), after=(clear(kind),))


def floor(kind):
    return Cmd("spare", ("@bin@/floor", kind, N), check=present(kind, 32000),
               after=(clear(kind),))


def ipcmk_loop(kind):
    script = f"i=0; while [ $i -lt 200 ]; do {IPCMK[kind]}; i=$((i + 1)); done"
    return Cmd("spare", ("sh", "-c", script), scale=32000 / 200, check=present(kind, 200),
               after=(clear(kind),))


def metrics(*words, series, world=N):
    """The text for a monitoring system, which has this series."""
    return ours("metrics", *words, world=world, check=has_line(series))


def scraped(kind):
    """The same rate while one process of ipcx reads everything each second; over two seconds, so that it does so twice."""
    return Cmd(N, ("@bin@/observer", kind, "2000", "@ipcx@", "metrics", "--every", "1s", "--output", "@tmp@/scraped"), metric="out")


def clear(kind):
    return ("@bin@/fixture", "clear", kind)


def removal(kind, *argv):
    return Cmd("spare", argv, before=(("@bin@/fixture", "make", kind, N),),
               check=present(kind, 0), after=(clear(kind),))


MESSAGES = 100000
FILL = ("sh", "-c", f"seq -f 'message number %.0f' {MESSAGES} > @tmp@/lines")
NEW_QUEUE = (("@bin@/fixture", "clear", "msg"), ("sh", "-c", "echo 67108864 > /proc/sys/kernel/msgmnb"), ("@bin@/qloop", "make", "0x51"))


def send(*argv):
    """Send each line of standard input as a message; the queue has room for all of them."""
    return Cmd("spare", ("sh", "-c", f'exec {" ".join(argv)} < @tmp@/lines'), before=(FILL, *NEW_QUEUE), check=waiting,
               after=(clear("msg"),))


def stream(metric, seed, for_="2s"):
    """Send messages of 4 bytes one way on one CPU; the figure is messages per second of CPU time, or per second as the reference counts them."""
    what = {"per CPU second": "ops,cpu_time", "rate": "rate,rate"}[metric]
    turn = {"per CPU second": '{ printf "%f\\n", $1 * 1e9 / $2; exit }', "rate": "{ print $1; exit }"}[metric]
    words = f"stress compare msg --workload one-way --size 4 --cpus 1 --for {for_} --seed {seed} --format raw --no-headings -o {what}"
    return Cmd("spare", ("sh", "-c", f"@ipcx@ {words} | awk '{turn}'"), metric="out")


# The line of stress-ng with its figures: "msg" bogo-ops real user system …
STRESS_NG = Cmd("spare", ("sh", "-c", "taskset -c 0 stress-ng --msg 1 -t 2 --metrics-brief 2>&1 | "
                          "awk '$4 == \"msg\" { printf \"%f\\n\", $5 / ($7 + $8); found = 1 } END { exit !found }'"),
                metric="out")


def recv(*argv):
    """Receive every message and write it as a line."""
    return Cmd("spare", argv, before=(FILL, *NEW_QUEUE, ("sh", "-c", "exec @bin@/qloop send 0x51 < @tmp@/lines")),
               check=lines(MESSAGES), after=(clear("msg"),))


def waiting(world, _out):
    """Check that all messages are in the queue."""
    found = world.listing("msg")[0].split()[4]
    return None if found == str(MESSAGES) else f"{found} messages, not {MESSAGES}"


def each(*goals):
    """Return (kind, its goal) for each of the three kinds; a single goal applies to all."""
    return zip(KINDS, goals * 3 if len(goals) == 1 else goals)


def old(world, *words):
    """Two commands: the original, and ipcx called by the name of the original."""
    return Cmd(world, words), Cmd(world, ("@tmp@/" + words[0], *words[1:]))


def alone(value):
    return value


def growth(nothing, half, whole):
    return (whole - nothing) / max(half - nothing, 1e-9)


def per_place(many, one, trivial_program):
    return (many - one) / 49 / trivial_program


ONE_BY_ID = ours("ls", "shm:@shmid@", check=lines(1))
ONE_BY_KEY = ours("ls", "shm:@shmkey@", check=lines(1))
LIMITS = ours("limits")
NS_LS = ours("ns", "ls", world="crowd", check=lines(51))
CROWDS = ("crowd", "one place")


def who(mech, users, *before, world="600 users"):
    """Which processes use the objects of a mechanism; all of it is one JSON text."""
    return Cmd(world, (*before, "@ipcx@", "who", mech, "--json"), check=objects(users))


def grep(world):
    """Into a file: grep stops at its first match if the output is /dev/null."""
    return Cmd(world, ("sh", "-c", "exec grep -l SYSV /proc/[0-9]*/maps > @tmp@/grep"))


def fuser(name):
    return Cmd("600 users", ("fuser", f"/dev/shm/{name}"))


def attaches(world, *before):
    """Attaches that `who` found or counted as unseen, then those that the kernel counted."""
    add = 'json.load(sys.stdin); print(sum(u["mappings"] for u in all["users"]) + all["unseen"]["attaches"])'
    script = f"{' '.join(before)} @ipcx@ who shm --json | /usr/bin/python3 -c 'import json, sys; all = {add}'"
    return (Cmd(world, ("sh", "-c", script), metric="out"),
            Cmd(world, ("awk", "NR > 1 { n += $7 } END { print n }", "/proc/sysvipc/shm"), metric="out"))


def waits(count, *words, world="2000 sleepers"):
    """Which threads wait, who could end it, and why it may never end; all of it is one JSON text."""
    return Cmd(world, ("@ipcx@", "waits", *words, "--json"), check=objects(count))


def blocked(count, *words, world="2000 sleepers"):
    """Only which threads wait for what, as CSV: in JSON, those that wait for each other are listed, too."""
    return Cmd(world, ("@ipcx@", "waits", *words, "--format", "csv", "-o", "ref,pid,tid,command,call,wants,timeout"), check=lines(count))


def cat_calls(world="2000 sleepers"):
    return Cmd(world, ("sh", "-c", "exec cat /proc/[0-9]*/task/*/syscall"))


def bare_calls(world="2000 sleepers"):
    return Cmd(world, ("@bin@/pass", "calls"))


def bare_users(world="2000 sleepers"):
    """A look at all shared mappings, and at all descriptors."""
    return Cmd(world, ("@bin@/pass", "maps")), Cmd(world, ("@bin@/pass", "fds"))


def share_of_sum(everything, *parts):
    return everything / sum(parts)


LSOF = ("lsof", "-n", "-w", "-d", "DEL")
LSFD = ("lsfd", "-Q", 'ASSOC == "shm"')
STRANGER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
QUEUES = ours("ls", "mq", "-o", "ref,owner,mode,maxmsg,msgsize,curmsgs,qsize",
              world="queues")
LIBRARIES = Cmd("10", ("env", "LD_DEBUG=files", "LD_DEBUG_OUTPUT=@tmp@/ld",
                       "@ipcx@", "ls"), metric="libs")

CASES = [
    *[Case("P1", f"{k} 32,000 table ÷ bare *_STAT_ANY loop", (ls(k), look(k)), "<=", 1.2) for k in KINDS],
    *[Case("P1", f"{k} 32,000 table ÷ cat", (ls(k), cat(k))) for k in KINDS],

    *[Case("P2", f"{k} 32,000 JSON ÷ bare *_STAT_ANY loop", (ls(k, N, "--json"), look(k)), "<=", 1.35) for k in KINDS],
    *[Case("P2", f"{k} 32,000 JSON ÷ cat", (ls(k, N, "--json"), cat(k))) for k in KINDS],

    Case("P3", "shm 32,000 rss,swap table ÷ cat",
         (ls("shm", N, "-o", "+rss,swap"), cat("shm")), "<=", 1.25),
    Case("P3", "shm 32,000 rss,swap JSON ÷ cat",
         (ls("shm", N, "-o", "+rss,swap", "--json"), cat("shm")), "<=", 1.25),

    *[case for k, goal in each(15, 8, 5) for case in (
        Case("P4", f"{k} 32,000 ipcs ÷ table", (ipcs(k), ls(k)), ">=", 10),
        Case("P4", f"{k} 32,000 lsipc ÷ table", (lsipc(k), ls(k)), ">=", goal))],

    *[Case("P5", f"{k} 200 owners {tool.__name__} ÷ table",
           (tool(k, "32000 owners"), ls(k, "32000 owners")), ">=", goal)
      for k in KINDS for tool, goal in ((ipcs, 18), (lsipc, 20))],

    *[Case("P6", f"{k} 200 unknown uids ipcs ÷ table",
           (ipcs(k, "32000 unknown"), ls(k, "32000 unknown")), ">=", 50)
      for k in KINDS],

    *[case for k in KINDS for case in (
        Case("P7", f"{k} 1,000 table ÷ cat",
             (ls(k, "1000"), cat(k, "1000")), times=5),
        Case("P7", f"{k} 1,000 ipcs ÷ table",
             (ipcs(k, "1000"), ls(k, "1000")), ">=", 5, times=5),
        Case("P7", f"{k} 1,000 lsipc -J ÷ JSON",
             (lsipc(k, "1000", "-J"), ls(k, "1000", "--json")), ">=", 2.5, times=5))],

    *[case for k in KINDS for n in ("0", "10") for case in (
        Case("P8", f"{k} {n} table ÷ ipcs", (ls(k, n), ipcs(k, n)), "<=", 0.95,
             times=START_UP),
        Case("P8", f"{k} {n} table ÷ cat", (ls(k, n), cat(k, n)), times=START_UP),
        Case("P8", f"{k} {n} table ÷ trivial program", (ls(k, n), trivial(n)), times=START_UP))],
    Case("P8", "ls shm: minor page faults", (faults("@ipcx@", "ls", "shm"),), "<=", 110, formula=alone),
    Case("P8", "ipcs -m: minor page faults", (faults("ipcs", "-m"),), formula=alone),
    Case("P8", "trivial program: minor page faults", (faults("@bin@/trivial"),), formula=alone),

    *[Case("P9", f"{k} 32,000 {what}: peak MiB", (rss(k, *options),), "<=", 8,
           formula=alone)
      for k in KINDS for what, options in (
          ("table", ()), ("JSON", ("--json",)),
          ("table sorted", ("--sort", SORT[k])),
          ("JSON sorted", ("--json", "--sort", SORT[k])))],
    Case("P9", "launcher's own share: /bin/true, peak MiB",
         (Cmd(N, ("/bin/true",), metric="rss"),), formula=alone),

    *[Case("P10", f"{k} 32,000 over 16,000, less 0",
           (ls(k, "0"), ls(k, "16000"), ls(k)), "<=", 2.2, formula=growth)
      for k in KINDS],

    Case("P11", "shm:ID among 32,000 ÷ ls of nothing", (ONE_BY_ID, ls("shm", "0")),
         "<=", 1.15, times=5),
    Case("P11", "shm:0xKEY among 32,000 ÷ ls of nothing", (ONE_BY_KEY, ls("shm", "0")),
         "<=", 1.15, times=5),
    Case("P11", "ipcs -m -i ÷ shm:ID",
         (Cmd(N, ("ipcs", "-m", "-i", "@shmid@")), ONE_BY_ID), ">=", 40, times=5),
    Case("P11", "shm:ID among 32,000 ÷ as the only one",
         (ONE_BY_ID, ours("ls", "shm:@shmid@", world="1")), times=5),
    Case("P11", "show shm:ID ÷ ls of nothing",
         (ours("show", "shm:@shmid@"), ls("shm", "0")), times=5),

    Case("P12", "lsipc ÷ limits, 32,000 of each", (Cmd(N, ("lsipc",)), LIMITS), ">=", 15),
    Case("P12", "limits ÷ ipcs -u, 32,000 of each", (LIMITS, Cmd(N, ("ipcs", "-u"))),
         "<=", 1.15),

    *[Case("P13", f"{k} make+remove beside ipcx ls ÷ alone",
           (rate(k, "@ipcx@", "ls", k), rate(k)), ">=", 0.6) for k in KINDS],
    *[Case("P13", f"{k} make+remove beside libipcx scans ÷ alone",
           (rate(k, "@bin@/scan", k), rate(k)), ">=", 0.6) for k in KINDS],
    *[Case("P13", f"{k} make+remove beside cat ÷ alone",
           (rate(k, "cat", f"/proc/sysvipc/{k}"), rate(k))) for k in KINDS],

    *[Case("P13", f"{k} make+remove beside metrics each second ÷ alone", (scraped(k), rate(k)), ">=", 0.6) for k in KINDS],

    Case("P14", "--version: minor page faults", (faults("@ipcx@", "--version"),), "<=", 105, formula=alone),
    Case("P14", "--version ÷ trivial program",
         (ours("--version", world="10"), trivial("10")), times=START_UP),
    Case("P14", "libraries of ls besides libc and libipcx", (LIBRARIES,), "<=", 0,
         formula=alone),

    *[Case("P15", f"who shm, 2,000 processes ÷ {name}", (who("shm", 200, world="2000 users"), peer), *goal)
      for name, peer, *goal in (
          ("grep", grep("2000 users"), "<=", 0.35),
          ("lsof -d DEL", Cmd("2000 users", LSOF), "<=", 0.17),
          ("bare query loop", Cmd("2000 users", ("@bin@/pass", "maps"))))],
    *[Case("P16", f"the same without PROCMAP_QUERY ÷ {name}",
           (who("shm", 200, "@bin@/noquery", world="2000 users"), peer), *goal)
      for name, peer, *goal in (
          ("grep", grep("2000 users"), "<=", 1.15),
          ("bare search", Cmd("2000 users", ("@bin@/noquery", "@bin@/pass", "text"))))],
    *[Case("P17", f"attaches {what}: difference to nattch", attaches(world, *before), "<=", 0,
           formula=lambda found, counted: abs(found - counted))
      for what, world, *before in (
          ("200", "2000 users"), ("6,000", "all users"), ("by text", "2000 users", "@bin@/noquery"),
          ("by another user", "2000 users", *STRANGER))],

    *[Case("P18", f"who waits, sem msg, 2,000 processes ÷ {name}", (blocked(100, "sem", "msg"), peer), *goal)
      for name, peer, *goal in (("cat", cat_calls(), "<=", 0.5), ("bare loop", bare_calls()))],
    *[Case("P18", f"{what}, 5,000 of one array ÷ {name}", (cmd, peer))
      for what, cmd in (("who waits", blocked(5000, "sem", world="5000 waiters")), ("waits sem", waits(5000, "sem", world="5000 waiters")))
      for name, peer in (("cat", cat_calls("5000 waiters")), ("bare loop", bare_calls("5000 waiters")))],
    # The users of objects are needed to tell who could end the waits.
    Case("P19", "waits ÷ (who waits + who of the same objects)",
         (waits(300), blocked(300), Cmd("2000 sleepers", ("@ipcx@", "who", "pshm", "psem", "mq", "pipe", "--json"))),
         "<=", 1.0, formula=share_of_sum),

    Case("P20", "ns ls, 2,000 processes in 50 ÷ lsns -t ipc",
         (NS_LS, Cmd("crowd", ("lsns", "-t", "ipc"), check=lines(51))), "<=", 0.4),
    *[Case("P21", f"ls {what} --ns all, each of 50 ÷ trivial program",
           (*(ours("ls", what, "--ns", "all", world=crowd) for crowd in CROWDS),
            trivial("crowd")), *goal, formula=per_place, times=3)
      for what, *goal in (("sysv", "<=", 0.1), ("shm",), ("all",))],
    *[Case("P21", f"{' '.join(words)} --ns all, 1,000 namespaces ÷ 500",
           tuple(ours(*words, "--ns", "all", world=f"{n} places") for n in (1000, 500)), "<=", 2.2)
      for words in (("limits",), ("ls",))],

    *[case for k in KINDS for case in (
        Case("P22", f"mk {k} --count 32000 ÷ bare loop", (mk(k), floor(k)), "<=", 1.2),
        Case("P22", f"loop of ipcmk, {k} ÷ mk --count", (ipcmk_loop(k), mk(k)),
             ">=", 150))],

    *[Case("P23", f"rm {k} --all, 32,000 ÷ ipcrm --all",
           (removal(k, "@ipcx@", "rm", k, "--all", "--yes"),
            removal(k, "ipcrm", f"--all={k}")), "<=", 1.05) for k in KINDS],

    *[Case(f"C{4 if world == N else 5}", f"{k} {world} {tool} ÷ under that name",
           old(world, tool, FLAG[k]), ">=", 1)
      for world in (N, "32000 owners") for k in KINDS for tool in ("ipcs", "lsipc")],
    *[Case("C6", f"{k} 200 unknown uids ipcs ÷ under that name",
           old("32000 unknown", "ipcs", FLAG[k]), ">=", 1) for k in KINDS],
    *[Case("C7", f"{k} 10 {' '.join(words)} ÷ under that name",
           old("10", words[0], FLAG[k], *words[1:]), ">=", 1, times=START_UP)
      for k in KINDS for words in (("ipcs",), ("lsipc",), ("lsipc", "-J"))],
    Case("C11", "ipcs -m -i among 32,000 ÷ under that name",
         old(N, "ipcs", "-m", "-i", "@shmid@"), ">=", 1, times=5),
    *[Case("C12", f"{' '.join(words)}, 32,000 of each ÷ under that name", old(N, *words),
           ">=", 1, times=5)
      for words in (("lsipc",), ("ipcs", "-u"), ("ipcs", "-l"))],
    Case("V1 send", "msg send --lines, 100,000 ÷ bare loop",
         (send("@ipcx@", "msg", "send", "0x51", "--lines"), send("@bin@/qloop", "send", "0x51")), "<=", 1.5),
    Case("V1 recv", "msg recv --all, 100,000 ÷ bare loop",
         (recv("@ipcx@", "msg", "recv", "0x51", "--all", "--format", "lines"), recv("@bin@/qloop", "recv", "0x51")),
         "<=", 1.5),
    Case("V1 drain", "msg drain, 100,000 ÷ bare loop",
         (recv("@ipcx@", "msg", "drain", "0x51", "-"), recv("@bin@/qloop", "recv", "0x51")), "<=", 5),

    Case("P24", "stress, 4-byte messages a CPU second ÷ stress-ng --msg 1",
         (stream("per CPU second", 1), STRESS_NG), ">=", 0.95),
    Case("P24", "the same ÷ bare loop",
         (stream("per CPU second", 1), Cmd("spare", ("@bin@/stream",), metric="out")), ">=", 0.9),
    Case("P25", "stress, 5 runs of 2 s, greatest ÷ least rate",
         tuple(stream("rate", seed) for seed in range(1, 6)), "<=", 1.25,
         lambda *rates: max(rates) / min(rates)),

    Case("P26", "queues with attributes ÷ ls -l",
         (QUEUES, Cmd("queues", ("ls", "-l", "@mqueue@"))), "<=", 1.6),
    Case("P26", "queues with attributes ÷ cat *",
         (QUEUES, Cmd("queues", ("sh", "-c", "exec cat @mqueue@/*"))), "<=", 0.35),

    *[Case("P27", f"who {mech}, 600 processes ÷ {name}", (who(mech, users), peer), *goal)
      for mech, users, name, peer, *goal in (
          ("shm", 60, "grep", grep("600 users"), "<=", 0.35),
          ("shm", 60, "lsof -d DEL", Cmd("600 users", LSOF), "<=", 0.17),
          ("shm", 60, "lsfd, ASSOC shm", Cmd("600 users", LSFD)),
          ("pshm", 30, "grep", grep("600 users"), "<=", 0.55),
          ("pshm", 30, "fuser FILE", fuser("tenants"), "<=", 0.4),
          ("psem", 30, "grep", grep("600 users"), "<=", 0.55),
          ("psem", 30, "fuser FILE", fuser("sem.tenants"), "<=", 0.4),
          ("mq", 30, "grep", grep("600 users"), "<=", 0.25),
          ("mq", 30, "bare look at descriptors", Cmd("600 users", ("@bin@/pass", "fds"))))],

    *[Case("P28", f"who waits, 2,000 processes ÷ {name}", (blocked(300), peer), *goal)
      for name, peer, *goal in (("cat", cat_calls(), "<=", 0.5), ("bare loop", bare_calls()))],
    Case("P28", "waits, 2,000 processes ÷ bare loops", (waits(300), bare_calls(), *bare_users()), "<=", 1.5, formula=share_of_sum),
    Case("P28", "waits --graph ÷ waits", (Cmd("2000 sleepers", ("@ipcx@", "waits", "--graph")),
                                          Cmd("2000 sleepers", ("@ipcx@", "waits"), check=lines(300))), "<=", 1.1),

    *[Case("P30", f"metrics, 32,000 {k} of {owners} ÷ ls --json",
           (metrics(series=series, world=world), ls(k, world, "--json")), "<=", 0.8)
      for k in KINDS for owners, world, series in (
          ("one owner", f"32000 {k} of one", f'ipcx_objects{{mech="{k}",owner="root"}} 32000'),
          ("200 owners", f"32000 {k} of named", f'ipcx_objects{{mech="{k}",owner="bench199"}} 160'))],
    Case("P30", "metrics, 32,000 of each ÷ ls --json",
         (metrics(series='ipcx_objects{mech="sem",owner="root"} 32000'), ours("ls", "--json", check=objects(96000))), "<=", 0.8),
    Case("P30", "metrics shm, 32,000 of each ÷ ls shm --json",
         (metrics("shm", series='ipcx_objects{mech="shm",owner="root"} 32000'), ls("shm", N, "--json"))),
    Case("P30", "metrics --ns all, 1,000 namespaces ÷ ls --json",
         (metrics("--ns", "all", series="ipcx_namespaces 1001", world="1000 places"), ours("ls", "--ns", "all", "--json", world="1000 places"))),

    # Beside the commands that read the same facts.
    *[Case("D1", f"why {' '.join(words)} ÷ limits", (ours("why", *words, world="10"), ours("limits", world="10")), "<=", 3, times=START_UP)
      for words in (("semget", "EINVAL", "nsems=40000"), ("semget(1, 40000, 03600) failed: Invalid argument",))],
    Case("D2", "doctor, 600 processes ÷ who + ls + limits",
         tuple(ours(word, world="600 users") for word in ("doctor", "who", "ls", "limits")), "<=", 1.3, formula=share_of_sum),
    Case("D3", "ls shm --by owner, 32,000 ÷ ls shm", (ours("ls", "shm", "--by", "owner", world=N), ours("ls", "shm", world=N)), "<=", 1.1),
    Case("D4", "df, 600 processes ÷ who", (ours("df", world="600 users"), ours("who", world="600 users"))),
]
