#!/bin/sh
# run.sh - random programs (program.c and its parts), compiled by adc at every level and checked (check.c).
#
#   run.sh                  N programs from seed FIRST on; the last line is `N passed, N failed`
#   run.sh one SEED         one program, with what gen and adc made of it left in build/fuzz/one-SEED
#   run.sh shrink SEED      leaves out of a program that fails what may be left out; the result is build/fuzz/small/pSEED.ad
#   run.sh batch FIRST LAST (called back)
#
# In (environment): BUILD, CC, JOBS, N, FIRST, SAN; LEVELS: rows of the table `level`, the first of which the others are
# compared with; TURNS: more of them, of which each batch takes one in turn; SMALL: short programs only; BATCH: how many
# programs are compiled at once; FUZZ_OUT: where it all happens (build/fuzz); PROGRESS: says how far it is. A program that fails is kept in build/fuzz/fail, and its line
# says with what: `FAIL SEED what [LEVEL] ..`. The idea: the programs of a batch are one translation unit for each level, and
# the values that the levels give are compared.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} JOBS=${JOBS:-2} N=${N:-300} FIRST=${FIRST:-1} SAN=${SAN:-} CC=${CC:-cc} BATCH=${BATCH:-50}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
OUT=${FUZZ_OUT:-$BUILD/fuzz} HERE=$PWD/tests/fuzz
LEVELS=${LEVELS-O0 O2} TURNS=${TURNS-} SMALL=${SMALL:+--small} PROGRESS=${PROGRESS:-}
export BUILD JOBS N FIRST SAN CC BATCH LEVELS TURNS SMALL PROGRESS
# A condition that is always false in the source is so in C: clang's warning of that is no news.
WARN='-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-tautological-overlap-compare'
SANITIZE='-g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
[ -z "$SAN" ] || WARN="$WARN $SANITIZE"
# All passes but the last, for what is written as IR and read again.
PASSES=$(sed -n '/^static const Pass passes/,/^};/s/^ *{"\([a-z_]*\)".*/\1/p' compiler/pipeline.c | grep -v '^place$' | tr '\n' ,)
have() { command -v "$1" >/dev/null 2>&1; }

# The levels: what adc is told, and the C compiler; how values are compared. LEVEL-clang: by clang, if there is one.
level() {
    cc=$CC adc_flags= cc_flags=-O0 cc_more= compare=--compare check_flags= runtime=$BUILD/libadrt.a
    case $1 in *-clang) ! have clang || cc=clang ;; esac
    case ${1%-clang} in
    O0) adc_flags=-O0 ;;
    O1) adc_flags='-O1 --check' ;;
    O2) adc_flags=-O2 ;;
    cc1) adc_flags='-O2 --check' cc_flags=-O1 ;;
    verify) ;;
    cc2) adc_flags=-O2 cc_flags=-O2 ;;
    standalone) adc_flags='-O2 --standalone --check' ;;
    ir) adc_flags=-O2 ;;
    san) adc_flags=-O2 cc_more=$SANITIZE ;;
    races) adc_flags=-O2 cc_more="-g -fopenmp -fsanitize=thread tests/openmp/gomp.c" ;; # gcc's code on threads that the sanitizer can follow
    float) adc_flags='-O2 --real=float' cc_more=-DFUZZ_FLOAT compare=--compare-float check_flags=--values ;;
    *) echo "run.sh: there is no level $1" >&2; exit 2 ;;
    esac
}

# adc FLAGS.. DIR LEVEL SEED
run_adc() {
    if [ "${2%-clang}" != ir ]; then
        # shellcheck disable=SC2086
        timeout 60 "$BUILD/adc" -w $adc_flags -o "$1/$2/p$3.ad.c" -H "$1/$2/p$3.ad.h" "$1/p$3.ad"
        return
    fi
    ir=$1/$2/p$3.ir again=$1/$2/p$3.again
    timeout 60 "$BUILD/adc" -w "--passes=$PASSES" --emit=ir "$1/p$3.ad" >"$ir" &&
        "$BUILD/adc" --passes=, --emit=ir "$ir" >"$again" &&
        { cmp "$ir" "$again" || return 9; } &&
        "$BUILD/adc" --passes=place -o "$1/$2/p$3.ad.c" -H "$1/$2/p$3.ad.h" "$ir"
}

tools() {
    mkdir -p "$OUT/fail" "$OUT/small"
    [ -n "$(find "$HERE" -name '*.[ch]' -newer "$OUT/gen" 2>/dev/null)" ] || [ ! -x "$OUT/gen" ] || [ ! -f "$OUT/check.o" ] || return 0
    # shellcheck disable=SC2086
    $CC $WARN -D_POSIX_C_SOURCE=200809L -iquote compiler -o "$OUT/gen" \
        "$HERE/tree.c" "$HERE/expr.c" "$HERE/stmt.c" "$HERE/program.c" "$HERE/adapt.c" "$BUILD/libadc.a" -lm &&
        $CC $WARN -O1 -c -o "$OUT/check.o" "$HERE/check.c"
}

