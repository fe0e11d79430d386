#!/bin/sh
# run.sh - `make bench`: how long derivatives take, ours beside those written by hand and those of other tools, in one run.
#
# In (environment): BUILD, with what `make bench` has built; GRADBENCH_MANUAL, GRADBENCH_ENZYME, GRADBENCH_TAPENADE: folders with one program per
# eval that takes FILE FUNCTION, as the suite GradBench's tools of these names have them in bin/; ROUNDS (3) and SECONDS_EACH (0.3): every program runs
# in each round for that long; WANT: only rows whose name matches this pattern; PLOT=no: no plot.
# Out: BUILD/bench/table.md, on standard output too, and BUILD/bench/cost.svg. The idea: all programs read the same file and are run in
# turn, round by round, so that what disturbs one disturbs all; a median is taken over the runs of all rounds.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} ROUNDS=${ROUNDS:-3} SECONDS_EACH=${SECONDS_EACH:-0.3} WANT=${WANT:-*} PLOT=${PLOT:-yes}
BIN=$BUILD/gradbench OUT=$BUILD/bench
mkdir -p "$OUT"
if [ ! -x "$BIN/generate" ]; then
    echo "no libjansson: nothing to measure"
    exit 0
fi

# EVAL PRIMAL GRADIENT NAME SIZES...; PRIMAL is - where there is none
rows() {
    cat <<EOF
gmm objective jacobian gmm_d10_k25_n1000 10 25 1000
gmm objective jacobian gmm_d64_k50_n1000 64 50 1000
gmm objective jacobian gmm_d20_k25_n10000 20 25 10000
ba objective jacobian ba_n49_m7776_p31843 49 7776 31843
ba objective jacobian ba_n1197_m126327_p563734 1197 126327 563734
ht objective jacobian ht_v10000_c800 10000 800
lstm objective jacobian lstm_l4_c4096 4 4096 7
lstm objective jacobian lstm_l6_c8192 6 8192 7
kmeans cost dir kmeans_k100_n10000_d16 100 10000 16
llsq primal gradient llsq_n16392_m128 16392 128
lse primal gradient lse_n1280000 1280000
det primal gradient det_l10 10
ode primal gradient ode_n10000_s100 10000 100
ode primal gradient ode_n400_s1000 400 1000
particle - rr particle_rr
particle - rf particle_rf
particle - fr particle_fr
particle - ff particle_ff
saddle - rr saddle_rr
saddle - rf saddle_rf
saddle - fr saddle_fr
saddle - ff saddle_ff
EOF
}

# the same for the plot: a size that doubles, in whose place stands N
plotted() {
    cat <<EOF
gmm jacobian 250 2 10 25 N
ba jacobian 4000 2 49 7776 N
lstm jacobian 512 2 4 N 7
kmeans dir 1250 2 25 N 16
llsq gradient 2048 2 N 128
lse gradient 20000 2 N
ode gradient 1250 2 N 100
EOF
}

# timed PROGRAM FUNCTION: appends the nanoseconds of its runs on $in to the file $times; nothing where it cannot do that
timed() {
    [ ! -x "$1" ] || "$1" "$in" "$2" 2>/dev/null | sed -n 's/.*"evaluate", "nanoseconds": \([0-9]*\).*/\1/p' >>"$times"
}

# median FILE: in milliseconds, or -
median() {
    sort -n "$1" 2>/dev/null | awk '{ v[NR] = $1 } END { if (NR) printf "%.4g", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2e6; else printf "-" }'
}

# memory PROGRAM FUNCTION: megabytes, of what the first run takes and keeps (tapes and local arrays), and of the peak; or - -
memory() {
    MEMORY=1 "$1" "$in" "$2" 2>&1 >/dev/null | sed -n 's/.*"allocated": \([0-9]*\), "peak": \([-0-9]*\).*/\1 \2/p' |
        awk '{ printf "%.3g %.3g", $1 / 1e6, $2 / 1e6 } END { if (NR == 0) printf "- -" }'
}

manual=${GRADBENCH_MANUAL:-} enzyme=${GRADBENCH_ENZYME:-} tapenade=${GRADBENCH_TAPENADE:-}
measure() {
    eval=$1 primal=$2 gradient=$3 name=$4
    shift 4
    in=$OUT/input.json
    "$BIN/generate" "$eval" 3 "$SECONDS_EACH" "$@" >"$in"
    for what in primal gcc clang hand hand_clang manual enzyme tapenade; do
        : >"$OUT/$what.times"
    done
    for round in $(seq "$ROUNDS"); do
        [ "$primal" = - ] || { times=$OUT/primal.times; timed "$BIN/$eval" "$primal"; }
        times=$OUT/gcc.times; timed "$BIN/$eval" "$gradient"
        times=$OUT/clang.times; timed "$BIN/clang/$eval" "$gradient"
        [ ! -f "tests/bench/hand/$eval.c" ] || {
            times=$OUT/hand.times; timed "$BIN/$eval" hand
            times=$OUT/hand_clang.times; timed "$BIN/clang/$eval" hand
        }
        times=$OUT/manual.times; [ -z "$manual" ] || [ "$eval" = ode ] || timed "$manual/$eval" "$gradient" # its ode is a closed form
        times=$OUT/enzyme.times; [ -z "$enzyme" ] || timed "$enzyme/$eval" "$gradient"
        times=$OUT/tapenade.times; [ -z "$tapenade" ] || timed "$tapenade/$eval" "$gradient"
    done
    hand='- -'
    [ ! -f "tests/bench/hand/$eval.c" ] || hand=$(memory "$BIN/$eval" hand)
    echo "$name $(for what in primal gcc clang hand hand_clang manual enzyme tapenade; do median "$OUT/$what.times"; echo; done | tr '\n' ' ')" \
        "$(memory "$BIN/$eval" "$gradient") $hand" >>"$OUT/medians"
    awk -f tests/bench/table.awk "$OUT/medians" | tail -n 1
}

: >"$OUT/medians"
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), one thread; flags, then adc's: $(cat "$BIN/flags")"
echo "$(${CC:-cc} --version | head -n 1); $(clang --version 2>/dev/null | head -n 1)"
echo "Milliseconds (medians), megabytes; ratio: the better of ours over the best of the others."
echo
awk -f tests/bench/table.awk /dev/null
rows | while read -r line; do
    # shellcheck disable=SC2086
    set -- $line
    # shellcheck disable=SC2254
    case $4 in $WANT) measure "$@" ;; esac
done
awk -f tests/bench/table.awk "$OUT/medians" >"$OUT/table.md"

[ "$PLOT" = yes ] || exit 0
: >"$OUT/costs"
plotted | while read -r eval gradient first factor sizes; do
    n=$first
    for step in 1 2 3 4 5 6; do
        in=$OUT/input.json times=$OUT/gcc.times
        # shellcheck disable=SC2046,SC2086
        "$BIN/generate" "$eval" 3 0.1 $(echo $sizes | sed "s/N/$n/") >"$in"
        : >"$times"
        timed "$BIN/$eval" "$gradient"
        echo "$eval $n $(median "$times")" >>"$OUT/costs"
        n=$((n * factor))
    done
done
awk -f tests/bench/plot.awk "$OUT/costs" >"$OUT/cost.svg"
echo
echo "$OUT/table.md, $OUT/cost.svg"
