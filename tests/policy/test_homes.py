# SPDX-License-Identifier: GPL-2.0-or-later
"""Each external facility is used in one place only."""

import re

import pytest
from source import Source, c_files

# Name, pattern in code without comments and literals, allowed files.
HOMES = [
    ("json-c", r"<json(-c)?/|\bjson_(object|tokener)_\w+", {"lib/base/jsonread.c"}),
    ("libmount", r"<libmount/|\bmnt_\w+\s*\(|\blibmnt_\w+", {"lib/base/mnttable.c"}),
    ("libcap", r"<sys/capability\.h>|\bcap_(get|set|init|free|clear)\w*\s*\(", {"lib/base/cap.c"}),
    ("entering namespaces", r"\b(setns|unshare)\s*\(", {"lib/ns/", "lib/base/mnt.c"}),
    ("getopt", r"\bgetopt\w*\b", {"cmd/ui/opt.c", "cmd/compat/tool.c"}),
    ("ending the process", r"(?<![\w.>])(_?exit|_Exit|quick_exit|abort|exit_group)\s*\(", {"cmd/main.c", "cmd/monitor/checkguard.c", "cmd/ns/new.c", "cmd/exec/pty.c", "cmd/exec/run.c", "lib/ns/child.c",
      "lib/base/calls.c", "lib/ns/maps.c", "lib/mech/psemcall.c", "lib/stress/engine/worker.c", "lib/stress/run/start.c", "lib/stress/load/undo.c"}),
    ("stderr", r"\bstderr\b|\bSTDERR_FILENO\b|\bperror\s*\(", {"cmd/ui/msg.c"}),
    ("stdout", r"\bstdout\b|\bSTDOUT_FILENO\b", {"cmd/ui/out.c", "cmd/monitor/metrichttp.c"}),
    ("writing to descriptors by number", r"\b(p?write|writev|dprintf)\s*\(\s*[012]\b", set()),
    ("printing to streams", r"(?<![\w.>])(v?f?printf|v?dprintf|f?puts|f?putc|putchar|fwrite|psignal)\s*\(",
     set()),
    ("what a link reads", r"\breadlink(at)?\s*\(", {"lib/base/file.c"}),
    ("dlopen", r"\b(dlopen|dlsym|dlmopen)\s*\(", {"lib/base/dl.c"}),
    ("NSS", r"\b(get(pw|gr)(nam|uid|gid|ent)\w*|getgrouplist|getaddrinfo)\s*\(", {"lib/base/nsscall.c"}),
    ("the environment", r"\b((secure_)?getenv|environ|setenv|putenv)\b", {"cmd/exec/env.c", "cmd/exec/run.c", "cmd/ui/output.c", "cmd/compat/lsipc.c",
                                                                                      "cmd/root.c", "cmd/ui/opt.c"}),
    ("the time zone", r"\b(localtime|tzset|mktime|strftime)\w*\s*\(", {"lib/base/zone.c"}),
    ("the locale", r"\b(setlocale|localeconv|newlocale|uselocale|strtod|atof)\s*\(", {"cmd/ui/locale.c", "lib/why/errtext.c", "lib/why/locales.c"}),
    ("growing bytes", r"\bopen_memstream\s*\(", set()),
    ("bytes as a stream", r"\bfmemopen\s*\(", {"lib/base/mnttable.c"}),
    ("running programs", r"\b(system|popen|posix_spawnp?|fork|vfork|exec[lv]p?e?)\s*\(",
     {"cmd/monitor/checkguard.c", "cmd/ns/new.c", "cmd/exec/pty.c", "cmd/exec/run.c", "lib/ns/child.c", "lib/ns/maps.c", "lib/stress/engine/workers.c", "lib/stress/run/start.c", "lib/stress/load/undo.c"}),
    ("threads", r"\bpthread_create\s*\(", {"lib/ns/run.c", "lib/base/sidethread.c", "lib/base/mnt.c"}),
    ("the umask", r"(?<![\w.>])umask\s*\(", {"cmd/compat/ipcmk.c", "lib/stress/run/run.c"}),
    ("what signals do", r"(?<![\w.>])(signal|sigaction)\s*\(", {"cmd/exec/signals.c", "cmd/stop.c", "lib/mech/psemcall.c", "lib/stress/run/run.c", "lib/stress/engine/worker.c"}),
    ("what a process is", r"\bprctl\s*\(", {"cmd/monitor/checkguard.c", "lib/base/calls.c", "lib/base/cap.c", "lib/mech/psemcall.c", "lib/ns/step.c", "lib/stress/load/undo.c", "lib/stress/engine/worker.c"}),
    # A filter may kill for them, and glibc does not ask.
    ("what newer calls do", r"\b(faccessat|getrandom)\s*\(", {"lib/base/older.c"}),
    ("what semctl(2) takes", r"\bunion semun \{", {"lib/core/semun.h"}),
    ("mmap", r"(?<![\w.>])mmap\s*\(", {"lib/mech/psemops.c", "lib/mech/pshmdriver.c", "lib/stress/engine/shared.c", "lib/stress/channel/memfd.c"}),
]

