# shellcheck shell=sh
# A change that is not committed yet, and who depends on it. All of it is in $RUN, so that a host that starts anew
# starts with what is committed:
#
#   change       change 1 ID GENERATION KEEP4 KEEP6 DIGEST WITHIN DEADLINE BOOT: seconds of /proc/uptime, so that the
#                wall clock does not matter; WITHIN is 0 while the change is being made
#   program      the program that makes it
#   undo         what it changes besides rules and routes: see records.sh
#   before       the records before it
#   amend        see amend.sh
#   maker.P.S    who makes it, by process id and start time
#   watch.P.S    who watches over it: see guard.sh
#   parted       that interfaces have been moved among worlds; parted.back that they have to go back: see apart.sh
#   last         ID REASON: the last change that was rolled back
#
# Whether it is committed is decided by $STATE/committed alone, which then has its id.

# change: sets what the file says; fails when there is none, or one that is committed.
change() {
  [ -r "$RUN/change" ] || return 1
  v=
  read -r v <"$RUN/change"
  # shellcheck disable=SC2086
  set -- $v
  if ! whole "$@"; then
    # Who watches takes it for lost.
    [ -z "$watching" ] || return 1
    fail "$RUN/change is damaged or of another version. $(standing). Delete $RUN, and apply again"
  fi
  ! committed_as "$3" || return 1
  id=$3 new=$4 keep4=$5 keep6=$6 proposed=$7 within=$8 deadline=$9 booted=${10}
}

whole() {
  [ "$#/${1-}/${2-}" = 10/change/1 ] || return 1
  case $3/$4/$5/$6/$7$8$9 in
    *[!0-9a-f]*/[01]/[-01]/[-01]/* | *[!-0-9a-f/]* | /*) return 1 ;;
    */[01]/[-01]/[-01]/*) ;;
    *) return 1 ;;
  esac
  case $8$9 in *[!0-9]*) return 1 ;; esac
}

# committed_as ID
committed_as() {
  [ -r "$STATE/committed" ] || return 1
  while read -r n v; do
    [ "$n $v" != "id $1" ] || return 0
  done <"$STATE/committed"
  return 1
}

# ended: sets $ended and $fate to the last change that was rolled back, and why; fails when there is none.
ended() {
  ended='' fate=''
  [ -r "$RUN/last" ] && read -r ended fate <"$RUN/last"
}

# standing: what is in force once nothing is pending, as a sentence.
standing() {
  if [ "$committed" = - ]; then
    printf %s 'Nothing is applied'
  else
    printf %s "In force is generation $committed, digest $committed_digest"
  fi
}

# announce WITHIN SECONDS: writes that the change of these variables ends then.
announce() {
  within=$1
  clock
  deadline=$((now + $2))
  printf '%s\n' "change 1 $id $new $keep4 $keep6 $proposed $within $deadline $boot" >"$RUN/change.new" &&
    mv -f "$RUN/change.new" "$RUN/change"
}

# alive FILE...: whether all processes that these are named after still run, and there are any.
alive() {
  [ -e "$1" ] || return 1
  for process; do
    process=${process##*/}
    process=${process#*.}
    started "${process%%.*}" && [ "$started" = "${process#*.}" ] || return 1
  done
}

# lapsed: sets $lapse to why the change must not stay, or fails.
lapsed() {
  clock
  lapse=
  if [ "$booted" != "$boot" ]; then
    lapse='the host has been started anew since'
  elif [ "$now" -ge "$deadline" ]; then
    lapse="it was not confirmed within $within s"
    [ "$within" != 0 ] || lapse='it was not done in time'
  elif ! alive "$RUN"/watch.* && [ "$within" != 0 ]; then
    lapse='a process that watched over it was killed'
  elif [ "$within" = 0 ] && ! alive "$RUN"/maker.*; then
    lapse='the process that made it was killed'
  else
    return 1
  fi
}

