# shellcheck shell=sh
# For who comes by the network that is being changed, and comes twice with the same words, each time over a connection
# of its own: the first time applies, the second confirms.
#
#   $RUN/owed    id of the change of which nobody has been told yet how it ended

# deliver: exit 75 asks for the second time; 0 and what verify says when the plan is committed.
deliver() {
  form=json owed=
  load
  [ ! -r "$RUN/owed" ] || read -r owed <"$RUN/owed"
  if [ -n "$owed" ] && ! committed_as "$owed" && ours_to_end; then
    rm -f "$RUN/owed"
    given=$owed
    confirm
  else
    rm -f "$RUN/owed"
    apply
    if change && [ "$within" != 0 ]; then
      printf '%s\n' "$id" >"$RUN/owed" || unwritable
      reason="change $id is in force, and waits to be confirmed, for $within s, by the same command over a new connection"
      exit 75
    fi
  fi
  verify
}

# ours_to_end: whether the change that waits, if one does, is this plan's.
ours_to_end() {
  change || return 0
  digested
  [ "$v" = "$proposed" ]
}
