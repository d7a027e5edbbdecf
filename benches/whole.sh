#!/usr/bin/env bash
# CPU time per message of `smtp_sink --discard` and of Postfix's smtp-sink, whole processes on loopback, taking turns in
# one run. Needs smtp-source and smtp-sink (Debian: postfix) and a quiet machine; not part of CI.
#   benches/whole.sh [ROUNDS]           default 3
# The pipelining generator is taken from $LOAD (a command line), else that mode is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PATH:/usr/sbin
rounds=${1:-3}
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release --example smtp_sink
scratch=$(mktemp -d)
sink=
trap '[ -z "$sink" ] || kill "$sink" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# User and system time of the sink in microseconds.
cpu() {
    awk -v tick="$(getconf CLK_TCK)" '{ printf "%d", ($14 + $15) * 1000000 / tick }' "/proc/$sink/stat"
}

start_postwire() {
    "$target/release/examples/smtp_sink" --listen 127.0.0.1:0 --discard --quiet >"$scratch/out" &
    sink=$!
    for _ in $(seq 100); do
        port=$(sed -n 's/.*:\([0-9][0-9]*\)$/\1/p' "$scratch/out" | head -n 1)
        [ -z "$port" ] || return 0
        sleep 0.05
    done
    return 1
}

start_postfix() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # Postfix's sink gives up root only if it is told whom to be.
    local user=()
    [ "$(id -u)" != 0 ] || user=(-u nobody)
    smtp-sink "${user[@]}" "127.0.0.1:$port" 1000 &
    sink=$!
    sleep 0.5
}

# Microseconds per message of the generator's work: COUNT COMMAND...
per_message() {
    local count=$1 before
    shift
    before=$(cpu)
    "$@" >/dev/null
    sleep 0.2
    echo $((($(cpu) - before) / count))
}

mail=(-f a@example.org -t b@example.org)
for round in $(seq "$rounds"); do
    for who in postwire postfix; do
        "start_$who"
        echo "$round $who kept-connections $(per_message 10000 smtp-source -s 10 -l 4096 -m 10000 -d "${mail[@]}" "127.0.0.1:$port")"
        echo "$round $who connection-per-message $(per_message 5000 smtp-source -s 10 -l 4096 -m 5000 "${mail[@]}" "127.0.0.1:$port")"
        if [ -n "${LOAD:-}" ]; then
            # shellcheck disable=SC2086 # it is a command line
            echo "$round $who pipelined $(per_message 10000 $LOAD smtp --pipeline --host 127.0.0.1 --port "$port" --conns 10 --count 10000 --size 4096)"
        fi
        echo "$round $who one-mebioctet $(per_message 200 smtp-source -s 10 -l 1048576 -m 200 "${mail[@]}" "127.0.0.1:$port")"
        kill "$sink"
        wait "$sink" 2>/dev/null || true
        sink=
    done
done | tee "$scratch/numbers"

echo
echo "median microseconds of CPU per message"
awk '{ values[$3, $2] = values[$3, $2] " " $4; modes[$3] = 1 }
    function median(text, list, n, i, j, swap) {
        n = split(text, list, " ")
        for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (list[j] + 0 < list[i] + 0) { swap = list[i]; list[i] = list[j]; list[j] = swap }
        return list[int((n + 1) / 2)]
    }
    END {
        for (mode in modes) {
            ours = median(values[mode, "postwire"]); theirs = median(values[mode, "postfix"])
            printf "%-24s smtp_sink %6d  smtp-sink %6d  ratio %.2f\n", mode, ours, theirs, ours / (theirs ? theirs : 1)
        }
    }' "$scratch/numbers"
