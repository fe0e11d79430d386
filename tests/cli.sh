#!/bin/sh
# cli.sh - the command line of adc: options, exit statuses, what it writes, what it never overwrites, what it leaves
# behind.
#
#   BUILD=build sh tests/cli.sh          from anywhere; prints a line per failure and at the end `N passed, M failed`
#
# Each case runs in an empty directory with f.ad (right), e.ad (an error in it) and f.ir. `is STATUS COMMAND...` runs
# and compares the exit status; `says TEXT` looks into what the last command printed; `files NAMES` compares what is
# there now.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=$(cd "${BUILD:-build}" && pwd) || exit 2
ADC=$BUILD/adc
RUNTIME=$PWD/runtime
SANFLAGS=${SAN:+-fsanitize=address,undefined}
top=$(mktemp -d "${TMPDIR:-/tmp}/adc-cli.XXXXXX") || exit 2
trap 'chmod -R u+w "$top"; rm -rf "$top"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0 name=

good() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    printf 'FAIL cli %s: %s\n' "$name" "$1"
    sed 's/^/    /' "$top/said" | head -n 8
}

# case_ NAME: begins a case in a fresh directory
case_() {
    name=$1
    rm -rf "$top/dir"
    mkdir "$top/dir"
    cd "$top/dir" || exit 2
    printf 'real f(real x) { return x * x; }\n' >f.ad
    printf 'real f(real x) { return y; }\n' >e.ad
    printf 'func @f(%%x: real) -> (real) {\n    %%y = mul %%x, %%x\n    yield %%y\n}\n' >f.ir
    : >"$top/said"
}

is() {
    want=$1
    shift
    "$@" >"$top/out" 2>"$top/said" </dev/null
    got=$?
    if [ $got = "$want" ]; then good; else bad "'$*' ends with $got, not $want"; fi
}

says() { if grep -qF -e "$1" "$top/said" "$top/out"; then good; else bad "it does not say '$1'"; fi; }
quiet() { if [ ! -s "$top/said" ]; then good; else bad "it says something"; fi; }

# files NAME...: besides f.ad, e.ad and f.ir
files() {
    got=$(ls -A | grep -vxF -e f.ad -e e.ad -e f.ir | tr '\n' ' ')
    want=$(for f in "$@"; do echo "$f"; done | sort | tr '\n' ' ')
    if [ "$got" = "$want" ]; then good; else bad "there are '$got', not '$want'"; fi
}

holds() {
    if grep -qF -e "$2" "$1" 2>/dev/null; then
        good
    else
        cp "$1" "$top/said" 2>/dev/null
        bad "$1 does not hold '$2'"
    fi
}

# ---- what it writes ----

case_ plain
is 0 "$ADC" f.ad
quiet
files f.ad.c f.ad.h
holds f.ad.c 'written by adc'
holds f.ad.c '#include "f.ad.h"'
holds f.ad.h 'double f(double x);'
is 0 "$ADC" f.ad                                        # again: over its own files
files f.ad.c f.ad.h

case_ beside_the_source
mkdir sub out
mv f.ad sub
is 0 "$ADC" sub/f.ad
files out sub
holds sub/f.ad.c '#include "f.ad.h"'
is 0 "$ADC" -o out/g.c sub/f.ad
holds out/g.c '#include "g.h"'
is 0 "$ADC" -oout/k.c -H out/other.h sub/f.ad
holds out/k.c '#include "other.h"'

case_ stdin
"$ADC" - <f.ad >got 2>"$top/said"
holds got 'double f(double x)'
files got
"$ADC" -o g.c - <f.ad 2>"$top/said"
files g.c g.h got

case_ stdout
is 0 "$ADC" -o - f.ad
says 'double f(double x)'
files
is 0 "$ADC" --emit=ast f.ad
says 'function f'
is 0 "$ADC" --emit=ir f.ad
says 'func @f('
is 0 "$ADC" --emit=dot f.ad
says 'digraph'
files
is 0 "$ADC" --emit=ir -o f.out f.ad
holds f.out 'written by adc'
is 0 "$ADC" --emit=ir -o f.out f.ad
files f.out

