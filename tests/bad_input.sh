#!/bin/sh
# bad_input.sh - input that is out to break adc: deep, large, binary, contradictory, unreadable, or with nowhere to write.
#
#   BUILD=build sh tests/bad_input.sh       from anywhere; prints a line per failure and at the end `N passed, M failed, K skipped`
#
# Every case must end in bounded time with the status that is expected, say what is wrong and where, and leave no output behind. Large inputs
# are made here by awk and head, none is kept in the repository. What messages look like is tested by cases/errors, options and files by cli.sh.
#
#   bad NAME STATUS 'PLACE: TEXT' [OPTIONS]     compiles NAME.ad, which must end with STATUS, say PLACE: TEXT and leave nothing
#   good NAME [OPTIONS]                         compiles NAME.ad, which is odd but right
#   source NAME TEXT                            makes NAME.ad; \n is a line end, \0, \377 and so on are bytes
#   nest NAME HEAD OPEN MIDDLE CLOSE TAIL       HEAD, OPEN 100,000 times, MIDDLE, CLOSE 100,000 times, TAIL
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=$(cd "${BUILD:-build}" && pwd) || exit 2
ADC=$BUILD/adc
DEEP=100000
SECONDS_EACH=60                         # far more than any takes; a sanitizer and a busy machine are slow
top=$(mktemp -d "${TMPDIR:-/tmp}/adc-bad.XXXXXX") || exit 2
trap 'chmod -R u+w "$top"; rm -rf "$top"' EXIT
trap 'exit 1' INT TERM
mkdir "$top/in" "$top/out"
cd "$top/in" || exit 2
passed=0 failed=0 skipped=0
command -v timeout >/dev/null 2>&1 && limit="timeout $SECONDS_EACH" || limit=

fail() {
    failed=$((failed + 1))
    printf 'FAIL bad_input %s: %s\n' "$1" "$2"
    cut -c1-200 "$top/said" | sed 's/^/    /' | head -n 6
}

