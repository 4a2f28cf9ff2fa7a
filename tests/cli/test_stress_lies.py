# SPDX-License-Identifier: GPL-2.0-or-later
"""ipcx stress with a preloaded library that breaks promises of the kernel (helpers/lie.c): each lie is detected."""

import pytest
from helpers.tools import preload, release

# Each lie with the mechanism and workload that detects it; a lie in calls that block for ever is detected as a standstill.
LIES = [
    ("msg-drop", "msg", "transfer"), ("msg-double", "msg", "transfer"), ("msg-corrupt", "msg", "transfer"),
    ("msg-cut", "msg", "transfer"), ("msg-order", "msg", "transfer"), ("msg-read", "msg", "transfer"),
    ("msg-drop", "msg", "contend"), ("msg-double", "msg", "contend"),
    ("msg-full", "msg", "limits"), ("msg-space", "msg", "limits"), ("msg-gone", "msg", "remove-under-waiters"),
    ("msg-long", "msg", "limits"), ("msg-longer", "msg", "limits"), ("msg-short", "msg", "limits"),
    ("msg-keep", "msg", "churn"), ("msg-stat", "msg", "churn"),
    ("sem-lost", "sem", "transfer"), ("sem-twice", "sem", "transfer"), ("sem-through", "sem", "contend"),
    ("sem-half", "sem", "contend"), ("sem-undo", "sem", "undo"), ("sem-gone", "sem", "remove-under-waiters"),
    ("sem-range", "sem", "limits"), ("sem-again", "sem", "limits"), ("sem-many", "sem", "limits"),
    ("sem-space", "sem", "limits"), ("sem-keep", "sem", "churn"),
    ("shm-apart", "shm", "transfer"), ("shm-apart", "shm", "contend"), ("shm-attached", "shm", "churn"),
    ("shm-small", "shm", "churn"), ("shm-space", "shm", "limits"), ("shm-keep", "shm", "churn"),
    ("mq-drop", "mq", "transfer"), ("mq-double", "mq", "transfer"), ("mq-corrupt", "mq", "transfer"),
    ("mq-priority", "mq", "transfer"), ("mq-full", "mq", "limits"), ("mq-long", "mq", "limits"), ("mq-keep", "mq", "churn"),
    ("psem-lost", "psem", "transfer"), ("psem-twice", "psem", "transfer"), ("psem-through", "psem", "contend"),
    ("psem-most", "psem", "limits"), ("psem-keep", "psem", "churn"),
    ("pshm-apart", "pshm", "transfer"), ("pshm-apart", "pshm", "contend"), ("pshm-keep", "pshm", "churn"),
]


@pytest.mark.parametrize("lie,mech,workload", LIES, ids=["-".join((lie, workload)) for lie, _, workload in LIES])
def test_a_lie_is_detected(world, lie, mech, workload):
    words = (release(), "stress", mech, "--workload", workload, "--for", "400ms", "--seed", "1")
    r = world.run(*words, env={"LD_PRELOAD": preload("lie"), "LIE": lie}, timeout=120)
    assert r.rc == 1, (r.rc, r.out, r.err)
    assert f"{mech} {workload}" in r.err, r.err


@pytest.mark.parametrize("mech,workload", sorted({(mech, workload) for _, mech, workload in LIES}))
def test_without_a_lie_there_is_no_fault(world, mech, workload):
    """With the same library but no lie there is no fault: the faults above come from the lies alone."""
    words = (release(), "stress", mech, "--workload", workload, "--for", "400ms", "--seed", "1")
    r = world.run(*words, env={"LD_PRELOAD": preload("lie"), "LIE": "none"}, timeout=120)
    assert (r.rc, r.err) == (0, ""), (r.rc, r.out, r.err)


COMPARED = [("msg-drop", "msg", load) for load in ("one-way", "round-trip", "fan-in", "serve")] + [
    ("msg-corrupt", "msg", "round-trip"), ("msg-corrupt", "msg", "serve"), ("msg-double", "msg", "serve"),
    ("mq-drop", "mq", "fan-in"), ("mq-corrupt", "mq", "serve"), ("mq-double", "mq", "one-way"),
    ("sem-lost", "shm+sem", "serve"), ("psem-twice", "pshm+psem", "one-way"), ("psem-lost", "pshm+psem", "round-trip"),
]


def compare(world, lie, way, load):
    words = (release(), "stress", "compare", way, "--workload", load, "--for", "300ms", "--seed", "1")
    return world.run(*words, env={"LD_PRELOAD": preload("lie"), "LIE": lie}, timeout=120)


@pytest.mark.parametrize("lie,way,load", COMPARED, ids=["-".join((lie, load)) for lie, _, load in COMPARED])
def test_a_lie_is_detected_in_a_comparison(world, lie, way, load):
    r = compare(world, lie, way, load)
    assert r.rc == 1 and f"{way} {load}: " in r.err, (r.rc, r.out, r.err)


@pytest.mark.parametrize("way,load", sorted({(way, load) for _, way, load in COMPARED}))
def test_without_a_lie_a_comparison_has_no_fault(world, way, load):
    r = compare(world, "none", way, load)
    assert (r.rc, r.err) == (0, ""), (r.rc, r.out, r.err)
