# shellcheck shell=sh

usage() {
  misuse 'usage: sh PROGRAM apply [--confirm-within SECONDS] [--json] | confirm [ID] [--json] | rollback [ID]
       sh PROGRAM deliver --confirm-within SECONDS | verify [--json] | status [--json] | remove
MULTIHOME_STATE_DIR  what survives a reboot; default /var/lib/multihome
MULTIHOME_RUN_DIR    what does not; default /run/multihome
MULTIHOME_WAIT       seconds to wait for interfaces; default 30
exit 0 done, 1 failed and rolled back, 2 bad input or usage, 75 another change is in progress or waits to be confirmed'
}
