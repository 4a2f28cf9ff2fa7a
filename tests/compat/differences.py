# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of permitted differences from the original, with the versions to which each applies and the reason.

There are two kinds: the original is older than the version that ipcx follows (RECORDED: the answer of 2.42 is in data/recorded.json), or ipcx deliberately
differs (an object of class Ours says what ipcx does instead)."""

import json
import os
import re

TRY = "Try '{0} --help' for more information.\n"
POSIX = ("/dev/shm", "/dev/mqueue")


class Ours:
    """Every given part of the answer of ipcx must be exactly this."""

    needs_theirs = False

    def __init__(self, **parts):
        self.parts = parts

    def check(self, case, ours, _):
        for name, value in self.parts.items():
            assert ours[name] == value, (case.id, name)


class Refused(Ours):
    """The answer of ipcx is status 1 and an error message, without output, and nothing has changed."""

    def check(self, case, ours, _):
        assert (ours["rc"], ours["out"]) == (1, "") and ours["err"].startswith(case.tool + ": ")
        assert ours["left"] == whole(case.state), "it did something"
        super().check(case, ours, _)


class BadMode(Refused):
    """The same as Refused, and the message quotes the invalid mode."""

    def check(self, case, ours, _):
        mode = case.words[case.words.index("-p") + 1]
        assert ours["err"].startswith(f"ipcmk: failed to parse mode: '{mode}'")
        super().check(case, ours, _)


class Sane(Ours):
    """The original crashes or prints garbage. ipcx must not end by a signal or hang, and must print every key of JSON only once."""

    def check(self, case, ours, _):
        assert ours["rc"] in (0, 1)
        assert ours["rc"] == 0 or ours["err"].startswith(case.tool + ": ")
        if "-J" in case.words and ours["out"]:
            json.loads(ours["out"], object_pairs_hook=once)
        super().check(case, ours, _)


class Utf8(Sane):
    """The JSON of ipcx is valid UTF-8, whatever bytes the names contain."""

    def check(self, case, ours, _):
        super().check(case, ours, _)
        assert ours["out"].encode("utf-8", "strict"), case.id


class Says(Ours):
    """The answer of ipcx is status 0 and an output that has the given right texts and none of the given wrong ones."""

    def __init__(self, has="", lacks=None):
        super().__init__(rc=0)
        self.has, self.lacks = has, lacks

    def check(self, case, ours, _):
        super().check(case, ours, _)
        assert re.search(self.has, ours["out"], re.M), (case.id, ours["out"])
        assert not self.lacks or not re.search(self.lacks, ours["out"], re.M), case.id


class Alike(Ours):
    """The answer of the original, except for the creator and the width of the creator's column."""

    needs_theirs = True

    @staticmethod
    def blurred(answer):
        out = re.sub(r"\b(400[01]|alice|averyverylongusername)\b", "X", answer["out"])
        return {**answer, "out": re.sub(r"(\\x20| )+|-{3,}", " ", out)}

    def check(self, case, ours, theirs):
        assert self.blurred(ours) == self.blurred(theirs)


class Changed(Ours):
    """The answer of the original after some replacements."""

    needs_theirs = True

    def __init__(self, change):
        super().__init__()
        self.change = change

    def check(self, case, ours, theirs):
        assert ours == self.change(case, theirs)


class Truer(Changed):
    """Either the answer of the original or that of the kernel."""

    def check(self, case, ours, theirs):
        assert ours in (theirs, self.change(case, theirs))


class More(Ours):
    """ipcx lists at least everything that the original lists."""

    needs_theirs = True

    def check(self, case, ours, theirs):
        lines = [line.split() for line in ours["out"].splitlines()]
        texts = [theirs["out"], true_groups(case, theirs)["out"]]
        assert ours["rc"] in (0, 1)
        assert any(all(line.split() in lines for line in text.splitlines()) for text in texts)


# Options that --help may list in addition to those of the original: they switch deliberate differences.
MORE_OPTIONS = {"--force"}
WHOLE = {}


def whole(state):
    """Return the objects that a state had before the command; the suite sets them."""
    return WHOLE[state]


def once(pairs):
    assert len(pairs) == len(dict(pairs)), f"a key twice: {pairs}"
    return dict(pairs)


