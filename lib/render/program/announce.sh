# shellcheck shell=sh
# The identity's announcement, by FRR: its addresses are on the loopback, and FRR tells the network of them and puts
# the ways that it learns into main. FRR is ours as a whole while there is an identity: a configuration that says
# anything of routing and is not ours is never overwritten.

# frr_daemons: what has to run.
frr_daemons() {
  printf '%s\n' "$PLAN" | awk '$1 $2 == "frrdaemon" { print $3 }'
}

# frr_tool: ends the program when FRR is not there.
frr_tool() {
  announces || return 0
  for v in /usr/lib/frr /usr/libexec/frr ''; do
    [ -n "$v" ] || fail 'FRR is needed for the identity, and not found. Install it, in Debian and Ubuntu by: apt-get install frr'
    [ ! -x "$v/zebra" ] || break
  done
  for n in $(frr_daemons); do
    [ -x "$v/$n" ] || fail "FRR's $n is needed for the identity, and not found in $v; install the package of FRR that has it"
  done
  has vtysh || fail "FRR's vtysh is needed for the identity, and not found in $PATH"
  [ -r "$FRR/daemons" ] || fail "$FRR/daemons is needed, which tells FRR what to run; install FRR from the distribution"
}

# frr_runs [DAEMON]: whether it runs; by default all that has to.
frr_runs() {
  # shellcheck disable=SC2046
  [ $# -gt 0 ] || set -- zebra $(frr_daemons)
  for name in "$@"; do
    read -r pid 2>/dev/null <"/run/frr/$name.pid" || return 1
    case $pid in '' | *[!0-9]*) return 1 ;; esac
    kill -0 "$pid" 2>/dev/null || return 1
  done
}

# frr_look: what FRR is like, as lines for $seen.
frr_look() {
  v=$(cat "$FRR/frr.conf" "$FRR/daemons" 2>/dev/null | digest)
  if frr_runs; then n=runs; else n=stopped; fi
  printf '%s\n' "announcer $n $v"
  frr_whole || echo short
}

# frr_write FILE: the configuration; on failure $why says what is wrong with it.
frr_write() {
  why=$(printf '%s\n' "$seen" "$PLAN" ${2:+"$2"} | awk -v file="$1" "$ANNOUNCE") || return
  case $1 in
    */frr.try)
      why=$(vtysh -C -f "$1" 2>&1) && return
      why="FRR does not take the configuration of the identity: ${why%%"$nl"*}"
      return 1
      ;;
  esac
}

# frr_check: whether FRR would take it, and nobody else's is in its place.
frr_check() {
  announces || return 0
  if [ ! -e "$STATE/frr/daemons" ]; then
    for n in "$FRR"/*.conf; do
      case ${n##*/} in vtysh.conf | support_bundle_commands.conf | '*.conf') continue ;; esac
      v=$(sed -n '1{/^! multihome:/q;};/^[[:blank:]]*$/d;/^[!#]/d;/^frr /d;/^log /d;/^hostname /d;/^service /d;/^line vty/d;/^exit/d;/^end/d;p;q' "$n") &&
        [ -z "$v" ] && continue
      why="$n has a configuration that is not ours (\"$(printf %s "$v" | tr -c '[:alnum:] ./:_\n-' '?')\"). Move it away, or leave policy.identity out and add to it by hand what \"multihome render --to frr\" writes"
      return 1
    done
  fi
  # What stands already is not refused for what somebody else has done since.
  v=
  [ "$proposed" = "$committed_digest" ] || v=$(dump)
  frr_write "$RUN/frr.try" "$v"
  v=$?
  rm -f "$RUN/frr.try"
  return $v
}

