#!/bin/sh
# run.sh - the run cases: tests/cases/run/NAME.ad with its driver NAME.c, compiled by adc and by every C compiler
# there is, and run.
#
#   run.sh            everything; lines `FAIL run NAME [CONFIG]` with what went wrong; the last line is `N passed, N failed, N skipped`
#   run.sh adc CONFIG NAME | cc CONFIG NAME | program CONFIG      one step (called back by run.mk)
#   run.sh configs                                                the names of the configurations
#
# In (environment): BUILD (absolute or relative to the top), CC, MAKE, JOBS, SAN, WANT (a pattern of names),
# BLAS_LIBS, RUNTIME_SOURCES, RUN_CONFIGS (the only configurations wanted). Run from the top. The idea: adc's output and the driver are one translation unit, and all cases of a
# configuration are linked into one program, so that hundreds of cases take a minute. Every symbol but run_case_* is
# made local, so names may clash between cases. A case that does not compile is left out of the program and reported.
# adc's output is only recompiled where it changed.
#
# In the first three lines of NAME.ad:  // flags: --real=float     more options for adc
#                                       // skip: clang standalone   configurations (any whose name contains the word) not to run in
#                                       // also: check standalone   configurations of gcc to run in that only one case in sixteen is run in
# With FULL=1 every case runs in every combination of adc's -O0, -O1 and -O2, both compilers, and sanitizers. Else in these: at -O2 with
# sanitizers, which are clang's where there is one (a third of gcc's time); at -O0 with clang or at -O1 with gcc; one in ten at -O2 with gcc's -O2, which
# finds what only an optimiser warns of; one in sixteen in the others. What UBSan says of pointers is then left to ASan, which says nearly the same.
# A case without a driver is only compiled. A driver sees ADC_STANDALONE or ADC_CHECK defined in those configurations.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build} JOBS=${JOBS:-2} WANT=${WANT:-*} SAN=${SAN:-} MAKE=${MAKE:-make}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
export BUILD JOBS WANT SAN CC
OUT=$BUILD/run
CASES=$PWD/tests/cases/run
WARN='-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
[ -n "$SAN${FULL:-}" ] && SANITIZE="$SANITIZE -g" || SANITIZE="$SANITIZE -fno-sanitize=null,alignment,object-size,pointer-overflow"
# clang calls NULL + 0 undefined, which is where the rows of an empty array are; gcc does not, nor does the C after C23.
CLANG_SANITIZE="$SANITIZE -fno-sanitize=pointer-overflow"
have() { command -v "$1" >/dev/null 2>&1; }
gcc=${CC:-cc}
! have gcc || gcc=gcc

# Whether clang's sanitizers can be linked: their library is a package of its own. Asked once, the answer is in CLANG_SAN.
: "${CLANG_SAN:=$(mkdir -p "$OUT" && printf 'int main(void) { return 0; }\n' |
    clang -fsanitize=address,undefined -x c - -o "$OUT/probe" 2>/dev/null && echo yes || echo no)}"
export CLANG_SAN

# one_in N CASE [REST]: one case in N, by the length of its name: cheap, and the same in every run
one_in() { [ $((${#2} % $1)) = "${3:-0}" ]; }

# config NAME [CASE]: the table of configurations: name, adc's options, C compiler and its options. To change what is tested, change this.
config() {
    [ -n "$SAN${FULL:-}" ] && o1=-O1 || o1=-O0
    case $1 in
    O0-gcc)            adc_flags=-O0                   cc="$gcc -O0" ;;
    O1-gcc)            adc_flags=-O1                   cc="$gcc -O0" ;;
    O2-gcc)            adc_flags=-O2                   cc="$gcc -O2" ;;
    O0-clang)          adc_flags=-O0                   cc="clang -O0" ;;
    O1-clang)          adc_flags=-O1                   cc="clang -O0" ;;
    O2-clang)          adc_flags=-O2                   cc="clang -O2" ;;
    O2-clang-san)      adc_flags=-O2                   cc="clang -O0 $CLANG_SANITIZE" ;;
    check-san)         adc_flags='-O2 --check'         cc="$san -DADC_CHECK" ;;
    standalone-gcc)    adc_flags='-O1 --standalone'    cc="$gcc $o1 -DADC_STANDALONE" ;;
    standalone-clang)  adc_flags='-O2 --standalone'    cc="clang $o1 -DADC_STANDALONE" ;;
    O0-gcc-san)        adc_flags=-O0                   cc="$gcc $o1 $SANITIZE" ;;
    O1-gcc-san)        adc_flags=-O1                   cc="$gcc $o1 $SANITIZE" ;;
    O2-gcc-san)        adc_flags=-O2                   cc="$gcc $o1 $SANITIZE" ;;
    *) echo "run.sh: no configuration $1" >&2; exit 2 ;;
    esac
}
[ $CLANG_SAN = yes ] && o2_san=O2-clang-san san="clang -O0 $CLANG_SANITIZE" || o2_san=O2-gcc-san san="$gcc -O0 $SANITIZE"
have clang && o0=O0-clang || o0=O0-gcc
GCC_CONFIGS="O0-gcc O1-gcc O2-gcc $o2_san check-san standalone-gcc"
[ -z "${FULL:-}" ] || GCC_CONFIGS="$GCC_CONFIGS O1-gcc-san"
CLANG_CONFIGS='O0-clang O1-clang O2-clang standalone-clang'
SAN_CONFIGS='O0-gcc-san O1-gcc-san O2-gcc-san check-san'

