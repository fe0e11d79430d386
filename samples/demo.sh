#!/bin/sh
# demo.sh - what `make demo` shows: two samples compiled by adc and cc, and run. Plots go to build/demo.
#
# In (environment): BUILD, CC, BLAS_LIBS. adc and the runtime have been built.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build} CC=${CC:-cc}
out=$BUILD/demo
mkdir -p "$out"

# Shows a command, then runs it.
show() {
    printf '\033[1m$ %s\033[0m\n' "$*"
    "$@"
}
[ -t 1 ] || show() {
    printf '$ %s\n' "$*"
    "$@"
}

# compile NAME: samples/NAME -> $out/NAME
compile() {
    show "$BUILD/adc" "samples/$1/$1.ad" -o "$out/$1.ad.c" -H "$out/$1.ad.h"
    # shellcheck disable=SC2086
    show "$CC" -std=c11 -O2 "-I$out" -Iruntime samples/"$1"/*.c "$out/$1.ad.c" "$BUILD/libadrt.a" ${BLAS_LIBS:-} -lm -o "$out/$1"
}

# part FILE FIRST LAST: what stands in FILE from the line that contains FIRST to the first line that is LAST
part() { awk -v first="$2" -v last="$3" 'index($0, first) { on = 1 } on { print "    " $0 } on && $0 == last { exit }' "$1"; }

echo 'adc compiles functions written in .ad, and their derivatives, to C.'
echo
echo '--- gradient_tape: a loop and a branch that depend on x ---'
compile gradient_tape
echo
part samples/gradient_tape/gradient_tape.ad 'real f(real x)' '}'
echo
echo 'becomes, with its derivative (derive f_grad = grad(f)):'
echo
part "$out/gradient_tape.ad.c" 'double f_grad(' '}'
echo
show "$out/gradient_tape"
echo
echo '--- gmm: a mixture of two normal distributions, fitted to the geyser Old Faithful ---'
compile gmm
echo
# The program writes its plot where it runs.
(cd "$out" && ./gmm "$OLDPWD/samples/gmm")
echo
case $out in /*) ;; *) out=$PWD/$out ;; esac
echo "The plot is $out/gmm.svg; open it in a browser."
echo 'The C that was compiled stands beside it: gmm.ad.c, gradient_tape.ad.c.'
