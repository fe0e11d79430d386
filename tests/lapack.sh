#!/bin/sh
# lapack.sh - what has to be linked besides a BLAS to have LAPACK.
#
# In: a C compiler and what links the BLAS. Out: nothing if that has LAPACK in it, "-llapack", or "none".
cc=$1
shift
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
echo 'void dgetrf_(void); void dpotrf_(void); int main(void) { dgetrf_(); dpotrf_(); return 0; }' >"$dir/have.c"
for lib in '' -llapack; do
    # shellcheck disable=SC2086
    if $cc -o "$dir/have" "$dir/have.c" $lib "$@" -lm 2>"$dir/log"; then
        echo "$lib"
        exit
    fi
done
echo none
