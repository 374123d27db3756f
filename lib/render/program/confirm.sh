# shellcheck shell=sh
# The commands about a change that waits to be confirmed.

# about: for a command about the change $given, or about the pending one: takes the lock, and fails when there is no
# such change.
about() {
  needs write
  load
  lock
  load
  if ! change; then
    disarm
    return 1
  fi
  if ! [ -r "$RUN/program" ]; then
    lapse='its program was deleted'
  elif ! adopt "$RUN/program"; then
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
