#!/usr/bin/env bash
# CPU time of a POP3 session that retrieves 1,000 messages of 4 KiB, whole processes on loopback: `pop3_drop` and Dovecot's
# pop3d on the same Maildir, taking turns in one run. Needs Dovecot (Debian: dovecot-pop3d), root for its processes, and a
# quiet machine; not part of CI. All of it runs on one core: on a virtual machine, waking somebody on another core costs
# as much as all the rest, and is nobody's merit. The generator is taken from $LOAD (a command line: `load`).
#   LOAD=... benches/pop3.sh [ROUNDS]           default 5
set -euo pipefail
cd "$(dirname "$0")/.."
taskset -cp 0 $$ >/dev/null
rounds=${1:-5}
load=${LOAD:?a command line that understands "pop3-retr --host H --port P --user U --password P --count N [--pipeline]"}
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release --example pop3_drop
scratch=$(mktemp -d)
chmod 755 "$scratch"
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT

mkdir -p "$scratch/mail/alice/"{new,cur,tmp}
python3 - "$scratch/mail/alice/cur" <<'PY'
import os, sys
head = b"From: Alice <alice@example.com>\nTo: Bob <bob@example.org>\nSubject: number %d\nMessage-ID: <%d@example.com>\n\n"
line = b"The quick brown fox jumps over the lazy dog, again and again, until done\n"
for n in range(1000):
    message = head % (n, n)
    message += line * ((4096 - len(message)) // (len(line) + 1))
    open(os.path.join(sys.argv[1], "17000%05d.M%dP1.localhost:2,S" % (n, n)), "wb").write(message)
PY
chown -R mail:mail "$scratch/mail"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p "$scratch/dovecot"
echo "alice:{PLAIN}secret:$(id -u mail):$(id -g mail)::$scratch/mail/alice::" >"$scratch/users"
cat >"$scratch/dovecot.conf" <<CONF
base_dir = $scratch/dovecot
state_dir = $scratch/dovecot
log_path = $scratch/dovecot.log
ssl = no
disable_plaintext_auth = no
protocols = pop3
listen = 127.0.0.1
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:$scratch/mail/%u
service pop3-login {
  inet_listener pop3 {
    port = $port
  }
  inet_listener pop3s {
    port = 0
  }
}
passdb {
  driver = passwd-file
  args = $scratch/users
}
userdb {
  driver = passwd-file
  args = $scratch/users
}
CONF
dovecot -F -c "$scratch/dovecot.conf" >"$scratch/dovecot.out" 2>&1 &
dovecot=$!
pids+=("$dovecot")
"$target/release/examples/pop3_drop" --listen 127.0.0.1:0 --maildirs "$scratch/mail" --auth alice:secret --auth-in-clear \
    --quiet >"$scratch/out" &
postwire=$!
pids+=("$postwire")
sleep 1
ours=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$scratch/out")

# User and system time in microseconds of a process, of those below it, and of those below it that have ended.
cpu() {
    python3 - "$1" <<'PY'
import os, sys
def fields(pid):
    text = open("/proc/%s/stat" % pid).read()
    return text[text.rindex(")") + 2:].split()
total, todo = 0, [sys.argv[1]]
children = {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        children.setdefault(fields(pid)[1], []).append(pid)
    except OSError:
        pass
while todo:
    pid = todo.pop()
    try:
        total += sum(int(field) for field in fields(pid)[11:15])
    except OSError:
        pass
    todo += children.get(pid, [])
print(total * 1000000 // os.sysconf("SC_CLK_TCK"))
PY
}

# Microseconds of the server's CPU per session: PID PORT OPTIONS...
per_session() {
    local pid=$1 port=$2 sessions=20 before
    shift 2
    before=$(cpu "$pid")
    # shellcheck disable=SC2086 # it is a command line
    $load pop3-retr --host 127.0.0.1 --port "$port" --user alice --password secret --count "$sessions" "$@" >"$scratch/load"
    grep -q '"errors":0' "$scratch/load" || { cat "$scratch/load" >&2; return 1; }
    sleep 0.3
    echo $((($(cpu "$pid") - before) / sessions))
}

# Each has seen the Maildir once.
per_session "$postwire" "$ours" >/dev/null
per_session "$dovecot" "$port" >/dev/null
for round in $(seq "$rounds"); do
    for mode in plain pipelined; do
        options=()
        [ $mode = plain ] || options=(--pipeline)
        echo "$mode postwire $(per_session "$postwire" "$ours" "${options[@]}")"
        echo "$mode dovecot $(per_session "$dovecot" "$port" "${options[@]}")"
    done
done | tee "$scratch/numbers"

echo
echo "median microseconds of CPU for a session of 1,000 messages"
awk '{ values[$1, $2] = values[$1, $2] " " $3; modes[$1] = 1 }
    function median(text, list, n, i, j, swap) {
        n = split(text, list, " ")
        for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (list[j] + 0 < list[i] + 0) { swap = list[i]; list[i] = list[j]; list[j] = swap }
        return list[int((n + 1) / 2)]
    }
    END {
        for (mode in modes) {
            ours = median(values[mode, "postwire"]); theirs = median(values[mode, "dovecot"])
            printf "%-10s pop3_drop %7d  dovecot %7d  ratio %.2f\n", mode, ours, theirs, ours / (theirs ? theirs : 1)
        }
    }' "$scratch/numbers"