case_ ir_input
is 0 "$ADC" --emit=ir f.ir
says 'mul %x.0, %x.0'
is 0 "$ADC" --emit=ir --passes=simplify,dce f.ir
is 0 "$ADC" --emit=ir -o g.ir f.ir
is 0 "$ADC" --emit=ir g.ir
is 2 "$ADC" --emit=ast f.ir
is 2 "$ADC" --passes=dce,nothing f.ir
says "there is no pass 'nothing'"
printf 'func @f( {' >bad.ir
is 1 "$ADC" bad.ir
says 'bad.ir:1:10: error: expected a value'
printf 'func @f(%%x: real) -> (real) { yield 1 }' >bad.ir
is 1 "$ADC" bad.ir
says 'the value returned has type int, must be real'
printf 'func @f(\000)' >bad.ir
is 1 "$ADC" bad.ir
files bad.ir g.ir

case_ dumps
is 0 "$ADC" --dump-after=lower --emit=ir f.ad
says '; after lower'
is 0 "$ADC" --dump-after=all f.ad
says '; after place'
is 2 "$ADC" --dump-after=nothing f.ad
says 'the passes are lower all counted'

case_ help
is 0 "$ADC" --help
says 'usage: adc'
is 0 "$ADC" --version
says 'adc '
files

# ---- wrong usage ----

case_ usage
is 2 "$ADC"
says 'no input file'
is 2 "$ADC" --standalon f.ad
says "did you mean '--standalone'?"
is 2 "$ADC" f.ad e.ad
is 2 "$ADC" -o
says "'-o' needs a value"
is 2 "$ADC" -O3 f.ad
is 2 "$ADC" --emit=asm f.ad
says 'must be one of c|ast|ir|dot'
is 2 "$ADC" --real=half f.ad
is 2 "$ADC" --color=green f.ad
is 2 "$ADC" --diagnostics=xml f.ad
says 'must be one of text|json'
is 2 "$ADC" -Wnothing f.ad
is 2 "$ADC" -MP f.ad
is 2 "$ADC" -MD -o - f.ad
is 2 "$ADC" -o f.h -H f.h f.ad
is 2 "$ADC" --runs 3 f.ad
says "say how 'adc verify' goes about it"
files

case_ options_that_work
for option in -O0 -O1 -O2 --real=float --real=double --vector-math=none --vector-math=libmvec --standalone --check --color=never --color=always \
    --diagnostics=text --diagnostics=json -w -Werror -Wall -Wno-unused --verify --no-verify '-I .' '-I.'; do
    # shellcheck disable=SC2086
    is 0 "$ADC" $option f.ad
done
is 0 "$ADC" -- f.ad

case_ diagnostics_json
is 1 "$ADC" --diagnostics=json e.ad
says '{"severity": "error", "message": "unknown variable '"'y'"'", "file": "e.ad", "line": 1, "column": 25, "end_line": 1, "end_column": 26}'
is 3 "$ADC" --diagnostics=json gone.ad
says '{"severity": "error", "message": "cannot read'
is 1 "$ADC" --diagnostics=json eval f.ad 'f(length)'
says '{"severity": "error", "message": "unknown variable '"'length'"'", "file": "(expression)", "line": 2,'
printf 'func @f(' >b.ir
is 1 "$ADC" --diagnostics=json b.ir
says '{"severity": "error", "message": "b.ir:1:'
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do printf 'real f%s(real x) { return y; }\n' $i; done >many.ad
is 1 "$ADC" --diagnostics=json many.ad
says '{"severity": "note", "message": "stopped after 20 errors"}'
cp "$top/said" "$top/said.kept"
if command -v python3 >/dev/null 2>&1; then
    is 0 python3 -c 'import json, sys; print([json.loads(line)["severity"] for line in open(sys.argv[1])].count("error"))' "$top/said.kept"
    says 20
fi

# ---- adc verify ----

case_ verify
is 0 "$ADC" verify f.ad
says 'f_grad      grad(f)       5'
says '1 checked, 0 wrong, 0 not checked'
quiet
files
is 0 "$ADC" verify f.ir
says '0 checked, 0 wrong, 0 not checked'
is 0 sh -c "cat f.ad | '$ADC' verify - --runs 2 --function=f"
says 'f_grad      grad(f)       2'
is 1 "$ADC" verify e.ad
says 'e.ad:1:25: error:'
is 3 "$ADC" verify missing.ad
is 2 "$ADC" verify
is 0 "$ADC" verify f.ad f.ad
says 'f_grad      grad(f)       5'
is 1 "$ADC" verify f.ad e.ad f.ad
is 3 "$ADC" verify missing.ad e.ad
is 2 "$ADC" verify --runs 0 f.ad
says 'no number of points'
is 2 "$ADC" verify --runs x f.ad
is 2 "$ADC" verify --runs
is 2 "$ADC" verify --function g f.ad
says "there is no derivative of 'g'"
cp f.ad verify
is 0 "$ADC" ./verify
files verify verify.c verify.h

