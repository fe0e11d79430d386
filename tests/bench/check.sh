#!/bin/sh
# check.sh - runs every eval on small inputs: `EVAL FILE check` compares adc's values and derivatives with what was got otherwise.
#
# In (environment): BUILD, with what `make check-bench` has built. Out: `FAIL bench EVAL SIZES` with what differs; last line `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
if [ ! -x "$BUILD/gradbench/generate" ]; then
    echo "no libjansson: the evals are skipped"
    echo "0 passed, 0 failed, 12 skipped"
    exit 0
fi
passed=0 failed=0 in=$BUILD/gradbench/check/input.json log=$BUILD/gradbench/check/log
while read -r eval sizes; do
    # shellcheck disable=SC2086
    "$BUILD/gradbench/generate" "$eval" 1 0 $sizes >"$in"
    if [ "$("$BUILD/gradbench/check/$eval" "$in" check 2>"$log" | head -n 1)" = '"ok"' ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL bench $eval $sizes"
        sed 's/^/    /' "$log"
    fi
done <<EOF
hello
gmm 3 4 9
gmm 1 2 5
ba 3 5 11
ht 40 17
ht 40 17 0
lstm 2 9 3
lstm 1 4 5
kmeans 4 41 3
llsq 23 9
lse 77
lse 1
det 1
det 6
ode 5 7
ode 1 3
particle
saddle
EOF
echo "$passed passed, $failed failed"
[ $failed = 0 ]
