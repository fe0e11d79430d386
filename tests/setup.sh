#!/bin/sh
# setup.sh - sees to it that the tools named as arguments are there (cc flex bison check clang jansson), by apt-get where
# they are not.
#
# Says what it installs before it does. NO_INSTALL=1: prints the command and stops. clang, its sanitizers and jansson are a
# bonus: if they cannot be had, the tests that want them are skipped or do with gcc's.
set -u

have() { command -v "$1" >/dev/null 2>&1; }

missing= bonus=
for tool in "$@"; do
    case $tool in
    cc)    have gcc || have cc || missing="$missing gcc"
           printf '#include <stdio.h>\n' | ${CC:-cc} -E - >/dev/null 2>&1 || missing="$missing libc6-dev" ;;
    flex)  have flex || missing="$missing flex" ;;
    bison) have bison || missing="$missing bison" ;;
    check) have pkg-config || missing="$missing pkg-config"
           { have pkg-config && pkg-config --exists check; } || missing="$missing check" ;;
    clang) have clang || bonus="$bonus clang"
           printf 'int main(void) { return 0; }\n' | clang -fsanitize=address -x c - -o /dev/null 2>/dev/null ||
               bonus="$bonus libclang-rt-dev" ;;
    jansson) { have pkg-config && pkg-config --exists jansson; } || bonus="$bonus libjansson-dev" ;;
    esac
done
[ -n "$missing$bonus" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root='sudo '
command="${as_root}apt-get update && ${as_root}apt-get install -y --no-install-recommends$missing$bonus"
if [ -n "${NO_INSTALL:-}" ]; then
    [ -n "$missing" ] || exit 0
    echo "missing:$missing. To install: $command" >&2
    exit 1
fi
if ! have apt-get; then
    [ -n "$missing" ] || exit 0
    echo "missing:$missing, and there is no apt-get here to install them with" >&2
    exit 1
fi

echo "installing$missing$bonus: $command"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq || echo "apt-get update failed; going on with the lists there are" >&2
install() { $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
# shellcheck disable=SC2086
install $missing $bonus 2>/dev/null && exit 0 # at once, which is quicker; where one cannot be had, what is needed before what is not
# shellcheck disable=SC2086
[ -z "$missing" ] || install $missing || exit 1
for package in $bonus; do
    install "$package" || echo "no $package: its tests are skipped" >&2
done
exit 0
