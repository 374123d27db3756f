# shellcheck shell=sh
# A change that waits to be confirmed, and the commands about it.

# pend: leaves the change to whoever watches over it.
pend() {
  alive "$RUN"/watch.* || fail 'a process that watched over it was killed'
  announce "$wanted" "$wanted" || unwritable
  staged='' parted=
  rm -f "$RUN"/maker.*
}

# quoted TEXT: as JSON. Messages have neither backslashes nor control characters.
quoted() {
  [ -n "$1" ] && v=\"$(printf %s "$1" | tr '\n"' " '")\" || v=null
  printf %s "$v"
}

# told PENDING ID SECONDS DIGEST: what has come of apply --confirm-within.
told() {
  [ "$verb" != deliver ] || return 0
  if [ "$form" = json ]; then
    printf '{"pending":%s,"id":%s,"secondsLeft":%s,"digest":%s}\n' "${1:+true}" "$(quoted "$2")" "$3" "$(quoted "$4")" |
      sed 's/:,/:false,/'
  elif [ -n "$1" ]; then
    printf 'pending %s\nIt is rolled back in %s s, unless: sh PROGRAM confirm %s\n' "$2" "$3" "$2"
  fi
}

# about: for a command about the change $given, or about the pending one: takes the lock, and fails when there is no
# such change.
about() {
  needs write
  lock
  load
  if ! change; then
    disarm
    return 1
  fi
  if ! [ -r "$RUN/program" ]; then
    lapse='its program was deleted'
  elif ! become "$RUN/program"; then
    fail "cannot read $RUN/program. $(standing). Apply again"
  elif ! lapsed; then
    [ "${given:-$id}" = "$id" ] || fail "it is change $id that waits to be confirmed, for $((deadline - now)) s more, not $given"
    return 0
  fi
  (revert "$lapse") || fail 'an unfinished change cannot be rolled back; apply again'
  return 1
}

# confirm: commits what is pending.
confirm() {
  if about; then
    [ "$within" != 0 ] || fail "change $id is still being made"
    look
    commit
    settle
    own
    [ "$form" = json ] || printf 'confirmed %s\n' "$id"
    return
  fi
  if ended && [ "${given:-$ended}" = "$ended" ]; then
    fail "change $ended cannot be confirmed any more, since it was rolled back: $fate. $(standing). Apply it again"
  elif [ -n "$committed_id" ] && [ "${given:-$committed_id}" = "$committed_id" ]; then
    [ "$form" = json ] || printf 'confirmed already %s\n' "$committed_id"
  else
    fail "no change${given:+ $given} is pending. $(standing). Apply it again"
  fi
}

# rollback: puts back what was before the pending change.
rollback() {
  if about; then
    # Once begun, whoever watches ends it.
    started $$ && true >"$RUN/maker.$$.$started" && announce 0 60
    revert 'by command' || fail 'it is tried again by what watches over it'
  elif ! ended || [ "${given:-$ended}" != "$ended" ]; then
    fail "no change${given:+ $given} is pending. $(standing). To get back to an earlier plan apply it, to none remove"
  fi
  printf 'rolled back %s\n' "${ended:-$id}"
}
