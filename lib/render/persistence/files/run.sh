#!/bin/sh
# Runs the program whose plan multihome has committed on this host. Does nothing, and succeeds, where none is.
state=${MULTIHOME_STATE_DIR:-/var/lib/multihome}
[ -r "$state/committed" ] || exit 0
read -r _ generation <"$state/committed"
exec /bin/sh "$state/program.$generation" "$@"
