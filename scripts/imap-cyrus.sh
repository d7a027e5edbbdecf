# Read by scripts of interop.d after lib.sh: Cyrus IMAP 3.6 as a server of one's own on 127.0.0.1.
#   cyrus_start SCRATCH        sets and exports cyrus_imap (clear and STARTTLS), cyrus_imaps (TLS), cyrus_ca and
#                              cyrus_home; SCRATCH must be open to other users
#   cyrus_stop                 ends it; cyrus_run starts it again with the same ports and mailboxes
#   cyrus_kill USER            kills the processes that serve this user's sessions, whatever they are doing
#   cyrus_quota USER KIB       changes a quota, which is 4 GiB otherwise; creates the mailboxes of a new user
#   cyrus_motd [TEXT]          what every new session is told as `* OK [ALERT]`; nothing without TEXT
#   cyrus_shutdown [TEXT]      ends every session with `* BYE [ALERT]`, IDLE within a second and others at their next command,
#                              until called without TEXT; idled is gone then, and IDLE polls once a second until cyrus_run
#   cyrus_fill USER FOLDER COUNT [OCTETS]
#
# Users user100 to user179 and the administrator "cyrus" with $imap_password. A user's mailboxes, INBOX, Drafts, Sent,
# Trash and Junk (SPECIAL-USE), are created at the first login. Cyrus logs to syslog and nowhere else.
# shellcheck shell=bash
# shellcheck source=scripts/imap-common.sh
source "${BASH_SOURCE[0]%/*}/imap-common.sh"

