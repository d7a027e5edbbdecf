# Read by the other scripts: `source "$(dirname "$0")/lib.sh"`. It changes to the root of the repository.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

# Every workspace builds into the same folder, so that a dependency is built once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
mkdir -p "$CARGO_TARGET_DIR"

say() { printf '%s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# need COMMAND PACKAGE...: installs the Debian packages if COMMAND is not there.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null 2>&1 || need_packages "$@"
    hash -r
    command -v "$command" >/dev/null 2>&1 || fail "$command is still missing after installing $*"
}

# need_packages PACKAGE...: installs the Debian packages that are missing, after one `apt-get update` per run.
need_packages() {
    local package missing=() as_root=()
    for package in "$@"; do
        [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "these packages are missing, and there is no apt-get to install them: ${missing[*]}"
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    local updated=$CARGO_TARGET_DIR/.apt-updated
    # A list of packages that is older than six hours may name files that are gone from the mirror.
    if [ -z "$(find "$updated" -mmin -360 2>/dev/null)" ]; then
        "${as_root[@]}" apt-get -q -q -o Acquire::Retries=3 update
        touch "$updated"
    fi
    say "installing ${missing[*]}"
    # No service may start by itself: what a test needs, the test starts, under a configuration of its own.
    local policy=/usr/sbin/policy-rc.d placed=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
        placed=yes
    fi
    local status=0
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "${missing[@]}" </dev/null || status=$?
    [ -z "$placed" ] || "${as_root[@]}" rm -f "$policy"
    return "$status"
}

# run_all FOLDER SECONDS: runs every executable of a folder, each within a time, all of them even if one fails.
run_all() {
    local folder=$1 seconds=$2 file started status failed=()
    local count=0
    for file in "$folder"/*; do
        [ -f "$file" ] && [ -x "$file" ] || continue
        count=$((count + 1)) started=$SECONDS status=0
        say "--- $file"
        timeout --kill-after=20 "$seconds" "$file" || status=$?
        say "--- $file: $(outcome "$status") after $((SECONDS - started)) s"
        [ "$status" = 0 ] || failed+=("$file")
    done
    say "$count of $folder run, ${#failed[@]} failed${failed[*]:+: ${failed[*]}}"
    [ ${#failed[@]} = 0 ]
}

outcome() {
    case $1 in
        0) say "passed" ;;
        124 | 137) say "out of time" ;;
        *) say "failed with $1" ;;
    esac
}

# metadata PYTHON: evaluates statements over `packages`, the packages of this workspace.
metadata() {
    cargo metadata --format-version 1 --no-deps | python3 -c '
import json, sys
packages = sorted(json.load(sys.stdin)["packages"], key=lambda package: package["name"])
exec(sys.argv[1])' "$1"
}