# unit DIR LEVEL SEED..: writes one translation unit of these programs, DIR/LEVEL/all.c; of what is standalone, which brings
# the same functions each time, one a program besides
unit() (
    dir=$1/$2 lev=$2
    shift 2
    for s; do
        one='#include "check.h"
#include "'$dir/p$s.ad.c'"
#include "'$dir/../p$s.inc'"'
        if [ "${lev%-clang}" = standalone ]; then
            echo "$one" >"$dir/u$s.c"
            echo "extern const Triple p${s}_triples[];"
        else
            echo "$one"
        fi
    done >"$dir/parts"
    {
        printf '#include "check.h"\n'
        cat "$dir/parts"
        printf 'const Program fuzz_programs[] = {\n'
        for s; do printf '    {%s, p%s_triples},\n' "$s" "$s"; done
        printf '    {0, 0},\n};\n'
    } >"$dir/all.c"
)

compiles() { # DIR LEVEL SEED..: the program DIR/LEVEL/check
    rm -f "$1/$2"/u*.c
    unit "$@"
    units=$(ls "$1/$2"/u*.c 2>/dev/null)
    # shellcheck disable=SC2086
    $cc $cc_flags $WARN $cc_more -I"$HERE" -Iruntime -o "$1/$2/check" "$1/$2/all.c" $units "$OUT/check.o" "$runtime" -lm >"$1/$2/cc.log" 2>&1
}

# `adc verify` on each program, in adc's own interpreter: no C compiler, so ten times as fast. At sizes of at least 1, as programs divide by them.
try_verify() { # DIR SEED..
    dir=$1
    shift
    mkdir -p "$dir/verify"
    for s; do
        echo "{\"n\": $((s % 4 + 1)), \"m\": $((s / 4 % 3 + 1))}" >"$dir/verify/at.json"
        (cd "$dir" && timeout 60 "$BUILD/adc" verify -w --at verify/at.json "p$s.ad") >"$dir/verify/log" 2>&1
        status=$?
        [ $status != 0 ] || continue
        what=status-$status
        ! grep -q ' is wrong as .* instead of ' "$dir/verify/log" || what=wrong
        ! grep -q ' is wrong as .* it stops: ' "$dir/verify/log" || what=stops
        echo "FAIL $s verify-$what [verify] $(grep -m 1 -iE 'error|assert' "$dir/verify/log")"
    done
    echo "$#" >"$dir/verify/kinks"
}

# Runs adc on the seeds, compiles what it gives and runs that: FAIL lines.
try_level() ( # DIR LEVEL SEED..
    dir=$1 lev=$2
    shift 2
    [ "$lev" != verify ] || { try_verify "$dir" "$@"; exit; }
    mkdir -p "$dir/$lev"
    level "$lev"
    good=
    for s; do
        run_adc "$dir" "$lev" "$s" >"$dir/$lev/p$s.log" 2>&1
        status=$?
        if [ $status = 0 ]; then good="$good $s"
        else echo "FAIL $s adc-status-$status [$lev] $(grep -v '^ ' "$dir/$lev/p$s.log" | head -n 1)"; fi
    done
    # shellcheck disable=SC2086
    while [ -n "$good" ] && ! compiles "$dir" "$lev" $good; do # without those that gcc names, once more
        bad=$(sed -n "s/^[^ ]*\/p\([0-9]*\)\.[a-z.]*:[0-9:]* error:.*/\1/p" "$dir/$lev/cc.log" | sort -u)
        [ -n "$bad" ] || { echo "FAIL ${good%% *} cc [$lev] of a batch"; head -n 5 "$dir/$lev/cc.log"; exit; }
        for s in $bad; do
            echo "FAIL $s cc [$lev] $(grep -m 1 "/p$s\.[a-z.]*:.* error:" "$dir/$lev/cc.log" | sed 's/^[^ ]*\///')"
            good=$(echo " $good " | sed "s/ $s / /")
        done
    done
    [ -n "$good" ] || exit
    # shellcheck disable=SC2086
    "$dir/$lev/check" "$dir/$lev/values" $check_flags 2>"$dir/$lev/err.log" >"$dir/$lev/run.log"
    sed -n "s/^FAIL \([0-9]*\) \([^ ]*\)/FAIL \1 \2 [$lev]/p" "$dir/$lev/run.log"
    sed -n "s/checked, \(.*\) at kinks/\1/p" "$dir/$lev/run.log" >"$dir/$lev/kinks"
)