def no_id(case, theirs):
    """ipcx treats a negative id as an id that no object has."""
    number = re.search(r"-i (-\d+)", case.id)[1]
    return {**theirs, "rc": 0, "out": "", "err": f"{case.tool}: id {number} not found\n"}


def sysv_only(case, theirs):
    """The answer that the previous version of the original gives: POSIX objects stay."""
    out = "".join(line for line in theirs["out"].splitlines(True) if "POSIX" not in line)
    err = "".join(line for line in theirs["err"].splitlines(True) if "name" not in line)
    left = {**theirs["left"], **{top: whole(case.state)[top] for top in POSIX}}
    return {"rc": 1 if err else 0, "out": out, "err": err, "left": left}


def with_perms(case, theirs):
    """ipcx also shows the permissions, which lsipc -q -P omits."""
    perms = iter(("0640", "0666", "0600", "0", "0444"))
    if re.search(r"^Permissions: +\d", theirs["out"], re.M):
        return theirs
    if "-i" in case.words:
        mode = ("0640", "0666", "0600", "0", "0444")[int(case.words[case.words.index("-i") + 1])]
        line = "Permissions:".ljust(36) + mode.ljust(36) + "\n"
        return {**theirs, "out": re.sub(r"(?m)^Permissions: +\n|(?=^Creator UID)", line, theirs["out"], count=1)}
    forms = {"-J": (r'("perms": )(null|"")', r'\g<1>"{}"'), "-e": (r'(PERMS=)("")', r'\g<1>"{}"'), "-n": (r'(PERMS=)("")', r'\g<1>"{}"'),
             "-r": (r"(?m)^(0x\w+ \d+ )(?= )", r"\g<1>{}")}
    found, to = next((forms[word] for word in case.words if word in forms), (r"(?m)^(0x\w{8} \d  )(.{5})", r"\g<1>{:>5}"))
    return {**theirs, "out": re.sub(found, lambda m: m.expand(to.format(next(perms))), theirs["out"])}


def with_qbytes(_, theirs):
    return {**theirs, "out": theirs["out"].replace("\tqbytes=0\t", "\tqbytes=16384\t")}


def true_groups(_, theirs):
    """Without /proc/sysvipc the creator's group is not looked up: the user is shown in its place."""
    out = theirs["out"]
    for old, new in ((r"^(5 +644 +alice +)alice     ", r"\1averyverylongusername"), (r"\b4000 4000 4001 4077$", "4000 4001 4001 4077"),
                     (r"^(3 +404 +averyverylongusername )averyverylongusername", r"\1alice     "),
                     (r"\b4001 4001 4000 4077$", "4001 4000 4000 4077"), (r"(cuid=4001\t cgid=)4001$", r"\g<1>4000")):
        out = re.sub(old, new, out, flags=re.M)
    return {**theirs, "out": out}


def denied(*ids):
    return "".join(f"ipcrm: permission denied for id ({n})\n" for n in ids)


def verbose(what, *ids):
    return "".join(f"removing {what} id `{n}'\n" for n in ids)


with open(os.environ["IPCX"], "rb") as program:
    NARROW = program.read(5)[4] == 1  # the class in the head of an ELF file

RECORDED = "as 2.42 answers"
EVER, V41, V42 = (0, 0), (2, 41), (2, 42)
KIND = r"(?!.* (-\w*[mqsMQSZN]|--shm|--q|--se|--po|--na))"

