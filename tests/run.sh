#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/run.sh [--clang] [--no-install] [SUITE…]
#
# Installs what the tests need, builds the developer profile (build-dev.ini) and runs
# the suites, all of them or those named, in namespaces of their own. The last line is
# 'N passed, N failed, N skipped'; exit status 0 when nothing failed and a test ran.
#
#   --clang       build and test with clang, in build/clang instead of build/dev
#   --no-install  what the tests need is there already
#
# Suites: unit api fuzz (C, run by meson), cli policy compat containers hostile truth
# (pytest; cli beside all others).
set -eu

c_suites="unit api fuzz"
py_suites="cli policy compat containers hostile truth"
no_kernel="unit fuzz policy"
longest="cli"

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$top"
PATH=$PATH:/usr/sbin:/sbin
python=/usr/bin/python3 # the distribution's: the one that has its pytest

build=$top/build/dev
kinds="test"
install=yes
suites=
while [ $# -gt 0 ]; do
	case " $c_suites $py_suites " in
	*" $1 "*) suites="$suites $1" ;;
	*) case $1 in
		--clang)
			build=$top/build/clang
			kinds="test clang"
			export CC=clang CXX=clang++
			;;
		--no-install) install= ;;
		-h | --help)
			sed -n '4,/^$/ s/^# \{0,1\}//p' "$0"
			exit
			;;
		*)
			echo "run.sh: neither an option nor a suite: '$1' (see --help)" >&2
			exit 2
			;;
		esac ;;
	esac
	shift
done
out=$build/results
log=$build/build.log
beside=$build/beside.log

# Without a build there is one test, and it failed.
give_up() {
	echo "failed: $*"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

# Chatter is worth reading only when the step failed.
step() {
	"$@" </dev/null >>"$log" 2>&1 && return
	cat "$log"
	give_up "$@"
}

# Runs a command where it cannot reach the machine's own IPC objects. Where that cannot
# be had, only suites that touch none get here.
private() {
	if [ -z "${isolated-unknown}" ]; then
		"$@"
		return
	fi
	tests/private.sh "$@"
}

# What no test framework reports itself: SUITE pass|fail|skip NAME REASON.
note() {
	printf '%s\t%s\t%s\t%s\n' "$@" >>"$out/notes"
}

run_c() {
	printf '\n== %s\n' "$1"
	private meson test -C "$build" --suite "$1" --no-rebuild --timeout-multiplier 3 \
		--print-errorlogs --logbase "$1" || :
	mv "$build/meson-logs/$1.json" "$out/" 2>/dev/null ||
		note "$1" fail "meson test" "ran none of them"
}

# SIGINT, so that pytest still says how far it came.
run_py() {
	status=0
	printf '\n== %s\n' "$1"
	# Whoever began this may have had signals ignored that the tests send.
	private env --default-signal timeout --foreground -s INT -k 60 25m \
		"$python" -m pytest -qq -rN --tb=short -p no:cacheprovider \
		-o faulthandler_timeout=300 \
		--junitxml="$out/$1.xml" "tests/$1" || status=$?
	case $status in
	0 | 1 | 2) # its report has the counts
		[ -e "$out/$1.xml" ] || note "$1" fail pytest "left no report"
		;;
	5) note "$1" fail pytest "found no tests" ;;
	124) note "$1" fail pytest "took more than 25 minutes" ;;
	*) note "$1" fail pytest "ended with status $status" ;;
	esac
}

