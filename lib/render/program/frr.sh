# shellcheck shell=sh
# FRR's files, and how we found them. This and announce.sh are there only when the plan has an identity; a program of a
# plan that has none runs what is kept in undo. We keep:
#
#   $STATE/frr/undo             the program that knows how to put it back: sh undo silence
#   $STATE/frr/conf, daemons    what we found, with owner and mode; conf is missing when there was none
#   $STATE/frr/ran              FRR was running
#   $STATE/frr/own              digest of what we wrote
#   $STATE/frr/loading          FRR may not run with it yet

FRR=/etc/frr

# frr_service start|restart|stop
frr_service() {
  if [ -d /run/systemd/system ]; then
    systemctl "$1" frr
  else
    v=/usr/lib/frr/frrinit.sh
    [ -x $v ] || v=/usr/libexec/frr/frrinit.sh
    $v "$1"
  fi >/dev/null 2>&1 </dev/null
}

# frr_put FILE NAME: puts it in place with its owner and mode, whole or not at all.
frr_put() {
  cp -p "$1" "$FRR/$2.multihome" && mv -f "$FRR/$2.multihome" "$FRR/$2"
}

# silence: all as we found it.
silence() {
  [ -e "$STATE/frr/daemons" ] || return 0
  v=
  [ ! -r "$STATE/frr/own" ] || read -r v <"$STATE/frr/own"
  if [ -r "$FRR/frr.conf" ] && [ "$(digest <"$FRR/frr.conf")" != "$v" ]; then
    cp -p "$FRR/frr.conf" "$FRR/frr.conf.edited"
    say "$FRR/frr.conf has been edited since we wrote it; it is kept as $FRR/frr.conf.edited"
  fi
  why="cannot write to $FRR"
  {
    if [ -e "$STATE/frr/conf" ]; then frr_put "$STATE/frr/conf" frr.conf; else rm -f "$FRR/frr.conf"; fi &&
      frr_put "$STATE/frr/daemons" daemons
  } || {
    say "$why"
    return 1
  }
  if [ -e "$STATE/frr/ran" ]; then frr_service restart; else frr_service stop; fi
  rm -r "$STATE/frr"
}

# frr_back: after a change that may have loaded it, what is committed, or else what we found.
frr_back() {
  own=$PLAN
  if [ -r "$STATE/program.$committed" ]; then adopt "$STATE/program.$committed"; else PLAN=$(bare); fi
  survey
  if announces; then set -- frr_load; else set -- silence; fi
  "$1" || say "FRR could not be put back: $why"
  PLAN=$own
}
