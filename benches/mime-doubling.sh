#!/usr/bin/env bash
# Twice the octets cost twice the instructions, whatever they are: for everything that was ever blown up in readers of
# messages (src/bin/mime_doubling.rs). What no octets cost is taken off. Fails where twice as many cost 2.5 times as much.
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release --bin mime_doubling --locked --ignore-rust-version
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# One run: callgrind writes what it counted after each piece of work.
valgrind --tool=callgrind --callgrind-out-file="$scratch/out" --collect-atstart=no --dump-instr=no \
    --toggle-collect=mime_doubling::measured --dump-after=mime_doubling::measured \
    "$target/release/mime_doubling" all >"$scratch/names" 2>"$scratch/log" || {
    cat "$scratch/log"
    exit 1
}
python3 - "$scratch" <<'PYTHON'
import re
import sys

folder = sys.argv[1]
with open(f"{folder}/names") as file:
    names = file.read().splitlines()


def collected(number):
    with open(f"{folder}/out.{number}") as file:
        return int(re.search(r"^totals: (\d+)$", file.read(), re.MULTILINE)[1])


counts = [collected(number) for number in range(1, len(names) + 1)]
missed, worst = 0, (0, "")
for at in range(0, len(names), 3):
    none, once, twice = counts[at : at + 3]
    octets, name = names[at + 1].split(" ", 1)
    # Work that a limit ends costs nothing more. To copy octets costs up to two instructions each, however many there are.
    once, twice = max(once - none, 2 * int(octets)), twice - none
    worst = max(worst, (twice / once, name))
    if twice >= 2.5 * once:
        missed += 1
        print(f"missed: {name}: {octets} octets cost {once} instructions, twice as many {twice}")
print(f"{len(names) // 3} ways to blow up: {missed} do; the worst is {worst[0]:.2f} for twice as much: {worst[1]}")
sys.exit(missed > 0 or len(names) < 300)
PYTHON