# Pattern of the command line; first version with this difference, and first version without it; answer of ipcx; reason.
TABLE = [
    # ---- deliberate differences
    (r"ipcrm (.* )?(-a|--all) \w+$", EVER, None, Refused(),
     "D1: with a blank the kind is no argument of -a, and everything went"),
    (r"ipcrm --all=all$", EVER, None, Sane(), "D2: a word for what 2.41 does with -a"),
    (r"mixed: @uid=4000 ipcrm -a$", EVER, None, Ours(rc=1, out="", err=denied(0, 2, 3, 4, 6) + denied(0, 1, 4) + denied(0, 1, 3, 4)),
     "D2 and D4"),
    (r"mixed: @uid=4000 ipcrm -v -a$", EVER, None, Sane(rc=1), "D2 and D4"),
    (r"nosysvipc: lsipc -c$", EVER, None, Sane(rc=1, out=""), "the message about -g and others names all of them"),
    (r"nosysvipc: (lsipc -q -c|@uid=4000 lsipc)$", EVER, None, Says(r"^(KEY|RESOURCE).*\n.*\d"), "the kernel tells without /proc/sysvipc, too, and more of it"),
    (r"nosysvipc: @uid=4000", EVER, None, More(), "the kernel tells of objects that may not be read, too"),
    (r"@uid=\d+ ipcs -q -i", EVER, None, Truer(with_qbytes), "without permission to read, qbytes=0"),
    (r"mixed: .*ipcrm (.* )?(-\w*a|--all?)( -v)?$", EVER, None, Changed(sysv_only), "D2: -a alone means System V, as up to 2.40"),
    (r"@uid=4000 ipcrm -v -ashm$", EVER, None,
     Ours(rc=1, err=denied(0, 2, 3, 4, 6), out=verbose("shared memory segment", *range(8))), "D4: who may not read is told too"),
    (r"@uid=4000 ipcrm -amsg$", EVER, None, Ours(rc=1, err=denied(0, 1, 3, 4), out=""), "D4"),
    (r"@uid=4000 ipcrm -asem$", EVER, None, Ours(rc=1, err=denied(0, 1, 4), out=""), "D4"),
    (r"ipcmk_there: ipcmk -m \w+ -n /?seg$", EVER, None,
     Refused(err="ipcmk: create POSIX shared memory failed: File exists\n"), "D5: the object was cut to the new size"),
    (r"ipcmk_there: ipcmk .*-m \w+ .*-n /?seg$", EVER, None, Sane(rc=1), "D5, with other kinds"),
    (r"ipcmk .*-p (?!'? ?\+?0*[0-7]{1,4}('|\s+-|$))", EVER, None, BadMode(),
     "2.43 quotes it and takes at most 07777; before: `failed to parse mode: Success', and any number"),
    (r"ipcmk -M \S+ -p 0?[4-7]\d{3}$", EVER, None, Sane(), "D6: the bit asked for huge pages, of which most have none"),
    (r"ipcrm (shm|msg|sem) (''|\d{10,}|-\d+)$", EVER, None, Refused(), "ids cut to 32 bits, and the empty one, meant object 0"),
    (r"ipcrm -[MQS] (0x[0-9a-f]{9,}|-\d{10,}|\d{11,})$", EVER, None, Refused(), "keys cut to 32 bits meant another object"),
    (r"(ipcs|lsipc) -[mqs] -i -\d+$", EVER, None, Changed(no_id), "D11: an id below zero meant the first object, or a crash"),
    (r"lsipc .*(-[MQS] -[MQSmqs]|-[mqs] -[MQS])\b", EVER, None, Sane(), "D12: crashes, and merged tables"),
    (r"lsipc (-[MQS] -i|-[mqs] -N)\b", EVER, None, Sane(), "D11: showed the first object"),
    (r"badsem: ", EVER, None, Sane(), "D8: a short file with the name of a semaphore, SIGBUS; D3"),
    (r"foreign: ipcrm", EVER, None, Sane(), "D3: a directory in /dev/shm ended it"),
    (r"nosysvipc: .*(-c$|ipcs -s -i 3)", EVER, None, Truer(true_groups), "the creator's group was its user"),
    (r"ipcmk -s -n \.{1,2}$", EVER, None, Refused(), "sem. and sem.. are names that nobody can mean"),
    (r"ipcmk (-m 10|-[sq]) -n /x -p [147]\d{3}$", EVER, None, Sane(rc=0), "D6: what is above 0777 is no permission"),
    (r"ipcrm --posix-shmem \.$", EVER, None, Refused(err="ipcrm: name `.' not found\n"), "a directory is no shared memory"),
    (r"lsipc .*-Q .*-P\b", EVER, None, Says(r"\b0[0-7]{3}\b|\b0\b"), "PERMS of POSIX queues are empty with -P"),
    (r"lsipc .*-q .*(-P .*-c\b|CGID\S* -P)", EVER, V41, Says(r"0640"), "PERMS of queues are empty with -P, and CGID was a user"),
    (r"lsipc .*-q .*-P\b|lsipc -P .*-q|lsipc -q -P", EVER, None, Changed(with_perms), "PERMS of queues are empty with -P"),
    (r"lsipc (-M -o \+?SIZE|-Q -o \+?(USEDBYTES|MSGS)|-S -o \+?SVAL)$", EVER, None, Says(r"^ *(NAME.*)?(SIZE|USEDBYTES|MSGS|SVAL)\s*\n(.*\n)*.*\d"), "D13: columns of their own were refused"),
    (r"(mixed|user): (@\S+ )*lsipc (?!.*(-[Jelrn] -[Jelrn]|-[cto] -[cto]|-o \S+ -[ct]|-g))(.* )?(-m|--shmems) (.* )?(-c|--creator|-i 5|-o \S*CGID\S*)( -[bPJern]+)*$", EVER, None, Alike(),
     "the creator's group is its user (test_defects.py has the true one)"),
    (r"lsipc -m -m$", EVER, None, Says(r"^KEY +ID +PERMS.*COMMAND *$", r"KEY.*KEY"), "D12: the columns came twice"),
    (r"user: @uid=\d+ lsipc -S -N", EVER, None, Sane(rc=0), "the same; one that may not be opened is not found"),
    (r"user: @uid=\d+ lsipc -S", EVER, None, Says(r"(?i)name"), "looking at another's semaphore would leave a trace: its value is unknown"),
    (r"foreign: lsipc .*-M -N", EVER, None, Sane(rc=0), "what is no shared memory is not shown as such"),
    (r"foreign: lsipc .*-M", EVER, None, Says(r"(?i)name.*\n.*\S", lacks=r"\b(dir|fifo|link)\b"), "what is no shared memory is not shown as such"),
    (r"limits_zero: lsipc", EVER, None, Says(r"(?s)MSGMNI.*SHMALL.*SEMVMX", lacks=r"\b(inf|nan)\b"), "D16"),
    (r"names: (@\S+ )*lsipc .*-[MQS]\b.*-J$", EVER, None, Utf8(rc=0, err=""), "JSON with bytes that are no UTF-8 is none"),
    (r"nomq: lsipc( -Q( -[Jr])?)?$", EVER, None, Says(r"(?i)mqumni|^NAME.*\n/|\"name\""), "queues are there without a mount, too"),
    # ---- changes of 2.42
    (r"lsipc .*(-[ct] -[cto]|-o \S+ -[ct])\b", EVER, V42, RECORDED, "-c, -t and -o exclude each other; the message names two"),
    (r"lsipc .*(-[Jelrn] -[Jelrn]|-Jern)\b", EVER, V42, RECORDED, "the message about exclusive forms names two of them"),
    (r"lsipc .*(-[mqs] -[mqs]|-mqs)\b", EVER, V42, RECORDED, "the message about exclusive kinds names two of them"),
    (r"lsipc .*-g -[iNct]", EVER, V42, RECORDED, "the message about -g and others names two of them"),
    (r"@LIBSMARTCOLS_JSON", EVER, V42, RECORDED, "the variable is new in 2.42"),
    (r"lsipc .*-[MQS]\w* .*-N", EVER, V42, RECORDED, "the kinds are spelled out in messages"),
    (r"(ipcmk|ipcrm|lsipc) .*(-\w*h|--h|--he|--help)\b", EVER, V42, RECORDED, "the list of options"),
    (r"@out=tty .*lsipc .*--noh", EVER, V42, RECORDED, "on a terminal, too, headings that are not there need no room"),
    # ---- additions of 2.41
    (r"ipcmk (.* )?(-[a-zA-Z0-9]*[mqsn]|--n|--p)", EVER, V41, RECORDED, "POSIX objects"),
    (r"ipcrm (.* )?(--posix|-v?a=|-v?ap|--all=p)", EVER, V41, RECORDED, "POSIX objects, and -a=KIND"),
    (r"ipcrm$", EVER, V41, RECORDED, "no argument at all is wrong usage"),
    (r"lsipc (.* )?(-\w*[MQSN]|--po|--na|--n\b)", EVER, V41, RECORDED, "POSIX objects"),
    (r"lsipc (.* )?-o (NAME|MTIME|SVAL)", EVER, V41, RECORDED, "columns of POSIX objects are known"),
    (r": (@\S+ )*lsipc" + KIND, EVER, V41, RECORDED, "limits of POSIX queues, and the kinds named in all descriptions"),
    (r"lsipc -g -[qs]", EVER, V41, RECORDED, "the same"),
    (r"lsipc (-- -m|bogus -m)$", EVER, V41, RECORDED, "the same: no kind is given"),
    (r"lsipc .*--noh", EVER, V41, RECORDED, "without headings their widths do not count"),
    (r"lsipc (.* )?(-q|--queues) .*(-c|CGID|-i 3)", EVER, V41, RECORDED, "the creator's group was its user"),
]


