# shellcheck shell=sh
# Moving interfaces among worlds is no part of a generation: it comes before it, and is taken back when that is.

# parting: from here on a change that fails has to bring interfaces back.
parting() {
  parted=1
  { mkdir -p "$RUN" && : >"$RUN/parted"; } || unwritable
}

# reunite: after a change that has failed or was rolled back, the worlds of what is committed; without the lock. What is
# run for that does not begin anew when it fails as well.
reunite() {
  [ -z "${REUNITING-}" ] || return
  [ -n "$parted" ] || [ -e "$RUN/parted.back" ] || return 0
  rm -f "$RUN/parted" "$RUN/parted.back"
  load
  if [ -r "$STATE/program.$committed" ]; then
    REUNITING=1 sh "$STATE/program.$committed" apply || { say 'what was in force could not be put back; apply it again' && outcome=1; }
  else
    rejoin || outcome=1
    rmdir "$STATE" 2>/dev/null
  fi
  return 0
}
