# Read by imap-dovecot.sh and imap-cyrus.sh after lib.sh: what both kinds of server need.
# shellcheck shell=bash

# What every user says, user100 to user179.
export imap_password='se cret'

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# imap_scratch: a folder that other users can enter, in memory if there is enough: Cyrus creates two files a message.
imap_scratch() {
    local under=${TMPDIR:-/tmp} free
    free=$(df --output=avail --block-size=1M /dev/shm 2>/dev/null | tail -n 1)
    [ "${free:-0}" -lt 2048 ] || under=/dev/shm
    under=$(mktemp -d -p "$under")
    chmod 755 "$under"
    echo "$under"
}

# wait_port PORT PID: until something listens there, or the process is gone.
wait_port() {
    for _ in $(seq 200); do
        (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

# imap_certificates FOLDER: ca.pem, and server.pem with server.key for localhost, 127.0.0.1 and 127.0.0.2, signed by it.
imap_certificates() {
    local new=(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2)
    "${new[@]}" -keyout "$1/ca.key" -out "$1/ca.pem" -subj '/CN=Postwire interop' 2>/dev/null
    "${new[@]}" -CA "$1/ca.pem" -CAkey "$1/ca.key" -keyout "$1/server.key" -out "$1/server.pem" -subj /CN=localhost \
        -addext 'basicConstraints=critical,CA:FALSE' -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2' 2>/dev/null
}

# imap_stop PID: ends a server that was started under `timeout`, which leads a process group of its own.
imap_stop() {
    kill "$1" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL -- "-$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# imap_fill PORT USER FOLDER COUNT [OCTETS]: so many messages of about so many octets, five to a thread, appended over
# the clear port by MULTIAPPEND with literals that nobody waits for. The folder is created if it is not there.
imap_fill() {
    python3 - "$imap_password" "$@" <<'PY'
import base64, re, socket, sys, threading
password, port, user, folder, count, octets = (sys.argv[1:] + ["300"])[:6]
count, octets = int(count), int(octets)
# Modified UTF-7 (RFC 3501 section 5.1.3).
coded = lambda run: "&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
folder = re.sub(r"[^ -~]+", lambda run: coded(run[0]), folder.replace("&", "&-"))
stream = socket.create_connection(("127.0.0.1", int(port)), 60)
answers = stream.makefile("rb")

def answer(tag):
    for line in answers:
        if line.startswith(tag):
            return line
    raise SystemExit("error: the server hung up on imap_fill")

def wait(tag, *codes):
    line = answer(tag)
    if not line.startswith((tag + b" OK",) + codes):
        raise SystemExit("error: imap_fill: %r" % line)

def message(number):
    head = b"From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: %smessage %d\r\n" % (b"Re: " * (number % 5 > 0), number - number % 5)
    head += b"Date: %s, %02d Mar 2024 10:%02d:%02d +0000\r\nMessage-ID: <%d.%s@example.org>\r\n" % (
        [b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed", b"Thu"][number % 28 % 7], 1 + number % 28, number // 60 % 60, number % 60, number, user.encode())
    if number % 5:
        head += b"In-Reply-To: <%d.%s@example.org>\r\n" % (number - 1, user.encode())
    line = b"This is message %d of many.\r\n" % number
    return head + b"\r\n" + line * max(1, (octets - len(head)) // len(line))

stream.sendall(b'a LOGIN "%s" "%s"\r\nb CREATE "%s"\r\n' % (user.encode(), password.encode(), folder.encode()))
wait(b"a")
wait(b"b", b"b NO [ALREADYEXISTS]", b"b NO Mailbox already exists")
batch = max(1, min(500, 8_000_000 // octets))
batches = range(0, count, batch)

def send():
    for start in batches:
        command = b'c APPEND "%s"' % folder.encode()
        for number in range(start, min(start + batch, count)):
            text = message(number)
            command += b" (%s) {%d+}\r\n%s" % (rb"\Seen" if number % 2 else b"", len(text), text)
        stream.sendall(command + b"\r\n")

threading.Thread(target=send, daemon=True).start()
for _ in batches:
    wait(b"c")
stream.sendall(b"d LOGOUT\r\n")
wait(b"d")
PY
}
