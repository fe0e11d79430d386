#!/bin/sh
# check.sh - runs the parts of the test suite that are named (unit blas cli bad_input memory docs golden run samples openmp bench fuzz) and adds up what they say.
#
# Out: each part's lines, and last a line `N passed, N failed, N skipped`; exit status 1 if anything failed.
# Everything is built before.
set -u
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-60}" # seconds: on a loaded machine the four that libcheck allows are few
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build} JOBS=${JOBS:-2} SAN=${SAN:-}
mkdir -p "$BUILD/tests"
all=$BUILD/tests/parts.log
: >"$all"

# unit_test PROGRAM: runs it, prints libcheck's lines (failures, and the summary with the program's name before it)
unit() {
    for t in "$BUILD"/tests/test_*; do
        [ ! -x "$t" ] || [ ! -f "tests/$(basename "$t").c" ] || echo "$t"
    done | xargs -P "$JOBS" -I@ sh -c 'CK_VERBOSITY=normal CK_TIMEOUT_MULTIPLIER=${SAN:+5} @ >@.log 2>&1; echo $? >@.status'
    passed=0 failed=0
    for t in tests/test_*.c; do
        [ -f "$t" ] || continue
        log=$BUILD/tests/$(basename "$t" .c).log
        counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$log" 2>/dev/null)
        status=$(cat "${log%.log}.status" 2>/dev/null || echo 127)
        if [ -z "$counts" ]; then
            failed=$((failed + 1))
            echo "FAIL $t: status $status"
        fi
        bad=0 good=0
        # shellcheck disable=SC2086
        set -- $counts
        while [ $# -ge 3 ]; do
            good=$((good + $1 - $2 - $3)) bad=$((bad + $2 + $3))
            shift 3
        done
        if [ $bad = 0 ] && [ "$status" != 0 ] && [ -n "$counts" ]; then # a sanitizer's report at exit, say
            bad=1
            echo "FAIL $t: all checks passed, but it ended with status $status"
        fi
        passed=$((passed + good)) failed=$((failed + bad))
        [ "$status" = 0 ] || echo "--- $t"
        if [ "$status" = 0 ]; then
            grep '%: Checks:' "$log" | sed "s|^|$(basename "$t" .c): |"
        else
            head -n 60 "$log"
        fi
    done
    echo "$passed passed, $failed failed"
}

# The runtime's tests once more, on a BLAS and on a LAPACK if there is one; skipped without a BLAS.
blas() {
    libs=$(pkg-config --libs openblas 2>/dev/null || pkg-config --libs blas 2>/dev/null)
    if [ -z "$libs" ] || [ -n "$SAN" ]; then
        echo "no BLAS: its tests are skipped"
        echo "0 passed, 0 failed, 1 skipped"
        return
    fi
    # shellcheck disable=SC2086
    lapack=$(sh tests/lapack.sh "${CC:-cc}" $libs) with=-DADRT_LAPACK
    [ "$lapack" != none ] || lapack='' with=
    passed=0 failed=0
    for name in adrt linalg; do
        t=$BUILD/tests/blas_$name
        # shellcheck disable=SC2046,SC2086
        ${CC:-cc} -std=c11 -O1 -DADRT_CBLAS $with $(pkg-config --cflags openblas 2>/dev/null || pkg-config --cflags blas) \
            -iquote compiler -iquote runtime "tests/test_$name.c" tests/suite.c $RUNTIME_SOURCES "$BUILD/libadc.a" \
            $(pkg-config --cflags --libs check) $lapack $libs -lpthread -lm -o "$t" || return
        OPENBLAS_NUM_THREADS=1 "$t" >"$t.log" || cat "$t.log"
        counts=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$t.log")
        # shellcheck disable=SC2086
        set -- $counts
        echo "test_$name on a BLAS${with:+ and a LAPACK}: checks ${1:-0}"
        passed=$((passed + ${1:-0} - ${2:-0} - ${3:-1})) failed=$((failed + ${2:-0} + ${3:-1}))
    done
    echo "$passed passed, $failed failed"
}

part() {
    echo "== $1"
    case $1 in
    unit) unit ;;
    blas) blas ;;
    cli) sh tests/cli.sh ;;
    bad_input) sh tests/bad_input.sh ;;
    memory) sh tests/memory/run.sh ;;
    docs) sh tests/docs.sh ;;
    golden) sh tests/golden.sh ;;
    run) sh tests/run.sh ;;
    samples) sh tests/samples.sh ;;
    openmp) sh tests/openmp/run.sh ;;
    bench) sh tests/bench/check.sh ;;
    fuzz) # small programs, each at one of the levels; FULL=1: of any size, at three of them
        if [ -n "${FULL:-}" ]; then
            N=200 FIRST=1 LEVELS='O0-clang O2' TURNS='O1 standalone ir float cc1' BATCH=40 sh tests/fuzz/run.sh
        else
            SMALL=1 N=80 FIRST=1 LEVELS= TURNS='O2 O2-clang O0-clang standalone-clang O1-clang ir-clang O2-clang O0' BATCH=10 sh tests/fuzz/run.sh
        fi ;;
    esac 2>&1 | tee "$BUILD/tests/part-$1.log" | sed 's/^\([0-9]* passed, [0-9]* failed.*\)$/   \1/'
    grep '^[0-9]* passed, [0-9]* failed' "$BUILD/tests/part-$1.log" >>"$all" || echo "0 passed, 1 failed" >>"$all"
}

export BUILD JOBS SAN
export ASAN_OPTIONS=allocator_may_return_null=1:${ASAN_OPTIONS:-} # a failed allocation is a case like any other

# These do one thing after the other, which leaves a core to the rest: they run beside it, and what they say comes after it.
alone=' cli bad_input memory docs samples openmp '
beside() {
    for p in "$@"; do
        case $alone in *" $p "*) part "$p" ;; esac
    done
}
beside "$@" >"$BUILD/tests/beside.log" 2>&1 &
for p in "$@"; do
    case $alone in *" $p "*) ;; *) part "$p" ;; esac
done
wait
cat "$BUILD/tests/beside.log"
awk '{ gsub(/,/, ""); p += $1; f += $3; s += $5 }
     END { printf "\n%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$all"
