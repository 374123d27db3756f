# shellcheck shell=sh
# One change at a time. A lock is a file named after its holder, by process id and start time, so it ends with its
# holder whatever ends that, and clearing away a dead one can never hit a living one.
#
# A candidate first writes its own file, then looks for others: of two, at least one sees the other. Candidates give
# way to a holder, and among themselves the greater process id does.

# started PID: sets $started and $parent; fails when the process is no more.
started() {
  read -r started 2>/dev/null <"/proc/$1/stat" || return 1
  # What precedes the parenthesis is the name, which may hold anything. A zombie has ended.
  # shellcheck disable=SC2086
  set -- ${started##*) }
  started=${20} parent=$2
  [ "$1" != Z ]
}

# lock [PATIENT]: ends the program when it is for us to give way, unless we are patient, as one that rolls back is. Such
# a one does not keep others waiting for long, so these are patient too.
# Nor does one that restores.
lock() {
  started $$
  mine=$RUN/lock.$$.$started
  tries=0
  while
    { [ -d "$RUN" ] || mkdir -p "$RUN"; } && true >"$mine.try" || [ -n "${1-}" ] || unwritable
    rivals
  do
    if [ -n "$ahead" ]; then
      rm -f "$mine.try"
      tries=$((tries + 1))
      if [ -z "${1-}" ] && { [ -z "$rolling" ] || [ $tries = 10 ]; }; then
        reason="another change is in progress, by process $ahead"
        exit 75
      fi
    fi
    sleep 1
  done
  true >"$mine${1:+.back}${restoring:+.back}"
}

# rivals: whether there are others. Sets $ahead to one that we must give way to.
rivals() {
  ahead='' rolling=''
  set --
  for rival in "$RUN"/lock.*; do
    v=${rival#"$RUN"/lock.}
    n=${v%%.*}
    v=${v#*.}
    if [ "$n" = $$ ]; then
      continue
    elif ! started "$n" || [ "$started" != "${v%.*}" ]; then
      rm -f "$rival"
    else
      set -- 1
      [ "$v" = "$started.try" ] && [ "$n" -gt $$ ] || ahead=$n
      [ "$v" != "$started.back" ] || rolling=1
    fi
  done
  [ $# = 1 ]
}

unlock() {
  [ -z "${mine-}" ] || rm -f "$mine" "$mine.try" "$mine.back"
}
