# SPDX-License-Identifier: GPL-2.0-or-later
"""Times are accepted as they are shown: in local time and without naming a zone, for every time zone and around each change of its clocks; and times beyond the
calendar or
in the future."""

import calendar
import re
import time

import pytest

from helpers.tools import preload, release

# These rules need no zoneinfo files: the C library reads them from TZ.
SHANGHAI, NEW_YORK, LORD_HOWE = "CST-8", "EST5EDT,M3.2.0,M11.1.0", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
ZONES = [SHANGHAI, NEW_YORK, LORD_HOWE, "UTC", None, "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]


def utc(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


# Times before, within and after the days on which clocks change, and other times.
MOMENTS = [utc(t) for t in (
    "2026-03-08 06:59:59", "2026-03-08 07:00:00", "2026-11-01 05:30:00", "2026-11-01 06:30:00",  # New York
    "2026-04-04 14:45:00", "2026-04-04 15:15:00", "2026-10-03 15:29:59", "2026-10-03 15:30:00",  # Lord Howe
    "1970-01-02 00:00:00", "1986-05-04 12:00:37", "2026-07-01 23:59:59", "2038-01-19 03:14:08")]


def objects_at(world, moments):
    """Create objects with each of these times as mtime."""
    lines = "\n".join(f"printf x > /dev/shm/o{i} && touch -d @{at} /dev/shm/o{i}" for i, at in enumerate(moments))
    assert world.sh(lines).rc == 0


def shown(world, env, *words):
    """Return the mtimes that a format prints, as a dictionary with references as keys."""
    out = world.ok("ls", "pshm", "-o", "ref,mtime", "--no-headings", *words, env=env)
    return dict(re.split(r'\s+|,|="', line, maxsplit=1) for line in out.replace("\r", "").splitlines())


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_shown_times_are_accepted(world, zone):
    objects_at(world, MOMENTS)
    env = {"TZ": zone}
    as_json = {o["ref"]: o["mtime"] for o in world.ipcx("ls", "pshm", "--json", "-o", "ref,mtime", env=env).json["objects"]}
    forms = [as_json, shown(world, env, "--format", "csv"), shown(world, env, "--bytes", "--numeric")]
    assert all(len(f) == len(MOMENTS) for f in forms)
    for i, moment in enumerate(MOMENTS):
        ref = f"pshm:/o{i}"
        texts = {f[ref].strip() for f in forms}
        assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) in texts
        exactly = " && ".join([f'mtime == "{t}" && mtime == {t}' for t in texts] + [f"mtime == @{moment}"])
        never = " || ".join(f'mtime > "{t}" || mtime < {t}' for t in texts)
        assert [o["ref"] for o in world.objects("pshm", "-w", exactly, env=env)] == [ref], exactly
        assert ref not in [o["ref"] for o in world.objects("pshm", "-w", never, env=env)], never


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK, "UTC", None], ids=str)
def test_a_minute_is_its_first_second(world, zone):
    moments = [utc("2026-11-21 10:00:00"), utc("2026-11-21 10:00:59"), utc("2026-11-21 10:01:00")]
    objects_at(world, moments)
    table = shown(world, {"TZ": zone})
    assert table["pshm:/o0"] == table["pshm:/o1"] != table["pshm:/o2"]
    minute = table["pshm:/o1"].strip()
    for condition, wants in ((f'mtime == "{minute}"', [0]), (f'mtime < "{minute}"', []), (f'mtime >= {minute}', [0, 1, 2]),
                             (f'mtime > {minute}', [1, 2]), (f'mtime < "{table["pshm:/o2"].strip()}"', [0, 1])):
        found = sorted(o["ref"] for o in world.objects("pshm", "-w", condition, env={"TZ": zone}))
        assert found == [f"pshm:/o{i}" for i in wants], condition


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK, LORD_HOWE, "UTC"])
def test_rm_keeps_objects_as_young_as_shown(world, zone):
    """An object that was created in the minute given to rm is not older than that minute."""
    world.ok("mk", "shm", "--size", 1)
    minute = world.ok("ls", "shm", "-o", "ctime", "--no-headings", env={"TZ": zone}).strip()
    world.ok("rm", "shm", "--yes", "-w", f'ctime < "{minute}"', env={"TZ": zone})
    assert len(world.objects("shm")) == 1
    world.ok("rm", "shm", "--yes", "-w", f'ctime >= "{minute}"', env={"TZ": zone})
    assert not world.objects("shm")


