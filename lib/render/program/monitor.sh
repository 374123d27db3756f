# shellcheck shell=sh
# Watches the host's links, addresses, rules and routes, and has what is committed put in force again when something has
# changed. It never applies anything but that, says nothing while nothing is wrong, and costs nothing while nothing
# happens. Ends when `ip monitor` does; its unit starts it again.

# Links, addresses and rules; of routes only those of other tables than main, which may be busy.
events='^(Deleted )?[0-9]+:|table [0-9]+|netlink'

monitor() {
  needs read timeout grep
  started $$
  { mkdir -p "$RUN" && printf '%s\n' "$$ $started" >"$RUN/monitor"; } || unwritable
  # Once nobody reads what it says it has to end.
  trap - PIPE
  # A supervisor that knows one process by its number ends, or has lost, that alone.
  trap 'end_follower; exit 0' INT TERM
  end_follower
  main=$$
  # shellcheck disable=SC2016
  /bin/sh -c 'echo $$ >"$1" && exec ip -N -o monitor link address rule route 2>&1' sh "$RUN/monitor.ip" | follow &
  wait $!
}

# end_follower: ends what a follower reads, and with that the follower, once it has done its work.
end_follower() {
  read -r n 2>/dev/null <"$RUN/monitor.ip" && grep -q monitor "/proc/$n/cmdline" 2>/dev/null && kill "$n"
}

# resume: goes on in the place of another monitor.
resume() {
  main=$PPID
  follow <&3
}

# replaced: whether another monitor has come, as when what started this was killed, or the plan has been removed.
replaced() {
  n=
  read -r n _ 2>/dev/null <"$RUN/monitor"
  [ "$n" != "$main" ]
}

# standard: which of the kernel's own rules there are, as "FAMILY PRIORITY TABLE". `ip rule flush` takes them along.
standard() {
  for f in 4 6; do
    ip -$f -N rule show | sed -n "s/^\(3276[67]\):.from all lookup \(25[34]\).*/$f \1 \2/p"
  done
}

# putback: puts back those that were there at the start. After our own, so that nothing leaks in between.
putback() {
  now=$(standard)
  printf '%s\n' "$had" | while read -r f priority table; do
    case "$nl$now$nl" in *"$nl$f $priority $table$nl"*) continue ;; esac
    say "putting back the kernel's own rule $priority of IPv$f"
    ip "-$f" rule add priority "$priority" lookup "$table" protocol kernel
  done
}

# event [SECONDS]: waits for one, at most that long. What else has been read by then happened before it returns, and is
# seen by the check that follows.
event() { ${1:+timeout "$1"} grep -Eq "$events"; }

# follow: has an eye on what `ip monitor` says. When what is committed brings another monitor, that goes on in its place.
follow() {
  had=$(standard)
  # What happened before the first event could be seen is seen by the second check.
  event 1
  failures=0 burst=0
  until replaced; do
    /bin/sh "$STATE/run" restore
    case $? in
      0)
        failures=0 later=
        putback
        load
        [ "$committed" = - ] || grep -q "^BODY=$BODY\$" "$STATE/program.$committed" || exec /bin/sh "$STATE/run" resume 3<&0
        ;;
      # Another change is in progress: look again when it has ended, of which there may be no event.
      75) later=9 ;;
      *)
        # Nor need there be one of what it failed for, such as a full disk.
        later=9
        [ $failures -ge 8 ] || failures=$((failures + 1))
        # A failure is not repeated at the pace of events. The first are mostly of something that is just being set up.
        if [ $failures -gt 2 ]; then sleep $((1 << (failures - 3))); else nap 0.2; fi
        ;;
    esac
    if [ $burst = 3 ]; then
      nap 0.3
      burst=0
    elif event 1; then
      burst=$((burst + 1))
    else
      burst=0
      # shellcheck disable=SC2086
      event $later
      [ $? != 1 ] || return
    fi
  done
}
