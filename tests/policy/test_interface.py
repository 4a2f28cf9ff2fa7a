# SPDX-License-Identifier: GPL-2.0-or-later
"""The public interface: header, exported symbols, version script and manual agree; the library keeps no state."""

import json
import os
import re
import subprocess
import sys

import pytest
from source import Source, c_files, read

HEADER = "lib/ipcx.h"
STRESS = "lib/ipcx-stress.h"  # the unstable part, with a version node of its own
HEADERS = (HEADER, STRESS)


def functions(header):
    """Return the names of functions in a header: exported ones if True, inline ones if False."""
    lines = re.findall(r"^([a-z].*?)\b(ipcx_\w+)\(", re.sub(r"\n[ \t]+", " ", Source(header).code), re.M)
    return {name: not words.startswith("static inline ") for words, name in lines}


def declarations(*headers):
    """Return the names of exported functions that the headers declare."""
    return [name for header in headers or HEADERS for name, exported in functions(header).items() if exported]


def blocks():
    """Yield (declaration, preceding doc comment or None) for everything at the top level."""
    return [pair for header in HEADERS for pair in blocks_of(header)]


def blocks_of(header):
    text = read(header)
    text = text[re.search(r"/\* ---- .* ---- \*/", text).start():text.rindex("#ifdef __GNUC__")]
    doc = None
    pieces = r"/\*\*.*?\*/|/\*.*?\*/|^#define (?:[^\n]*\\\n)*[^\n]*|^static inline .*?^\}$|^\w(?:[^;{]*\{.*?^\};|[^;]*;)"
    for piece in re.findall(pieces, text, re.M | re.S):
        if piece.startswith("/*"):
            doc = piece if piece.startswith("/**") else None
            continue
        yield piece, doc
        if not piece.startswith("#define"):
            doc = None  # consecutive defines share the comment above them


# ---- names

def test_the_header_declares_functions():
    assert len(declarations()) == len(set(declarations())) > 35


def test_every_name_has_the_prefix():
    code = "".join(Source(header).code for header in HEADERS)
    assert not [n for n in re.findall(r"^#\s*define\s+(\w+)", code, re.M) if not n.startswith("IPCX_")]
    assert not [n for n in re.findall(r"^(?:struct|enum|union) (\w+)\s*[{;]", code, re.M) if not re.match(r"ipcx(_|$)", n)]
    for body in re.findall(r"^enum \w+ \{(.*?)^\};", code, re.M | re.S):
        assert not [n for n in re.findall(r"^\s+(\w+)", body, re.M) if not n.startswith("IPCX_")]
    assert "typedef" not in code  # structs are written with the keyword


def test_the_version_script_lists_the_header():
    """Stable functions are in the nodes of releases, unstable ones in a node of their own, which can be removed."""
    nodes = re.findall(r"^([\w.]+) \{\s*global:(.*?)\}", read("lib/libipcx.map"), re.M | re.S)
    listed = {STRESS: [], HEADER: []}
    for name, symbols in nodes:
        kind = re.fullmatch(r"LIBIPCX_(STRESS_)?\d+\.\d+", name)
        assert kind, name
        listed[STRESS if kind[1] else HEADER] += re.findall(r"(ipcx_\w+);", symbols)
    for header, symbols in listed.items():
        assert sorted(symbols) == sorted(declarations(header))
    assert read("lib/libipcx.map").count("*;") == 1


def test_the_library_exports_the_header(plain_build):
    out = subprocess.run(["nm", "-D", "--defined-only", plain_build / "lib/libipcx.so.0"], stdout=subprocess.PIPE,
                         text=True, check=True).stdout
    exported = {line.split()[2].split("@@")[0]: line.split()[1] for line in out.splitlines()}
    nodes = {name for name, kind in exported.items() if kind == "A"}
    assert set(exported) - nodes == set(declarations())
    assert {kind for name, kind in exported.items() if name not in nodes} == {"T"}
    assert all(node.startswith("LIBIPCX_") for node in nodes)