def test_a_day_begins_at_local_midnight(world):
    objects_at(world, [utc("2026-11-20 15:59:59"), utc("2026-11-20 16:00:00"), utc("2026-11-21 16:00:00")])

    def found(condition, zone):
        return [o["ref"][-1] for o in world.objects("pshm", "--sort", "ref", "-w", condition, env={"TZ": zone})]

    day = "mtime >= 2026-11-21 && mtime < 2026-11-22"
    assert found(day, SHANGHAI) == ["1"]
    assert found(day, "UTC") == ["2"]
    assert found("mtime >= 2026-11-21T00:00:00Z && mtime < 2026-11-22T00:00:00Z", SHANGHAI) == ["2"]
    assert found("mtime >= 2026-11-21T00:00+08:00 && mtime < 2026-11-22 00:00+08:00", NEW_YORK) == ["1"]


@pytest.mark.parametrize("zone,time_,says", [
    (NEW_YORK, "2026-11-01 01:30", "is ambiguous: add -04:00 or -05:00"),
    (NEW_YORK, "2026-11-01T01:00:00", "is ambiguous: add -04:00 or -05:00"),
    (NEW_YORK, "2026-11-01 01:59:59", "is ambiguous"),
    (NEW_YORK, "2026-03-08 02:00", "was skipped here"),
    (NEW_YORK, "2026-03-08T02:59:59", "was skipped here"),
    (LORD_HOWE, "2026-04-05 01:45", "is ambiguous: add +11:00 or +10:30"),
    (LORD_HOWE, "2026-10-04 02:15", "was skipped here"),
    ("<+00>0<+02>-2,M3.2.0/0,M11.1.0/2", "2026-03-08", "was skipped here"),  # a midnight that is skipped
    ("America/New_York", "2026-11-01 01:30", "is ambiguous: add -04:00 or -05:00"),
    ("Pacific/Apia", "2011-12-30 12:00", "was skipped here"),  # a whole day was skipped
])
def test_a_skipped_or_repeated_hour(world, zone, time_, says):
    world.ok("mk", "pshm", "/a", "--size", 1)
    for command in (["ls", "pshm"], ["rm", "pshm", "--yes"]):
        r = world.ipcx(*command, "-w", f'size > 0 && mtime > "{time_}"', env={"TZ": zone})
        assert (r.rc, r.out) == (2, "") and f"column 21 of the expression: mtime is a time, and \"{time_}\" " in r.err, r.err
        assert says in r.err, r.err
        assert world.ipcx(*command[:1], "pshm:/nope", "-w", f"mtime > {time_}Z" if ":" in time_ else f"mtime > {time_}T00:00Z",
                          env={"TZ": zone}).rc == 3
    assert len(world.objects()) == 1


@pytest.mark.parametrize("zone,fits", [
    (NEW_YORK, ["2026-11-01 00:59:59", "2026-11-01 02:00", "2026-03-08 01:59:59", "2026-03-08 03:00", "2026-11-01 01:30-04:00",
                "2026-11-01T01:30:00-05:00", "2026-11-01T05:30:00Z", "@1793511000"]),
    (LORD_HOWE, ["2026-04-05 01:29:59", "2026-04-05 02:00", "2026-10-04 01:59:59", "2026-10-04 02:30", "2026-04-05T01:45:00+10:30"]),
    ("Pacific/Apia", ["2011-12-29 23:59:59", "2011-12-31"]),
])
def test_neighbouring_hours_are_unambiguous(world, zone, fits):
    for text in fits:
        world.ok("ls", "pshm", "-w", f'mtime > "{text}"', env={"TZ": zone})


def test_years_are_accepted_as_a_span(world):
    """A table prints 2y, which a condition accepts."""
    objects_at(world, [0])
    assert world.objects("pshm", "-w", "age < 2y && age < 2y3d")


# ---- times beyond the calendar


# tmpfs stores any time: 10000-01-01, before the year 0, the extremes of the type.
ODD = [253402300800, -62167219201, 2**62, -(2**62)]
FINE = [253402300799, -62167219200, -1, -2**31, 2**31, 2**32, 4102444800]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.parametrize("at", FINE)
def test_extreme_dates_are_dates(world, at):
    objects_at(world, [at])
    text = world.objects("pshm", "-o", "ref,mtime")[0]["mtime"]
    assert RFC3339.fullmatch(text)
    assert [o["ref"] for o in world.objects("pshm", "-w", f"mtime == {text} && mtime == @{at}")] == ["pshm:/o0"]
    world.ok("ls", "pshm", "-o", "ref,ctime,atime,mtime,age")
    world.ok("ls", "pshm", "--format", "csv", "-o", "ref,mtime")