configs() {
    if [ -n "${RUN_CONFIGS:-}" ]; then echo "$RUN_CONFIGS"
    elif [ -n "$SAN" ]; then echo "$SAN_CONFIGS"
    elif have clang; then echo "$GCC_CONFIGS $CLANG_CONFIGS"
    else echo "$GCC_CONFIGS"; fi
}

# note NAME.ad KEY: the rest of the line `// KEY: ...`
cr=$(printf '\r')
note() {
    for _ in 1 2 3; do # read, not sed: this runs thousands of times
        IFS= read -r line || [ -n "$line" ] || return 0
        case $line in "// $2:"*) line=${line#*:}; echo "${line%"$cr"}" ;; esac
    done <"$1"
}

# names_it CONFIG WORDS..: whether one of the words is in the name of the configuration
names_it() {
    name=$1
    shift
    for word; do
        case $name in *"$word"*) return 0 ;; esac
    done
    return 1
}

# Whether case $2 is not for configuration $1.
skips() {
    # shellcheck disable=SC2046
    ! names_it "$1" $(note "$CASES/$2.ad" skip) || return 0
    [ -z "$SAN${FULL:-}${RUN_CONFIGS:-}" ] || return 1
    case $1 in
    "$o2_san") return 1 ;;
    "$o0") ! one_in 2 "$2"; return ;;
    O1-gcc) one_in 2 "$2"; return ;;
    O2-gcc) ! one_in 10 "$2" 4; return ;;
    esac
    ! one_in 16 "$2" 8 || return 1
    case $1 in *clang) return 0 ;; esac
    # shellcheck disable=SC2046
    ! names_it "$1" $(note "$CASES/$2.ad" also)
}

fail() { printf 'FAIL run %s [%s] %s\n' "$2" "$1" "$3"; sed 's/^/    /' "$4" | head -n 25; }

# adc CONFIG NAME: NAME.ad -> NAME.ad.c, NAME.ad.h in the configuration's directory, untouched where they would be the
# same
step_adc() {
    config "$1" "$2"
    dir=$OUT/$1
    [ -d "$dir/new" ] || mkdir -p "$dir/new"
    rm -f "$dir/$2.stamp"
    # shellcheck disable=SC2046,SC2086
    if ! (cd "$CASES" && "$BUILD/adc" $adc_flags $(note "$2.ad" flags) -o "$dir/new/$2.ad.c" -H "$dir/new/$2.ad.h" "$2.ad") \
        >"$dir/$2.log" 2>&1; then
        fail "$1" "$2" "adc fails" "$dir/$2.log"
        rm -f "$dir/$2".ad.[ch] "$dir/$2.o"
        return 1
    fi
    cmp -s "$dir/new/$2.ad.c" "$dir/$2.ad.c" && cmp -s "$dir/new/$2.ad.h" "$dir/$2.ad.h" ||
        mv -f "$dir/new/$2.ad.c" "$dir/new/$2.ad.h" "$dir/"
    : >"$dir/$2.stamp"
}

# cc CONFIG NAME: adc's output and the driver -> NAME.o; in one configuration the header by itself too, as C and as C++
step_cc() {
    config "$1" "$2"
    dir=$OUT/$1
    tu=$dir/$2.tu.c
    rm -f "$dir/$2.o"
    printf '#include "%s.ad.c"\n' "$2" >"$tu"
    if [ -f "$CASES/$2.c" ]; then
        printf '#define ADC_CONFIG "%s"\n#include "%s"\n' "$1" "$CASES/$2.c" >>"$tu"
    else
        printf 'void run_case_%s(void);\nvoid run_case_%s(void)\n{\n}\n' "$2" "$2" >>"$tu"
    fi
    # shellcheck disable=SC2086
    $cc $WARN -Itests -Iruntime -I"$dir" -c -o "$dir/$2.o.tmp" "$tu" >"$dir/$2.log" 2>&1 && header "$1" "$2" ||
        { fail "$1" "$2" "does not compile" "$dir/$2.log"; rm -f "$dir/$2.o.tmp"; return 1; }
    ! have objcopy || objcopy -w -G 'run_case_*' "$dir/$2.o.tmp"
    mv "$dir/$2.o.tmp" "$dir/$2.o"
}