tally() {
	"$python" - "$out" <<'PYTHON'
import collections, glob, json, os, re, sys
import xml.etree.ElementTree as xml

TAP = re.compile(r"(not )?ok\b *\d*(?: -)? *([^#]*?) *(?:# *SKIP\b *(.*))?", re.I)
results = []  # (suite, "pass" | "fail" | "skip", name, reason)


def program(suite, test):
    """One program of the C suites: its TAP lines, or its exit status as one test."""
    name, result = test["name"].split(" / ")[-1], test["result"]
    planned, cases, before = 0, [], ""
    for line in test.get("stdout", "").splitlines():
        plan, case = re.fullmatch(r"1\.\.(\d+)", line), TAP.fullmatch(line)
        if plan:
            planned += int(plan[1])
        elif case:
            title, reason = case[2], case[3]
            if not title:  # cmocka: the name behind SKIP, the reason printed before
                title, reason = reason, before
            verdict = "skip" if case[3] is not None else "fail" if case[1] else "pass"
            cases.append((suite, verdict, f"{name}: {title}", reason or before))
            before = ""
        elif not line.startswith("#"):
            before = line
        elif cases and cases[-1][1] == "fail":  # what a failed case says of itself follows it
            cases[-1] = (*cases[-1][:3], cases[-1][3] + "\n    " + line[1:].strip())
    if not planned:
        verdict = {"OK": "pass", "EXPECTEDFAIL": "pass", "SKIP": "skip"}.get(result, "fail")
        cases = [(suite, verdict, name, before if verdict == "skip" else result)]
    elif planned != len(cases):
        cases.append((suite, "fail", name, f"{result}: {len(cases)} of {planned} ran"))
    elif result not in ("OK", "SKIP") and all(case[1] != "fail" for case in cases):
        cases.append((suite, "fail", name, f"{result} after its last case"))
    results.extend(cases)


def case(suite, test):
    """One test of a pytest suite."""
    name = f"{test.get('classname')}.{test.get('name')}".strip(".")
    tags = {tag.tag: tag for tag in test}
    skip = tags.get("skipped")
    if "failure" in tags or "error" in tags:
        results.append((suite, "fail", name, ""))
    elif skip is not None:
        results.append((suite, "skip", name, skip.get("message", "")))
    else:
        results.append((suite, "pass", name, ""))


for path in sorted(glob.glob(os.path.join(sys.argv[1], "*"))):
    suite, kind = os.path.splitext(os.path.basename(path))
    with open(path, encoding="utf-8", errors="replace") as file:
        if kind == ".json":
            for line in file:
                program(suite, json.loads(line))
        elif kind == ".xml":
            for test in xml.parse(file).iter("testcase"):
                case(suite, test)
        else:
            results += [tuple(line.rstrip("\n").split("\t")) for line in file]

count = collections.Counter(verdict for _, verdict, _, _ in results)
skips = collections.defaultdict(list)
for suite, verdict, name, reason in results:
    if verdict == "skip":
        skips[suite, reason].append(name)
if skips:
    print("\nskipped:")
for (suite, reason), names in skips.items():
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    print(f"  {suite}: {reason or 'no reason given'} ({names[0]}{more})")
if count["fail"]:
    print("\nfailed:")
for suite, verdict, name, reason in results:
    if verdict == "fail":
        print(f"  {suite}: {name}" + (f": {reason}" if reason else ""))
print(f"\n{count['pass']} passed, {count['fail']} failed, {count['skip']} skipped")
sys.exit(count["fail"] > 0 or count["pass"] == 0)
PYTHON
}

# Meson reads the profile once.
[ -z "$(find build-dev.ini -newer "$build/build.ninja" 2>/dev/null)" ] || rm -rf "$build"
rm -rf "$out"
mkdir -p "$out"
: >"$log"
# shellcheck disable=SC2086 # words
[ -z "$install" ] || packaging/deps.sh $kinds || give_up packaging/deps.sh $kinds
# Without a runtime its tests are skipped, and say so.
case " ${suites:-containers} " in
*" containers "*) [ -z "$install" ] || packaging/deps.sh containers || : ;;
esac
[ -e "$build/build.ninja" ] || step meson setup "$build" --native-file build-dev.ini
step ninja -C "$build"

export IPCX="$build/cmd/ipcx" IPCX_BUILD="$build"
export CMOCKA_MESSAGE_OUTPUT=TAP PYTHONDONTWRITEBYTECODE=1
# A leak must not pass for ipcx's own exit status 1.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1:exitcode=99}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1:abort_on_error=1}"

private true 2>"$log" && isolated=yes || isolated=
lane=
for suite in ${suites:-$c_suites $py_suites}; do
	[ -d "tests/$suite" ] || continue
	case " $no_kernel " in
	*" $suite "*) ;;
	*) if [ -z "$isolated" ]; then
		note "$suite" skip "all of it" "no namespaces here: $(tail -n 1 "$log")"
		continue
	fi ;;
	esac
	case " $c_suites " in
	*" $suite "*) run_c "$suite" ;;
	*) lane="$lane $suite" ;;
	esac
done

# One takes as long as all others: each has a CPU, and namespaces of its own.
for suite in $lane; do
	[ "$suite" = "$longest" ] || run_py "$suite"
done >"$beside" 2>&1 &
case " $lane " in
*" $longest "*) run_py "$longest" ;;
esac
wait
cat "$beside"
tally
