# shellcheck shell=sh
# Moving interfaces among worlds is no part of a generation: it comes before it, and is taken back when that is.

# parting: from here on a change that fails has to bring interfaces back.
parting() {
  parted=1
  { mkdir -p "$RUN" && : >"$RUN/parted"; } || fail "cannot write to $RUN"
}

# reunite: after a change that has failed or was rolled back, the worlds of what is committed; without the lock.
reunite() {
  [ -n "$parted" ] || [ -e "$RUN/parted.back" ] || return 0
  rm -f "$RUN/parted" "$RUN/parted.back"
  load
  if [ -r "$STATE/program.$committed" ]; then
    sh "$STATE/program.$committed" apply || say 'what was in force could not be put back; apply it again'
  else
    rejoin
    rmdir "$STATE" 2>/dev/null
  fi
  return 0
}
