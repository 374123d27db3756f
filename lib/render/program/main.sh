# shellcheck shell=sh

usage() {
  misuse 'usage: sh PROGRAM apply [--json] | verify [--json] | status [--json] | remove
MULTIHOME_STATE_DIR  what survives a reboot; default /var/lib/multihome
MULTIHOME_RUN_DIR    what does not; default /run/multihome
MULTIHOME_WAIT       seconds to wait for interfaces; default 30
exit 0 done, 1 failed and rolled back, 2 bad input or usage, 75 another change is in progress'
}

# text: the program as it was delivered.
# shellcheck disable=SC2016
text() {
  printf '%s\n' '#!/bin/sh' 'program() {' "cat <<'MULTIHOME'" "$self" MULTIHOME '}' 'self=$(program) && eval "$self"'
}

# finish: whatever ends the program.
finish() {
  outcome=$?
  trap - EXIT
  trap '' INT TERM
  [ -z "$staged" ] || rollback
  unlock
  [ -z "$emptied" ] || rmdir "$RUN" 2>/dev/null
  [ -z "$reason" ] || say "$reason"
  exit $outcome
}

main() {
  environment
  # The end of the session that started it must not leave a change half done.
  trap '' HUP PIPE
  trap finish EXIT
  trap 'fail "interrupted by a signal"' INT TERM
  case $*/ in
    apply/ | remove/) "$1" ;;
    'apply --json/') apply && verify json ;;
    verify/ | status/) "$1" text ;;
    'verify --json/' | 'status --json/') "$1" json ;;
    apply\ --confirm-within* | confirm* | rollback*)
      misuse "$*: a change that waits to be confirmed is not available in this version"
      ;;
    *) usage ;;
  esac
}
