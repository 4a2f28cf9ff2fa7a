# SPDX-License-Identifier: GPL-2.0-or-later
"""System calls that fail while ipcx enters, makes or looks into other namespaces: a fixed part of what faults.py tries. It never acts
elsewhere, or with more rights, than it was asked to; what it could not do it says.

    tests/private.sh tests/hostile/faults.py --all build/release/cmd/ipcx      every point (a build without sanitizers is faster)
"""

import os

import faults
import pytest
from conftest import IPCX

# Of each command: so many points that all of it takes a minute or two with two CPUs, in a build with sanitizers.
POINTS = 32


@pytest.fixture(scope="module")
def results():
    why = faults.why_not()
    if why:
        pytest.skip(why)
    a = faults.arguments([IPCX, "--points", str(POINTS), "--workers", str(min(os.cpu_count() or 1, 4))])
    return faults.measure(a, faults.CASES)


@pytest.mark.parametrize("name", [c.name for c in faults.CASES])
def test_a_call_that_fails(results, name):
    result = results[name]
    assert not result["found"], faults.text_of(result)
    assert result["ran"] >= result["chosen"] * 3 // 4 > 0, "the points are not those of the trace"