compile() {
    $limit "$ADC" "$@" -o "$top/out/o.c" "$file" >"$top/said" 2>&1 </dev/null
    got=$?
    left=$(ls "$top/out")
    rm -rf "$top/out"/*
}

bad() {
    name=$1 want=$2 text=$3 file=$1.ad
    shift 3
    compile "$@"
    if [ $got = 124 ] && [ -n "$limit" ]; then fail "$name" "it takes more than $SECONDS_EACH s"
    elif [ $got != "$want" ]; then fail "$name" "it ends with $got, not $want"
    elif ! grep -qF -e "$text" "$top/said"; then fail "$name" "it does not say '$text'"
    elif [ -n "$left" ]; then fail "$name" "it leaves $left"
    elif [ "$(wc -c <"$top/said")" -gt 100000 ]; then fail "$name" "it says too much"
    else passed=$((passed + 1)); fi
    rm -f "$file" 2>/dev/null
}

good() {
    name=$1 file=$1.ad
    shift
    compile "$@"
    if [ $got = 0 ]; then passed=$((passed + 1)); else fail "$name" "it ends with $got"; fi
    rm -f "$file"
}

source() { printf "$2" >"$1.ad"; }
repeat() { awk -v n="$2" -v s="$1" 'BEGIN { for (i = 0; i < 1000 && i < n; i++) t = t s
                                            for (i = 1000; i <= n; i += 1000) printf "%s", t
                                            for (i -= 1000; i < n; i++) printf "%s", s }'; }
nest() {
    { printf '%s' "$2"; repeat "$3" $DEEP; printf '%s' "$4"; repeat "$5" $DEEP; printf '%s\n' "$6"; } >"$1.ad"
}
# megabytes N CHARACTER: N MB of it
megabytes() { head -c "$1"000000 /dev/zero | tr '\000' "$2"; }

# ---- nesting 100,000 deep ----

f='real f(int n, real x, real a[3], bool b) { real y = x; '
r=' return y; }'
deep='nested too deeply'
nest parens     "$f" 'y = ('        'x' ')' ";$r";               bad parens 1 'parens.ad:1:'
nest brackets   "$f y = " '('       'x' ')' ";$r";               bad brackets 1 "$deep"
nest unclosed   "$f y = " '('       'x' '' '';                   bad unclosed 1 "$deep"
nest subscripts "$f y = a" '[0]'    '' '' ";$r";                 bad subscripts 1 "$deep"
nest indices    "$f y = " 'a['      '0' ']' ";$r";               bad indices 1 "$deep"
nest slices     "$f y = sum(a" '[:]' '' '' ");$r";               bad slices 1 "$deep"
nest minus      "$f y = " '- '      'x' '' ";$r";                bad minus 1 "$deep"
nest not        "$f b = " '!'       'b' '' ";$r";                bad not 1 "$deep"
nest sum        "$f y = x" ' + x'   '' '' ";$r";                 bad sum 1 "$deep"
nest choice     "$f y = " 'b ? x : ' 'x' '' ";$r";               bad choice 1 "$deep"
nest choices    "$f y = " 'b ? '    'x' ' : x' ";$r";            bad choices 1 "$deep"
nest calls      "$f y = " 'sin('    'x' ')' ";$r";               bad calls 1 "$deep"
nest casts      "$f y = " '(real)'  'n' '' ";$r";                bad casts 1 "$deep"
nest blocks     "$f" '{' '' '}' "$r";                            bad blocks 1 "$deep"
nest ifs        "$f" 'if (b) '      'y = x;' '' "$r";            bad ifs 1 "$deep"
nest if_blocks  "$f" 'if (b) {'     'y = x;' '}' "$r";           bad if_blocks 1 "$deep"
nest else_ifs   "$f" 'if (b) y = x; else ' 'y = x;' '' "$r";     bad else_ifs 1 "$deep"
nest fors       "$f" 'for (;;) '    'y = x;' '' "$r";            bad fors 1 "$deep"
nest dos        "$f" 'do '          'y = x;' ' while (b);' "$r"; bad dos 1 "$deep"
nest braces     "$f real q[2] = " '{' '1.0' '}' ";$r";           bad braces 1 "$deep"
nest transforms 'real f(real x) { return x; } derive g = ' 'jvp(' 'f' ')' ';'; bad transforms 1 "$deep"
nest dimensions 'void f(real x' '[2]' ') { }' '' '';             bad dimensions 1 'at most 8 dimensions'
nest comments   "$f" '/*' '*/' '' "$r";                          bad comments 1 'comments.ad:1:'

# ---- large ----

{ printf 'real f(real x) {\n'; repeat '    x = x * 1.5 + 0.25;\n' 4200000; printf '    return x;\n}\n'; } >mb100.ad
bad mb100 3 "cannot read 'mb100.ad': it is larger than 16 MB"
megabytes 100 '\000' >zeros.ad;                                            bad zeros 3 "'zeros.ad'"
{ printf 'import "big.inc";\n'; } >imports_big.ad; megabytes 17 ' ' >big.inc
bad imports_big 3 "imports_big.ad:1:8: error: cannot read 'big.inc'"
megabytes 15 '(' >open.ad;                                                 bad open 1 'open.ad:1:'
{ printf '/*'; megabytes 15 'a'; } >comment.ad;                            bad comment 1 'comment.ad:1:1: error: this comment is never closed'
{ printf 'real f() { return '; megabytes 15 'a'; printf '; }'; } >name.ad; bad name 1 'name.ad:1:19: error: unknown variable'
{ printf 'int f() { return '; megabytes 15 '9'; printf '; }'; } >digits.ad; bad digits 1 'digits.ad:1:18: error: the integer 99999'
repeat '$ ' 4000000 >garbage.ad;                                           bad garbage 1 'stopped after 20 errors'
repeat 'import "itself.ad";' 400000 >itself.ad;                            bad itself 1 "itself.ad:1:1: error: 'itself.ad' imports itself"
{ printf 'void f() {'; repeat 'x = y;' 500000; printf '}'; } >mistakes.ad; bad mistakes 1 'stopped after 20 errors'
repeat 'real f(real x) { return x; } ' 100000 >twice.ad;                   bad twice 1 "function 'f' is defined twice"
awk 'BEGIN { printf "void f("; for (i = 0; i < 100000; i++) printf "%sreal x%d", i ? ", " : "", i; print ") { }" }' >params.ad
bad params 1 'a function has at most 1000 parameters'
awk 'BEGIN { printf "real f(real x) { return f(x"; for (i = 0; i < 100000; i++) printf ", x"; print "); }" }' >arguments.ad
bad arguments 1 "'f' takes 1 argument, but 100001 are given"
awk 'BEGIN { print "real f0(real x) { return x; }"; for (i = 1; i < 2000; i++) printf "derive f%d = jvp(f%d);\n", i, i - 1 }' >orders.ad
bad orders 1 'would have 4095 parameters; a derivative has at most 4000'
source constants 'const real t[40000][40000] = {{1.0}};'
bad constants 1 "constants.ad:1:21: error: constant 't' has more than"
awk 'BEGIN { printf "real f() { real x = 1.0; "; for (i = 0; i < 1000; i++) printf "int u%d; ", i; print "return x; }" }' >unused.ad
good unused                                                                # but it does not print a thousand warnings
megabytes 15 '\n' >lines.ad;                                               good lines
{ printf '// '; megabytes 15 'a'; printf '\nreal f(real x) { return x; }'; } >remark.ad; good remark

# Long chains of functions and derives; a derivative of everything.
links=10000
[ -z "${SAN:-}" ] || links=2000         # a sanitizer's frames are large
awk -v n=$links 'BEGIN {
        for (i = 0; i < n; i++)
            printf "@noinline static real f%d(real x) { return %s; }\n", i, i ? "f" i - 1 "(x) * 1.5" : "sin(x)"
        printf "real f(real x) { return f%d(x); }\nderive g = grad(f);\n", n - 1 }' >chain.ad