def test_every_function_is_called_by_a_test():
    """A test in tests/api, which uses the library as programs do, calls each function."""
    called = set()
    for path in set(c_files("tests/api/")) - {"tests/api/test_newer.c"}:  # not all of it is compiled
        called |= {name for _, name, _ in Source(path).calls(r"ipcx_\w+")}
    assert not [name for name in declarations() if name not in called]


def test_the_manual_documents_the_header(copied_tree, tmp_path):
    """The built manual is checked: its pages are made of the headers' own comments."""
    with open(tmp_path / "dump.json", "wb") as file:
        subprocess.run([copied_tree.build / "cmd/ipcx", "help", "--dump"], stdout=file, check=True)
    script, headers = ["man/section3.py"], list(HEADERS)
    subprocess.run([sys.executable, "-B", *script, tmp_path / "dump.json", "lib/examples", tmp_path, *headers], cwd=copied_tree.top, check=True)
    listed = subprocess.run([sys.executable, "-B", *script, "--list", *headers], cwd=copied_tree.top, check=True, text=True,
                            stdout=subprocess.PIPE).stdout.split("\n")[:-1]
    assert sorted(line.split()[1] for line in listed) == sorted(name for name in os.listdir(tmp_path) if name != "dump.json")
    pages = [(tmp_path / line.split()[1]).read_text().replace("\\", "").replace("*", "") for line in listed if line.startswith("page ")]
    everything = {name for header in HEADERS for name in functions(header)}
    assert {name for page in pages for name in re.findall(r"^## (ipcx_\w+)\(\)$", page, re.M)} == everything
    gone = {name for page in pages for name in re.findall(r"\b(ipcx_\w+)\(\)", page)} - everything
    assert not gone, "documented, but not declared"


# ---- comments

def test_every_public_declaration_is_documented():
    found = list(blocks())
    inline = [d for d, _ in found if d.startswith("static inline ")]
    plain = [d for d, _ in found if re.match(r"(?!struct \w+ \{|enum \w+ \{|static)[^#{]*\bipcx_\w+\(", d)]
    assert (len(plain), len(inline)) == (len(declarations()), sum(len(functions(h)) for h in HEADERS) - len(declarations()))
    assert not [declaration.split("\n")[0] for declaration, doc in found if not doc]


def test_every_member_is_documented():
    """Each member of a public struct or enum has a comment, except those whose name says everything."""
    plain = {"size_t size", "enum ipcx_type type", "enum ipcx_unit unit", "enum ipcx_cost cost", "size_t nrefs", "size_t ninit",
             "unsigned mech", "enum ipcx_by by", "enum ipcx_note_kind kind", "int32_t id", "uint32_t key", "unsigned flags"}
    for declaration, _ in blocks():
        body = re.search(r"\{(.*)\}", declaration, re.S)
        if declaration[0] == "#" or not body or "IPCX_F_MECH" in declaration or declaration.startswith("static inline "):
            continue
        inner = re.sub(r"union \{.*?\} as;", "", body[1], flags=re.S)
        for member in re.findall(r"([^;,/]+?)[;,]\s*(?!\s*/\*\*<)(?=\n|$)", re.sub(r"/\*\*<.*?\*/", lambda m: "/**<", inner, flags=re.S)):
            member = " ".join(member.split()).removeprefix("**< ")
            assert member in plain or not member, f"{declaration.split(chr(10))[0]} {member}"


def test_functions_that_fail_say_how():
    """A function that returns int or a pointer that may be NULL says when it fails."""
    for declaration, doc in blocks():
        if re.match(r"int ipcx_", declaration) and "compare" not in declaration:
            assert re.search(r"@return|\b0\b|[Rr]eturn|Whether|-1", doc), declaration


# ---- fields

def enumerators(name):
    body = re.search(rf"^enum {name} \{{(.*?)^\}};", Source(HEADER).code, re.M | re.S)[1]
    return re.findall(r"\b(IPCX_\w+)\b", body)


