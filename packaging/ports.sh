#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/ports.sh [--suites "SUITE…"] [--no-install] [TARGET…]
#
# Build ipcx for the C libraries, word sizes and machines that distributions ship, run its
# suites there, and print a table. Without TARGETs, for all of them:
#
#   amd64    glibc, as the machine has it
#   musl     musl on x86-64, by musl-gcc
#   i386     glibc, 32 bits, on this kernel
#   arm64 armhf riscv64 s390x ppc64el
#            by Debian's cross compilers, under the emulator of qemu-user
#   static   one file, with json-c and libcap in it
#
# --suites "SUITE…" runs these, of unit, fuzz, api, cli and compat; default is what the
# target can run. The column "unit" includes fuzz, and "cli" includes compat. A cell says
# how many tests passed. Tests that are skipped or fail are named above the table. The last
# line is 'N passed, N failed, N skipped': a target that cannot be built is a failed test.
# If the sources of its libraries are not available, it is a skipped one.
set -euo pipefail
top=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$top"

all="amd64 musl i386 arm64 armhf riscv64 s390x ppc64el static"
wanted='' targets='' install=yes
while (($#)); do
	case $1 in
	--suites)
		wanted=${2-}
		shift
		;;
	--no-install) install= ;;
	-h | --help)
		sed -n '4,/^$/ s/^# \{0,1\}//p' "$0"
		exit
		;;
	*)
		[[ " $all " == *" $1 "* ]] || {
			echo "ports.sh: no target '$1': $all" >&2
			exit 2
		}
		targets+=" $1"
		;;
	esac
	shift
done
targets=${targets:-$all}

work=$top/build/ports
mkdir -p "$work"

# ---- the targets

# Set cc, and for a foreign machine also triplet, cpu and endian; options and suites.
describe() {
	cc=gcc triplet='' cpu='' endian=little options=() suites="unit fuzz api cli" why=''
	case $1 in
	amd64) why="" ;;
	musl) cc=musl-gcc ;;
	i386)
		cc="gcc -m32"
		suites+=" compat"
		;;
	arm64) triplet=aarch64-linux-gnu cpu=aarch64 ;;
	armhf) triplet=arm-linux-gnueabihf cpu=arm ;;
	riscv64) triplet=riscv64-linux-gnu cpu=riscv64 ;;
	s390x) triplet=s390x-linux-gnu cpu=s390x endian=big ;;
	ppc64el) triplet=powerpc64le-linux-gnu cpu=ppc64le ;;
	static) options=(-Ddefault_library=static -Dprefer_static=true) ;;
	esac
	# libmount's header would be found, but its library is only for this machine's programs.
	[[ $1 == amd64 || $1 == static ]] || options+=(-Dlibmount=disabled)
	if [[ $triplet ]]; then
		cc=$triplet-gcc
		suites="unit fuzz"
		why="emulated: a program of the suite cannot start others"
	fi
}

quoted() {
	printf "'%s', " "$@"
}

# Write what meson has to know of the target. musl and i386 run on this machine as they are.
machine_file() {
	local prefix=$work/libs/$1 words links=() loader
	read -ra words <<<"$cc"
	# The emulator's option -L would put another directory in the place of "/".
	if [[ $triplet ]]; then
		loader=$(basename "$("$cc" -print-file-name=libc.so.6 | xargs dirname)"/ld*.so.*)
		links=("-Wl,--dynamic-linker=/usr/$triplet/lib/$loader" "-Wl,-rpath,/usr/$triplet/lib")
	fi
	echo "[binaries]"
	echo "c = [$(quoted ${CCACHE:+"$CCACHE"} "${words[@]}")]"
	echo "ar = '$($cc -print-prog-name=ar)'"
	echo "pkgconfig = 'pkg-config'"
	echo "strip = '$($cc -print-prog-name=strip)'"
	if [[ $triplet ]]; then
		echo "exe_wrapper = ['qemu-$cpu-static']"
	fi
	if [[ $1 != amd64 && $1 != static ]]; then
		echo "[properties]"
		echo "pkg_config_libdir = '$prefix/lib/pkgconfig'"
		[[ ! $triplet ]] || echo "needs_exe_wrapper = true"
		echo "[built-in options]"
		echo "c_args = ['-isystem', '$prefix/include']"
		echo "c_link_args = [$(quoted "-Wl,-rpath,$prefix/lib" "${links[@]}")]"
	fi
	if [[ $triplet ]]; then
		echo "[host_machine]"
		echo "system = 'linux'"
		echo "cpu_family = '$cpu'"
		echo "cpu = '$cpu'"
		echo "endian = '$endian'"
	fi
}

