# shellcheck shell=sh
# From what is in force to the plan: nothing is touched until all is known to be in order, the kernel is asked about
# the new generation before any packet sees it, and one message a family puts it in force.
#
# A crash anywhere leaves the old generation or the new one in force, and whoever watches over the change, or else the
# next apply or remove, clears up. Which of the two stays is decided by $STATE/committed alone.

# $wanted is in how many seconds it must be confirmed; 0 when it need not be.
apply() {
  needs write
  filter_tool
  ! announces || frr_tool
  unhindered
  ended
  stood=$committed/$band/$committed_id/$ended
  [ ! -e "$RUN/change" ] || stood=
  if compare && { [ -z "$restoring" ] || ! spared; }; then
    lock
    recover
    ! ended || say "the last change, $ended, was rolled back: $fate"
    # Who has changed the host since it was looked at has left another id.
    if [ "$tries/$stood" = "0/$committed/$band/$committed_id/$ended" ] || compare; then
      keeper
      part
      prepare
      replace
      if [ "$wanted" != 0 ]; then
        told pending "$id" "$wanted" "$proposed"
        return
      fi
      commit
      foreseen
      settle
    fi
  fi
  ! has own || own
  [ "$wanted" = 0 ] || told '' "$committed_id" 0 "$committed_digest"
}

# compare: what is on the host with the plan; fails when there is nothing to do, since the host is as this very program
# left it.
compare() {
  load
  # The old rules would be left where nobody looks for them.
  [ "${committed_numbers:-$numbers}" = "$numbers" ] ||
    fail "the numbers of the plan differ from those in force ($committed_numbers); remove first, then apply"
  ! apart || return 0
  was=$STATE/observed whose=$BODY
  found
  was=
  [ -z "$settled" ]
}

# prepare: chooses the new generation, and clears away what an unfinished change has left; or finds that it takes none.
prepare() {
  case $keep4$keep6$band in
    01? | 10?) fail 'the switches of IPv4 and IPv6 disagree, so somebody has changed them; remove first, then apply' ;;
    0?? | -0? | --0) new=1 ;;
    *) new=0 ;;
  esac
  ! has amendable || ! amendable || return 0
  tidy "$keep4" "$keep6" || fail "cannot clear away what an unfinished change has left: $why"
}

# replace: puts the new generation in force, up to the commit.
replace() {
  [ -z "$restoring" ] || gone=$(absences)
  digested
  proposed=$v
  [ -n "$v" ] || fail 'sha256sum has failed'
  read -r id </proc/sys/kernel/random/uuid || fail 'the kernel has no random numbers'
  id=${id%%-*}
  # It is the same change that comes back.
  [ -z "$restoring" ] || id=$committed_id
  ! filters || filter_check || fail "$why"
  ! announces || frr_check || fail "$why"
  text
  # Until these are there nothing can be put back by them.
  { records 'todo keep undo' "$RUN" && { [ ! -s "$STATE/restore" ] || [ -s "$RUN/before" ]; }; } || unwritable
  staged=1
  arm
  # The commit has it written through.
  { noted && printf '%s\n' "$text" >"$STATE/program.$coming"; } || fail "cannot write to $STATE"
  if [ -n "$amending" ]; then
    [ -z "$probing" ] || paths
    affected
    amendments redo
    armed
    amend redo || fail "$why"
  else
    armed
    ! shut || backstop 2 || fail "$why"
    { stage 4 "$new" "$keep4" && stage 6 "$new" "$keep6"; } || fail "$why"
    # While sources are held back in front of all rules, none of these could be asked about. Whoever still deletes rules
    # comes too late for these: from here on one of the generations decides, without a switch as well; but a switch that
    # leads past them all would lead to what he may delete yet.
    if shut; then
      case $keep4$keep6 in *-*) flips ;; esac
      backstop 1 || fail "$why"
      survey
    fi
    right "${numbers##*mark=}" canary
    [ -n "$restoring" ] || [ -z "$probing" ] || paths
    [ -n "$flipped" ] || flips
  fi
  tune todo || fail 'cannot write sysctls'
  filter_load || fail "$why"
  ! announces || frr_load || fail "$why"
  if [ -z "$restoring" ]; then
    right '' "${amending:-pending}"
    only=
    [ -z "$probing" ] || still || fail "$why"
    furnished || fail "$why"
  fi
  [ "$wanted" = 0 ] || pend
}

# flips: puts the new generation in force.
flips() {
  [ "$want4" = - ] || flip 4 "$new" || fail "$why"
  [ "$want6" = - ] || flip 6 "$new" || fail "$why"
  flipped=1
}

# right MARK GATE: ends the program when the kernel would not do as planned, or the rule that leads there is not there. It
# came last, so all that came before it is there.
right() {
  case $2 in [a-z]*) number "$2" && gate=$v ;; esac
  for _ in 1 2 3 4 5; do
    v=$(check brief "$1") && gate= && return
    # A moment passes before the kernel takes in what comes for a new IPv6 address.
    case $seen in *"${nl}todo address "*) nap 0.1 ;; *) break ;; esac
  done
  fail "the new rules would not be right here: ${v%%"$nl"*}$(! has suspects || suspects)"
}

# settle: after the commit, clears away the old generation and what else the plan does not want.
settle() {
  [ "$want4" = - ] || want4=$new
  [ "$want6" = - ] || want6=$new
  [ -n "$keeper" ] || keeper
  backstopped
  filter_undo
  { silenced && tidy "$want4" "$want6" && undo; } || say "the plan is in force, but not all that is old could be cleared away: $why"
  rm -f "$STATE/program.$((1 - committed))"
  keep
  # Without a last look at the host the next apply does it all again.
  # Nor may one that lacks what has come, or was taken away, while it was made pass for done.
  case $seen in '' | *"${nl}short"*) return 0 ;; esac
  ! shut || return 0
  [ -n "$restoring" ] || kept_whole || return 0
  stale=
  backstopped
  if [ -z "$stale" ] && filter_stands && furnished && records 'keep undo' && noted && { [ -z "$restoring" ] || [ "$gone" = "$(absences)" ]; }; then
    v=$(kept_now)
    # What restores installs nothing, so what was installed stays what it was.
    # shellcheck disable=SC2086  # paths are words
    [ -z "$v" ] || v="=kept$nl$(cat $v 2>/dev/null)"
    [ -z "$restoring" ] || v=$(sed -n '/^=kept$/,$p' "$STATE/observed" 2>/dev/null)
    put observed "$committed_id$nl$seen${v:+$nl$v}"
  fi
  return 0
}
