# shellcheck shell=sh
# What keeps the plan in force when the kernel has forgotten it: units that run the committed program at boot and when
# something has changed. Installed after the commit (install.sh), taken away before the removal:
#
#   $STATE/run    runs the committed program, whichever generation that is
#   $STATE/kept   the directories that were made for the files, a line each; there while they are installed
#
# Only what the first process of the host runs in is kept: no other network namespace, and no state directory that the
# units do not know.

etc=/etc/systemd/system
units="$etc/multihome-close.service $etc/multihome-monitor.service $etc/multihome-restore.service"
protection=/etc/systemd/networkd.conf.d/50-multihome.conf
early=/etc/udev/rules.d/75-multihome.rules
n=$etc/multi-user.target.wants/multihome
links="$n-close.service $n-monitor.service $n-restore.service $etc/network-online.target.wants/multihome-restore.service"

# keeper: sets $keeper to systemd, hook or none; ends the program when the plan asks for what the host has not, or would be
# taken away by somebody else with nothing to put it back.
keeper() {
  keeper=none unkept='policy.persistence is none'
  case ${PLAN%%"${nl}address "*} in
    *"${nl}model weak$nl"* | *"${nl}persistence volatile$nl"*) return ;;
    *"${nl}persistence none$nl"*) ;;
    *)
      # shellcheck disable=SC3013
      if [ "$STATE" != /var/lib/multihome ]; then
        unkept='MULTIHOME_STATE_DIR is not /var/lib/multihome'
      elif ! [ /proc/$$/ns/net -ef /proc/1/ns/net ]; then
        unkept='this is not the network namespace of the first process'
      elif [ ! -d /run/systemd/system ]; then
        keeper=hook unkept='this host is not run by systemd'
      elif [ ! -w $etc ]; then
        keeper=hook unkept="$etc cannot be written"
      else
        keeper=systemd
        return
      fi
      case $PLAN in *"${nl}persistence systemd$nl"*) fail "policy.persistence is systemd, but $unkept" ;; esac
      ;;
  esac
  [ -n "$restoring" ] || ! evicted ||
    fail "systemd-networkd removes rules that it has not made, as these, and $unkept, so nothing would put them back. \
Set ManageForeignRoutingPolicyRules=no in a file of /etc/systemd/networkd.conf.d, as 'multihome render --to systemd' does, \
and restart it; or let policy.persistence be auto; or, to have them until they are removed, volatile"
}

# evicted: whether systemd-networkd runs here and has not been told to leave rules of others alone. What we have told it
# goes with what else we have installed.
evicted() {
  # shellcheck disable=SC3013
  [ /proc/$$/ns/net -ef /proc/1/ns/net ] && [ -d /run/systemd/system ] || return
  systemctl is-active --quiet systemd-networkd.service || return
  set --
  for n in /usr/lib/systemd /run/systemd /etc/systemd; do
    for v in "$n"/networkd.conf "$n"/networkd.conf.d/*.conf; do
      [ ! -r "$v" ] || { [ "$v" = $protection ] && [ -e "$STATE/kept" ]; } || set -- "$@" "$v"
    done
  done
  [ $# != 0 ] || return 0
  case $(sed -n 's/^[[:space:]]*ManageForeignRoutingPolicyRules[[:space:]]*=[[:space:]]*//p' "$@" | sed -n '$p') in
    [nN]* | [fF]* | 0 | [oO][fF]*) return 1 ;;
  esac
}

# keep: has it as the plan says.
keep() {
  [ -z "$restoring" ] || return 0
  [ -n "$keeper" ] || keeper
  case $keeper in
    systemd) ! has install_units || install_units || say "the plan is in force, but will not be after a reboot: $why" ;;
    hook)
      [ ! -e "$STATE/kept" ] || unkeep
      ! has install_run || install_run || say "cannot write to $STATE"
      hooked || say "$unkept, so the plan is in force until a reboot, unless $v"
      ;;
    *) unkeep ;;
  esac
}

# hooked: whether a service manager of another kind has been told; else $v says what has to be done.
hooked() {
  v="it runs 'sh $STATE/run boot' when its network is up"
  [ -d /run/openrc ] || return
  v="its OpenRC has the services of 'multihome render --to openrc'"
  set -- /etc/runlevels/*/multihome
  [ -e "$1" ]
}

# halt_units: before a removal, so that nothing puts the plan back. A change that the monitor has begun ends first.
halt_units() {
  [ -e "$STATE/kept" ] || return 0
  halted=1
  systemctl stop multihome-monitor.service multihome-restore.service multihome-close.service
}

# unkeep: takes all of it away. Beside systemd, what runs the program may have come with units from elsewhere.
# shellcheck disable=SC2086
unkeep() {
  [ -d /run/systemd/system ] || rm -f "$STATE/run"
  [ -e "$STATE/kept" ] || return 0
  [ -n "$halted" ] || halt_units
  rm -f $early $protection $units $links || return
  sed '1!G;h;$!d' "$STATE/kept" | while read -r n; do [ -z "$n" ] || rmdir "$n" 2>/dev/null; done
  systemctl daemon-reload
  systemctl reset-failed 'multihome-*' 2>/dev/null
  rm -f "$STATE/kept" "$STATE/run"
  halted=
}

# kept_now: the files that are installed, if any are, a line each; without the units when not all links to them are there.
# shellcheck disable=SC2086
kept_now() {
  [ -e "$STATE/kept" ] || return 0
  printf '%s\n' "$STATE/run" $early $protection
  for n in $links; do [ -L "$n" ] || return 0; done
  printf '%s\n' $units
}

# kept_whole: whether all of it is there; else $n is not.
kept_whole() {
  [ -e "$STATE/kept" ] || return 0
  for n in "$STATE/run" $units; do [ -f "$n" ] || return; done
  for n in $links; do [ -L "$n" ] || return; done
}

# watched: whether the monitor runs.
watched() {
  read -r n v 2>/dev/null <"$RUN/monitor" && started "$n" && [ "$started" = "$v" ]
}
