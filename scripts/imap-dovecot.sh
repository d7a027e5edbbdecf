# Read by scripts of interop.d after lib.sh: Dovecot 2.3 as an IMAP server of one's own on 127.0.0.1.
#   dovecot_start SCRATCH      sets and exports dovecot_imap (clear and STARTTLS), dovecot_imaps (TLS), dovecot_ca,
#                              dovecot_conf (for `doveadm -c`) and dovecot_log; SCRATCH must be open to other users
#   dovecot_stop               ends it; dovecot_run starts it again with the same ports and mailboxes
#   dovecot_kill USER          kills the processes that serve this user's sessions, whatever they are doing
#   dovecot_quota USER KIB     changes a quota, which is 4 GiB otherwise; for sessions that begin later
#   dovecot_fill USER FOLDER COUNT [OCTETS]
#
# Users user100 to user179 with $imap_password, the owners of all files are mail:mail. Personal mailboxes, with Drafts,
# Sent, Trash and Junk (SPECIAL-USE), those which others share by SETACL below "shared/USER/", and those of everybody
# below "Public/". User "closed" knows the password and is not let in: `NO [CONTACTADMIN]`. The same server at 127.0.0.2 and
# $dovecot_imap wants no password in clear (LOGINDISABLED), and tells who sends one all the same `* BAD [ALERT]`.
# Dovecot 2.3 offers neither UTF8=ACCEPT nor IMAP4rev2, STATUS=SIZE is as near as it gets.
# shellcheck shell=bash
# shellcheck source=scripts/imap-common.sh
source "${BASH_SOURCE[0]%/*}/imap-common.sh"

dovecot_start() {
    need dovecot dovecot-core
    # It shares a name with cyrus-imapd, so that only one of the two can be installed: see imap-cyrus.sh.
    need_packages dovecot-imapd
    local number
    dovecot_home=$1/dovecot
    dovecot_imap=$(free_port) dovecot_imaps=$(free_port)
    dovecot_ca=$dovecot_home/ca.pem dovecot_conf=$dovecot_home/dovecot.conf dovecot_log=$dovecot_home/dovecot.log
    export dovecot_home dovecot_imap dovecot_imaps dovecot_ca dovecot_conf dovecot_log
    mkdir -p "$dovecot_home"/{run,home,public,shared}
    chown mail:mail "$dovecot_home"/{home,public,shared}
    imap_certificates "$dovecot_home"
    for number in $(seq 100 179); do
        echo "user$number:{PLAIN}$imap_password:$(id -u mail):$(id -g mail)::$dovecot_home/home/user$number::"
    done >"$dovecot_home/users"
    # Fields are told apart by spaces, and so the reason has none.
    echo "closed:{PLAIN}$imap_password:::::: nologin reason=closed-for-the-night" >>"$dovecot_home/users"
    printf '%s\n' 'Public owner lrwstipekxa' 'Public anyone lrwstipekx' 'Public/* anyone lrwstipekx' >"$dovecot_home/acls"
    cat >"$dovecot_conf" <<CONF
base_dir = $dovecot_home/run
state_dir = $dovecot_home/run
log_path = $dovecot_log
protocols = imap
ssl = yes
ssl_cert = <$dovecot_home/server.pem
ssl_key = <$dovecot_home/server.key
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = dovecot
disable_plaintext_auth = no
local 127.0.0.2 {
  disable_plaintext_auth = yes
}
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
auth_username_format = %n
auth_failure_delay = 0
mail_location = sdbox:~/mail
mail_fsync = never
mail_max_userip_connections = 100
mail_plugins = acl quota zlib
mail_attribute_dict = file:%h/attributes
protocol imap {
  mail_plugins = \$mail_plugins imap_acl imap_quota imap_zlib
  imap_metadata = yes
}
plugin {
  acl = vfile:$dovecot_home/acls
  acl_shared_dict = file:$dovecot_home/shared/dict
  quota = count:User quota
  quota_rule = *:storage=4G
  quota_vsizes = yes
  quota_grace = 0
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = create
    special_use = \\Drafts
  }
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
  mailbox Trash {
    auto = create
    special_use = \\Trash
  }
  mailbox Junk {
    auto = create
    special_use = \\Junk
  }
}
namespace public {
  type = public
  separator = /
  prefix = Public/
  location = sdbox:$dovecot_home/public
  list = children
  subscriptions = no
}
namespace shared {
  type = shared
  separator = /
  prefix = shared/%%n/
  location = sdbox:$dovecot_home/home/%%n/mail
  list = children
  subscriptions = no
}
passdb {
  driver = passwd-file
  args = username_format=%n $dovecot_home/users
}
userdb {
  driver = passwd-file
  args = username_format=%n $dovecot_home/users
}
service auth {
  # Whether another user is there, for what is shared.
  unix_listener auth-userdb {
    mode = 0666
  }
}
service anvil {
  # Wrong passwords are not made to wait.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1 127.0.0.2
    port = $dovecot_imap
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = $dovecot_imaps
    ssl = yes
  }
}
CONF
    dovecot_run
}

dovecot_run() {
    timeout 400 dovecot -F -c "$dovecot_conf" >"$dovecot_home/out.log" 2>&1 &
    dovecot_pid=$!
    local port
    for port in "$dovecot_imap" "$dovecot_imaps"; do
        wait_port "$port" "$dovecot_pid" || fail "Dovecot does not start: $(tail -n 20 "$dovecot_home"/*.log 2>/dev/null)"
    done
}

dovecot_stop() {
    [ -n "${dovecot_pid:-}" ] || return 0
    imap_stop "$dovecot_pid"
    dovecot_pid=
}

dovecot_kill() {
    local pids
    pids=$(doveadm -c "$dovecot_conf" who -1 "$1" | awk -v user="$1" '$1 == user { print $3 }')
    [ -n "$pids" ] || fail "Dovecot serves no session of $1"
    # shellcheck disable=SC2086
    kill -KILL $pids
}

dovecot_quota() {
    sed -i "s|^\($1:.*::\).*|\1 userdb_quota_rule=*:storage=$2K|" "$dovecot_home/users"
    # Dovecot looks at the file once a second, and at no more of its time than the second.
    sleep 1.1
}

dovecot_fill() { imap_fill "$dovecot_imap" "$@"; }
