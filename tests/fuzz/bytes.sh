#!/bin/sh
# bytes.sh - libFuzzer on the front end (`ad`) and on the IR reader (`ir`), with sanitizers; bytes.c is what it calls.
#
#   bytes.sh [SECONDS]      both, one after the other (default 60); what crashes, hangs (10 s) or takes 1 GB is kept in build/fuzz/bytes
#   bytes.sh [SECONDS] ad   one of them
#
# In: clang; build/gen. The corpus, which grows, begins with the cases and the samples. Last line: `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} JOBS=${JOBS:-2} SECONDS_EACH=${1:-60} WHICH=${2:-ad ir}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
OUT=$BUILD/fuzz/bytes
if ! command -v clang >/dev/null 2>&1 || ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n); int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { (void)d; return n > 9; }' |
    clang -x c -fsanitize=fuzzer - -o /dev/null 2>/dev/null; then
    echo '    no clang with libFuzzer: skipped'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi

SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
FLAGS="-std=c11 -O0 -g1 -w -D_POSIX_C_SOURCE=200809L -iquote compiler -iquote runtime -iquote $BUILD/gen $SANITIZE"

# All of the compiler but main, instrumented: what is newer than its object, or older than a header.
objects() {
    mkdir -p "$OUT/o"
    for f in $(ls compiler/*.c | grep -v '/main\.c$') "$BUILD"/gen/*.tab.c "$BUILD"/gen/*.lex.c "$BUILD"/gen/standalone_data.c runtime/math.c; do
        o=$OUT/o/$(basename "$f" .c).o
        [ -f "$o" ] && [ -z "$(find "$f" compiler/*.h compiler/*.def -newer "$o")" ] || echo "$f $o"
    done | xargs -r -P "$JOBS" -n 2 sh -c "clang $FLAGS -fsanitize=fuzzer-no-link -c -o \"\$1\" \"\$0\""
}

program() { # ad or ir, FLAGS
    # shellcheck disable=SC2086
    clang $FLAGS $2 -fsanitize=fuzzer -o "$OUT/$1" tests/fuzz/bytes.c "$OUT"/o/*.o -lm
}

# A case's name must not clash with that of another.
seeds() { # EXTENSION
    find tests/cases samples -name "*.$1" -size -7 | while read -r f; do
        cp "$f" "$OUT/seeds-$1/$(echo "$f" | tr / _)"
    done
}

fuzz() { # ad or ir
    mkdir -p "$OUT/seeds-$1" "$OUT/corpus-$1" "$OUT/found-$1"
    [ -n "$(ls "$OUT/seeds-$1")" ] || seeds "$1"
    flags=
    [ "$1" = ad ] || flags=-DFUZZ_IR
    program "$1" "$flags" || { echo "FAIL bytes $1: does not compile"; return 1; }
    sed -n 's/^[A-Z_]*(\([a-z_0-9]*\).*/"\1"/p' compiler/ops.def compiler/builtins.def | sort -u >"$OUT/words"
    "$OUT/$1" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=1024 -max_len=8192 -dict="$OUT/words" -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$OUT/found-$1/" "$OUT/corpus-$1" "$OUT/seeds-$1" >"$OUT/$1.log" 2>&1
    status=$?
    sed -n 's/^stat::number_of_executed_units: */    '"$1"' inputs: /p' "$OUT/$1.log"
    [ $status = 0 ] || { echo "FAIL bytes $1: status $status, input in $OUT/found-$1"; tail -n 30 "$OUT/$1.log"; return 1; }
}

mkdir -p "$OUT"
objects
good=0 bad=0
for w in $WHICH; do
    if fuzz "$w"; then good=$((good + 1)); else bad=$((bad + 1)); fi
done
echo "$good passed, $bad failed"
[ $bad = 0 ]
