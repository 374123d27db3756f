# shellcheck shell=sh
# Installs what keeps the plan in force: see keep.sh. `kept_text PATH` prints the text of a file.

install_run() {
  v=$(kept_text run)
  [ "$v" = "$(cat "$STATE/run" 2>/dev/null)" ] || put run "$v"
}

# install_units: writes what is not there or not as it should be. On failure $why says why.
install_units() {
  why="cannot write to $STATE"
  install_run || return
  files="$early $protection $units"
  [ -x /lib/systemd/systemd-networkd ] || files="$early $units"
  make_directories || return
  stale=
  for n in $files; do
    if [ "$n" = "$early" ]; then v=$(early_text); else v=$(kept_text "$n"); fi
    [ "$v" != "$(cat "$n" 2>/dev/null)" ] || continue
    why="cannot write $n"
    { printf '%s\n' "$v" >"$n.new" && chmod 644 "$n.new" && mv -f "$n.new" "$n"; } || return
    stale=1
  done
  for n in $links; do
    v=$etc/${n##*/}
    # shellcheck disable=SC3013
    if [ -L "$n" ] && [ "$n" -ef "$v" ]; then continue; fi
    why="cannot write $n"
    ln -sf "$v" "$n" || return
    stale=1
  done
  why='systemctl has failed'
  [ -z "$stale" ] || systemctl daemon-reload || return
  watched || systemctl --no-block start multihome-monitor.service
}

# early_text: a rule of udev for each interface. One that is plugged in has to be in the group before it has an address, or
# its subnet could be reached by it from every source.
# shellcheck disable=SC2016
early_text() {
  echo '# multihome: interfaces of the plan are in its group before they have an address.'
  of_seen '$1 == "device" && NF == 4 {
    print "SUBSYSTEM==\"net\", ACTION==\"add\", ATTR{address}==\"" $4 "\", ATTR{netdev_group}=\"" group "\""
  }'
}

# make_directories: those that $files and $links lack, recorded before they are made.
make_directories() {
  stale='' made=
  [ ! -e "$STATE/kept" ] || made=$(cat "$STATE/kept")
  for n in $files $links; do
    n=${n%/*}
    while [ ! -d "$n" ]; do
      stale="$n $stale"
      n=${n%/*}
    done
  done
  for n in $stale; do
    case $nl$made$nl in *"$nl$n$nl"*) ;; *) made=$made${made:+$nl}$n ;; esac
  done
  if [ -n "$stale" ] || [ ! -e "$STATE/kept" ]; then put kept "$made" || return; fi
  for n in $stale; do
    why="cannot make $n"
    [ -d "$n" ] || mkdir -m 755 "$n" || return
  done
}