def test_tables_are_returned_through_one_function():
    """ix_table_hand() checks whether a table is complete; a function that returns a table otherwise skips this check."""
    doors = [f for f in c_files("lib/") if re.search(r"\*ret_table\s*=[^=]", Source(f).code)]
    assert doors == ["lib/core/table.c"]
    public = [name for header in HEADERS for name in re.findall(r"struct ipcx_table \*\*(\w+)", Source(header).code)]
    assert public and set(public) == {"ret_table"}


def test_every_field_has_a_line_in_the_table():
    table = re.findall(r'^\t\[(IPCX_F_\w+)\]\s*= \{"(\w+)",\s*"([^"]+)",\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]+)"\},$',
                       read("lib/core/field.c"), re.M)
    fields = enumerators("ipcx_field")
    assert fields.pop() == "IPCX_NO_FIELD"
    unstable = re.findall(r"^#define (IPCX_F_\w+)\s+\(\(enum ipcx_field\)(\d+)\)$", read(STRESS), re.M)
    assert [line[0] for line in table] == fields + [name for name, _ in unstable]
    numbers = [int(number) for _, number in unstable]
    assert numbers == list(range(200, 200 + len(numbers))) and numbers[-1] < 255 and len(fields) <= 200
    for number, name, heading, kind, unit, cost, doc in table:
        assert number == "IPCX_F_" + name.upper()
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
        assert re.fullmatch(r"[A-Z][A-Z0-9.%-]*", heading)
        assert kind in enumerators("ipcx_type") and unit in enumerators("ipcx_unit") and cost in enumerators("ipcx_cost")
        assert doc and not doc.endswith(".") and "\n" not in doc


def test_every_attribute_has_a_line_in_the_table():
    bits = re.findall(r"^#define (IPCX_A_\w+)\s+\(UINT64_C\(1\) << (\d+)\)", read(HEADER), re.M)
    assert [int(bit) for _, bit in bits] == list(range(len(bits)))
    assert re.findall(r"^\t\{ (IPCX_A_\w+),", read("lib/core/attr.c"), re.M) == [name for name, _ in bits]


# ---- words

# Options of other programs that occur in texts of the library.
OPTIONS = {
    "lib/container/buildah.c": {"--root"},  # buildah's
    "lib/container/crio.c": {"--runtime-dir"},  # conmonrs'
    "lib/container/firejail.c": {"--name"},  # firejail's
    "lib/container/nspawn.c": {"--machine", "--directory", "--image"},  # systemd-nspawn's, read from its command line
    "lib/container/podman.c": {"--cid", "--name", "--exec", "--bundle"},  # conmon's, likewise
    "lib/ns/keepers.c": {"ipcx ns"},  # a value that is a command: how to let go of a pin
    "lib/query/meet.c": {"--bind", "--containall", "--dev", "--device", "--driver", "--ipc", "--ipc-namespace", "--join", "--keep-dev-shm", "--mount",
                         "--name", "--opt", "--pod", "--share", "--share-ipc", "--unshare-all", "--unshare-ipc", "--volume", "--with-ns",
                         "ipcx ns"},  # those of the runtimes: how two containers are started
    "lib/limits/table.c": {"--fsize", "--msgqueue", "--memlock"},  # prlimit(1)'s: how the limit is raised
}


# In these rooms, commands are values: what puts a cause or a finding right.
FIXES = ("lib/why/", "lib/doctor/")
# Options of other programs in them.
OTHERS = {"--shm-size", "--ipc", "--ulimit", "--pid", "--msgqueue"}


def test_texts_name_no_options_of_the_program():
    """The library does not know its caller: advice is a hint, which the program turns into words."""
    found = {}
    for path in [p for p in c_files("lib/") if not p.startswith(FIXES)]:
        for _, text in Source(path).literals():
            options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) | set(re.findall(r"\bipcx [a-z]+", text))
            if options:
                found.setdefault(path, set()).update(options)
    assert found == OPTIONS


def test_fixes_name_options_that_exist(copied_tree):
    known = set(OTHERS)
    dump = subprocess.run([copied_tree.build / "cmd/ipcx", "help", "--dump"], stdout=subprocess.PIPE, check=True).stdout
    for command in json.loads(dump)["commands"]:
        known |= {"--" + option["name"] for option in command["options"]}
    for path in c_files(*FIXES):
        for _, text in Source(path).literals():
            strange = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) - known
            assert not strange, f"{path}: {strange}"