# cyrus_install: the package cyrus-imapd, which has two programs that count here, conflicts with dovecot-imapd, and so it is
# unpacked only. What they need is in cyrus-common, which wants a mail server: postfix, as other scripts of interop.d do.
cyrus_install() {
    need_packages postfix cyrus-common eatmydata
    local version download
    version=$(dpkg-query --show --showformat='${Version}' cyrus-common)
    cyrus_bin=$CARGO_TARGET_DIR/cyrus-imapd-$version
    [ ! -x "$cyrus_bin/imapd" ] || return 0
    download=$(mktemp -d)
    if ! cyrus_download; then
        # The mirror has a newer one: both have to be of the same version.
        apt-get -q -q -o Acquire::Retries=3 update
        DEBIAN_FRONTEND=noninteractive apt-get -q -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends cyrus-common </dev/null
        version=$(dpkg-query --show --showformat='${Version}' cyrus-common)
        cyrus_bin=$CARGO_TARGET_DIR/cyrus-imapd-$version
        cyrus_download || fail "no package cyrus-imapd $version"
    fi
    dpkg-deb --extract "$download"/*.deb "$download/unpacked"
    mkdir -p "$cyrus_bin"
    install "$download"/unpacked/usr/lib/cyrus/bin/{idled,imapd} "$cyrus_bin"
    rm -rf "$download"
}

# cyrus_download: into $download, in the $version of cyrus-common.
cyrus_download() { (cd "$download" && apt-get -q -q -o Acquire::Retries=3 -o APT::Sandbox::User=root download "cyrus-imapd=$version"); }

cyrus_start() {
    cyrus_install
    local number user
    cyrus_home=$1/cyrus
    cyrus_imap=$(free_port) cyrus_imaps=$(free_port) cyrus_ca=$cyrus_home/ca.pem
    export cyrus_home cyrus_imap cyrus_imaps cyrus_ca
    mkdir -p "$cyrus_home"/{bin,mail,config/{db,lock,log,msg,proc,quota,socket,user}}
    # Where the user cyrus can reach them.
    install "$cyrus_bin"/{idled,imapd} "$cyrus_home/bin"
    imap_certificates "$cyrus_home"
    # What saslpasswd2 would write, at once.
    for user in cyrus $(seq --format 'user%g' 100 179); do
        printf ' %s\\00localhost\\00userPassword\n %s\n' "$user" "$imap_password"
    done >"$cyrus_home/users"
    { printf 'VERSION=3\nformat=print\ntype=hash\nHEADER=END\n' && cat "$cyrus_home/users" && echo DATA=END; } | db_load "$cyrus_home/sasldb"
    cat >"$cyrus_home/imapd.conf" <<CONF
configdirectory: $cyrus_home/config
defaultpartition: default
partition-default: $cyrus_home/mail
admins: cyrus
servername: localhost
defaultdomain: localhost
virtdomains: off
unixhierarchysep: yes
altnamespace: yes
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $cyrus_home/sasldb
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
tls_server_cert: $cyrus_home/server.pem
tls_server_key: $cyrus_home/server.key
autocreate_quota: 4194304
autocreate_inbox_folders: Drafts | Sent | Trash | Junk
autocreate_subscribe_folders: Drafts | Sent | Trash | Junk
xlist-drafts: Drafts
xlist-sent: Sent
xlist-trash: Trash
xlist-junk: Junk
specialusealways: yes
annotation_allow_undefined: yes
conversations: yes
search_engine: none
imapidlepoll: 1
munge8bit: no
expunge_mode: immediate
delete_mode: immediate
CONF
    cat >"$cyrus_home/cyrus.conf" <<CONF
START {
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C $cyrus_home/imapd.conf -r"
}
SERVICES {
  imap cmd="$cyrus_home/bin/imapd -C $cyrus_home/imapd.conf -U 30" listen="127.0.0.1:$cyrus_imap" proto="tcp4" prefork=1
  imaps cmd="$cyrus_home/bin/imapd -C $cyrus_home/imapd.conf -s -U 30" listen="127.0.0.1:$cyrus_imaps" proto="tcp4" prefork=0
}
DAEMON {
  idled cmd="$cyrus_home/bin/idled -C $cyrus_home/imapd.conf -d"
}
EVENTS {
}
CONF
    chown -R cyrus:mail "$cyrus_home"
    cyrus_run
}

cyrus_run() {
    # Cyrus calls fsync twice a message, which on a disk is most of what it does.
    timeout 400 eatmydata cyrmaster -C "$cyrus_home/imapd.conf" -M "$cyrus_home/cyrus.conf" -p "$cyrus_home/master.pid" -D \
        >"$cyrus_home/out.log" 2>&1 &
    cyrus_pid=$!
    local port
    for port in "$cyrus_imap" "$cyrus_imaps"; do
        wait_port "$port" "$cyrus_pid" || fail "Cyrus does not start: $(tail -n 20 "$cyrus_home/out.log")"
    done
}

cyrus_stop() {
    [ -n "${cyrus_pid:-}" ] || return 0
    imap_stop "$cyrus_pid"
    cyrus_pid=
}

cyrus_kill() {
    local file pids=()
    for file in "$cyrus_home"/config/proc/*; do
        # Service, client and user, with tabs between them.
        [ "$(cut -f 3 "$file" 2>/dev/null)" != "$1" ] || pids+=("${file##*/}")
    done
    [ ${#pids[@]} -gt 0 ] || fail "Cyrus serves no session of $1"
    # One of them may end by itself meanwhile.
    kill -KILL "${pids[@]}" 2>/dev/null || true
}

cyrus_quota() {
    python3 - "$imap_password" "$cyrus_imap" "$@" <<'PY'
import imaplib, sys
password, port, user, kib = sys.argv[1:]
for name in (user, "cyrus"):
    session = imaplib.IMAP4("127.0.0.1", int(port))
    session.login(name, password)
    if name == "cyrus":
        done, answer = session.setquota("user/" + user, "(STORAGE %s)" % kib)
        done == "OK" or sys.exit("error: cyrus_quota: %s" % answer)
    session.logout()
PY
}

cyrus_motd() { cyrus_message motd "$@"; }
cyrus_shutdown() { cyrus_message shutdown "$@"; }
cyrus_message() {
    if [ $# = 1 ]; then
        rm -f "$cyrus_home/config/msg/$1"
    else
        printf '%s\n' "$2" >"$cyrus_home/config/msg/$1"
        chmod 644 "$cyrus_home/config/msg/$1"
    fi
}

cyrus_fill() { imap_fill "$cyrus_imap" "$@"; }
