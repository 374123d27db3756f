# shellcheck shell=sh
# One change at a time. A lock is a file named after its holder, by process id and start time, so it ends with its
# holder whatever ends that, and clearing away a dead one can never hit a living one.
#
# First a candidate writes its own file, then it looks for others: of two, at least one sees the other. Candidates
# give way to a holder, and among themselves the greater process id gives way.

# started PID: sets $started; fails when the process is no more.
started() {
  read -r started 2>/dev/null <"/proc/$1/stat" || return 1
  # shellcheck disable=SC2086 # fields; what precedes them is the name, which may hold anything
  set -- ${started##*) }
  started=${20}
  [ "$1" != Z ]
}

lock() {
  mkdir -p "$RUN" && started $$ || fail "cannot use $RUN"
  mine=$RUN/lock.$$.$started
  : >"$mine.try" || fail "cannot write to $RUN"
  while rivals; do sleep 1; done
  : >"$mine" || fail "cannot write to $RUN"
}

# rivals: whether there are others that will give way; gives way itself where it has to.
rivals() {
  yielding=1
  for rival in "$RUN"/lock.*; do
    n=${rival#"$RUN"/lock.}
    case $n in $$.*) continue ;; esac
    pid=${n%%.*}
    n=${n#*.}
    if ! started "$pid" || [ "$started" != "${n%.try}" ]; then
      rm -f "$rival"
    elif [ "$n" != "$started" ] && [ "$pid" -gt $$ ]; then
      yielding=0
    else
      reason="another change is in progress: process $pid"
      exit 75
    fi
  done
  return $yielding
}

unlock() {
  [ -z "${mine-}" ] || rm -f "$mine" "$mine.try"
}