case_ verify_at
printf '{"x": 3}' >at.json
is 0 "$ADC" verify f.ad --at at.json
is 3 "$ADC" verify f.ad --at gone.json
says "cannot read 'gone.json'"
printf '{"y": 3}' >y.json
is 2 "$ADC" verify f.ad --at y.json
says "'--at' has a value for 'y', which is no parameter"
printf '{"x": 3,\n "y" 4}' >bad.json
is 1 "$ADC" verify f.ad --at bad.json
says "bad.json:2:6: error: expected ':'"
printf '[1]' >array.json
is 1 "$ADC" verify f.ad --at array.json
says 'array.json:1:1: error: expected an object'
printf 'real f(int n, real x) { return n * x; }\n' >n.ad
printf '{"n": 1e30}' >n.json
is 0 "$ADC" verify n.ad --at n.json
says "not checked: 'n' is given 1e+30, which is no int"
if [ -c /dev/full ]; then
    is 3 sh -c "'$ADC' verify f.ad >/dev/full"
    says 'cannot write'
fi

# ---- adc eval ----

# gives EXPRESSION LINE..: it is evaluated, in e.ad, to these lines
gives() {
    is 0 "$ADC" eval v.ad "$1"
    shift
    printf '%s\n' "$@" >"$top/want"
    if cmp -s "$top/want" "$top/out"; then good; else bad "it gives '$(cat "$top/out")'"; fi
}

case_ eval
cat >v.ad <<'END'
struct p { real a; int k[2]; };
extern real out_there(real x);
const real TWO = 2.0;
real f(real x) { return x * x; }
real g(int n, real x[n]) { return sum(x * x) + TWO; }
void h(int n, inout real x[n][2], out int k, bool b) {
    assert(n > 1, "two rows");
    x[0] = x[1] * 2.0;
    k = b ? n : -1;
}
real[n] r(int n, real x) { return fill(x, n); }
struct p mk(struct p q, int i) { struct p r = q; r.a = r.a * i; return r; }
real forever(real x) { while (x > 0.0) x += 1.0; return x; }
real beyond(real x) { return out_there(x); }
derive f_grad = grad(f);
derive g_grad = grad(g);
derive g_hvp = hvp(g);
END
gives 'f(1.5)' 2.25
gives ' f(2.0) + TWO * g(1, fill(1.0, 1))' 10.0
gives '1 + 2' 3
gives '-f(2)' -4.0
gives 'f(2) > 3' true
gives 'f(1.0 / 0.0)' INFINITY
gives 'f_grad(1.5)' 'result = 2.25' 'x_bar = 3.0'
gives 'g_grad(2, {1.5, -f(1)})' 'result = 5.25' 'x_bar = {3.0, -2.0}'
gives 'g_hvp(2, { 1, 2 }, {1, 0})' 'result = 7.0' 'x_bar = {2.0, 4.0}' 'x_bar_dot = {2.0, 0.0}' 'result_dot = 2.0'
gives 'h(2, {{1, 2}, {3, 4}}, true)' 'x = {{6.0, 8.0}, {3.0, 4.0}}' 'k = 2'
gives 'r(3, 0.5)' '{0.5, 0.5, 0.5}'
gives 'r(0, 0.5)' '{}'
gives 'mk({1.5, {1, 2}}, 3)' '{4.5, 1, 2}'
quiet
files v.ad
is 0 "$ADC" eval f.ad 'f_grad(3.0)'
is 1 "$ADC" eval v.ad 'f(y)'
says "(expression):2:3: error: unknown variable 'y'"
is 1 "$ADC" eval v.ad 'h(1, {{1, 2}}, true)'
says 'v.ad:7:5: error: check failed: two rows'
is 1 "$ADC" eval v.ad 'g(2, {1})'
says "'x' is given 1 value, but has 2"
is 1 "$ADC" eval v.ad 'g(2)'
says "'g' is given less than the 2 arguments"
is 1 "$ADC" eval v.ad 'g(2, {1, 2}, 3)'
says "'g' is given more than the 2 arguments"
is 1 "$ADC" eval v.ad 'g_grad(2, ones(2))'
says 'is written in braces'
is 1 "$ADC" eval v.ad 'g(2, {1, })'
is 1 "$ADC" eval v.ad 'f(1.5'
says 'not closed'
is 1 "$ADC" eval v.ad 'f(1.5))'
says 'closes nothing'
is 1 "$ADC" eval v.ad ' '
says 'empty'
is 1 "$ADC" eval v.ad 'iota(3)'
says '(expression):2:1: error:'
is 1 "$ADC" eval v.ad 'forever(1.0)'
says 'more than 50000000 steps'
is 1 "$ADC" eval v.ad 'beyond(1.0)'
says "'out_there' has no body here"
is 1 "$ADC" eval e.ad 'f(1.0)'
says 'e.ad:1:25: error:'
is 3 "$ADC" eval missing.ad 'f(1.0)'
is 2 "$ADC" eval v.ad
is 2 "$ADC" eval v.ad 'f(1.0)' 'f(2.0)'
is 2 "$ADC" eval f.ir 'f(1.0)'

