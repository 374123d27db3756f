# shellcheck shell=sh
# Back to what the host was before the first apply. It needs no plan, only what is in the state directory and in the
# kernel, so a program of any plan can do it.

remove() {
  needs write
  ! has followed || ! followed || return 0
  unhindered
  sweep=1
  load
  numbers=${committed_numbers:-$numbers}
  assign
  PLAN=$(bare)
  look
  emptied=1
  [ "$seen" != 'facts - - - - - -' ] || [ -e "$STATE" ] || [ -e "$RUN" ] || return 0
  filter_tool
  halt_units
  lock
  recover
  rejoin
  lost=$?
  ! apart || exit
  load
  look
  # While the rules of the plan still decide.
  case $seen in
    *' backstop '*) has backstop || fail "this is a short program; use $STATE/program.$committed" ;;
  esac
  ! has backstop || backstop 0 || fail "cannot remove the rules behind the plan's: $why"
  silenced || exit
  filter_undo
  tune undo
  # Both families go out of force before either is cleared away.
  [ "$live4" = - ] || flip 4 -
  [ "$live6" = - ] || flip 6 -
  rm -f "$STATE/committed" "$STATE/observed"
  survey
  tidy - - || fail "cannot remove all rules and routes: $why"
  undo || fail "cannot put back all that was changed: $why"
  unkeep || exit
  ! has end_follower || end_follower
  rm -f "$STATE/restore" "$STATE/owner" "$STATE/nft" "$STATE/run" "$STATE"/program.[01] "$STATE"/*.new
  [ ! -d "$STATE" ] || rmdir "$STATE" 2>/dev/null || say "$STATE holds files that are not ours, so it stays"
  rm -f "$RUN/last" "$RUN/owed" "$RUN"/monitor*
  # All has been taken away, and rejoin has said what an interface could not be given back.
  return $lost
}
