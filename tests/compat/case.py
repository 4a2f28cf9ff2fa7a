# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases: lines of the files in cases/.

[STATE]
@uid=4000 @TZ=UTC-2 ipcs {-q,-m,-s} {-t,-p,}

A section names the state (a function of states.py). A line is a command after optional words that begin with @: uid, out (full, closed or
tty), columns of the tty, umask, outside (run in a separate PID namespace), or an environment variable. Braces hold alternatives, as in a shell; the rest of the
line is split into words as a shell would do it."""

import glob
import os
import re
import shlex

HERE = os.path.dirname(os.path.abspath(__file__))


class Case:
    """A command line, and the state in which it runs."""

    def __init__(self, state, line):
        self.state, self.env, self.how = state, {}, {}
        words = shlex.split(line)
        while words[0].startswith("@"):
            name, value = words.pop(0)[1:].split("=", 1)
            if name.isupper() or name.startswith("LC_"):
                self.env[name] = value
            else:
                self.how[name] = int(value, 8 if name == "umask" else 10) if value.isdigit() else value
        self.tool, self.words = words[0], words[1:]
        self.id = f"{state}: {' '.join(line.split())}"

    @property
    def changes(self):
        return self.tool in ("ipcmk", "ipcrm")


def expand(line):
    """Yield all commands of a line with alternatives; the alternatives of the first group change slowest."""
    found = re.search(r"(?<!\\)\{([^{}]*)\}", line)
    if not found:
        return [line.replace("\\{", "{").replace("\\}", "}")]
    return [whole for one in found[1].split(",")
            for whole in expand(line[:found.start()] + one.strip() + line[found.end():])]


def read():
    """Yield every case once."""
    cases = {}
    for path in sorted(glob.glob(os.path.join(HERE, "cases/*.cases"))):
        state = None
        with open(path, encoding="utf-8") as f:
            for line in f:
                line = line.strip()
                if not line or line.startswith("#"):
                    continue
                if line.startswith("["):
                    state = line.strip("[]")
                    continue
                for one in expand(line):
                    case = Case(state, one)
                    cases.setdefault(case.id, case)
    return list(cases.values())