# ---- adc report ----

case_ report
is 0 "$ADC" report f.ad -o r.html
quiet
files r.html
holds r.html '<!DOCTYPE html>'
holds r.html 'f_grad'
is 0 "$ADC" report f.ad -o r.html
printf '<p>mine</p>\n' >mine.html
is 3 "$ADC" report f.ad -o mine.html
says 'was not written by adc'
is 0 "$ADC" report f.ad
says '</html>'
is 0 "$ADC" report f.ir
says 'No derivative in this file has a reverse sweep'
is 1 "$ADC" report e.ad -o e.html
is 2 "$ADC" report f.ad -H r.h
is 2 "$ADC" report f.ad -MD
is 2 "$ADC" verify f.ad -o r.c
is 2 "$ADC" report
files mine.html r.html

# ---- errors, and nothing left behind ----

case_ errors
is 1 "$ADC" e.ad
says "e.ad:1:25: error:"
files
is 3 "$ADC" missing.ad
says 'missing.ad'
is 3 "$ADC" missing.ir
is 3 "$ADC" .
printf 'import "gone.ad";\n' >i.ad
is 3 "$ADC" i.ad
files i.ad

case_ keeps_old_output_on_error
is 0 "$ADC" -o g.c f.ad
cp g.c "$top/before"
is 1 "$ADC" -o g.c e.ad
if cmp -s g.c "$top/before"; then good; else bad "g.c changed"; fi
files g.c g.h

case_ never_overwrites
echo 'int precious;' >f.ad.c
is 3 "$ADC" f.ad
says "'f.ad.c' was not written by adc and will not be overwritten"
files f.ad.c
holds f.ad.c precious
rm f.ad.c
echo '/* mine */' >f.ad.h
is 3 "$ADC" f.ad
says 'f.ad.h'
files f.ad.h
rm f.ad.h
: >f.ad.c                                               # an empty file holds nothing to lose
is 0 "$ADC" f.ad
is 3 "$ADC" -o f.ad f.ad
says 'input file'
holds f.ad 'return x * x'
is 3 "$ADC" -H f.ad f.ad
ln f.ad link.c
is 3 "$ADC" -o link.c f.ad
mkdir d.c
is 3 "$ADC" -o d.c f.ad
says 'is a directory'
is 3 "$ADC" -o none/x.c f.ad
says 'none/x.c'

case_ through_links
mkdir real
ln -s real/g.c g.c
is 0 "$ADC" -o g.c -H g.h f.ad
is 0 "$ADC" -o g.c -H g.h f.ad
if [ -h g.c ] || [ -f g.c ]; then good; else bad "g.c is gone"; fi

case_ devices
is 0 "$ADC" -o /dev/null f.ad
files
if [ -w /dev/full ]; then
    is 3 "$ADC" -o /dev/full f.ad
    says 'cannot write'
    "$ADC" -o - f.ad >/dev/full 2>"$top/said"
    if [ $? = 3 ]; then good; else bad "a full disk is not 3"; fi
    "$ADC" --help >/dev/full 2>"$top/said"
    if [ $? = 3 ]; then good; else bad "--help to a full disk is not 3"; fi
    is 3 "$ADC" -o g.c -H /dev/full f.ad
    files
fi

