#!/bin/sh
# docs.sh - does compiler/README.md name every op of ops.def, every pass and every file of the compiler?
#
#   BUILD=build sh tests/docs.sh        prints a line per omission and at the end `N passed, M failed`
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
echo "$passed passed, $failed failed"
[ $failed = 0 ]
