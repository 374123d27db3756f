#!/bin/sh
# Runs the program whose plan is committed on this host:
#
#   restore [VERB]     by default apply: puts that plan in force again
#   restore close      until then, nothing leaves from an address of ours: for the time before the network comes up
#   restore boot       apply when the network daemon has brought the addresses, at the latest after 10 s; then, whatever
#                      has come of it, the end of "close"
#   restore open       the end of "close"
#
# Does nothing, and succeeds, where nothing is committed.
state=${MULTIHOME_STATE_DIR:-/var/lib/multihome}
[ -e "$state/committed" ] || exit 0
read -r _ generation <"$state/committed"
program=$state/program.$generation

# After all rules of the plan, so that they decide as soon as they are there. Of protocol kernel, so that
# systemd-networkd leaves them alone.
unreachable() {
  for f in 4 6; do
    sed -n 's/^address [^ ]* //p; s/^prefix [^ ]* //p' "$program" |
      sed -n "$([ $f = 4 ] && echo '/:/!p' || echo '/:/p')" |
      sed "s/.*/rule $1 priority 10000 from & unreachable protocol kernel/" |
      ip "-$f" -force -batch - 2>/dev/null
  done
  return 0
}

# addressed: whether every interface has its first address of each family. An address that we add before makes
# NetworkManager take the interface for somebody else's, and leave it alone.
addressed() {
  there=$(ip -o addr)
  # shellcheck disable=SC2013  # addresses are words
  for a in $(awk '$1 == "address" && !(($2, $3 ~ /:/) in seen) { seen[$2, $3 ~ /:/]; print $3 }' "$program"); do
    case $there in *" $a/"*) ;; *) return 1 ;; esac
  done
}

case ${1:-apply} in
  close) unreachable add ;;
  open) unreachable del ;;
  boot)
    tries=0
    until addressed || [ $tries = 50 ]; do
      tries=$((tries + 1))
      sleep 0.2
    done
    /bin/sh "$program" apply
    code=$?
    unreachable del
    exit $code
    ;;
  *) exec /bin/sh "$program" "${@:-apply}" ;;
esac