if NARROW:
    TABLE.insert(0, (r"ipcmk -M (1T|1E|15E|1\.5E|4294967296|9223372036854775807|9223372036854775808|18446744073709551615)$", EVER, None,
                     Refused(err="ipcmk: create share memory failed: Value too large for defined data type\n"),
                     "a program of 32 bits can make no segment of 4 GiB, and its C library would make a smaller one"))

# What shows the sizes of segments: without /proc/sysvipc a program of 32 bits knows only the lower 32 bits of these.
SIZED = re.compile(r"nosysvipc: (lsipc( -[Jrb])?|(@uid=4000 )?(ipcs( -m)?( -u)?|ipcs -m -i \d|lsipc -m(?! -i 99).*))$")
SIZES = [
    (r"(?s)------ Shared Memory Segments.*?\n\n", lambda part: re.sub(r"(?m)^((?:\S+ +){4})\d+ +", r"\1N ", part[0])),
    (r"\b(bytes=|pages \w+ +)\d+", r"\1N"),
    (r"(?m)^Segment size:.*\n", ""),
    (r'"size": (null|"\S+")', '"size": N'),
    (r"(?m)^(0x\w{8} +\d+ +[-rwxsStT]{9} +\S+)(?: +\d[\d.]*[BKMG]?)?(?= +\d+ )", r"\1"),
    (r'(?s)("resource": "SHMALL".*?"used": )"[^"]*"(.*?"use%": )"[^"]*"', r"\1N\2N"),
    (r"(?m)^(SHMALL .*\d{9,} +)\S+ +\S+$", r"\1N N"),
]
# What a new semaphore of value 0 is, in 64 and in 32 bits: length and digest, as agent.py shows them.
SEMAPHORE = ([32, "c8387bf8dbadf1c9"], [16, "184daba655d8dff6"])


