# shellcheck shell=sh
# From what is in force to the plan: nothing is touched until all is known to be in order, the kernel is asked about
# the new generation before any packet sees it, and one message a family puts it in force.
#
# A crash leaves the old generation or the new one. Which of them stays is decided by $STATE/committed alone: the
# next apply or remove goes forward when the pending switch leads to the committed generation, else back.

# settled: whether the host is as this very program left it. Sets $print.
settled() {
  print=$(printf '%s\n' "$self" "$seen" | digest)
  was=
  [ ! -r "$STATE/observed" ] || read -r was <"$STATE/observed"
  [ "$print" = "$was" ]
}

apply() {
  needs
  compare
  ! settled || return 0
  lock
  compare
  ! settled || return 0
  prepare
  replace
  settle
}

# compare: what is committed, and what the host is like.
compare() {
  load
  # The old rules would be left where nobody looks for them.
  [ "${committed_numbers:-$numbers}" = "$numbers" ] ||
    fail "the numbers of the plan differ from those in force ($committed_numbers); remove first, then apply"
  found
}

# prepare: clears away what an unfinished change has left, and chooses the new generation.
prepare() {
  case $keep4$keep6$committed in
    01? | 10?) fail 'the switches of IPv4 and IPv6 disagree, so somebody has changed them; remove first, then apply' ;;
    0?? | -0? | --0) new=1 ;;
    *) new=0 ;;
  esac
  tidy "$keep4" "$keep6" || fail "cannot clear away what an unfinished change has left; $why"
}

# replace: puts the new generation in force, up to and with the commit. Until then all can be made as it was.
replace() {
  before=$(cat "$STATE/restore" 2>/dev/null)
  added=$(printf '%s\n' "boot $boot" "$seen" | sed -n 's/^todo //p;1p')
  staged=1
  if ! put "program.$new" "$(text)" || ! record 'todo keep undo'; then fail "cannot write to $STATE"; fi
  stage 4 "$new" "$keep4" || fail "$why"
  stage 6 "$new" "$keep6" || fail "$why"
  wrong=$(check brief "${numbers##*mark=}") || fail "the new rules would be wrong on this host: ${wrong%%"$nl"*}"
  [ "$want4" = - ] || flip 4 "$new" || fail "$why"
  [ "$want6" = - ] || flip 6 "$new" || fail "$why"
  tune todo || fail 'cannot write sysctls'
  trap '' INT TERM
  put committed "generation $new${nl}digest $(printf '%s\n' "$PLAN" | digest)${nl}numbers $numbers" ||
    fail "cannot write to $STATE"
  staged=
}

# rollback: the way back from anywhere in replace.
rollback() {
  staged=
  survey
  tidy "$keep4" "$keep6" || say "not all that was staged could be cleared away ($why); the next apply will"
  PLAN=$(bare)
  put undo "$added" && survey "$STATE/undo"
  tune undo
  undo
  if [ -n "$before" ]; then put restore "$before"; else rm -f "$STATE/restore"; fi
  rm -f "$STATE/undo" "$STATE/program.$new" "$STATE"/*.new
  rmdir "$STATE" 2>/dev/null
}

# settle: after the commit: retires the old generation, and what the plan no longer wants.
settle() {
  [ "$want4" = - ] || want4=$new
  [ "$want6" = - ] || want6=$new
  survey
  tidy "$want4" "$want6" || say "the plan is in force, but not all that is old could be cleared away ($why)"
  case $seen in
    *"${nl}undo "*)
      tune undo
      undo
      survey
      ;;
  esac
  record keep
  rm -f "$STATE/program.$((1 - new))"
  settled || put observed "$print"
}
