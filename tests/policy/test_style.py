# SPDX-License-Identifier: GPL-2.0-or-later
"""House style, as far as a program can check it."""

import os
import re
import shutil
import subprocess

import pytest
from source import ROOT, Source, c_files, closing, files, nesting, read

LINES = 450
SUITE_LINES = 700  # a suite of short tests is read one test at a time
FUNCTION_LINES = 60
NESTING = 4

# Exceptions, and why.
LONG = {
    "lib/ipcx.h": "the whole interface with its documentation, read from top to bottom",
}


def shebang(path):
    return read(path).split("\n", 1)[0] if read(path).startswith("#!") else ""


def is_corpus(path):
    return path.startswith("tests/fuzz/corpus/")


# ---- licences and head comments

# Texts whose form is prescribed by others, or that are licences themselves.
NO_SPDX = {
    "packaging/debian/changelog",
    "packaging/debian/copyright",
    "packaging/debian/source/format",
}
# File types that cannot hold a comment.
NO_COMMENT = (".json", ".csv", ".svg", ".png", ".install", ".gitattributes", ".abi")


def licensed(path):
    return not (path in NO_SPDX or path.startswith("LICENSES/") or is_corpus(path) or path.endswith(NO_COMMENT)
                or os.path.basename(path) in ("LICENSE", "COPYING") or re.search(r"/(data|golden|fixtures)/", path))


def spdx(path):
    """Return the licence that the first line (or the second, after #!) states."""
    for line in read(path).split("\n")[:2]:
        found = re.search(r"SPDX-License-Identifier: (.*?)(?: \*/| -->)?$", line)
        if found:
            return found[1]
    return None


@pytest.mark.parametrize("path", [f for f in files() if licensed(f)])
def test_every_file_states_its_licence(path):
    if not read(path) and not path.endswith((".c", ".h")):
        pytest.skip("an empty file")
    assert spdx(path) == ("LGPL-2.1-or-later" if path.startswith("lib/") else "GPL-2.0-or-later")


def test_every_licence_is_included():
    stated = {spdx(f) for f in files() if licensed(f)} - {None}
    assert {f"LICENSES/{name}.txt" for name in stated} == {f for f in files() if f.startswith("LICENSES/")}


def test_exempt_files_exist():
    for path in [*NO_SPDX, *LONG]:
        assert path in files()


@pytest.mark.parametrize("path", c_files())
def test_c_files_begin_with_a_head_comment(path):
    """Line 1 is the licence; a comment of more than two words begins on line 2."""
    head = re.match(r"/[/*] SPDX-License-Identifier: [\w.-]+(?: \*/)?\n/\*(.*?)\*/", read(path), re.S)
    assert head, "no comment below the SPDX line"
    assert len(re.findall(r"\w+", head[1])) > 2


@pytest.mark.parametrize("path", [f for f in files() if f.endswith(".py")])
def test_python_files_begin_with_a_docstring(path):
    assert re.match(r'(#.*\n)+(\n)?r?"""\S', read(path))


@pytest.mark.parametrize("path", c_files())
def test_headers_are_guarded(path):
    guard = re.search(r"^#ifndef (\w+_H)\n#define \1\n", read(path), re.M)
    once = "#pragma once\n" in read(path)
    if path in ("lib/ipcx.h", "lib/ipcx-stress.h"):
        assert guard and not once  # C99 compilers need not know the pragma
    else:
        assert bool(guard or once) == path.endswith(".h")


# ---- size

@pytest.mark.parametrize("path", [f for f in files() if f.endswith((".c", ".h", ".py", ".sh"))])
def test_files_are_short(path):
    if path not in LONG:
        assert read(path).count("\n") <= (SUITE_LINES if path.endswith(".py") else LINES)


def length(body):
    """Return the lines of a function without those of tables in it, which are data."""
    return len(re.sub(r"^\tstatic const [^;]*?\{\n.*?^\t\};\n", "", body, flags=re.M | re.S).split("\n"))


@pytest.mark.parametrize("path", c_files())
def test_functions_fit_a_screen(path):
    long = [f"{path}:{first}: {name}() has {length(body)} lines"
            for name, first, _, body in Source(path).functions() if length(body) > FUNCTION_LINES]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("path", c_files())