@pytest.mark.parametrize("at", ODD)
def test_a_time_beyond_the_calendar_is_unknown(world, at):
    objects_at(world, [at, 5])
    r = world.ipcx("ls", "pshm", "--json", "-o", "ref,mtime,size")
    assert r.rc == 0 and [(o["ref"], o["mtime"]) for o in sorted(r.json["objects"], key=lambda o: o["ref"])] == [
        ("pshm:/o0", None), ("pshm:/o1", "1970-01-01T00:00:05Z")]
    assert [e["message"] for e in r.json["errors"]] == ["some times are before the year 0 or after 9999 and cannot be shown as dates"]
    assert r.err.count("cannot be shown as dates") == 1
    for condition, wants in (("mtime == null", []), ("mtime != null", ["pshm:/o1"]), (f"mtime == @{at}", []),
                             ("mtime > 1960-01-01", ["pshm:/o1"])):
        r = world.ipcx("ls", "pshm", "--json", "-w", condition)
        assert [o["ref"] for o in r.json["objects"]] == wants, condition
    # If the field is not read, nothing is reported.
    world.ok("ls", "pshm", "-o", "ref,size")
    # A removal by that field may be incomplete.
    r = world.ipcx("rm", "pshm", "--yes", "-w", "mtime < 2000-01-01")
    assert r.rc == 4 and "cannot be shown as dates" in r.err and [o["ref"] for o in world.objects("pshm", "-o", "ref")] == ["pshm:/o0"]


def test_a_time_in_the_future_has_no_age(world):
    """The clock was set back after the object was created: the object is neither old nor young."""
    world.ok("mk", "shm", "--size", "4K")
    env = {"LD_PRELOAD": preload("past")}
    r = world.run(release(), "ls", "shm", "--json", "-o", "ref,ctime,age", env=env)
    row = r.json["objects"][0]
    assert r.rc == 0 and row["age"] is None and RFC3339.fullmatch(row["ctime"])
    assert r.err.count("in the future") == 1 and len(r.err.splitlines()) == 1
    assert len(r.json["errors"]) == 1
    for condition in ("age < 1d", "age >= 0", "age > 1d", "age != null", "age == null"):
        r = world.run(release(), "rm", "shm", "--yes", "-w", condition, env=env)
        assert r.rc == 4 and "in the future" in r.err, condition
    r = world.run(release(), "ls", "shm", "-o", "ref,ctime", env=env)
    assert (r.rc, r.err) == (0, "")
    assert len(world.objects("shm")) == 1


# ---- one clock for each command


def test_ages_do_not_change_within_a_command(world):
    """With a clock that advances by an hour on each read, a command uses one time for all ages."""
    world.ok("mk", "shm", "--size", "4K", "--count", "3")
    world.ok("mk", "msg", "--count", "3")
    world.ok("mk", "sem", "--nsems", "1", "--count", "1100")
    assert world.sh("cd /dev/shm && : > a && : > b").rc == 0
    r = world.run(release(), "ls", "--json", "-o", "ref,ctime,age", env={"LD_PRELOAD": preload("hasty")})
    assert r.rc == 0
    now = {calendar.timegm(time.strptime(o["ctime"], "%Y-%m-%dT%H:%M:%SZ")) + o["age"] for o in r.json["objects"]}
    assert len(r.json["objects"]) == 1108 and len(now) == 1


@pytest.mark.parametrize("zone, when", [(SHANGHAI, 253402300799), (NEW_YORK, -62167219200)])
def test_a_time_without_a_local_year_can_be_parsed_again(world, zone, when):
    """At the ends of the calendar the year in local time would be 10000 or negative: such a time is shown in UTC."""
    env = {"TZ": zone}
    world.ok("mk", "pshm", "/t", "--size", "4096")
    world.sh(f"touch -d @{when} /dev/shm/t")
    text = world.ok("ls", "pshm", "-o", "mtime", "--bytes", "--no-headings", env=env).strip()
    assert text.endswith("+00:00")
    assert [o["ref"] for o in world.objects("pshm", "-w", f'mtime == "{text}"', "-o", "ref", env=env)] == ["pshm:/t"]