case_ closed_pipe
mkfifo pipe
(exec 3<pipe; exec 3<&-) &
(
    exec 4>pipe
    wait
    sleep 0.2
    "$ADC" --emit=ir -o - f.ad >&4 2>"$top/said"
    echo $? >status
) 2>/dev/null
if [ "$(cat status)" = 3 ]; then good; else bad "a closed pipe gives $(cat status), not 3"; fi

# ---- prerequisites ----

case_ prerequisites
printf 'import "lib.ad";\nreal g(real x) { return f(x); }\n' >g.ad
cp f.ad lib.ad
is 0 "$ADC" -MD -MP g.ad
holds g.ad.d 'g.ad.c g.ad.h: g.ad'
holds g.ad.d ' lib.ad'
holds g.ad.d 'lib.ad:'
is 0 "$ADC" -MD -MF deps -MT all g.ad
holds deps 'all: g.ad'
is 0 "$ADC" -MD -MF deps -MT all g.ad                   # over what it wrote
cp g.ad 'a $b#.ad'
is 0 "$ADC" -MD -MF deps -o 'out put.c' 'a $b#.ad'
holds deps 'out\ put.c out\ put.h: a\ $$b\#.ad'
printf 'int precious;\n' >deps
is 3 "$ADC" -MD -MF deps g.ad
holds deps precious
is 1 "$ADC" -MD -MF gone e.ad
if [ ! -e gone ]; then good; else bad "prerequisites of a failed run"; fi
printf 'all: g.ad.c\ninclude g.ad.d\ng.ad.c: ; touch made\n' >makefile
is 0 make -s all

case_ deterministic
is 0 "$ADC" f.ad
cp f.ad.c f.ad.h "$top"
mkdir elsewhere
cp f.ad elsewhere
cd elsewhere || exit 2
is 0 "$ADC" f.ad
if cmp -s f.ad.c "$top/f.ad.c" && cmp -s f.ad.h "$top/f.ad.h"; then good; else bad "another directory, other bytes"; fi

case_ deterministic_from_above
mkdir sub
cp f.ad sub
is 0 "$ADC" -o above.c -H above.h sub/f.ad
cd sub || exit 2
is 0 "$ADC" -o ../above2.c -H ../above.h f.ad
cd ..
if cmp -s above.c above2.c; then good; else bad "the directory that adc runs in shows in the output"; fi