def test_functions_are_flat(path):
    deep = [f"{path}:{first}: {name}() is nested {nesting(body)} deep"
            for name, first, _, body in Source(path).functions() if nesting(body) > NESTING]
    assert not deep, "\n".join(deep)


def test_nesting_is_counted():
    assert nesting("{ x(); }") == 1
    assert nesting("{ if (a) b(); else if (c) d(); else e(); }") == 2
    assert nesting("{ if (a) { for (;;) while (b) { do c(); while (d); } } f(); }") == 5
    assert nesting("{ switch (a) { case 1: b(); break; default: if (c) { return; } } }") == 3
    assert nesting("{ struct x y = { .z = { 1, 2 } }; if (y.z[0]) { g(({ h(); })); } }") == 2


def test_functions_are_found():
    found = sum(len(list(Source(path).functions())) for path in c_files("lib/", "cmd/"))
    bodies = sum(len(re.findall(r"^\{$", Source(path).code, re.M)) for path in c_files("lib/", "cmd/"))
    assert found == bodies > 300


# ---- what must not occur

# Functions that modify their input, truncate silently, or cannot know the size of their buffer.
UNSAFE = (r"alloca|strcpy|strcat|stpcpy|v?sprintf|gets|strncpy|strncat|strtok|v?f?scanf|sscanf|atoi|atol|atoll|"
          r"strtoul?l?|strdupa|tmpnam|tempnam|mktemp|asctime|ctime|gmtime|localtime|bcopy|bzero")


@pytest.mark.parametrize("path", c_files("lib/", "cmd/"))
def test_no_unsafe_calls(path):
    source = Source(path)
    assert not [f"{source.where(at)}: {name}({args})" for at, name, args in source.calls(UNSAFE)]


def words_that_stay_out():
    # The words are split so that this file does not match.
    yield r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"
    yield r"(?<![\w.$}/-])/(work|home|Users)/\w"
    yield r"/tmp/bui" r"ld-"
    yield r"(?i)\b(chat" r"gpt|clau" r"de|co" r"pilot|language mo" r"del)\b"


@pytest.mark.parametrize("path", [f for f in files() if not is_corpus(f) and not f.startswith("LICENSES/")])
def test_no_forbidden_words(path):
    for word in words_that_stay_out():
        found = re.search(word, read(path))
        assert not found, f"{path}: {found[0]}"


@pytest.mark.parametrize("path", [f for f in files() if f.endswith((".c", ".h", ".py", ".sh", ".md", ".build", ".scd"))])
def test_no_blanks_at_the_end_of_lines(path):
    text = read(path)
    assert not re.search(r"[ \t]+$", text, re.M), "blanks at the end of a line"
    assert not text or text.endswith("\n") and not text.endswith("\n\n")
    assert "\r" not in text


@pytest.mark.parametrize("path", c_files("lib/", "cmd/"))
def test_no_scattered_ifdefs(path):
    """A disabled feature is replaced by a stub file. What a compiler or its headers lack may be defined conditionally."""
    allowed = r"#\s*(ifn?def __cplusplus|ifdef __GNUC__|ifndef IPCX_H|ifndef (SYS|MSG|SHM|SEM|IPC|MFD|O|FS|AT|NS|RESOLVE|PIDFD|CLOSE|STATX)_?\w+)"
    if path == "lib/base/port.h":
        allowed += r"|#\s*ifdef (__GLIBC__|_SC_\w+)$"  # the one place for what differs between C libraries
    if path == "lib/base/dl.h":
        allowed += r"|#\s*ifdef IX_LINKED$"  # the same files get addresses by name, or from the linker
    for line, text in enumerate(Source(path).lines, 1):
        if re.match(r"\s*#\s*if", text):
            assert re.match(r"\s*" + allowed, text), f"{path}:{line}: {text}"


# ---- switches

def enumerators():
    names = set()
    for path in c_files("lib/", "cmd/"):
        for body in re.findall(r"\benum\b[^;{()]*\{([^}]*)\}", Source(path).code):
            names |= {m for m in re.findall(r"(?:^|,)\s*(\w+)", body)}
    return names


