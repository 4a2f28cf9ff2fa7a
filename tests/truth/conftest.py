# SPDX-License-Identifier: GPL-2.0-or-later
"""What ipcx shows, selects and promises is true, or ipcx reports what is missing. Worlds and helpers are those of tests/cli."""

import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../cli"))
spec = importlib.util.spec_from_file_location("world", os.path.join(HERE, "../cli/conftest.py"))
worlds = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worlds)

# The fixture that each test uses, and the names of the module that tests use.
world, queue = worlds.world, worlds.queue
World, IPCX, SETUP = worlds.World, worlds.IPCX, worlds.SETUP
