#!/bin/sh
# Puts a plan in force on a machine that starts for the first time, before its services do. cloud-init runs it at every
# boot, when the machine has its network and nothing else: on Debian and Ubuntu before sysinit.target, elsewhere before
# network-online.target and sshd.
#
# At the first boot it applies the program it came with. At later ones it applies what is committed, which may be
# another by then. What it says is in /var/log/multihome-first-boot.log; cloud-init keeps nothing of it.
umask 077
state=${MULTIHOME_STATE_DIR:-/var/lib/multihome}
# Of this machine, and not of the one whose image it may be.
done=${MULTIHOME_INSTANCE_DIR:-/var/lib/cloud/instance}/multihome
file=$(mktemp) || exit
trap 'rm -f "$file"' EXIT
exec >>"${MULTIHOME_LOG:-/var/log/multihome-first-boot.log}" 2>&1

# addressed: whether every interface has its first address of each family. An address that we add before makes
# NetworkManager take the interface for somebody else's, and leave it alone.
addressed() {
  there=$(ip -o addr)
  # shellcheck disable=SC2013  # addresses are words
  for a in $(awk '$1 == "address" && !(($2, $3 ~ /:/) in seen) { seen[$2, $3 ~ /:/]; print $3 }' "$file"); do
    case $there in *" $a/"*) ;; *) return 1 ;; esac
  done
}

# attached: whether every interface that has one is there by its link-layer address.
attached() {
  there=$(ip -o link)
  # shellcheck disable=SC2013  # and so are these
  for a in $(sed -n 's/^interface .* mac \([0-9a-f:]*\).*/\1/p' "$file"); do
    case $there in *" $a "*) ;; *) return 1 ;; esac
  done
}

# begin: the first boot. An interface may be attached when the machine has long been starting; nobody but us may
# configure it, so 15 s after all are there they are taken as they are.
begin() {
  deliver >"$file" || return
  waited=0 patience=15
  until addressed || [ $waited = 60 ] || [ $patience = 0 ]; do
    sleep 1
    waited=$((waited + 1))
    ! attached || patience=$((patience - 1))
  done
  MULTIHOME_WAIT=$((65 - waited)) sh "$file" apply
}

if [ -e "$done" ] && [ -e "$state/committed" ]; then
  read -r _ generation <"$state/committed"
  sh "$state/program.$generation" apply
else
  : >"$done"
  begin
fi
code=$?
if [ $code != 0 ]; then
  last=$(tail -n 1 "${MULTIHOME_LOG:-/var/log/multihome-first-boot.log}")
  echo "multihome: the plan is not in force, and this machine routes as its image does"
  echo "multihome: not in force: $last" >/dev/console
fi
exit $code
