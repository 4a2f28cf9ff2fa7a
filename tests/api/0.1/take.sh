#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/api/0.1/take.sh: take the headers as they are now for those of release 0.1. To be
# run once, when 0.1 is released; afterwards these copies are never changed again:
# test_old.c proves with them that programs of that time go on working.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cp "$here/../../../lib/ipcx.h" "$here/../../../lib/ipcx-stress.h" "$here/"
