#!/bin/sh
# golden.sh - golden cases: a file under tests/cases/STAGE/ and beside it what adc should make of it.
#
#   golden.sh             checks all; `FAIL STAGE/FILE` with a diff for each that differs; last line `N passed, N failed`
#   golden.sh bless       writes what adc makes of them now as what is expected
#   golden.sh some FILE.. checks these (called back for each processor)
#
# In (environment): BUILD, JOBS, WANT (a pattern of file names). In the first three lines of a case, after // or /*:
#     flags: -O0 --standalone     more options for adc
#     exit: 3                     the expected exit status (errors/: 1 if not said; elsewhere 0)
#     source: ../x/y.ad           adc compiles that file instead, which the case only names
# A case is a .ad or a .ir file. adc runs in the directory of the case, so that paths in messages are relative. In
# errors/, adc must also leave no output file behind. A missing expected file is a failure.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build} JOBS=${JOBS:-2} WANT=${WANT:-*}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
export BUILD JOBS WANT
ROOT=$PWD/tests/cases

# The table of stages: adc's options, and which of its outputs are compared with which file. x: the name of the case
# without its ending.
stage() {
    command= options= compare_stdout= compare_stderr= compare_c= compare_h= only= status=0
    case $1 in
    parse)  options=--emit=ast compare_stdout=ast ;;
    errors) compare_stderr=err status=1 ;;
    ir)     options=--emit=ir compare_stdout=ir.expected ;;
    dot)    options=--emit=dot compare_stdout=dot.expected ;;
    emit)   compare_c=c.expected compare_h=h.expected ;;
    primal) options=-O0 compare_c=c.expected only=written ;;
    verify) command=verify compare_stdout=txt ;;
    report) command=report compare_stdout=html ;;
    pass_*) options="--emit=ir --passes=${1#pass_}" compare_stdout=ir.expected ;;
    *) return 1 ;;
    esac
}

note() { sed -n -e "s|^ *[/;*#]* *$2: *\(.*[^ */]\)[ */]*\$|\1|p" -e 3q "$1" 2>/dev/null | tr -d '\r\000'; }

# written C SOURCE: leaves in the C only the functions that the source writes out itself, no derivatives
written() {
    awk -v source="$(cat "$2")" '
        /^[a-z].*\(/ && !/;$/ {
            name = $0
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
            sub(/_$/, "", name)
            skip = !index(source, " " name "(") && !index(source, "] " name "(")
        }
        !skip' "$1" >"$tmp/written" && mv "$tmp/written" "$1"
}

# compare ACTUAL EXPECTED: or, with bless, makes them the same
compare() {
    if [ "$mode" = bless ]; then
        cmp -s "$1" "$2" || { cp "$1" "$2"; echo "blessed ${2#"$ROOT"/}"; }
    elif [ ! -f "$2" ]; then
        echo "    there is no ${2#"$ROOT"/} (make bless writes it)"
        return 1
    else
        diff -u "$2" "$1" >"$tmp/diff" || { sed -n -e '3,$s/^/    /p' "$tmp/diff" | head -n 40; return 1; }
    fi
}

# one FILE: runs the case; prints what is wrong; false if anything is
one() {
    dir=$(dirname "$1") file=$(basename "$1") bad=0
    x=$dir/${file%.*}
    stage "$(basename "$dir")" || return 0
    rm -rf "$tmp/out"
    mkdir "$tmp/out"
    want_status=$(note "$1" exit)
    source=$(note "$1" source)
    # shellcheck disable=SC2046,SC2086
    (cd "$dir" && exec "$BUILD/adc" $command $options $(note "$file" flags) $([ -z "$compare_stdout" ] || [ -n "$command" ] || echo -o -) \
        $([ -n "$compare_stdout$command" ] || echo -o "$tmp/out/$file.c" -H "$tmp/out/$file.h") "${source:-$file}") \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
    got=$?
    if [ "$got" != "${want_status:-$status}" ]; then
        echo "    exit status $got, not ${want_status:-$status}"
        [ -n "$compare_stderr" ] && [ "$got" -lt 4 ] || head -n 10 "$tmp/stderr" | sed 's/^/    /'
        bad=1
        [ "$mode" != bless ] || return 1
    fi
    [ ! -f "$tmp/out/$file.c" ] || sed -i 's/0x[0-9a-f]\{16\}/0x<fingerprint>/' "$tmp/out/$file.c" # of a record: of no account here
    [ -z "$only" ] || written "$tmp/out/$file.c" "$dir/${source:-$file}"
    [ "$command" != verify ] || sed -i -e 's/[0-9.]*e[-+][0-9]* in .* at point [0-9]*, .*/right/' -e 's/point [0-9]: .*/point/' "$tmp/stdout" # round-off
    [ -z "$compare_stdout" ] || compare "$tmp/stdout" "$x.$compare_stdout" || bad=1
    [ -z "$compare_stderr" ] || compare "$tmp/stderr" "$x.$compare_stderr" || bad=1
    [ -z "$compare_c" ] || compare "$tmp/out/$file.c" "$x.$compare_c" || bad=1
    [ -z "$compare_h" ] || compare "$tmp/out/$file.h" "$x.$compare_h" || bad=1
    if [ "$got" != 0 ] && [ -n "$(ls "$tmp/out")" ]; then
        echo "    failed, and left $(ls "$tmp/out")"
        bad=1
    fi
    return $bad
}

some() {
    passed=0 failed=0
    for f in "$@"; do
        if one "$f" >"$tmp/report" 2>&1; then
            passed=$((passed + 1))
            [ "$mode" != bless ] || cat "$tmp/report"
        else
            failed=$((failed + 1))
            echo "FAIL ${f#"$ROOT"/}"
            cat "$tmp/report"
        fi
    done
    echo "tally $passed $failed"
}

# All cases, one a line.
cases() {
    for d in "$ROOT"/*/; do
        ! stage "$(basename "$d")" || for f in "$d"$WANT.ad "$d"$WANT.ir; do [ ! -f "$f" ] || echo "$f"; done
    done
}

mode=${1:-check}
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' INT TERM
case $mode in
some) shift; some "$@" ;;
bless) # shellcheck disable=SC2046
    some $(cases) | sed '/^tally/d' ;;
*)
    cases >"$tmp/all"
    xargs -P "$JOBS" -n 25 sh tests/golden.sh some <"$tmp/all" >"$tmp/reports"
    grep -v '^tally' "$tmp/reports"
    awk '/^tally/ { p += $2; f += $3 } END { printf "%d passed, %d failed\n", p, f; exit f > 0 }' "$tmp/reports"
    ;;
esac
