#!/usr/bin/env bash
# Messages read by us, by mail-parser, by mailparse and by Python's email.
#   benches/mime.sh [BATCH...]    instructions (callgrind) and allocations of every reader, then CPU time beside Python
#   benches/mime.sh bounds        ours alone against what they may cost; fails where one is missed; part of counts.sh
# A batch is one of those that are made in src/mime/batch.rs, or an mbox file: PATH or PATH:MESSAGES. By default these are
# `varied`, and the first thousand messages of the throughput set where the corpora are (POSTWIRE_CORPORA).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
batches=()
for batch in "$@"; do
    [ ! -f "${batch%:*}" ] || batch=$(realpath "${batch%:*}")${batch#"${batch%:*}"}
    batches+=("$batch")
done
cd "$root/benches"
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release --bin mime --bin mime_allocations --locked --ignore-rust-version

# READER BATCH TIMES
collected() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$target/release/mime" "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# Instructions of one round, as in counts.sh. The batches of one message are read often, the others once.
instructions() {
    local reader=$1 batch=$2 rounds=1 once twice
    case $batch in letter | received) rounds=100 ;; esac
    once=$(collected "$reader" "$batch" "$rounds")
    twice=$(collected "$reader" "$batch" "$((2 * rounds))")
    echo $(((twice - once) / rounds))
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

failed=0
# READER BATCH octet|message MOST: instructions. A tenth more for another compiler, as in counts.sh.
at_most() {
    local reader=$1 batch=$2 unit=$3 most=$4 octets messages seen
    if ! read -r octets messages < <("$target/release/mime" "$reader" "$batch" 0); then
        echo "$reader is not there yet"
        return
    fi
    [ "$unit" = octet ] || octets=$messages
    seen=$(ratio "$(instructions "$reader" "$batch")" "$octets")
    printf '%-16s %-12s %10s instructions per %s, at most %s\n' "$reader" "$batch" "$seen" "$unit" "$most"
    if ! awk -v a="$seen" -v b="$most" 'BEGIN { exit !(a <= b * 1.1) }'; then
        echo "missed: $reader on $batch"
        failed=1
    fi
}

# READER BATCH MOST: allocations per message.
allocations_at_most() {
    local reader=$1 batch=$2 most=$3 allocations messages
    if ! read -r allocations messages < <("$target/release/mime_allocations" "$reader" "$batch"); then
        echo "$reader is not there yet"
        return
    fi
    printf '%-16s %-12s %10s allocations per message, at most %s\n' "$reader" "$batch" "$(ratio "$allocations" "$messages")" "$most"
    if [ "$allocations" -gt "$((most * messages))" ]; then
        echo "missed: $reader on $batch"
        failed=1
    fi
}

if [ "${batches[*]:-}" = bounds ]; then
    at_most ours-full varied octet 3.5
    at_most ours-tree varied octet 2.2
    at_most ours-index varied octet 1.5
    at_most ours-full attachment octet 1.28
    at_most ours-full letter message 12000
    at_most ours-full received octet 6
    allocations_at_most ours-tree varied 3
    allocations_at_most ours-tree-reused varied 0
    exit "$failed"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ ${#batches[@]} = 0 ]; then
    batches=(varied)
    corpora=${POSTWIRE_CORPORA:-$root/../shared/corpora}
    tool=$corpora/../tools/gen_throughput.py
    if [ -f "$tool" ]; then
        python3 "$tool" --mib 16 --crlf --out "$scratch/throughput.mbox" >/dev/null
        batches+=("$scratch/throughput.mbox:1000")
    else
        echo "there are no corpora at $corpora: only what is made here is measured"
    fi
fi

for batch in "${batches[@]}"; do
    read -r octets messages < <("$target/release/mime" linescan "$batch" 0)
    echo "$(basename "$batch"): $messages messages, $octets octets"
    printf '%-24s %12s %12s %14s\n' reader per-octet per-message allocations
    for reader in $("$target/release/mime" readers); do
        seen=$(instructions "$reader" "$batch")
        read -r allocations _ < <("$target/release/mime_allocations" "$reader" "$batch")
        printf '%-24s %12s %12d %14s\n' "$reader" "$(ratio "$seen" "$octets")" "$((seen / messages))" "$(ratio "$allocations" "$messages")"
    done
    "$target/release/mime" mbox "$batch" >"$scratch/batch.mbox"
    python3 mime.py "$target/release/mime" "$scratch/batch.mbox"
    echo
done
