# shellcheck shell=sh
# From what is in force to the plan: nothing is touched until all is known to be in order, the kernel is asked about
# the new generation before any packet sees it, and one message a family puts it in force.
#
# A crash anywhere leaves the old generation or the new one in force, and the next apply or remove clears up. Which
# of the two stays is decided by $STATE/committed alone.

apply() {
  needs write
  filter_tool
  compare || return 0
  lock
  compare || return 0
  prepare
  replace
  settle
}

# compare: what is on the host with the plan; fails when there is nothing to do.
compare() {
  load
  # The old rules would be left where nobody looks for them.
  [ "${committed_numbers:-$numbers}" = "$numbers" ] ||
    fail "the numbers of the plan differ from those in force ($committed_numbers); remove first, then apply"
  found
  ! settled
}

# settled: whether the host is as this very program left it.
settled() {
  print=$(printf '%s\n' "$self" "$seen" | digest)
  v=
  [ ! -r "$STATE/observed" ] || read -r v <"$STATE/observed"
  [ -n "$print" ] && [ "$print" = "$v" ]
}

# prepare: chooses the new generation, and clears away what an unfinished change has left.
prepare() {
  case $keep4$keep6$committed in
    01? | 10?) fail 'the switches of IPv4 and IPv6 disagree, so somebody has changed them; remove first, then apply' ;;
    0?? | -0? | --0) new=1 ;;
    *) new=0 ;;
  esac
  tidy "$keep4" "$keep6" || fail "cannot clear away what an unfinished change has left: $why"
}

# replace: puts the new generation in force, up to and with the commit.
replace() {
  before=
  [ ! -e "$STATE/restore" ] || before=$(cat "$STATE/restore") || fail "cannot read $STATE"
  added=$(printf '%s\n' "$seen" | sed -n 's/^todo //p') || fail 'sed has failed'
  v=$(printf '%s\n' "$PLAN" | digest)
  [ -n "$v" ] || fail 'sha256sum has failed'
  commit="generation $new${nl}digest $v${nl}numbers $numbers"
  ! filters || filter_check || fail "$why"
  staged=1
  { record 'todo keep undo' && put "program.$new" "$(text)"; } || fail "cannot write to $STATE"
  { stage 4 "$new" "$keep4" && stage 6 "$new" "$keep6"; } || fail "$why"
  v=$(check brief "${numbers##*mark=}") || fail "the new rules would not be right here: ${v%%"$nl"*}"
  [ "$want4" = - ] || flip 4 "$new" || fail "$why"
  [ "$want6" = - ] || flip 6 "$new" || fail "$why"
  tune todo || fail 'cannot write sysctls'
  filter_load || fail "$why"
  trap '' INT TERM
  put committed "$commit" || fail "cannot write to $STATE"
  staged=
}

# rollback: from anywhere in replace, back to what was before it.
rollback() {
  filter_back
  survey
  tidy "$keep4" "$keep6" || say "not all that was staged could be cleared away ($why); the next apply will do it"
  PLAN=$(bare)
  records=$STATE/undo
  if ! put undo "boot $boot$nl$added" || ! { survey; undo; }; then
    say "not all that was changed could be put back ($why); the next remove will do it"
  elif [ -n "$before" ]; then
    put restore "$before"
  else
    rm -f "$STATE/restore"
  fi
  rm -f "$STATE/program.$new" "$STATE/undo" "$STATE"/*.new
  rmdir "$STATE" 2>/dev/null
}

# settle: after the commit, clears away the old generation and what else the plan does not want.
settle() {
  [ "$want4" = - ] || want4=$new
  [ "$want6" = - ] || want6=$new
  survey
  filter_undo
  { tidy "$want4" "$want6" && undo; } || say "the plan is in force, but not all that is old could be cleared away: $why"
  rm -f "$STATE/program.$((1 - new))"
  # Without a last look at the host the next apply does it all again.
  if [ -n "$seen" ] && record 'keep undo' && ! settled; then put observed "$print"; fi
  return 0
}