try() { # DIR SEED..
    for l in $LEVELS; do try_level "$1" "$l" $(shift; echo "$@"); done
    base=${LEVELS%% *}
    for l in ${LEVELS#"$base"}; do
        level "$l"
        [ ! -f "$1/$l/values" ] || [ ! -f "$1/$base/values" ] || "$1/$l/check" $compare "$1/$base/values" "$1/$l/values" | sed "s/levels-\([a-z]*\)/levels-\1 [$l]/"
    done
}

# The levels of the batch that begins at seed $1.
levels_of() {
    turn=$(echo "$TURNS" | cut -d' ' -f$((($1 - FIRST) / BATCH % $(echo "${TURNS:-none}" | wc -w) + 1)))
    echo $LEVELS $turn
}

batch() {
    dir=$OUT/b$1
    rm -rf "$dir"
    mkdir -p "$dir"
    "$OUT/gen" $SMALL "$1-$2" "$dir" || exit
    LEVELS=$(levels_of "$1")
    try "$dir" $(seq "$1" "$2") >"$dir/report"
    sed -n 's/^FAIL \([0-9]*\) .*/\1/p' "$dir/report" | sort -u >"$OUT/b$1.bad"
    for s in $(sed -n 's/^FAIL \([0-9]*\) .*/\1/p' "$dir/report" | sort -nu); do cp "$dir/p$s.ad" "$OUT/fail/"; done
    cat "$dir/report"
    cat "$dir/${LEVELS%% *}/kinks" >>"$OUT/kinks"
    [ -z "$PROGRESS" ] || awk -v all="$N" -v bad="$(cat "$OUT"/b*.bad 2>/dev/null | wc -l)" \
        '{ n += $1 } END { printf "%d of %d programs, %d failed\n", n, all, bad }' "$OUT/kinks" >&2
    rm -rf "$dir"
}

# what SEED MASK: the kind of failure of the program under that mask; LEVELS says where to look
what() (
    dir=$OUT/shrink-$1
    "$OUT/gen" $SMALL "$1" "$dir" --mask "$2" && try "$dir" "$1" | sed -n '1s/^FAIL [0-9]* \([^ ]* [^ ]*\).*/\1/p'
)

shrink() {
    dir=$OUT/shrink-$1
    rm -rf "$dir"
    mkdir -p "$dir"
    : >"$dir/mask"
    want=$(what "$1" "$dir/mask")
    [ -n "$want" ] || { echo "$1 does not fail"; return 1; }
    lev=$(echo "$want" | sed 's/.*\[\(.*\)\]/\1/')
    case $want in levels*) LEVELS="O0 $lev" ;; *) LEVELS=$lev ;; esac
    for round in 1 2; do
        "$OUT/gen" $SMALL "$1" "$dir" --nodes | awk 'NF > 2' >"$dir/nodes"
        before=$(wc -l <"$dir/mask")
        skip=0
        while read -r id size whats; do
            [ "$id" -ge "$skip" ] || continue
            ! grep -q "^$id " "$dir/mask" || { grep -q "^$id 0" "$dir/mask" && skip=$((id + size)); continue; }
            for w in $whats; do
                cp "$dir/mask" "$dir/try"
                echo "$id $w" >>"$dir/try"
                "$OUT/gen" $SMALL "$1" "$dir" --mask "$dir/mask"
                cp "$dir/p$1.ad" "$dir/last"
                "$OUT/gen" $SMALL "$1" "$dir" --mask "$dir/try"
                ! cmp -s "$dir/p$1.ad" "$dir/last" || break # it is not printed
                if [ "$(what "$1" "$dir/try")" = "$want" ]; then
                    mv "$dir/try" "$dir/mask"
                    [ "$w" != 0 ] || skip=$((id + size))
                    break
                fi
            done
        done <"$dir/nodes"
        [ "$before" != "$(wc -l <"$dir/mask")" ] || break
    done
    "$OUT/gen" $SMALL "$1" "$OUT/small" --mask "$dir/mask"
    echo "// $want"
    cat "$OUT/small/p$1.ad"
    rm -rf "$dir"
}

case ${1:-} in
batch) batch "$2" "$3"; exit ;;
esac
tools || exit
case ${1:-} in
one)
    mkdir -p "$OUT/one-$2"
    "$OUT/gen" $SMALL "$2" "$OUT/one-$2" && try "$OUT/one-$2" "$2"
    exit ;;
shrink) shrink "$2"; exit ;;
esac
rm -f "$OUT/kinks" "$OUT"/b*.bad
last=$((FIRST + N - 1))
seq "$FIRST" "$BATCH" "$last" | while read -r f; do l=$((f + BATCH - 1)); echo "$f $((l < last ? l : last))"; done |
    xargs -P "$JOBS" -n 2 sh "$HERE/run.sh" batch | tee "$OUT/report"
failed=$(sed -n 's/^FAIL \([0-9]*\) .*/\1/p' "$OUT/report" | sort -u | wc -l)
[ ! -f "$OUT/kinks" ] || awk '{ n += $1; k += $2 } END { print n " programs, " k " outputs at kinks" }' "$OUT/kinks"
echo "$((N - failed)) passed, $failed failed"
[ "$failed" = 0 ]
