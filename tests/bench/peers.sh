# peers.sh: others who answer from the same slapd: nslcd and Dovecot's
# auth-userdb, each our own process with our own configuration, nothing cached.
# Both need root.

# nslcd's configuration and socket have fixed names: it gets its own.  Its
# maps cannot say "or": it is asked for primary addresses.
start_nslcd() {
	[ $ROOT = yes ] && command -v nslcd unshare >/dev/null || return 1
	cat >"$T/etc/nslcd.conf" <<-END
	uri $LDAPI
	base $BASE
	threads 16
	filter passwd (objectClass=inetOrgPerson)
	map passwd uid mail
	END
	[ -e /etc/nslcd.conf ] || return 1
	spawn nslcd root unshare -m sh -c "mount -t tmpfs none /run &&
	    mkdir /run/nslcd && mount --bind $T/etc/nslcd.conf \
	    /etc/nslcd.conf && exec nslcd -n"
	NSLCD_SOCKET=/proc/$(pid_of nslcd)/root/run/nslcd/socket
	ready nslcd test -S "$NSLCD_SOCKET"
}

start_dovecot() {
	[ $ROOT = yes ] && command -v dovecot >/dev/null &&
	    [ -e /usr/lib/dovecot/modules/auth/libauthdb_ldap.so ] || return 1
	mkdir -p "$T/dovecot"
	cat >"$T/etc/dovecot-ldap.conf" <<-END
	uris = $LDAPI
	base = $BASE
	user_filter = (&(|(mail=%u)(mailLocalAddress=%u))(objectClass=inetOrgPerson))
	user_attrs = uid=account, mail=address, cn=name, sn=surname
	END
	cat >"$T/etc/dovecot.conf" <<-END
	base_dir = $T/dovecot
	state_dir = $T/dovecot
	log_path = $LOGS/dovecot-own.log
	protocols =
	ssl = no
	passdb {
	  driver = static
	  args = nopassword=y
	}
	userdb {
	  driver = ldap
	  args = $T/etc/dovecot-ldap.conf
	}
	service auth {
	  client_limit = 4096
	  unix_listener auth-userdb {
	    mode = 0666
	  }
	}
	END
	spawn dovecot root dovecot -F -c "$T/etc/dovecot.conf"
	DOVECOT_SOCKET=$T/dovecot/auth-userdb
	ready dovecot test -S "$DOVECOT_SOCKET" &&
	# its auth process starts with its first client
	load "$DOVECOT_SOCKET" 1 1 0.2 "$T/users" dovecot >/dev/null
}

prepare_peers() {
	PEERS=
	start_nslcd && PEERS=nslcd || say "nslcd: not run"
	start_dovecot && PEERS="$PEERS dovecot" || say "Dovecot: not run"
}

# CPU of those who do the work.
peer_pids() {
	case $1 in
	nslcd) pid_of nslcd ;;
	dovecot)
		for _pid in $(children_of "$(pid_of dovecot)"); do
			grep -lx auth "/proc/$_pid/comm"
		done 2>/dev/null | cut -d / -f 3
		;;
	esac
}

# peers_round: after live_round, whose best raw rate is the limit.
peers_round() {
	[ -n "$BEST" ] || live_limit
	for _peer in $PEERS; do
		case $_peer in
		nslcd) _socket=$NSLCD_SOCKET _keys=$T/users ;;
		dovecot) _socket=$DOVECOT_SOCKET _keys=$T/addresses ;;
		esac
		for _c in 16 64; do
			row "peer: $_peer, $_c clients" rate "" "$BEST" \
			    "$(load "$_socket" $_c 1 "$SECONDS_EACH" "$_keys" \
			    $_peer $(peer_pids $_peer))"
		done
	done
}