# header CONFIG NAME: NAME.ad.h by itself, as C++ where there is a compiler for it (as C it is read first in NAME.ad.c)
header() {
    [ "$1" = "$o2_san" ] && have g++ || return 0
    g++ -Wall -Wextra -Wpedantic -Werror -Iruntime -x c++ -fsyntax-only "$OUT/$1/$2.ad.h" >>"$OUT/$1/$2.log" 2>&1
}

# names: the wanted cases; cases NAME: the RUN_CASEs in its driver
names() { (cd "$CASES" 2>/dev/null && for f in $WANT.ad; do [ ! -f "$f" ] || echo "${f%.ad}"; done); }
cases() {
    found=$([ ! -f "$CASES/$1.c" ] || sed -n 's/^RUN_CASE( *\([A-Za-z0-9_]*\).*/\1/p' "$CASES/$1.c")
    echo "${found:-$1}"
}

# program CONFIG: links what has compiled, runs it, adds "passed failed skipped" lines to its tally
step_program() {
    config "$1"
    dir=$OUT/$1 objects= list=
    tally=$OUT/$1.tally
    : >"$tally"
    for case in $(names); do
        if skips "$1" "$case"; then
            ! names_it "$1" $(note "$CASES/$case.ad" skip) || echo "0 0 1" >>"$tally"
        elif [ -f "$dir/$case.o" ]; then
            objects="$objects $dir/$case.o"
            list="$list $(cases "$case")"
        else
            echo "0 $(cases "$case" | wc -l) 0" >>"$tally"
        fi
    done
    [ -n "$list" ] || return 0
    {
        echo '#include "harness.h"'
        printf 'void run_case_%s(void);\n' $list
        echo 'static const RunCase all[] = {'
        printf '    {"%s", run_case_%s},\n' $(for c in $list; do echo "$c" "$c"; done)
        echo '};'
        echo 'int main(int argc, char **argv)'
        echo '{'
        printf '    return run_cases(all, (int)(sizeof all / sizeof *all), "%s", argc, argv);\n}\n' "$1"
    } >"$dir/main.c"
    case $1 in
    standalone*) runtime= ;;
    *-san) runtime=$RUNTIME_SOURCES ;;
    *) runtime="$BUILD/libadrt.a ${BLAS_LIBS:-}" ;;
    esac
    # shellcheck disable=SC2086
    if ! $cc -std=c11 -Itests -Iruntime -o "$dir/program" "$dir/main.c" tests/harness.c $objects $runtime -lm >"$dir/link.log" 2>&1; then
        fail "$1" all "does not link" "$dir/link.log"
        echo "0 $(echo $list | wc -w) 0" >>"$tally"
        return 1
    fi
    UBSAN_OPTIONS=print_stacktrace=1 RUN_TALLY=$tally "$dir/program" 2>&1
}

# What can be made: a stamp of adc and an object for each case in each configuration.
targets() {
    for c in $(configs); do
        for n in $(names); do
            skips "$c" "$n" || echo "$OUT/$c/$n.o"
        done
    done
}

case ${1:-} in
configs) configs; exit 0 ;;
adc) step_adc "$2" "$3"; exit ;;
cc) step_cc "$2" "$3"; exit ;;
program) step_program "$2"; exit ;;
esac

mkdir -p "$OUT"
if [ -z "$(names)" ]; then
    echo '0 passed, 0 failed'
    exit 0
fi
for c in $(configs); do # a directory for a name in the source: no rule of make needs to know how they nest
    mkdir -p "$OUT/$c"
done
rm -f "$OUT"/*.tally
targets >"$OUT/targets"
case ${MAKEFLAGS:-} in *jobserver*) parallel= ;; *) parallel=-j$JOBS ;; esac
# shellcheck disable=SC2086
$MAKE -s -k $parallel --no-print-directory -f tests/run.mk OUT="$OUT" CASES="$CASES" 2>"$OUT/make.log" || true
grep -v '^make\|^$' "$OUT/make.log" | head -n 20
for c in $(configs); do echo "$c"; done | xargs -P "$JOBS" -I@ sh tests/run.sh program @
# shellcheck disable=SC2046
cat "$OUT"/*.tally | awk -v missing="$([ -n "$SAN" ] || have clang || echo 1)" '
    { p += $1; f += $2; s += $3 }
    END { if (missing) { print "    no clang: its configurations are skipped"; s++ }
          printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }'
