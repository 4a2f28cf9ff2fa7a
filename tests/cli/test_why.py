# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx why: which words are a call, a line or arguments; what is printed; exit statuses; languages."""

import struct

import pytest

from helpers.tools import do, is_musl


@pytest.fixture
def full(world):
    """A world in which no further segment fits."""
    world.sysctl("kernel.shmmni", "1")
    assert world.ok("mk", "shm", "--size", "4K") == "0"
    return world


ANSWER = """\
shmget ENOSPC
yes  kernel.shmmni segments exist"""


def test_the_reason_that_applies_comes_first_with_facts_and_a_command(full):
    out = full.ok("why", "shmget", "ENOSPC", "size=4K")
    assert out.startswith(ANSWER) and "shmmni is 1, 1 in use" in out and "     fix: ipcx limits set shmmni=2" in out
    assert "\nno   all segments together" in out and max(map(len, out.splitlines())) < 80
    fix = next(line for line in out.splitlines() if "fix: " in line).split("fix: ", 1)[1]
    assert full.sh(fix.replace("ipcx ", '"$IPCX" ', 1)).rc == 0
    assert full.ipcx("why", "shmget", "ENOSPC", "size=4K").rc == 1
    assert full.ok("mk", "shm", "--size", "4K")


@pytest.mark.parametrize("words", [
    ["shmget", "ENOSPC"], ["shmget", "28"], ["shmget", "enospc"], ["shmget", "No space left on device"], ["shmget", "errno 28"],
    ["shmget: No space left on device"], ["shmget:", "No", "space", "left", "on", "device"], ["shmget failed: error 28", "size=4K"],
    ["shmget(0x4d2, 4096, IPC_CREAT|0600) = -1 ENOSPC (No space left on device)"], ['\033[31mshmget\033[0m: \\"No space left on device\\"\\n'],
    ["x" * 65536 + " shmget: ENOSPC " + "y" * 60000]])
def test_a_call_and_a_line_are_the_same_question(full, words):
    assert full.ok("why", *words).startswith(ANSWER)


@pytest.mark.parametrize("words, says", [
    ([], "why needs a call"), (["nothing at all"], "does not say which call failed"), ([""], "does not say which call failed"),
    (["shmgett: Invalid argument"], "is shmget meant?"), (["shmget", "semget", "ENOSPC"], "semget: is no errno"),
    (["shmget", "EWHAT"], "EWHAT: is no errno"), (["shmget", "EXDEV"], "shmget does not fail with EXDEV, but with "),
    (["shmget", "ENOSPC", "size=1", "size=2"], "size=2: contradicts an earlier argument"),
    (["shmat", "EINVAL", "shm:1", "shm:2"], "shm:2: contradicts an earlier argument"),
    (["shmat", "EINVAL", "shmid=1", "shm:2"], "shm:2: contradicts an earlier argument"),
    (["shmget", "EEXIST", "key=1", "ref=shm:0x2"], "shm:0x2: contradicts an earlier argument"),
    (["shm_open", "EEXIST", "name=/a", "pshm:/b"], "pshm:/b: contradicts an earlier argument"),
    (["semop", "EAGAIN", "shm:0"], "shm:0: is no semaphore array, which semop is about"),
    (["shm_open", "EEXIST", "mq:/a"], "mq:/a: is no shared memory object, which shm_open is about"),
    (["semop: Invalid argument", "shm:0"], "shm:0: is no semaphore array"),
    (["shmget", "ENOSPC", "sizes=1"], "sizes=1: is not one of the arguments"), (["shmget", "ENOSPC", "size=x"], "size=x: is not a valid value"),
    (["shmget", "ENOSPC", "--as", "root", "--pid", "1"], "--as and --pid contradict each other"),
    (["shmget", "ENOSPC", "--as", "no-such-user"], "no-such-user"), (["shmget", "ENOSPC", "--pid", "0"], "--pid: 0 is no PID"),
    (["shmget", "ENOSPC", "--pid", "4294967297"], "is no PID"), (["\033]0;title\a \033[31mnothing\033[0m"], "does not say which call failed")])
def test_what_is_not_understood_gets_a_reason(full, words, says):
    r = full.ipcx("why", *words)
    assert (r.rc, r.out) == (2, ""), (r.rc, r.out, r.err)
    assert says in r.err and "\033" not in r.err


def test_arguments_beside_a_line_come_before_those_in_it(world):
    line = "semget(key=5, 1, 0600): Invalid argument"
    assert "SEMMSL" in world.ok("why", line, "nsems=32001").splitlines()[1]
    assert world.ipcx("why", line).rc != 0


def test_addresses_have_all_bits(full):
    for address, so in ("0xfffffffffffff000", False), ("0xfffffffffffff001", True):
        r = full.ipcx("why", f"shmat(0, {address}, 0) = -1 EINVAL (Invalid argument)", "--json")
        assert [c["applies"] for c in r.json["causes"] if "multiple of the page size" in c["cause"]] == [so], r.out


@pytest.mark.parametrize("written, so", [(r"\303\251", False), (r"\xc3\xa9", False), (r"\303\250", True), (r"a\\b", True), (r"a\0b", None), (r"a\q", None)])
def test_names_are_read_as_strace_writes_them(world, written, so):
    world.ok("mk", "mq", "/é")
    r = world.ipcx("why", f'mq_open("{written}", O_RDWR) = -1 ENOENT (No such file or directory)', "--json")
    assert [c["applies"] for c in r.json["causes"] if "no such queue" in c["cause"]] == [so], r.out


