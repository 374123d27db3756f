# shellcheck shell=sh
# One change at a time. A lock is a file named after its holder, by process id and start time, so it ends with its
# holder whatever ends that, and clearing away a dead one can never hit a living one.
#
# A candidate first writes its own file, then looks for others: of two, at least one sees the other. Candidates give
# way to a holder, and among themselves the greater process id does.

# started PID: sets $started; fails when the process is no more.
started() {
  read -r started 2>/dev/null <"/proc/$1/stat" || return 1
  # What precedes the parenthesis is the name, which may hold anything. A zombie has ended.
  # shellcheck disable=SC2086
  set -- ${started##*) }
  started=${20}
  [ "$1" != Z ]
}

lock() {
  started $$
  mine=$RUN/lock.$$.$started
  { mkdir -p "$RUN" && : >"$mine.try"; } || fail "cannot write to $RUN"
  while rivals; do sleep 1; done
  : >"$mine"
}

# rivals: whether there are candidates that will give way. Ends the program when it is for us to give way.
rivals() {
  yielding=1
  for rival in "$RUN"/lock.*; do
    v=${rival#"$RUN"/lock.}
    n=${v%%.*}
    v=${v#*.}
    if [ "$n" = $$ ]; then
      continue
    elif ! started "$n" || [ "$started" != "${v%.try}" ]; then
      rm -f "$rival"
    elif [ "$started" != "$v" ] && [ "$n" -gt $$ ]; then
      yielding=0
    else
      reason="another change is in progress, by process $n"
      exit 75
    fi
  done
  return $yielding
}

unlock() {
  [ -z "${mine-}" ] || rm -f "$mine" "$mine.try"
}
