#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What users get: the library is installed into a separate directory and used only through its header and pkg-config.

The header compiles as every standard of C and C++; the examples of README.md compile and run, and its commands print what it shows (the programs of
lib/examples are tested by examples.py). Prints its results as TAP; runs in fresh namespaces (run-in-ns.sh)."""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

STRICT = ["-Wall", "-Wextra", "-pedantic-errors", "-Werror"]
TWICE = "#include <ipcx-stress.h>\n#include <ipcx.h>\n#include <ipcx-stress.h>\n#include <ipcx.h>\nint main(void)\n{\n\treturn ipcx_version()[0] == '\\0';\n}\n"


class Skip(Exception):
    """Fail with a message."""


class Installed:
    """The staged installation, and how to compile against it."""

    def __init__(self, args, top):
        self.args, self.top, self.stage = args, top, os.path.join(top, "stage")
        self.bin = self.path(args.bindir)
        self.lib = self.path(args.libdir)
        known = subprocess.run(["pkg-config", "--variable", "pc_path", "pkg-config"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        self.env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC0", PATH=self.bin + ":" + os.environ["PATH"],
                        LD_LIBRARY_PATH=self.lib, PKG_CONFIG_LIBDIR=os.path.join(self.lib, "pkgconfig") + ":" + known,
                        PKG_CONFIG_SYSROOT_DIR=self.stage, PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1",
                        PKG_CONFIG_ALLOW_SYSTEM_LIBS="1")
        self.sanitize = [] if args.sanitize in ("", "none") else [f"-fsanitize={args.sanitize}"]
        self.no_cxx, self.cxx = self.find_cxx()
        self.headers = []
        if "-m32" in args.cc:  # the kernel's headers are the same: only gcc-multilib has a link to them
            arch = subprocess.run(["gcc", "-print-multiarch"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
            self.headers = ["-idirafter", f"/usr/include/{arch}"]

    def loader(self, compiler, suffix):
        """Return the loader that programs of this compiler name, which tells their word size and C library; None if it cannot link one."""
        source, program = (os.path.join(self.top, "kind" + end) for end in (suffix, ""))
        with open(source, "w", encoding="utf-8") as file:
            file.write("int main(void)\n{\n\treturn 0;\n}\n")
        if subprocess.run([*compiler, source, "-o", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            return None
        with open(program, "rb") as file:
            named = re.search(rb"/[\w./-]*/ld[\w.-]*\.so[\w.]*", file.read())
        return named.group().decode() if named else "no loader"

    def find_cxx(self):
        """Return (why no C++ program can use the library, the words of a C++ compiler): its programs have to be of the same kind as those of the C compiler."""
        found = shutil.which(os.environ.get("CXX") or "c++") or shutil.which("g++") or shutil.which("clang++")
        if not found:
            return "no C++ compiler", []
        cxx = [found] + [word for word in self.args.cc if re.fullmatch("-m(32|64|x32)", word)]
        name, wanted, has = os.path.basename(" ".join(cxx)), self.loader(self.args.cc, ".c"), self.loader(cxx, ".cc")
        if not has:
            return f"{name} cannot link a program", cxx
        return "" if has == wanted else f"{name} makes programs for {has}, not {wanted}", cxx

    def built(self, library):
        """Return whether this kind of library was built (default_library)."""
        return os.path.exists(os.path.join(self.args.build, "lib", library))

    def path(self, directory):
        return self.stage + os.path.join(self.args.prefix, directory)

    def run(self, *words, expect=(0,), **more):
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                              check=False, env=self.env, cwd=self.top, timeout=60, **more)
        assert done.returncode in expect, f"{' '.join(map(str, words))}: exit status {done.returncode}\n{done.stdout}"
        return done.stdout

    def flags(self, *which):
        return self.run("pkg-config", *which, "libipcx").split()

    def compile(self, text, compiler, *flags, suffix=".c"):
        """Compile a program from source text; return its path."""
        source = os.path.join(self.top, "program" + suffix)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        program = source[:-len(suffix)]
        self.run(*compiler, *STRICT, *flags, *self.headers, *self.flags("--cflags"), source, "-o", program, *self.sanitize,
                 *self.flags("--libs"))
        return program


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_what_is_installed(i):
    assert sorted(os.listdir(i.path("include"))) == ["ipcx-stress.h", "ipcx.h"], "two headers, and no other"
    assert os.listdir(i.bin) == ["ipcx"]
    names = {os.path.basename(path) for path in glob.glob(i.lib + "/*")}
    shared = {"libipcx.so", "libipcx.so.0", os.path.basename(os.path.realpath(i.lib + "/libipcx.so"))} if i.built("libipcx.so") else set()
    assert names == {"pkgconfig"} | shared | ({"libipcx.a"} if i.built("libipcx.a") else set())
    assert shared or "libipcx.a" in names
    version = i.run("pkg-config", "--modversion", "libipcx").strip()
    assert i.run("ipcx", "--version") == f"ipcx {version}\n"


def test_static_program(i):
    """pkg-config --static names all that a program without any shared library needs."""
    if not i.built("libipcx.a"):
        raise Skip("no static library: default_library is shared")
    if i.sanitize:
        raise Skip("sanitizers need a shared C library")
    source = os.path.join(i.args.source, "lib/examples/list.c")
    program = os.path.join(i.top, "static")
    libs = i.flags("--static", "--libs")
    assert {"-lipcx", "-ljson-c", "-lcap"} <= set(libs), libs
    out = i.run(*i.args.cc, *STRICT, "-static", "-I" + i.path("include"), source, "-o", program, *libs)
    assert out == "", out  # not a single warning of the linker
    i.run("ipcx", "mk", "shm", "--size", "4K")
    out = i.run(program, "all", "size > 0")
    assert "shm:" in out, out
    i.run("ipcx", "rm", "all", "--all", "--yes")


def c_standard(standard):
    def test(i):
        i.run(i.compile(TWICE, i.args.cc, f"-std={standard}"))
    return test


def cxx_standard(standard):
    def test(i):
        if i.no_cxx:
            raise Skip(i.no_cxx)
        i.run(i.compile(TWICE, i.cxx, f"-std={standard}", suffix=".cpp"))
    return test


def fenced(text):
    """Yield (language, text) of every fenced block, in Markdown and scdoc alike."""
    return re.findall(r"^```([\w-]*)\n(.*?)^```$", text, re.M | re.S)


def programs(source):
    """Yield (where, text) of every C program in the documentation."""
    pages = [os.path.join(source, "README.md")] + sorted(glob.glob(os.path.join(source, "man/*.scd*")))
    for page in pages:
        if not os.path.exists(page):
            continue
        for language, block in fenced(read(page)):
            if language in ("", "c") and re.search(r"\bint main\(", block):
                yield os.path.relpath(page, source), block


def program(text):
    def test(i):
        i.run("ipcx", "mk", "shm", "--size", "4K")
        out = i.run(i.compile(text, i.args.cc, "-std=c99"))
        assert "shm:" in out, f"does not tell of the only object there is: {out!r}"
        i.run("ipcx", "rm", "all", "--all", "--yes")
    return test


def consoles(source):
    """Return the commands of README.md in order: (command, output lines shown). Output that needs containers or differs between runs is marked
    shell-session there, not console: tests/containers and test_stress.py test such output."""
    readme = os.path.join(source, "README.md")
    for language, block in fenced(read(readme) if os.path.exists(readme) else ""):
        for piece in re.split(r"^\$ ", block, flags=re.M)[1:] if language == "console" else []:
            command, _, shown = piece.partition("\n")
            yield command, shown.rstrip("\n").split("\n") if shown.strip() else []


def bare(line):
    """Remove what differs between runs: numbers, and the column widths that follow from them."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "0", line)).strip()