def test_no_more_memory_is_recommended_than_there_is(world):
    world.sh("mount -t tmpfs -o size=64k tmpfs /dev/shm")
    for size, fix in ("100000G", "ask for less: "), ("1M", "mount -o remount,size="):
        first = world.ipcx("why", "SIGBUS", f"size={size}", "--json").json["causes"][0]
        assert first["applies"] is True and fix in first["fix"], first


def test_the_exit_status_tells_whether_a_reason_applies(full):
    assert full.ipcx("why", "shmget", "ENOSPC").rc == 0
    full.ok("limits", "set", "shmmni=100")
    assert full.ipcx("why", "shmget", "ENOSPC", "size=4K").rc == 1
    assert full.ipcx("why", "semget", "EINVAL").rc == 4
    assert full.ipcx("why", "shmget", "ENOSPC", "--pid", "999999").rc == 3
    assert full.ipcx("why", "shmget", "ENOSPC", "--ns", "no-such-place").rc == 3


def test_standard_input_is_searched_for_the_first_line_that_is_understood(full):
    log = "starting\n\nall is well: 28\n\0\nshmget failed: error 28 (No space left on device)\nsemget: Invalid argument\n"
    r = full.ipcx("why", "-", input=log)
    assert r.rc == 0 and r.out.startswith(ANSWER), (r.out, r.err)
    for nothing in ("", "\n\n", "nothing here"):
        r = full.ipcx("why", "-", input=nothing)
        assert (r.rc, r.out) == (2, "") and "standard input" in r.err
    r = full.ipcx("why", "-", input="x" * (2 << 20))
    assert (r.rc, r.out) == (1, "") and "larger than 1 MiB" in r.err


def test_rows_for_programs(full):
    causes = full.ipcx("why", "FATAL: could not create shared memory segment: No space left on device", "--json").json["causes"]
    assert causes[0]["applies"] is True and causes[0]["program"] == "PostgreSQL" and causes[0]["fix"].startswith("ipcx limits set shmmni=2")
    assert full.ok("why", "shmget", "ENOSPC", "-o", "applies,error", "-w", "applies", "--no-headings") == "yes  ENOSPC"
    assert "1 in use" in full.ok("why", "shmget", "ENOSPC", "-v").split("\nno ")[0]
    assert "shmall is" in full.ok("why", "shmget", "ENOSPC", "size=1", "-v") and "shmall is" not in full.ok("why", "shmget", "ENOSPC", "size=1")


def test_a_call_alone_lists_every_reason(world):
    causes = world.ipcx("why", "semget", "--json").json["causes"]
    assert {"EINVAL", "ENOSPC", "EEXIST", "ENOENT", "EACCES"} <= {c["error"] for c in causes}
    assert {c["call"] for c in causes} == {"semget"}


def test_calls_errnos_and_arguments_are_completed(world):
    def offers(*words):
        return {line.split("\t")[0] for line in world.ok("complete", "--", "why", *words).splitlines()}
    assert {"shmget", "shmat"} <= offers("shm") and "openat" not in offers("")
    assert {"ENOSPC", "EINVAL"} <= offers("shmget", "E") and "EIDRM" not in offers("shmget", "E")
    assert offers("semget", "ENOSPC", "ns") == {"nsems="} and "SIGBUS" not in offers("semget", "")


def catalog(texts):
    """Return a message catalog as msgfmt(1) makes it."""
    texts = dict(sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **texts}.items()))
    ids, strings = [t.encode() for t in texts], [t.encode() for t in texts.values()]
    at = 28 + 16 * len(ids)
    tables, data = [], b""
    for group in (ids, strings):
        for text in group:
            tables.append(struct.pack("<II", len(text), at + len(data)))
            data += text + b"\0"
    return struct.pack("<7I", 0x950412de, 0, len(ids), 28, 28 + 8 * len(ids), 0, 0) + b"".join(tables) + data


GERMAN = "Auf dem Gerät ist kein Speicherplatz mehr verfügbar"


def install_german(world, folder):
    """Install a language with one text; return the variables by which the C library finds it."""
    (folder / "libc.mo").write_bytes(catalog({"No space left on device": GERMAN}))
    if is_musl():
        path = "/usr/share/i18n/locales/musl"
        do(world, f"mount -t tmpfs none /usr/share && mkdir -p {path} && cp {folder}/libc.mo {path}/de_DE.UTF-8")
        return {"MUSL_LOCPATH": path}
    if world.sh("test -d /usr/lib/locale/C.utf8").rc:
        pytest.skip("needs a locale whose files can be copied: /usr/lib/locale/C.utf8")
    do(world, f"""set -e; cp -r /usr/lib/locale/C.utf8 {folder}/c; mount -t tmpfs none /usr/lib/locale; cp -r {folder}/c /usr/lib/locale/de_DE.utf8
        mount -t tmpfs none /usr/share/locale; mkdir -p /usr/share/locale/de/LC_MESSAGES; cp {folder}/libc.mo /usr/share/locale/de/LC_MESSAGES""")
    return {}


def test_an_errno_is_understood_in_every_language_that_is_installed(full, tmp_path):
    env = install_german(full, tmp_path)
    for line in (f"shmget: {GERMAN}", f"konnte Shared-Memory-Segment nicht erzeugen: {GERMAN}"):
        causes = full.ipcx("why", line, "--json", env=env).json["causes"]
        assert {c["error"] for c in causes} == {"ENOSPC"} and causes[0]["applies"] is True
    assert full.ok("why", "shmget", GERMAN, env=env).startswith(ANSWER)
