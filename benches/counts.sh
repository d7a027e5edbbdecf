#!/usr/bin/env bash
# Instructions (callgrind) and allocations of fixed work, ours and the peers', in one run. Fails where a target is missed.
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release --bins --locked --ignore-rust-version

# Instructions of one round: the difference between twice as many rounds and as many.
instructions() {
    local work=$1 rounds=${2:-200} once twice
    once=$(collected "$work" "$rounds")
    twice=$(collected "$work" "$((2 * rounds))")
    echo $(((twice - once) / rounds))
}

collected() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$target/release/counts" "$1" "$2" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

failed=0
declare -A per_octet
measure() {
    local work=$1 less=${2:-0} octets
    octets=$("$target/release/counts" "$work" 1)
    per_octet[$work]=$(awk -v i="$(instructions "$work")" -v l="$less" -v o="$octets" 'BEGIN { printf "%.2f", (i - l) / o }')
    printf '%-24s %8s instructions per octet\n' "$work" "${per_octet[$work]}"
}

# $1 may be at most $2, and a tenth more for another compiler.
at_most() {
    if ! awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b * 1.1) }'; then
        echo "missed: $3: $1, to reach $2"
        failed=1
    fi
}

measure commands
measure commands-stalwart
at_most "${per_octet[commands]}" "${per_octet[commands-stalwart]}" "parsing commands"
measure replies
measure replies-stalwart
measure replies-lettre
at_most "${per_octet[replies]}" "${per_octet[replies-stalwart]}" "parsing replies"
measure stuffing
at_most "${per_octet[stuffing]}" 0.5 stuffing
measure unstuffing "$(instructions fill)"
measure unstuffing-stalwart
at_most "${per_octet[unstuffing]}" 0.5 un-stuffing
measure session
measure bdat

# POP3: parsing one, what a machine does about one in all, and an octet of a message.
each() {
    local work=$1 most=$2 what=$3 number
    number=$("$target/release/counts" "$work" 1)
    per_octet[$work]=$(($(instructions "$work") / number))
    printf '%-24s %8s instructions each\n' "$work" "${per_octet[$work]}"
    at_most "${per_octet[$work]}" "$most" "$what"
}
each pop3-parsed-commands 400 "parsing a POP3 command"
each pop3-parsed-replies 400 "parsing a POP3 reply"
each pop3-commands 900 "a POP3 command, taken and answered"
each pop3-replies 1700 "a POP3 command, sent and answered"
measure pop3-retrievals
at_most "${per_octet[pop3-retrievals]}" 0.5 "giving a message"
measure pop3-messages "$(instructions fill)"
at_most "${per_octet[pop3-messages]}" 0.5 "taking a message"

read -r allocations commands < <("$target/release/allocations")
echo "$allocations allocations for $commands commands of a warm session"
at_most "$allocations" "$((commands / 1000))" "allocations for $commands commands"

# MIME: ours alone; benches/mime.sh has the peers.
bash mime.sh bounds || failed=1
# IMAP: the same.
bash imap.sh bounds || failed=1
exit "$failed"
