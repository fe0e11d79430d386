#!/bin/sh
# docs.sh - does compiler/README.md name every op of ops.def, every pass and every file of the compiler, and does README.md show what adc writes?
#
#   BUILD=build sh tests/docs.sh        prints a line per omission and at the end `N passed, M failed`
#
# The first block of C in README.md is a program, the second a function of what adc makes of it: to the letter.
set -u
cd "$(dirname "$0")/.." || exit 2
page=compiler/README.md
passed=0 failed=0

# named WHAT NAME: NAME stands on the page as a word
named() {
    if grep -q -w -e "$2" "$page"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL docs: $page does not name the $1 $2"
    fi
}

for op in $(sed -n -e 's/^SCALAR(\([a-z_0-9]*\),.*/\1/p' -e 's/^ARRAY(\([a-z_0-9]*\),.*/\1/p' compiler/ops.def); do
    named op "$op"
done
for pass in $(sed -n 's/^    {"\([a-z_]*\)", .*/\1/p' compiler/pipeline.c); do
    named pass "$pass"
done
for file in compiler/*.c compiler/*.l compiler/*.y; do
    file=${file#compiler/}
    case $file in                       # a family is named by its pattern
    check_* | check.c) named file 'check\*.c' ;;
    lower*) named file 'lower\*.c' ;;
    opt_*) named file 'opt_\*.c' ;;
    emit_*) named file 'emit_\*.c' ;;
    *) named file "$file" ;;
    esac
done

# block N: the Nth block of C in README.md
block() { awk -v n="$1" '/^```/ { if (inside) inside = 0; else if ($0 == "```c") inside = ++k == n; next } inside' README.md; }
dir=${BUILD:-build}/docs
mkdir -p "$dir"
block 1 >"$dir/fit.ad"
block 2 >"$dir/shown"
"${BUILD:-build}/adc" -o - -H "$dir/fit.ad.h" "$dir/fit.ad" | awk '/^double misfit_grad/ { on = 1 } on; /^}/ { on = 0 }' >"$dir/made"
if [ -s "$dir/made" ] && cmp -s "$dir/shown" "$dir/made"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAIL docs: README.md shows other C than adc writes"
    diff "$dir/shown" "$dir/made"
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