# unhindered: ends the program when a change waits to be confirmed.
unhindered() {
  load
  if change && [ "$within" != 0 ] && ! lapsed; then
    reason="change $id waits to be confirmed, for $((deadline - now)) s more: confirm it, or roll it back, first"
    exit 75
  fi
}

# recover: rolls back what nobody watches any more. For the holder of the lock.
recover() {
  unhindered
  if change; then
    stood=
    lapsed || lapse='the process that made it was killed'
    # What it has changed besides rules is known without its program.
    ({ [ ! -r "$RUN/program" ] || become "$RUN/program"; } && revert "$lapse") || fail 'an unfinished change cannot be rolled back; apply again'
    load
  else
    disarm
  fi
}

# disarm: the change has ended, one way or the other.
disarm() {
  [ ! -e "$RUN/change" ] || rm -f "$RUN/change" || return
  for n in "$RUN"/watch.*; do
    v=${n##*/watch.}
    v=${v%%.*}
    # One that stands still ends when it goes on.
    [ "$v" = $$ ] || ! alive "$n" || { kill "$v" && kill -s CONT "$v"; } 2>/dev/null
  done
  set --
  for n in "$RUN"/maker.* "$RUN"/watch.* "$RUN/program" "$RUN/undo" "$RUN/before" "$RUN/amend" "$RUN"/*.new; do
    [ ! -e "$n" ] || set -- "$@" "$n"
  done
  [ $# = 0 ] || rm -f "$@"
}

# commit: from here on it is the new generation that comes back, whatever happens.
commit() {
  trap '' INT TERM
  v="generation $coming${nl}band $new${nl}digest $proposed${nl}numbers $numbers${nl}id $id"
  # What was written decides, whatever was said about it.
  put committed "$v" "$STATE/program.$coming" || [ "$v" = "$(cat "$STATE/committed" 2>/dev/null)" ] || fail "cannot write to $STATE"
  staged='' parted=
  [ ! -e "$RUN/parted" ] || rm -f "$RUN/parted"
  committed=$coming band=$new committed_digest=$proposed committed_id=$id
  disarm
  [ -n "$restoring" ] || [ ! -e "$RUN/last" ] || rm -f "$RUN/last"
}

# revert REASON: from anywhere before the commit, exactly back to what was before. Fails when that takes another try.
# PLAN must be the plan of the change.
revert() {
  filter_back
  [ -z "${ANNOUNCE-}" ] || frr_back
  ! has unamend || unamend || {
    say "what was changed could not be changed back: $why"
    return 1
  }
  seen=
  tidy "$keep4" "$keep6" || {
    say "not all that was staged could be cleared away: $why"
    return 1
  }
  PLAN=$(bare)
  records=$RUN/undo
  if ! { survey; undo; }; then
    say "not all that was changed could be put back: $why"
    return 1
  fi
  # Where these cannot be written there is a record too many, which the next settling drops.
  if [ -s "$RUN/before" ]; then
    v=$(cat "$RUN/before") && [ -n "$v" ] && put restore "$v"
  elif [ -e "$RUN/before" ]; then
    rm -f "$STATE/restore"
  fi
  rm -f "$STATE/program.$coming" "$STATE"/*.new
  [ "$committed" != - ] || rm -f "$STATE/nft"
  rmdir "$STATE" 2>/dev/null
  [ -n "$restoring" ] || printf '%s\n' "$id $1" >"$RUN/last"
  [ ! -e "$RUN/parted" ] || mv -f "$RUN/parted" "$RUN/parted.back"
  disarm
}

# adopt FILE: takes this program, which need not be this one, and its plan in place of ours.
adopt() {
  self=$(sed "1,/^cat <</d;/^MULTIHOME\$/,\$d" "$1") && [ -n "$self" ] || return
  PLAN=${self#PLAN=\'}
  PLAN=${PLAN%%\'*}
  numbered
}

# become FILE: the same with all its parts, since another program may lack some that its plan takes.
become() { adopt "$1" && eval "${self%"$nl"*}"; }

# bare: a plan that wants nothing.
bare() {
  printf '%s\n' 'plan 1 none' "numbers $numbers" end
}