# ---- state

# Writable symbols of the library, and why none of them is state.
CONSTANT_AFTER_INIT = {
    "lives": "lib/base/calls.c: what the filter of this process lets pass, the same for all of its contexts",
    "dies": "lib/base/calls.c: and for which calls it kills",
}


def writable(objects):
    """Yield (object, symbol, section) of everything that is neither code nor constant after loading."""
    out = subprocess.run(["objdump", "-t", *objects], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in out.splitlines():
        found = re.match(r"[0-9a-f]+ .{7} (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if found and re.match(r"\.(t?data|t?bss)|\*COM\*", found[1]) and int(found[2], 16) \
                and not found[1].startswith(".data.rel.ro"):
            yield found[3], found[1]


def test_the_library_keeps_no_state(plain_build):
    archives = [plain_build / "lib/libipcx-internal.a", plain_build / "lib/libbase.a"]
    state = {symbol: section for symbol, section in writable(archives)}
    assert set(state) == set(CONSTANT_AFTER_INIT), state


def test_state_is_detected(tmp_path, plain_build):
    source = tmp_path / "x.c"
    source.write_text("static int a; int b = 1; static _Thread_local int c; const char *const d = \"d\";\n"
                      "int *x(void); int *x(void) { static int e = 5; a++; c++; return a + c ? &e : &a; }\n")
    subprocess.run(["cc", "-O0", "-fPIC", "-c", source, "-o", tmp_path / "x.o"], check=True)
    assert {symbol.split(".")[0] for symbol, _ in writable([tmp_path / "x.o"])} == {"a", "b", "c", "e"}


# Functions that the library never calls: it does not print, exit, change the process, or read the environment (except TZ, in
# lib/base/zone.c). Entering namespaces, which needs a thread or a child process, has a test of its own (test_homes.py).
ELSEWHERE = {"setns", "unshare", "fork", "_exit", "prctl", "pthread_create", "setresuid", "setresgid", "setgroups", "chdir",
             "fchdir", "chroot", "signal", "sigaction", "umask",
             "execve"}  # newuidmap(1), in a child: test_homes.py
NEVER = r"""(v?printf|puts|putchar|fputs|fputc|fwrite|perror|psignal|stdout|stderr|stdin|_?exit|_Exit|quick_exit|abort|raise
|(secure_)?getenv|environ|setenv|putenv|setns|unshare|chdir|fchdir|chroot|umask|set[a-z]*[ug]id|setgroups|prctl|signal|sigaction
|setlocale|localtime|mktime|fork|vfork|clone|exec[a-z]*|system|popen|posix_spawnp?|getpw(nam|uid|ent)|getgr(nam|gid|ent)
|strtok|rand|srand|setpw?ent|alarm|sleep|usleep|pthread_create|atexit|dlclose)"""


def test_the_library_leaves_the_process_alone(plain_build):
    out = subprocess.run(["nm", "-D", "--undefined-only", plain_build / "lib/libipcx.so.0"], stdout=subprocess.PIPE,
                         text=True, check=True).stdout
    used = {line.split()[1].split("@")[0] for line in out.splitlines()}
    assert {"malloc", "shmctl"} <= used
    bad = sorted(name for name in used - ELSEWHERE if re.fullmatch(NEVER.replace("\n", ""), name))
    assert not bad


def test_the_program_links_no_more_at_start(plain_build):
    """libmount, json-c and libcap are loaded only by the commands that use them."""
    for file in ("cmd/ipcx", "lib/libipcx.so.0"):
        out = subprocess.run(["readelf", "-d", plain_build / file], stdout=subprocess.PIPE, text=True, check=True).stdout
        needed = set(re.findall(r"\(NEEDED\).*\[(\S+?)\.so", out))
        assert needed <= {"libipcx", "libc", "ld-linux-x86-64", "ld-linux-aarch64"}, file
