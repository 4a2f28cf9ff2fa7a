# SPDX-License-Identifier: GPL-2.0-or-later
"""Defects of the originals, D1 to D20: what ipcx does about each defect, whatever the originals do; and both ways to call the commands."""

import json

import pytest
from case import Case
from conftest import TOOLS, worlds

TRY = "Try '{0} --help' for more information.\n"


@pytest.fixture
def ipcx(subject, is_ipcx, place):
    """Run a command line in a separate world with that state: ipcx("mixed")("ipcs -m")."""
    if not is_ipcx:
        pytest.skip("what ipcx owes beyond the original")

    def make(state):
        here = place(state)

        def run(line, **more):
            answer = here.run(subject, Case(state, line), **more)
            assert answer["rc"] in (0, 1), answer
            return answer

        run.left = here.left
        run.sh = lambda script: here.ask(path="/bin/sh", argv=["sh", "-euc", script, "sh", subject.dir],
                                         env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC0"})
        return run

    return make


def once(pairs):
    assert len(pairs) == len(dict(pairs)), f"a key twice: {pairs}"
    return dict(pairs)


def rows(answer):
    return [line.split() for line in answer["out"].splitlines()[1:]]


# ---- data that must not be lost


@pytest.mark.parametrize("form", ["-a", "--all", "-v -a"])
@pytest.mark.parametrize("kind", ["shm", "pshm", "msg", "pmsg", "sem", "psem"])
def test_d1_a_kind_after_a_blank_removes_nothing(ipcx, form, kind):
    run = ipcx("mixed")
    before = run.left()
    answer = run(f"ipcrm {form} {kind}")
    assert (answer["rc"], answer["out"]) == (1, "") and kind in answer["err"]
    assert run.left() == before


def test_d2_all_means_system_v_and_no_file(ipcx):
    run = ipcx("mixed")
    before = run.left()
    assert run("ipcrm -a") == {"rc": 0, "out": "", "err": ""}
    after = run.left()
    assert after["msg"] == after["sem"] == [] and {row[1] for row in after["shm"]} <= {"0", "2", "4"}, "attached ones stay"
    assert (after["/dev/shm"], after["/dev/mqueue"]) == (before["/dev/shm"], before["/dev/mqueue"])
    assert len(before["/dev/shm"]) == 8 and len(before["/dev/mqueue"]) == 2


def test_d2_posix_kinds_are_removed_when_named(ipcx):
    run = ipcx("mixed")
    assert run("ipcrm --all=pmsg")["rc"] == run("ipcrm -apsem")["rc"] == 0
    left = run.left()
    assert left["/dev/mqueue"] == [] and [f[0] for f in left["/dev/shm"]] == ["a b", "large", "plain", "strange", "zero"]
    assert run("ipcrm --all=pshm")["rc"] == 0 and run.left()["/dev/shm"] == []


def test_d3_a_directory_stops_nothing(ipcx):
    run = ipcx("badsem")
    answer = run("ipcrm -apshm")
    names = [f[0] for f in run.left()["/dev/shm"]]
    assert "dir" in names and "plain" not in names and "sem.good" in names, answer
    run("ipcrm -apsem")
    names = [f[0] for f in run.left()["/dev/shm"]]
    assert "sem.good" not in names and "sem.dir" in names


@pytest.mark.parametrize("kind,ids", [("shm", (0, 2, 3, 4, 6)), ("msg", (0, 1, 3, 4)), ("sem", (0, 1, 4))])
def test_d4_unreadable_objects_are_reported(ipcx, kind, ids):
    run = ipcx("sysv")
    answer = run(f"@uid=4000 ipcrm -a{kind}")
    assert answer == {"rc": 1, "out": "", "err": "".join(f"ipcrm: permission denied for id ({n})\n" for n in ids)}
    assert [row[1] for row in run.left()[kind]] == [str(n) for n in ids]


@pytest.mark.parametrize("size", ["10", "0", "1M"])
@pytest.mark.parametrize("name", ["seg", "/seg"])
def test_d5_an_existing_object_is_not_resized(ipcx, size, name):
    run = ipcx("ipcmk_there")
    before = run.left()
    answer = run(f"ipcmk -m {size} -n {name}")
    assert answer == {"rc": 1, "out": "", "err": "ipcmk: create POSIX shared memory failed: File exists\n"}
    assert run.left() == before


# ---- behaviour that is kept, but without its harm


def test_d6_a_mode_is_not_a_flag(ipcx):
    """In the original, mode bits above the permissions requested huge pages and IPC_EXCL. Whatever ipcx answers, the segment is an ordinary one."""
    run = ipcx("empty")
    answer = run("ipcmk -M 4096 -p 04644")
    shm = run.left()["shm"]
    assert len(shm) == (answer["rc"] == 0)
    assert all(row[2:4] == ["644", "4096"] for row in shm)


def test_d7_drawn_keys_are_new_and_never_private(ipcx):
    run = ipcx("empty")
    seen = set()
    for n in range(20):
        assert run("ipcmk -Q")["out"] == f"Message queue id: {n}\n"
    for row in rows(run("ipcs -q"))[2:]:
        seen.update(row[:1])
    assert len(seen) == 20 and "0x00000000" not in seen


def test_d8_short_files_are_not_semaphores(ipcx):
    run = ipcx("badsem")
    answer = run("lsipc -S")
    assert answer["rc"] == 0 and "2680" not in answer["out"]
    assert [row[-1] for row in rows(answer) if row[0] == "good"] == ["3"]
    assert "good" in run("lsipc -S -J")["out"] and "3" in run("lsipc -S -N good")["out"]


def test_d9_queues_of_another_namespace_print_no_garbage(ipcx):
    run = ipcx("posix")
    answer = run.sh('exec unshare --ipc "$1/lsipc" -Q -b -r')
    assert answer["rc"] == 0
    for row in rows(answer):
        assert all(int(cell) < 1000 for cell in row if cell.isdigit()), answer["out"]


@pytest.mark.parametrize("kind,option", [("shm", "-m"), ("msg", "-q"), ("sem", "-s")])
@pytest.mark.parametrize("text", ["", "nonsense\n", "head\nx y z\n"])
@pytest.mark.parametrize("tool", ["ipcs", "lsipc"])
def test_d10_no_file_makes_a_command_hang(ipcx, tool, kind, option, text):
    run = ipcx("sysv")
    answer = run.sh(f"printf '%s' '{text}' > /dev/text; mount --bind /dev/text /proc/sysvipc/{kind}; "
                    f"exec timeout -s KILL 5 \"$1/{tool}\" {option}")
    assert answer["rc"] in (0, 1), answer


@pytest.mark.parametrize("line", ["ipcs -m -i 99", "ipcs -q -i 99", "ipcs -s -i 99", "lsipc -m -i 99", "lsipc -q -i 99",
                                  "lsipc -s -i 99", "ipcs -m -i -1", "ipcs -q -i -1", "ipcs -s -i -1", "lsipc -m -i -1", "lsipc -s -i -2"])
def test_d11_no_such_id_is_not_a_failure_and_shows_no_other_object(ipcx, line):
    run = ipcx("sysv")
    answer = run(line)
    assert answer["rc"] == 0 and answer["err"].endswith(f"id {line.split()[-1]} not found\n") and not answer["out"].strip()


@pytest.mark.parametrize("line", ["lsipc -m -N plain", "lsipc -M -i 0"])
def test_d11_the_wrong_selector_shows_no_wrong_object(ipcx, line):
    answer = ipcx("mixed")(line)
    assert "0x00004001" not in answer["out"] and "a b" not in answer["out"]


@pytest.mark.parametrize("pair", ["-M -m", "-m -M", "-M -S", "-S -Q", "-q -Q", "-Q -m", "-M -Q", "-s -S"])
def test_d12_two_kinds_never_crash_nor_repeat_keys(ipcx, pair):
    run = ipcx("mixed")
    run(f"lsipc {pair}")
    answer = run(f"lsipc {pair} -J")
    assert answer["out"] or answer["rc"] == 1
    if answer["out"]:
        json.loads(answer["out"], object_pairs_hook=once)


def test_d13_columns_that_do_not_apply_are_told(ipcx):
    run = ipcx("mixed")
    for kind, column in (("-q", "SIZE"), ("-m", "NSEMS"), ("-M", "NSEMS")):
        answer = run(f"lsipc {kind} -o {column}")
        assert (answer["rc"], answer["err"]) == (1, f"lsipc: column {column} does not apply to the specified IPC\n")


def test_d13_columns_that_do_not_apply_are_reported(ipcx):
    run = ipcx("mixed")
    for name, line in (("sharedmemory", "lsipc -m -J"), ("messages", "lsipc -q -J"), ("semaphores", "lsipc -s -J")):
        for row in json.loads(run(line)["out"])[name]:
            assert all(value is None or isinstance(value, str) for value in row.values())
    assert json.loads(ipcx("empty")("lsipc -m -J")["out"]) == {"": []}


def test_d15_an_unreadable_array_is_an_error(ipcx):
    answer = ipcx("sysv")("@uid=4000 ipcs -s -i 0")
    assert answer["rc"] == 1 and "Permission denied" in answer["err"]


def test_d16_a_limit_of_nothing_divides_nothing(ipcx):
    for state in ("limits_zero", "limits_one"):
        answer = ipcx(state)("lsipc -r")
        assert answer["rc"] == 0 and len(answer["out"].splitlines()) == 16


def test_d16_no_division_by_a_limit_of_0(ipcx):
    answer = ipcx("posix")("lsipc -S -N nope")
    assert answer["rc"] == 0 and answer["err"].endswith("nope not found\n")


def test_d18_wide_values_lose_nothing(ipcx):
    run = ipcx("large")
    assert {"4398046511104", "17592186056761"} <= {row[4] for row in rows(run("ipcs -m")) if len(row) > 4 and row[4].isdigit()}
    assert "2147418100" in run("ipcs -q")["out"]


@pytest.mark.parametrize("line", ["ipcs bogus", "ipcs -m bogus", "lsipc bogus", "lsipc -m bogus"])
def test_d19_operands_change_nothing(ipcx, line):
    run = ipcx("sysv")
    assert run(line) == run(line.replace(" bogus", ""))


def test_d19_ipcrm_reports_operands(ipcx):
    run = ipcx("sysv")
    answer = run("ipcrm -q 0 bogus")
    assert answer == {"rc": 1, "out": "", "err": "ipcrm: unknown argument: bogus\n" + TRY.format("ipcrm")}


def test_d20_columns_stay_in_place(ipcx):
    run = ipcx("sysv")
    times = run("ipcs -s -t")["out"].splitlines()
    assert times[2].split() == ["semid", "owner", "last-op", "last-changed"]
    assert times[2].index("last-op") == 20 and times[3].index("Not set") == 21
    pids = run("ipcs -q -p")["out"].splitlines()
    assert pids[2] == "msqid      owner      lspid      lrpid     " and pids[3] == "0        root          501         0"


def test_the_creators_group_of_a_segment_is_a_group(ipcx):
    """In the column CGID, every version up to 2.42 shows the creator's user."""
    run = ipcx("mixed")
    shown = {tuple(line.split()) for line in run("lsipc -m -o ID,CUID,CGID --noheadings")["out"].splitlines()}
    true = {(fields[1], fields[9], fields[10]) for fields in map(str.split, run.sh("tail -n +2 /proc/sysvipc/shm")["out"].splitlines())}
    assert shown == true and any(cuid != cgid for _, cuid, cgid in true)


def test_objects_removed_meanwhile_count_as_removed(ipcx):
    """While objects are removed, other processes remove some of them: an object that is gone is what was requested."""
    answer = ipcx("empty").sh("""
i=0; while [ $i -lt 300 ]; do ipcmk -Q; i=$((i + 1)); done >/dev/null
(for id in $(ipcs -q | awk '/^0x/ { print $2 }'); do ipcrm -q "$id" 2>/dev/null || :; done) &
"$1/ipcrm" -amsg; wait; ipcs -q | grep -c ^0x || :""")
    assert (answer["rc"], answer["err"], answer["out"]) == (0, "", "0\n")


def test_all_and_its_arguments(ipcx):
    run = ipcx("sysv")
    assert run("ipcrm -a=sysv")["err"] == ""
    assert not [line for line in run("ipcs")["out"].splitlines() if line.startswith("0x") and "dest" not in line]
    run = ipcx("mixed")
    answer = run.sh("""touch /dev/shm/plain; "$1/ipcrm" --all=all; ls /dev/shm; ipcs | grep ^0x | grep -vc dest || :""")
    assert answer["out"].split()[-1] == "0" and "seg" not in answer["out"]


def test_force_gives_a_new_size(ipcx):
    answer = ipcx("empty").sh("""
"$1/ipcmk" -m 100 -n /x >/dev/null; "$1/ipcmk" -m 10 -n /x 2>/dev/null && exit 9; stat -c %s /dev/shm/x
"$1/ipcmk" --force -m 10 -n /x; stat -c %s /dev/shm/x""")
    assert answer["out"].splitlines() == ["100", "POSIX shared memory name: /x", "10"], answer


def test_an_object_that_may_not_be_opened_is_not_used(ipcx):
    answer = ipcx("empty").sh("""
"$1/ipcmk" -s -n mine -p 600 >/dev/null
setpriv --reuid 4000 --clear-groups "$1/ipcmk" -s -n mine 2>&1 && exit 9; :""")
    assert answer["out"] == "ipcmk: create POSIX semaphore failed: Permission denied\n", answer


def test_wide_columns_before_one_that_wraps(ipcx):
    """The command line of a process can have any length; if it is wrapped, its further lines are indented by the width of all columns before it."""
    answer = ipcx("empty").sh("""
id=$("$1/ipcx" mk shm --size 4K 2>/dev/null || ipcmk -M 4096 | grep -o '[0-9]*$')
sh -c ': '"$(printf '%08000d' 0 | tr 0 '\001')"' ; sleep 0' &
for i in 1 2 3 4 5 6; do "$1/lsipc" -m --notruncate -o COMMAND,COMMAND,COMMAND,COMMAND,STATUS,KEY >/dev/null || exit 9; done; wait""")
    assert answer["rc"] == 0, answer


# ---- both ways to call a command

SAME = ["ipcs", "ipcs -m", "ipcs -q -i 99", "ipcs -Z", "ipcs --foo", "ipcs -h", "ipcs -V", "ipcs -i x", "lsipc", "lsipc -m", "lsipc -J",
        "lsipc -m -q", "lsipc -Z", "lsipc -V", "lsipc -m -o FOO", "ipcmk", "ipcmk -Z", "ipcmk -M 0", "ipcmk -V", "ipcmk -S x",
        "ipcrm", "ipcrm -m 99", "ipcrm -Z", "ipcrm -m x", "ipcrm -a msg", "ipcrm shm 99", "ipcrm -h"]


def test_call_by_the_old_name_and_as_a_command_of_ipcx(subject, is_ipcx, place):
    if not is_ipcx:
        pytest.skip("has one name only")
    here = place("mixed")
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC0"}
    for line in SAME:
        case = Case("mixed", line)
        command = here.ask(path=worlds.IPCX, argv=["ipcx", "compat", case.tool, *case.words], env=env)
        assert command == here.run(subject, case), line


@pytest.mark.parametrize("tool", TOOLS)
def test_the_version_is_what_scripts_expect(ipcx, tool):
    answer = ipcx("empty")(f"{tool} --version")
    assert answer["rc"] == 0 and answer["err"] == ""
    assert answer["out"].startswith(f"{tool} from util-linux 2.4") and "(ipcx " in answer["out"] and answer["out"].count("\n") == 1