def says_what_is_cut(case):
    """Return whether ipcx has to say that sizes are unknown."""
    return NARROW and SIZED.search(case.id) is not None


def comparable(case, answer):
    """Return an answer without what a program of 32 bits cannot know, and without the line that says so."""
    if not NARROW:
        return answer
    if case.tool == "ipcmk" and "/dev/shm" in answer.get("left", ()):
        files = [[*f[:4], *SEMAPHORE[1]] if f[4:] == SEMAPHORE[0] else f for f in answer["left"]["/dev/shm"]]
        answer = {**answer, "left": {**answer["left"], "/dev/shm": files}}
    if not says_what_is_cut(case):
        return answer
    out = answer["out"]
    for pattern, to in SIZES:
        out = re.sub(pattern, to, out)
    if case.tool == "lsipc":
        out = re.sub(r" +", " ", out)
    return {**answer, "out": out, "err": re.sub(rf"(?m)^{case.tool}: something is left out: .*\n", "", answer["err"])}


# Unreadable objects are reported in a line on stderr, in addition to the original's answer.
GAPS = re.compile(r"user: @uid=\d+ lsipc( -[Jr])?$|user: @uid=\d+ lsipc -Q( -[Jctr]| -N /queue)?$")
GAP = "lsipc: something is left out: mq"


def but_for_gaps(case, answer):
    """Check that an answer of ipcx has this line; return the answer without it."""
    if not GAPS.search(case.id):
        return answer
    lines = answer["err"].splitlines(keepends=True)
    assert [line.startswith(GAP) for line in lines].count(True) == 1, (case.id, lines)
    return {**answer, "err": "".join(line for line in lines if not line.startswith(GAP))}


def find(case, version):
    """Return the difference that applies to a case with this version of the original, or None."""
    for pattern, since, below, answer, _ in TABLE:
        if re.search(pattern, case.id) and since <= version and (below is None or version < below):
            return answer
    return None
