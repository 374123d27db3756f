# shellcheck shell=sh
# Who watches over a change until it is committed, apart from the session that makes it: rolls it back at the deadline,
# and at once when one of those that it depends on is killed. Under systemd that is a unit of its own, whose end,
# whatever ends it, is a rollback; elsewhere two processes, each of which watches the other as well.

# arm: once it is armed, nothing that is done to the host outlives the change, unless it is committed.
arm() {
  { { [ -z "$amending" ] || printf '%s\n' "$edits" >"$RUN/amend"; } &&
    printf '%s\n' "$text" >"$RUN/program" && started $$ && true >"$RUN/maker.$$.$started"; } ||
    unwritable
  # Before there is a change to watch over, so that there is none that nobody will. What restores is started again, and
  # whoever comes next clears up.
  if [ -n "$restoring" ]; then
    :
  elif unit_fits; then
    launch_unit &
    unit=$!
  else
    launch
  fi
  announce 0 60 || unwritable
}

launch() {
  # shellcheck disable=SC2046
  for _ in 1 2; do $(command -v setsid) sh "$RUN/program" watch "$id" >/dev/null 2>&1 & done
}

# armed: waits until they watch.
armed() {
  [ -z "$restoring" ] || return 0
  n=2
  if [ -n "$unit" ]; then
    if wait "$unit"; then n=1; else launch; fi
  fi
  clock
  until=$((now + 10))
  until
    set -- "$RUN"/watch.*
    [ -e "$1" ] && [ $# -ge $n ]
  do
    clock
    [ "$now" -lt $until ] || fail 'nobody can be had to roll the change back if need be'
    nap 0.02
  done
}

# unit_fits: not where systemd does not run, or runs another network than ours.
unit_fits() {
  [ -d /run/systemd/system ] && has systemd-run || return 1
  case $STATE$RUN in *[!-A-Za-z0-9/._]*) return 1 ;; esac
  # shellcheck disable=SC3013
  for n in net mnt; do
    [ /proc/self/ns/$n -ef /proc/1/ns/$n ] || return 1
  done
}

launch_unit() {
  # Should the watcher stand still, systemd ends it when it should have long done so by itself. By default it would wait
  # for sysinit.target, and that for us at a first boot.
  systemd-run --quiet --collect --unit="multihome-$id" -p DefaultDependencies=no -E MULTIHOME_STATE_DIR="$STATE" \
    -E MULTIHOME_RUN_DIR="$RUN" -p OOMScoreAdjust=-1000 -p RuntimeMaxSec=$((${wanted:-0} + 90)) \
    -p ExecStopPost="/bin/sh -c 'test ! -e $RUN/program || exec /bin/sh $RUN/program expire $id'" \
    /bin/sh "$RUN/program" watch "$id" 2>/dev/null
}

# watch: until the change $given is committed or rolled back.
watch() {
  watching=1
  load
  cd / || exit 1
  until ours; do
    # One that has ended may have written it just before.
    alive "$RUN"/maker.* || ours || exit 1
    nap 0.02
  done
  started $$ && true >"$RUN/watch.$$.$started" || exit 1
  exec >/dev/null
  trap - INT TERM
  while sleep 1; do
    over || conclude
  done
}

# expire: the same at the end of who watched, when it did not come to that.
expire() {
  watching=1
  load
  ours || exit 0
  lapse='what watched over it was ended'
  conclude
}

ours() { change && [ "$id" = "$given" ]; }

# over: ends the program when the change has ended, fails when it has to.
over() {
  ! committed_as "$given" || exit 0
  if change; then
    [ "$id" = "$given" ] || exit 0
    ! lapsed
  else
    # Somebody has deleted it, unless it says how it has ended, or something else has been committed since.
    ! ended || [ "$ended" != "$given" ] || exit 0
    if [ "$committed" = - ]; then [ ! -e "$STATE/committed" ]; else committed_as "$committed_id"; fi || exit 0
    lapse='its record was deleted'
    return 1
  fi
}

# conclude: rolls it back, however often that has to be tried.
conclude() {
  said=$lapse
  # One that hangs would hold the lock.
  set -- "$RUN"/maker.*
  if alive "$1"; then
    v=${1##*/maker.}
    kill -9 "${v%%.*}"
  fi
  lock patient
  over
  id=$given
  until (revert "$said"); do sleep 1; done
  exit 0
}