def switches(source):
    """Yield (line, operand, body) of each switch."""
    for m in re.finditer(r"\bswitch\s*\(", source.code):
        end = source.code.index("{", m.end())
        body = source.code[end:closing(source.code, end)]
        yield source.line_of(m.start()), source.code[m.end():end].rstrip(" )\n"), body


def test_switches_over_enums_have_no_default():
    """Without a default the compiler reports an enumerator that is missing."""
    known = enumerators()
    assert "IPCX_TYPE_NONE" in known and "IPCX_BY_KEY" in known
    for path in c_files("lib/", "cmd/"):
        for line, _, body in switches(Source(path)):
            cases = set(re.findall(r"\bcase\s+(\w+)\s*:", body))
            assert not (cases & known and re.search(r"\bdefault\s*:", body)), f"{path}:{line}"


def test_no_switch_on_a_mechanism():
    for path in c_files("lib/", "cmd/"):
        for line, what, _ in switches(Source(path)):
            assert not re.search(r"mech", what), f"{path}:{line}: switch ({what})"


# ---- tools

def tool(*names):
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip(f"{names[0]} is not installed")


@pytest.mark.parametrize("path", c_files())
def test_clang_format_agrees(path):
    clang_format = tool("clang-format", "clang-format-14", "clang-format-16", "clang-format-19")
    run = subprocess.run([clang_format, "--dry-run", "-Werror", "--style=file", path], cwd=ROOT, text=True,
                         stderr=subprocess.PIPE, check=False)
    assert run.returncode == 0, run.stderr


def scripts(shell):
    end = {"sh": r"^#!\s*(/usr)?/bin/(env )?(sh|dash)\b", "bash": r"^#!\s*(/usr)?/bin/(env )?bash\b"}
    return [f for f in files() if not is_corpus(f) and re.match(end.get(shell, "^#!never"), shebang(f)) or
            (shell == "bash" and f.endswith(".bash")) or (shell == "fish" and f.endswith(".fish")) or
            (shell == "zsh" and (f.endswith(".zsh") or f.startswith("completion/_")))]


@pytest.mark.parametrize("shell,path", [(s, f) for s in ("sh", "bash", "zsh", "fish") for f in scripts(s)])
def test_shell_scripts_parse(shell, path):
    run = subprocess.run([tool(shell), "-n", path], cwd=ROOT, text=True, stderr=subprocess.PIPE, check=False)
    assert run.returncode == 0 and not run.stderr, run.stderr


@pytest.mark.parametrize("path", [f for f in files() if shebang(f)])
def test_scripts_are_executable(path):
    assert os.access(os.path.join(ROOT, path), os.X_OK)


@pytest.mark.parametrize("path", [f for f in files() if f.endswith(".py") or "python" in shebang(f)])
def test_python_files_compile(path):
    compile(read(path), path, "exec")


WARNINGS = """-Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
-Wpointer-arith -Wwrite-strings -Wformat=2 -Wcast-qual -Wimplicit-fallthrough -Wlogical-op -Wduplicated-cond
-Wduplicated-branches -Wnull-dereference -Wswitch-enum""".split()


def test_every_warning_is_on():
    """VLAs, missing cases and the rest: all warnings are on, and fail the developer build."""
    build = read("meson.build")
    assert not [w for w in WARNINGS if f"'{w}'" not in build]
    assert "'warning_level=3'" in build and "'-fvisibility=hidden'" in build
    assert not re.findall(r"-Wno-(?!gnu-|overlength-strings)[\w-]+", build)
    assert re.search(r"^werror = true$", read("build-dev.ini"), re.M)
    assert not [f for f in c_files("lib/", "cmd/") if re.search(r"#\s*pragma\s+(GCC|clang)\s+diagnostic", read(f))]


def test_a_static_function_is_named_after_its_file():
    """A backtrace shows only a function's name, so two files may not have static functions of the same name."""
    homes = {}
    for path in c_files("lib/", "cmd/"):
        if path.endswith(".c"):
            for m in re.finditer(r"^static (?:inline )?[\w ]+?[ *]+(\w+)\((?!\()", Source(path).code, re.M):
                if m[1] not in ("PRINTF", "__attribute__"):
                    homes.setdefault(m[1], set()).add(path)
    assert len(homes) > 1000
    twice = {name: sorted(paths) for name, paths in homes.items() if len(paths) > 1}
    assert not twice, twice