# A tape goes through a file from one program to another: one only records, the other only reverses.
case_ tape_in_a_file
cat >t.ad <<'EOF'
real t(int n, real x[n]) {
    real s = 1.0;
    int k = 0;
    while (s < 9.0) { s = s * (1.0 + x[k % n] * x[k % n]) + 0.1; k++; }
    return s;
}
derive t_record = record(t);
derive t_other = record(t);
EOF
cat >writes.c <<'EOF'
#include "t.ad.h"
#include <stdio.h>
int main(void)
{
    double x[2] = {0.5, 0.25};
    size_t bytes;
    adrt_tape *tape = adrt_tape_new();
    t_record_forward(2, x, tape);
    const void *data = adrt_tape_data(tape, &bytes);
    fwrite(data, 1, bytes, stdout);
    adrt_tape_free(tape);
    return 0;
}
EOF
cat >reads.c <<'EOF'
#include "t.ad.h"
#include <stdio.h>
#ifndef REAL
#define REAL double
#endif
int main(void)
{
    static char data[10000];
    REAL x_bar[2] = {0, 0};
    adrt_tape *tape = adrt_tape_from(data, fread(data, 1, sizeof data, stdin));
#ifdef OTHER
    t_other_reverse(tape, 1, x_bar);
#else
    t_record_reverse(tape, 1, x_bar);
#endif
    printf("%.6f %.6f\n", (double)x_bar[0], (double)x_bar[1]);
    adrt_tape_free(tape);
    return 0;
}
EOF
# program NAME ADC-OPTIONS CC-OPTIONS: of NAME.c
program() {
    # shellcheck disable=SC2086
    is 0 "$ADC" $2 t.ad
    # shellcheck disable=SC2086
    is 0 ${CC:-cc} $SANFLAGS -std=c11 $3 -I"$RUNTIME" -o "$1" "${1%%.*}.c" t.ad.c "$BUILD/libadrt.a" -lm
}
reads() { sh -c "./$1 <$2"; }
program writes '' ''
is 0 ./writes
cp "$top/out" tape
program reads '' ''
is 0 reads reads tape
says '50.518374 25.683694'
program reads.alone '--standalone' ''                   # the same code, so the same tape
is 0 reads reads.alone tape
says '50.518374 25.683694'
sed -i.bak '1s,^,// moved down\n\n,' t.ad && program reads.moved '' ''
is 0 reads reads.moved tape
for build in '|-DOTHER|another function' '--real=float|-DREAL=float|types of another size' '-O0||another build' '--check||another build'; do
    rest=${build#*|}
    program reads.other "${build%%|*}" "${rest%%|*}"
    is 134 reads reads.other tape
    says "cannot reverse this tape: it was recorded"
    says "${rest#*|}"
done
sed 's/0\.1;/0.2;/' t.ad >u.ad && mv u.ad t.ad
program reads.changed '' ''
is 134 reads reads.changed tape
says 'another build of the function'
head -c 200 tape >cut
is 134 reads reads cut
says 'it is truncated'
is 134 reads reads t.ad
says 'its bytes are no tape'

# --vector-math=libmvec: where gcc has glibc's vector functions it uses them, and they are at most 4 units in the last place off.
cat >vector.ad <<'EOF'
void map(int n, real x[n], out real y[6][n]) {
    for (int i = 0; i < n; i++) {
        y[0][i] = exp(x[i]);
        y[1][i] = log(x[i]);
        y[2][i] = sin(x[i]);
        y[3][i] = cos(x[i]);
        y[4][i] = tanh(x[i]);
        y[5][i] = pow(x[i], 1.7);
    }
}
derive map_vjp = vjp(map);
EOF
cat >vector.c <<'EOF'
#include "vector.ad.h"
#include <math.h>
#include <stdio.h>
enum { N = 2003 };
static double half(double x) { return pow(x, 1.7); }
int main(void)
{
    static double x[N], y[6 * N];
    static double (*volatile const f[])(double) = {exp, log, sin, cos, tanh, half};
    double worst = 0.0;
    for (int i = 0; i < N; i++)
        x[i] = 0.003 * (i + 1);
    map(N, x, y);
    for (int k = 0; k < 6; k++)
        for (int i = 0; i < N; i++) {
            double want = f[k](x[i]), unit = nextafter(fabs(want), INFINITY) - fabs(want);
            worst = fmax(worst, fabs(y[k * N + i] - want) / unit);
        }
    printf("%s\n", worst <= 5.0 ? "near enough" : "too far off"); /* 4, and the scalar function is off by 1 */
    return 0;
}
EOF
is 0 "$ADC" --vector-math=libmvec vector.ad
# shellcheck disable=SC2086
is 0 ${CC:-cc} $SANFLAGS -std=c11 -O3 -Wall -Wextra -Wpedantic -Werror -I"$RUNTIME" -o vector vector.c vector.ad.c "$BUILD/libadrt.a" -lm
is 0 ./vector
says 'near enough'

# Two files with one struct: their headers in one program, in C and, where there is a compiler, in C++.
printf 'struct lens { real focal; int id; };\n' >lens.ad
printf 'import "lens.ad";\nreal one(struct lens l) { return l.focal * l.focal; }\n' >one.ad
printf 'import "lens.ad";\nreal two(int n, struct lens l[n]) { return l[0].focal * 3.0; }\n' >two.ad
is 0 "$ADC" one.ad
is 0 "$ADC" two.ad
{
    printf '#include "one.ad.h"\n#include "two.ad.h"\n#include <stdio.h>\nint main(void)\n{\n'
    printf '    struct lens l = {2.0, 7}, bar = {5.0, 5};\n    double s = one_grad(&l, &bar) + two(1, &l);\n'
    printf '    printf("%%g %%g %%d\\n", s, bar.focal, bar.id);\n    return 0;\n}\n'
} >both.c
# shellcheck disable=SC2086
is 0 ${CC:-cc} $SANFLAGS -std=c11 -I"$RUNTIME" -o both both.c one.ad.c two.ad.c "$BUILD/libadrt.a" -lm
is 0 ./both
says '10 4 0'
if command -v g++ >/dev/null 2>&1; then
    is 0 g++ -Wall -Wextra -Wpedantic -Werror -I"$RUNTIME" -x c++ -fsyntax-only both.c
fi

echo "$passed passed, $failed failed"
[ $failed = 0 ]