# Matches that are not uses: (name, file), and the reason.
SPARED = {
    ("stdout", "cmd/ui/output.c"): r"isatty(STDOUT_FILENO)",  # whether it is a terminal; nothing is written
    ("stderr", "cmd/object/rm.c"): r"isatty(STDERR_FILENO)",  # whether a question would be visible
}

# base/util.h defines auto_file for files that read
PRINTF_ATTRIBUTE = re.compile(r"format\s*\(\s*printf\b[^)]*\)")


def uses(source, pattern):
    code = PRINTF_ATTRIBUTE.sub(lambda m: " " * len(m[0]), source.code)
    return [m.start() for m in re.finditer(pattern, code)]


@pytest.mark.parametrize("what,pattern,homes", HOMES, ids=[home[0] for home in HOMES])
def test_home(what, pattern, homes):
    strays = []
    for path in c_files("lib/", "cmd/"):
        source = Source(path)
        for at in uses(source, pattern):
            spared = SPARED.get((what, path))
            line = source.text[source.text.rfind("\n", 0, at) + 1:source.text.find("\n", at)]
            if not path.startswith(tuple(homes)) and not (spared and spared in line):
                strays.append(f"{source.where(at)}: {line.strip()}")
    assert not strays, f"{what} belongs into {sorted(homes) or 'no file yet: name its home here'}:\n" + "\n".join(strays)


@pytest.mark.parametrize("what,pattern,homes", HOMES, ids=[home[0] for home in HOMES])
def test_every_listed_file_uses_its_facility(what, pattern, homes):
    """A file that is listed here but does not use the facility would hide a later violation."""
    for path in (home for home in homes if not home.endswith("/")):  # a directory may contain a use, a file must
        assert uses(Source(path), pattern), f"{path} is said to be the home of {what}"


def test_exempt_lines_exist():
    for (_, path), line in SPARED.items():
        assert line in Source(path).text, path


def test_semvmx_is_defined_once():
    """The greatest value of a semaphore is a constant of the kernel that no call returns."""
    found = [path for path in c_files("lib/") if re.search(r"\b32767\b", Source(path).code)]
    assert found == ["lib/core/semun.h"]


OPENS = (r"open|openat|open64|creat|memfd_create|mq_open|fopen|freopen|fdopen|tmpfile|mkstemps?|mkostemps?|dup[23]?|"
         r"pipe2?|socket|socketpair|accept4?|eventfd|timerfd_create|signalfd|epoll_create1?|inotify_init1?|fanotify_init|"
         r"userfaultfd|open_tree|fsopen|fsmount|popen")
# Calls without a close-on-exec flag.
NEVER = {"creat", "tmpfile", "mkstemp", "mkstemps", "dup", "dup2", "pipe", "epoll_create", "accept", "inotify_init", "popen"}

# Descriptors that are meant to be inherited, and why.
INHERITED = {
    "cmd/exec/pty.c": "slave, fd",  # the new terminal as a standard stream of the command
    "cmd/main.c": r'"/dev/null"',  # replaces a closed standard stream
    "cmd/monitor/checkguard.c": "null, fd",  # /dev/null as those of a child
    "lib/ns/maps.c": "null, fd",  # /dev/null as the standard streams of newuidmap
}


def test_every_descriptor_is_close_on_exec():
    bad = []
    for path in c_files("lib/", "cmd/"):
        source = Source(path)
        for at, name, args in source.calls(OPENS):
            if path in INHERITED and INHERITED[path] in args:
                continue
            kept = "CLOEXEC" in args or (name in ("fopen", "freopen") and re.search(r'"[^"]*e[^"]*"', args)) or name == "fdopen"
            if name in NEVER or not kept:
                bad.append(f"{source.where(at)}: {name}({args})")
        for at, _, args in source.calls("fcntl"):
            if re.search(r"\bF_DUPFD\b", args):
                bad.append(f"{source.where(at)}: fcntl({args})")
    assert not bad, "\n".join(bad)


def test_raw_calls_that_open_are_close_on_exec():
    """For syscall(2), the flag must be in its arguments or in the struct that they name, in the same function. pidfd_getfd(2) always sets it."""
    bad = []
    for path in c_files("lib/", "cmd/"):
        source = Source(path)
        for name, first, _, body in source.functions():
            if re.search(r"\bSYS_(open\w*|fsopen|fsmount|fspick|memfd_\w+)\b", body) and "CLOEXEC" not in body:
                bad.append(f"{path}:{first}: {name}()")
    assert not bad, "\n".join(bad)


def test_the_pattern_finds_calls_of_open(tmp_path):
    """The pattern finds a call of open(2) and ignores a method of that name."""
    file = tmp_path / "x.c"
    file.write_text('fd = open("/x", O_RDONLY);\nlib->open(1);\nfs.open (2);\n/* open(3) */\nx = "open(4)";\n')
    found = [args for _, _, args in Source(str(file)).calls(OPENS)]
    assert found == ['"/x", O_RDONLY']
