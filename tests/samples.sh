#!/bin/sh
# samples.sh - builds and runs every folder under samples/ that has .ad and .c files, and compares what it prints with
# its `expected` file.
#
# In (environment): BUILD, CC, SAN. Out: `FAIL samples/NAME` with a diff where the output differs; last line `N
# passed, N failed`. Outputs go to BUILD/samples/NAME; the program NAME runs there with the folder of the sample as
# its only argument. `adc verify` has to find all of its derivatives right, at the inputs in *.json if there are any.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build} CC=${CC:-cc} SAN=${SAN:-}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
FLAGS='-std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
[ -z "$SAN" ] || FLAGS="$FLAGS -g -fsanitize=address,undefined -fno-sanitize-recover=undefined"

# one NAME: false if anything fails
one() {
    dir=$PWD/samples/$1 out=$BUILD/samples/$1
    mkdir -p "$out"
    generated=
    for f in "$dir"/*.ad; do
        base=$(basename "$f")
        (cd "$dir" && "$BUILD/adc" -o "$out/$base.c" -H "$out/$base.h" "$base") || return 1
        generated="$generated $out/$base.c"
        at=$(ls "$dir"/*.json 2>/dev/null)
        "$BUILD/adc" verify ${at:+--at "$at"} "$f" >"$out/verify" && grep -q ' 0 wrong, 0 not checked' "$out/verify" || { cat "$out/verify"; return 1; }
    done
    # shellcheck disable=SC2086
    $CC $FLAGS -Iruntime -I"$out" -I"$dir" -o "$out/$1" "$dir"/*.c $generated "$BUILD/libadrt.a" ${BLAS_LIBS:-} -lm || return 1
    (cd "$out" && "./$1" "$dir") >"$out/output" || { tail -n 10 "$out/output"; return 1; }
    [ ! -f "$dir/expected" ] || diff -u "$dir/expected" "$out/output" | head -n 40 >"$out/diff"
    if [ -s "$out/diff" ]; then
        cat "$out/diff"
        return 1
    fi
}

passed=0 failed=0
for d in samples/*/; do
    name=$(basename "$d")
    ls "$d"*.ad "$d"*.c >/dev/null 2>&1 || continue
    if one "$name" >"$BUILD/samples.log" 2>&1; then
        passed=$((passed + 1))
        echo "samples/$name: as expected"
    else
        failed=$((failed + 1))
        echo "FAIL samples/$name"
        sed 's/^/    /' "$BUILD/samples.log"
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
