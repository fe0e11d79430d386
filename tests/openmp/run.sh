#!/bin/sh
# run.sh - parallel loops, run by threads: the same bits without OpenMP and with 1, 2 and 4 threads, and nothing that ThreadSanitizer would object to.
#
# In (environment): BUILD, CC, FULL. Out: `FAIL openmp: ...` with what went wrong; the last line is `N passed, N failed, N skipped`. Skipped is what the
# compiler cannot do. adc's output is compiled with --standalone, so that all that runs in the threads is compiled here.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} CC=${CC:-cc}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
OUT=$BUILD/openmp
WARN='-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
passed=0 failed=0 skipped=0
rm -rf "$OUT"
mkdir -p "$OUT"

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAIL openmp: $1"
    sed 's/^/    /' "$2" | head -n 30
}
skip() {
    skipped=$((skipped + 1))
    echo "openmp: $1: skipped"
}

# compile NAME OPTIONS..: the program OUT/NAME
compile() {
    name=$1
    shift
    $CC $WARN -O0 -I"$OUT" "$@" -o "$OUT/$name" tests/openmp/main.c "$OUT/parallel_loops.ad.c" -lm >"$OUT/$name.log" 2>&1
}

# can OPTIONS..: does the compiler make a program with them that runs?
can() {
    printf 'int main(void)\n{\n    return 0;\n}\n' >"$OUT/can.c"
    $CC "$@" -o "$OUT/can" "$OUT/can.c" >/dev/null 2>&1 && "$OUT/can" 2>/dev/null
}

threads() {
    if ! can -fopenmp; then
        skip "no -fopenmp"
        return
    fi
    if ! compile threads -fopenmp; then
        fail "does not compile with -fopenmp" "$OUT/threads.log"
        return
    fi
    for n in 1 2 4; do
        OMP_NUM_THREADS=$n "$OUT/threads" >"$OUT/$n.out" 2>"$OUT/$n.err"
        if cmp -s "$OUT/$n.out" "$OUT/plain.out"; then pass; else
            diff "$OUT/plain.out" "$OUT/$n.out" | cut -c1-150 >"$OUT/diff"
            fail "$n threads give other bits" "$OUT/diff"
        fi
    done
}

# gcc alone calls what gomp.c has.
races() {
    if ! can -fopenmp -fsanitize=thread || ! "$CC" -v 2>&1 | grep -q 'gcc version'; then
        skip "no -fsanitize=thread for OpenMP"
        return
    fi
    $CC $WARN -O0 -g -fsanitize=thread -fopenmp -I"$OUT" -c -o "$OUT/races.o" "$OUT/parallel_loops.ad.c" >"$OUT/races.log" 2>&1 &&
        $CC $WARN -O0 -g -fsanitize=thread -I"$OUT" -o "$OUT/races" tests/openmp/main.c tests/openmp/gomp.c "$OUT/races.o" -lpthread -lm >>"$OUT/races.log" 2>&1 ||
        { fail "does not compile with -fsanitize=thread" "$OUT/races.log"; return; }
    if "$OUT/races" >"$OUT/races.out" 2>"$OUT/races.err" && cmp -s "$OUT/races.out" "$OUT/plain.out"; then pass; else
        fail "a race, or other bits" "$OUT/races.err"
    fi
}

for level in ${FULL:+-O0} -O2; do
    if ! "$BUILD/adc" "$level" --standalone -o "$OUT/parallel_loops.ad.c" -H "$OUT/parallel_loops.ad.h" tests/cases/run/parallel_loops.ad 2>"$OUT/adc.log" ||
        ! compile plain || ! "$OUT/plain" >"$OUT/plain.out"; then
        fail "does not run without OpenMP, adc $level" "$OUT/adc.log"
        continue
    fi
    threads
    races
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
