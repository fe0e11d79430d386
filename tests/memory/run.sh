#!/bin/sh
# run.sh - no memory, at every allocation in turn: in adc, and in the runtime under what adc makes.
#
#   BUILD=build sh tests/memory/run.sh        prints a line per failure and at the end `N passed, M failed`
#
# adc has to end with status 3 and a message and leave no file behind, or to do all of its work in spite of it (the C library can do without some
# blocks). The runtime has to tell the handler and to lose nothing: driver.c. Skipped where malloc cannot be replaced so (no glibc, sanitizers).
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=$(cd "${BUILD:-build}" && pwd) || exit 2
ADC=$BUILD/adc CC=${CC:-cc} HERE=$PWD/tests/memory RUNTIME=$PWD/runtime
top=$(mktemp -d "${TMPDIR:-/tmp}/adc-memory.XXXXXX") || exit 2
trap 'rm -rf "$top"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0
cd "$top" || exit 2
if [ -n "${SAN:-}" ] || ! $CC -shared -fPIC -o failing.so "$HERE/failing_malloc.c" 2>/dev/null ||
    ! COUNT_TO=$top/count LD_PRELOAD=$top/failing.so "$ADC" --version >/dev/null 2>&1 || [ ! -s count ]; then
    echo "malloc cannot be replaced here: skipped"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

fail() {
    failed=$((failed + 1))
    echo "FAIL memory $1"
}

# every TIMES ARGUMENT..: runs adc with so many of its allocations failing in turn, alone and with all after it; with FULL=1, every one of them
every() {
    times=$1
    shift
    rm -rf out want
    mkdir out
    COUNT_TO=$top/count LD_PRELOAD=$top/failing.so "$ADC" "$@" >out/stdout 2>said || { fail "$*: it does not run at all"; return; }
    mv out want
    n=$(cat count) k=1 before=$failed
    step=$((n > times ? n / times : 1))
    [ -z "${FULL:-}" ] || step=1
    while [ $k -le "$n" ]; do
        for on in '' 1; do
            mkdir out
            env FAIL_AT=$k ${on:+FAIL_ON=1} LD_PRELOAD="$top/failing.so" "$ADC" "$@" >out/stdout 2>said
            got=$?
            if [ $got = 0 ]; then
                diff -r want out >/dev/null || fail "$* at $k of $n: it says that all is well, but its output differs"
            elif [ $got != 3 ] || ! grep -q -e 'out of memory' -e 'cannot ' said; then
                fail "$* at $k of $n: it ends with $got and says '$(head -n 1 said)'"
            elif [ "$(ls -A out)" != stdout ]; then
                fail "$* at $k of $n: it leaves $(ls -A out)"
            fi
            rm -rf out
        done
        k=$((k + step))
    done
    [ $failed != "$before" ] || passed=$((passed + 1))
}

cp "$HERE/kept.ad" .
printf 'import "part.ad";\nreal f(real x) { return g(x) * x; }\nderive f_grad = grad(f);\n' >f.ad
printf 'real g(real x) { return sin(x); }\n' >part.ad
printf '{"x": 0.5}' >at.json
every 40 -o out/o.c -H out/o.h f.ad -MD -MF out/o.d
every 10 --standalone -o out/o.c -H out/o.h f.ad
every 15 -o out/o.c -H out/o.h kept.ad
every 10 --emit=ir f.ad
every 10 verify --runs 1 --at at.json f.ad
every 15 eval f.ad 'f(0.5)'
every 10 report -o out/o.html f.ad

"$ADC" -o kept.ad.c kept.ad || fail 'kept.ad does not compile'
if $CC -std=c11 -O1 -I"$RUNTIME" -I. -o driver "$HERE/driver.c" "$HERE/failing_malloc.c" kept.ad.c "$BUILD/libadrt.a" ${BLAS_LIBS:-} -lm && ./driver >said; then
    passed=$((passed + 1))
else
    fail "driver: $(tr '\n' ' ' <said)"
fi
cat said
echo "$passed passed, $failed failed"
[ $failed = 0 ]
