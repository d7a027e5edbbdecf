#!/usr/bin/env bash
# What IMAP servers and clients say, read by us, by imap-proto, by imap-codec, and by async-imap.
#   benches/imap.sh [BATCH...]    instructions (callgrind) and allocations of every reader
#   benches/imap.sh bounds        ours alone against what they may cost; fails where one is missed; part of counts.sh
# The batches are made in src/imap/batch.rs; by default all are read. What it costs to put octets into our buffer and to take them
# out of it is not counted (`fill`): that is the driver's part, and the peers have their octets already. async-imap's stream is
# counted whole.
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-target}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cargo build --quiet --release --bin imap --bin imap_allocations --locked --ignore-rust-version

# READER BATCH TIMES
collected() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/callgrind" "$target/release/imap" "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# Instructions of reading a batch once: the difference between twice as often and once.
instructions() {
    local once twice
    once=$(collected "$1" "$2" 1)
    twice=$(collected "$1" "$2" 2)
    echo $((twice - once))
}

declare -A filled
# The same without what only fills the buffer.
of_reader() {
    local reader=$1 batch=$2 seen
    seen=$(instructions "$reader" "$batch")
    case $reader in
    ours*)
        [ -n "${filled[$batch]:-}" ] || filled[$batch]=$(instructions fill "$batch")
        seen=$((seen - filled[$batch]))
        ;;
    esac
    echo "$seen"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

failed=0
# READER BATCH octet|each MOST: instructions. A tenth more for another compiler, as in counts.sh.
at_most() {
    local reader=$1 batch=$2 unit=$3 most=$4 octets count seen
    read -r octets count < <("$target/release/imap" "$reader" "$batch" 0)
    [ "$unit" = octet ] || octets=$count
    seen=$(ratio "$(of_reader "$reader" "$batch")" "$octets")
    printf '%-12s %-16s %10s instructions per %s, at most %s\n' "$reader" "$batch" "$seen" "${unit/each/response}" "$most"
    if ! awk -v a="$seen" -v b="$most" 'BEGIN { exit !(a <= b * 1.1) }'; then
        echo "missed: $reader on $batch"
        failed=1
    fi
}

# READER BATCH MOST: allocations for each response.
allocations_at_most() {
    local reader=$1 batch=$2 most=$3 allocations count
    read -r allocations count < <("$target/release/imap_allocations" "$reader" "$batch")
    printf '%-12s %-16s %10s allocations per response, at most %s\n' "$reader" "$batch" "$(ratio "$allocations" "$count")" "$most"
    if ! awk -v a="$allocations" -v b="$most" -v c="$count" 'BEGIN { exit !(a <= b * c) }'; then
        echo "missed: $reader on $batch"
        failed=1
    fi
}

if [ "${*:-}" = bounds ]; then
    at_most ours envelope octet 7
    at_most ours body-structure octet 9
    at_most ours flags octet 12
    at_most ours flags each 600
    at_most ours list octet 12
    at_most ours search octet 16
    at_most ours esearch octet 16
    at_most ours commands octet 20
    at_most ours literal octet 0.2
    at_most ours-client literal octet 0.2
    # One, and one for each string with something escaped in it: a subject in ten.
    allocations_at_most ours envelope 2
    allocations_at_most ours flags 0
    allocations_at_most ours-client flags 0
    exit "$failed"
fi

if [ $# = 0 ]; then
    mapfile -t batches < <("$target/release/imap" batches)
    set -- "${batches[@]}"
fi
for batch in "$@"; do
    read -r octets count < <("$target/release/imap" fill "$batch" 0)
    echo "$batch: $count, $octets octets"
    printf '%-16s %12s %12s %14s\n' reader per-octet each allocations
    for reader in $("$target/release/imap" readers "$batch"); do
        seen=$(of_reader "$reader" "$batch")
        read -r allocations _ < <("$target/release/imap_allocations" "$reader" "$batch")
        printf '%-16s %12s %12d %14s\n' "$reader" "$(ratio "$seen" "$octets")" "$((seen / count))" "$(ratio "$allocations" "$count")"
    done
    echo
done