def shown_in(shown, answered):
    """Return whether the lines occur in the output in this order; "…" stands for any number of lines."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else re.escape(bare(line)) + r"\n" for line in shown)
    text = "".join(bare(line) + "\n" for line in answered)
    return re.fullmatch(pattern + (r"(?:.*\n)*" if shown and shown[0].strip() == "…" else ""), text)


def test_readme_commands(i):
    """README.md's commands, run one after another, print what it shows. Only the output that says whether something fits may differ."""
    found = list(consoles(i.args.source))
    if not found:
        raise Skip("README.md shows no commands yet")
    for command, shown in found:
        if "jq " in command and not shutil.which("jq"):
            continue
        out = i.run("bash", "-c", command, expect=(0, 1) if "limits --for" in command else (0,))
        wanted = [line for line in shown if line.strip()]
        if wanted:
            assert shown_in(wanted, [line for line in out.splitlines() if line.strip()]), \
                f"$ {command}\n{out}\nis not what README.md shows:\n" + "\n".join(shown)
    i.run("ipcx", "rm", "all", "--all", "--yes")


def tests(i):
    source = i.args.source
    yield "what is installed", test_what_is_installed
    yield "a program without shared libraries", test_static_program
    for standard in ("c99", "c11", "c17", "gnu17"):
        yield f"the header as {standard}", c_standard(standard)
    for standard in ("c++11", "c++17", "c++20"):
        yield f"the header as {standard}", cxx_standard(standard)
    found = list(programs(source))
    assert found, "the documentation has lost its programs"
    for where, text in found:
        yield f"the program of {where}", program(text)
    yield "the tour of README.md", test_readme_commands


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("source", "build", "prefix", "bindir", "libdir", "sanitize"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("cc", nargs="+")
    return parser.parse_args()


def report(args, tests_of):
    """Install, and run the tests that tests_of() yields; return whether one of them failed."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="ipcx-installed.") as top:
        i = Installed(args, top)
        i.run("meson", "install", "-C", args.build, "--destdir", i.stage, "--no-rebuild", "--quiet")
        number = 0
        for number, (name, test) in enumerate(tests_of(i), 1):
            try:
                test(i)
            except Skip as why:
                print(f"ok {number} - {name} # SKIP {why}")
            except (AssertionError, subprocess.TimeoutExpired) as why:
                failed += 1
                print(f"not ok {number} - {name}", *str(why).splitlines(), sep="\n# ")
            else:
                print(f"ok {number} - {name}")
            sys.stdout.flush()
        print(f"1..{number}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(report(arguments(), tests))