good chain --emit=ir
# Small functions that call small functions: in full they would be 13 to the power of 40 ops.
awk 'BEGIN { print "static real f0(real x) { return sin(x); }"
             for (i = 1; i < 40; i++) {
                 printf "static real f%d(real x) { return 0.0", i
                 for (k = 0; k < 13; k++) printf " + f%d(x)", i - 1
                 print "; }" }
             print "real f(real x) { return f39(x); }\nderive g = grad(f);" }' >fan.ad
good fan --emit=ir

# ---- large and right: time and memory grow with the size of the program, not with its square ----

# program N PART [BEFORE [AFTER]]: prints a function with N times PART (# is the number), and its gradient
program() {
    awk -v n="$1" -v part="$2" -v before="${3:-}" -v after="${4:-}" 'BEGIN {
        print "@noinline real h(real x) { return sin(x) * 2.0; }"
        print "real f(int n, real x[n], real a, real b) {" before
        for (i = 0; i < n; i++) { line = part; gsub(/#/, i, line); print line }
        print after " return a + b; }\nderive g = grad(f);" }'
}

# large NAME N PART ..: that, compiled to IR in 60 s and 400 MB, which is not too little for any by half
large() {
    case $1${FULL:-} in statements | branches_in_a_loop | *1) ;; *) return 0 ;; esac # all of them with FULL=1
    name=$1
    shift
    program "$@" >"$name.ad"
    limited good "$name" --emit=ir
}
limited() {
    keep=$ADC
    [ -n "${SAN:-}" ] || ADC=$top/limited   # a sanitizer's shadow memory is not ours to limit
    "$@"
    ADC=$keep
}
printf '#!/bin/sh\nulimit -v 400000 2>/dev/null\nexec "%s" "$@"\n' "$ADC" >"$top/limited"
chmod +x "$top/limited"
large statements 6000 'a = sin(a) * b + #.5;'
large in_a_loop 4000 'a = sin(a) * b + x[i];' 'for (int i = 0; i < n; i++) {' '}'
large branches 2500 'if (a > #.0) a = a * b; else b = b - sin(a);'
large branches_in_a_loop 2500 'if (a > #.0) a = a * b; else b = b - sin(a);' 'for (int i = 0; i < n; i++) {' '}'
large loops 1500 'for (int i = 0; i < n; i++) a = a * x[i] + #.5;'
large arrays 700 'real t#[n] = x; for (int i = 1; i < n; i++) t#[i] = t#[i - 1] * sin(t#[i]); a += t#[n - 1];'
large arrays_in_a_loop 700 'real t#[n] = x; t#[i] = t#[i] * x[i]; a += t#[0];' 'for (int i = 0; i < n; i++) {' '}'
large elementwise 700 't = sin(t) * x + #.5;' 'real t[n] = x;' 'a += sum(t);'
large calls 5000 'a = h(a) + #.0;'
large returns 400 'if (a > 1#.0) return a * #.5; a = a * b;'
# Many ways out of one loop: the C of the gradient, from 30 to 90 of them.
for n in 30 90; do
    program $n 'if (x[i] > 1#.0) return a * #.5;' 'for (int i = 0; i < n; i++) {' 'a = a + x[i]; }' >ways_out.ad
    "$ADC" ways_out.ad -H "$top/out/o.h" -o - 2>"$top/said" | wc -c >"$top/size$n"
    rm -rf "$top/out"/* ways_out.ad
done
if [ "$(cat "$top/size90")" -gt "$(cat "$top/size30")" ] && [ "$(cat "$top/size90")" -lt $((4 * $(cat "$top/size30"))) ]; then
    passed=$((passed + 1))
else
    fail ways_out "three times as many ways out of a loop make $(cat "$top/size90") bytes of C of $(cat "$top/size30")"
fi
program 5000 'a = sin(a) * b + #.5;' | tr '\n' ' ' >one_line.ad
limited good one_line --emit=ir

# ---- bytes ----

source nul_first '\000real f(real x) { return x; }';       bad nul_first 1 'nul_first.ad:1:1: error: the file holds a NUL byte'
source nul_last 'real f(real x) { return x; }\n\000';      bad nul_last 1 'nul_last.ad:2:1: error: the file holds a NUL byte'
source nul_comment '// a\000b\n';                          bad nul_comment 1 'nul_comment.ad:1:5: error: the file holds a NUL byte'
source overlong '// \300\200\n';                           bad overlong 1 'overlong.ad:1:4: error: the file is not valid UTF-8 (byte 0xC0)'
source surrogate '// \355\240\200\n';                      bad surrogate 1 'surrogate.ad:1:4: error: the file is not valid UTF-8 (byte 0xED)'
source too_high '// \365\200\200\200\n';                   bad too_high 1 'too_high.ad:1:4: error: the file is not valid UTF-8 (byte 0xF5)'
source stray '// \200\n';                                  bad stray 1 'stray.ad:1:4: error: the file is not valid UTF-8 (byte 0x80)'
source cut '// \360\237\230';                              bad cut 1 'cut.ad:1:4: error: the file is not valid UTF-8 (byte 0xF0)'
source utf16 '\377\376r\000e\000a\000l\000';               bad utf16 1 'it looks like UTF-16; save it as UTF-8'
source escape 'real f() { return \033[2J; }';              bad escape 1 'escape.ad:1:19: error: a control character (byte 27)'
if grep -q "$(printf '\033')" "$top/said"; then fail escape 'it sends control characters to the terminal'; fi
source ctrl_z 'real f(real x) { return x; }\n\032';        bad ctrl_z 1 'ctrl_z.ad:2:1: error: a control character (byte 26)'
head -c 60000 "$ADC" >program.ad;                          bad program 1 'program.ad:1:'
: >empty.ad;                                               good empty
source no_line_end 'real f(real x) { return x; }';         good no_line_end
source mark '\357\273\277real f(real x) { return x; }';    good mark
source only_mark '\357\273\277';                           good only_mark

# ---- each of these once more, in its plainest form, with its place ----

source unknown 'real f(real length) {\n    return lenght;\n}\n'
bad unknown 1 "unknown.ad:2:12: error: unknown variable 'lenght'; did you mean 'length'?"
source unknown_function 'real f(real x) { return sine(x); }'
bad unknown_function 1 "unknown_function.ad:1:25: error: unknown function 'sine'; did you mean 'sin'?"
source unknown_type 'rael f(real x) { return x; }'
bad unknown_type 1 'unknown_type.ad:1:1: error:'
source unknown_wrt 'real f(real alpha) { return alpha; }\nderive g = grad(f, alhpa);'
bad unknown_wrt 1 "unknown_wrt.ad:2:20: error: 'f' has no parameter 'alhpa'; did you mean 'alpha'?"
source type 'int f(real x) { return x; }';                 bad type 1 'type.ad:1:24: error:'
source condition 'real f(int n) { if (n) return 1.0; return 2.0; }'
bad condition 1 'condition.ad:1:21: error:'
source shape 'real f(int n, real a[n], real b[n + 1]) { return sum(a + b); }'
bad shape 1 "shape.ad:1:54: error: operands of '+' have different shapes: real[n] and real[n + 1]"
source arity 'real f(real x) { return f(x, x); }';         bad arity 1 "arity.ad:1:30: error: 'f' takes 1 argument, but 2 are given"
source role 'void g(out real x) { x = 1.0; }\nvoid f(real x) { g(1.0); }'
bad role 1 'role.ad:2:20: error: this is a value and cannot be passed as out or inout'
source one_array 'void g(inout real a[2], inout real b[2]) { a[0] = b[0]; }\nvoid f(inout real a[2]) { g(a, a); }'
bad one_array 1 "one_array.ad:2:32: error: 'g' writes to two arguments that are one array"
source no_return 'real f(real x) {\n    if (x > 0.0) return x;\n}'
bad no_return 1 "no_return.ad:3:1: error: control can reach the end of 'f' without a return"
source in_array 'void f(real a[2]) { a[0] = 1.0; }'
bad in_array 1 "in_array.ad:1:21: error: 'a' is an in array and cannot be assigned to"
source recursion 'const int A = B;\nconst int B = A;'
bad recursion 1 "recursion.ad:1:15: error: constant 'B' is used before its declaration"
source literal 'int f() { return 2147483648; }'
bad literal 1 'literal.ad:1:18: error: the integer 2147483648 does not fit in an int'
source folded 'const int A = 2147483647 + 1;';             bad folded 1 'folded.ad:1:15: error: this is 2147483648, which does not fit an int'
source needs_itself 'derive g = grad(h);\nderive h = jvp(g);'
bad needs_itself 1 "needs_itself.ad:1:8: error: derivative 'g' needs itself: g -> h -> g"
source no_rule 'extern real e(real x);\nreal f(real x) { return e(x); }\nderive g = grad(f);'
bad no_rule 1 'no_rule.ad:2:'
source cycle_b 'import "cycle_a.ad";'; cp cycle_b.ad b.inc; source b 'import "cycle_a.ad";'; mv b.ad b.inc
source cycle_a 'import "b.inc";';                          bad cycle_a 1 'error: import cycle:'
source missing 'import "gone.ad";';                        bad missing 3 "missing.ad:1:8: error: cannot read 'gone.ad'"
source device 'import "/dev/zero";'
if [ -r /dev/zero ]; then bad device 3 'device.ad:1:8: error: cannot read'; else skipped=$((skipped + 1)); fi

# ---- files ----

mkdir directory.ad;                                        bad directory 3 "cannot read 'directory.ad': Is a directory"
rm -rf directory.ad
bad not_there 3 "cannot read 'not_there.ad'"
ln -s loop.ad loop.ad;                                     bad loop 3 "cannot read 'loop.ad'"
long=$(repeat a 300);                                      bad "$long" 3 'cannot read'
source locked 'real f(real x) { return x; }'; chmod 000 locked.ad
if [ -r locked.ad ]; then
    skipped=$((skipped + 1))            # the superuser may read everything
else
    bad locked 3 "cannot read 'locked.ad': Permission denied"
fi

# to OUTPUT TEXT: that cannot be written
to() {
    printf 'real f(real x) { return x; }\n' >f.ad
    file=f.ad
    $limit "$ADC" -o "$1" f.ad >"$top/said" 2>&1 </dev/null
    got=$?
    if [ $got != 3 ]; then fail "-o $1" "it ends with $got, not 3"
    elif ! grep -qF -e "$2" "$top/said"; then fail "-o $1" "it does not say '$2'"
    else passed=$((passed + 1)); fi
}
to "$top/none/o.c" "$top/none/o.c"
to "$top/out" 'is a directory'
mkdir "$top/shut"; chmod 555 "$top/shut"
if [ -w "$top/shut" ]; then skipped=$((skipped + 1)); else to "$top/shut/o.c" 'Permission denied'; fi
if [ -w /dev/full ]; then to /dev/full 'cannot write'; else skipped=$((skipped + 1)); fi
# A disk that is full after the first file: neither file may stay. The limit is on the size of any file, in blocks of 512 bytes.
awk 'BEGIN { for (i = 0; i < 2000; i++) printf "real f%d(real x) { return x * %d.5; }\n", i, i }' >full.ad
(
    ulimit -f 1 2>/dev/null || exit 3
    trap '' XFSZ 2>/dev/null
    "$ADC" -o "$top/out/o.c" full.ad >"$top/said" 2>&1
) </dev/null 2>/dev/null
got=$?
left=$(ls "$top/out")
if [ $got = 3 ] && [ -z "$left" ]; then passed=$((passed + 1)); else fail full "it ends with $got and leaves '$left'"; fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