# ---- building and running

# Set up and build a target. What fails is at the end of its log.
build() {
	local build=$work/$1 kind=native
	# shellcheck disable=SC2086 # words
	[[ $1 == amd64 || $1 == static ]] || packaging/ports/libs.sh "$work/sources" "$work/libs/$1" $cc || return
	[[ ! $triplet ]] || kind=cross
	machine_file "$1" >"$work/$1.new"
	# Meson reads it once.
	cmp -s "$work/$1.new" "$work/$1.ini" || rm -rf "$build"
	mv "$work/$1.new" "$work/$1.ini"
	# Only what is right for all: the optimizer has its say in the other builds.
	[[ -e $build/build.ninja ]] ||
		meson setup "$build" --"$kind"-file "$work/$1.ini" -Dbuildtype=debug -Doptimization=0 -Dwerror=true \
			-Ddebug=false -Dtests=enabled -Ddocs=enabled "${options[@]}" || return
	# For some of the C suites, the program and their tests are enough.
	local parts=''
	if [[ $run && ! $run =~ api|cli|compat ]]; then
		parts="cmd/ipcx $(ninja -C "$build" -t targets all | grep -oE "^tests/(${run// /|})/(test|fuzz)_[a-z0-9_]+:" | tr -d :)"
	fi
	# shellcheck disable=SC2086 # words
	ninja -C "$build" $parts
}

# Add a row to the table.
row() {
	printf '%s|%s|%s|%s|%s|%s\n' "$@" >>"$work/table"
}

# Run the suites of a target, and count what passed.
run_tests() {
	# shellcheck disable=SC2086 # words
	tests/run.sh --build "$work/$1" $run >"$work/$1.tests" 2>&1 || :
	/usr/bin/python3 tests/summary.py "$work/$1/results" --counts >"$work/$1/counts"
}

# Set text to the sum of some suites in the results of a target.
sum_up() {
	local passed=0 failed=0 skipped=0 suite p f s ran=''
	while read -r suite p f s; do
		[[ " $2 " == *" $suite "* ]] || continue
		((passed += p, failed += f, skipped += s)) || :
		ran=yes
	done <"$work/$1/counts"
	text=-
	[[ $ran ]] || return 0
	((total_passed += passed, total_failed += failed, total_skipped += skipped)) || :
	text=$passed
	((failed == 0)) || text+=", $failed FAILED"
	((skipped == 0)) || text+=" ($skipped skipped)"
}

total_passed=0 total_failed=0 total_skipped=0
: >"$work/table"
row target builds unit api cli "why skipped"

kinds="test musl"
for t in $targets; do
	[[ $t == amd64 || $t == musl || $t == i386 || $t == static ]] || kinds+=" ports"
done
# shellcheck disable=SC2086 # words
[[ ! $install ]] || packaging/deps.sh $kinds >&2

# Build one target after the other, with all CPUs; test as many at a time as there are CPUs.
for t in $targets; do
	describe "$t"
	mkdir -p "$work/$t"
	rm -f "$work/$t/counts"
	run=''
	for suite in ${wanted:-$suites}; do
		[[ " $suites " != *" $suite "* ]] || run+="${run:+ }$suite"
	done
	status=0
	build "$t" >"$work/$t.log" 2>&1 || status=$?
	echo $status >"$work/$t/built"
	((status == 0)) || continue
	while (($(jobs -rp | wc -l) >= $(nproc))); do
		wait -n || :
	done
	run_tests "$t" &
done
wait

for t in $targets; do
	describe "$t"
	if [[ $(<"$work/$t/built") == 77 ]]; then
		((total_skipped += 1))
		row "$t" - - - - "the sources of its libraries are not available"
		continue
	fi
	if [[ ! -e $work/$t/counts ]]; then
		printf '\n== %s: cannot be built\n' "$t"
		tail -n 20 "$work/$t.log"
		((total_failed += 1))
		row "$t" NO - - - "cannot be built"
		continue
	fi
	sed -n '/^\(skipped\|failed\):$/,$p' "$work/$t.tests" | grep -v '^[0-9]* passed' | sed "s/^\(skipped\|failed\):/\n== $t: \1/" || :
	cells=()
	for suites in "unit fuzz" api "cli compat"; do
		sum_up "$t" "$suites"
		cells+=("$text")
	done
	row "$t" yes "${cells[@]}" "$why"
done

echo
column -t -s '|' -o ' | ' "$work/table"
printf '\n%d passed, %d failed, %d skipped\n' "$total_passed" "$total_failed" "$total_skipped"
((total_failed == 0 && total_passed > 0))