# frr_load: puts the configuration in force.
# shellcheck disable=SC2046
frr_load() {
  announces || return 0
  why="cannot write to $STATE"
  { mkdir -p "$STATE/frr" && text && printf '%s\n' "$text" >"$STATE/frr/undo"; } || return
  if [ ! -e "$STATE/frr/daemons" ]; then
    rm -f "$STATE/frr/conf" "$STATE/frr/ran"
    ! frr_runs zebra || : >"$STATE/frr/ran" || return
    [ ! -e "$FRR/frr.conf" ] || cp -p "$FRR/frr.conf" "$STATE/frr/conf" || return
    # This comes last, since it says that we have it all.
    cp -p "$FRR/daemons" "$STATE/frr/new" || return
    mv -f "$STATE/frr/new" "$STATE/frr/daemons" || return
  fi
  # Owner and mode are those of FRR's own file.
  { cp -p "$FRR/daemons" "$STATE/frr/next" && cp -p "$FRR/daemons" "$STATE/frr/next.daemons"; } || return
  frr_write "$STATE/frr/next" || return
  why="cannot write to $FRR"
  set -- $(frr_daemons)
  # Without the option zebra takes an IPv6 route away before it puts another in its place, and packets fall between.
  awk -v wanted=" $* " '
    /^zebra_options="/ && !/v6-rr-semantics/ { sub(/"[ \t]*$/, " --v6-rr-semantics\"") }
    { name = $0; sub(/=.*/, "", name) }
    $0 ~ /^[a-z0-9]+=/ && index(wanted, " " name " ") { $0 = name "=yes"; done[name] }
    { print }
    END { n = split(wanted, list, " "); for (i = 1; i <= n; i++) if (!(list[i] in done)) print list[i] "=yes" }
  ' "$FRR/daemons" >"$STATE/frr/next.daemons" || return
  how=restart
  if frr_runs && [ ! -e "$STATE/frr/loading" ] && cmp -s "$STATE/frr/next.daemons" "$FRR/daemons"; then
    if cmp -s "$STATE/frr/next" "$FRR/frr.conf"; then how=; elif frr_differs; then how=load; fi
  fi
  if [ -n "$how" ]; then
    : >"$STATE/frr/loading" || return
    digest <"$STATE/frr/next" >"$STATE/frr/own"
    { frr_put "$STATE/frr/next" frr.conf && frr_put "$STATE/frr/next.daemons" daemons; } || return
    [ "$how" = restart ] || vtysh -f "$STATE/frr/next.changes" >/dev/null 2>&1 || how=restart
  fi
  if [ "$how" = restart ]; then
    frr_service restart
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      frr_runs && break
      sleep 1
    done
    why="FRR does not start: see its log, and $FRR/frr.conf"
    frr_runs || return
  else
    case $seen in *"${nl}todo address lo "*) frr_again ;; esac
  fi
  rm -f "$STATE/frr/next" "$STATE/frr/next.daemons" "$STATE/frr/next.changes" "$STATE/frr/loading"
}

# frr_differs: writes what FRR, which goes on running, is to be told; fails when only a new start takes it to the new
# configuration, or what it runs with is not what we wrote.
frr_differs() {
  v=
  [ ! -r "$STATE/frr/own" ] || read -r v <"$STATE/frr/own"
  [ "$(digest <"$FRR/frr.conf")" = "$v" ] && cp -p "$FRR/daemons" "$STATE/frr/next.changes" &&
    { cat "$FRR/frr.conf" && echo '=new' && cat "$STATE/frr/next"; } | awk "$RELOAD" >"$STATE/frr/next.changes"
}

# frr_again: the address was not there: FRR has not taken it for a source when it started, or the kernel has taken the
# routes away that had it for theirs, and told nobody.
frr_again() {
  vtysh -b >/dev/null 2>&1
  set -- -c configure
  while read -r v; do
    set -- "$@" -c "no $v" -c "$v"
  done <<END
$(printf '%s\n' "$PLAN" | sed -n 's/^frr say \(ip[v6]* protocol .*\)/\1/p')
END
  vtysh "$@" >/dev/null 2>&1 || say "FRR has not been told that its address is there: see its log"
}

# frr_whole: whether it runs with what was written.
frr_whole() {
  v=
  [ ! -r "$STATE/frr/own" ] || read -r v <"$STATE/frr/own"
  frr_runs && [ -n "$v" ] && [ -r "$FRR/frr.conf" ] && [ "$(digest <"$FRR/frr.conf")" = "$v" ]
}

# frr_stands: denies when it does not.
frr_stands() {
  frr_whole || deny 'FRR does not run with the configuration of the identity as it was written; apply again'
}

# identity_rows MARK: what the kernel answers about the identity, as flow.awk says it: by a managed interface, or not at
# all while the network has told FRR of no way.
identity_rows() {
  printf '%s\n' "$PLAN" | while read -r v from n to; do
    case $v$n in identityelsewhere) ;; *) continue ;; esac
    case $to in *:*) n=6 ;; *) n=4 ;; esac
    # shellcheck disable=SC2086
    got=$(ip -$n -o route get "$to" from "$from" ${1:+mark $1} 2>/dev/null)
    printf '%s\n' "$seen" "=got $got" | awk -v from="$from" -v to="$to" '
      $1 == "device" { managed[$3] }
      /^=got/ {
        for (i = 2; i < NF; i++) if ($i == "dev" && dev == "") dev = $(i + 1)
        if ($2 ~ /^(unreachable|blackhole|prohibit|throw)$/) dev = ""
        want = got = dev == "" ? "unreachable" : "dev " dev
        if (dev != "" && !(dev in managed)) want = "a managed interface, or none"
        print from "\t" to "\tidentity\t" want "\t" got
      }'
  done
}
