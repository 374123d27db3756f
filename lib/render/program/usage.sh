# shellcheck shell=sh

usage() {
  misuse 'usage: sh PROGRAM apply [--confirm-within SECONDS] [--json]
       sh PROGRAM confirm [ID] [--json] | rollback [ID]
       sh PROGRAM remove [--owner=NAME]
       sh PROGRAM deliver --confirm-within SECONDS | verify [--json]
       sh PROGRAM status [--json]
MULTIHOME_STATE_DIR  what survives a reboot; default /var/lib/multihome
MULTIHOME_RUN_DIR    what does not; default /run/multihome
MULTIHOME_WAIT       seconds to wait for interfaces; default 30
exit 0 done, 1 failed and rolled back, 2 bad input or usage, 75 another change
is in progress or waits to be confirmed'
}

# heed ARG...: what $verb is told besides.
heed() {
  while [ $# != 0 ]; do
    case $verb/$1 in
      apply/--json | confirm/--json | verify/--json | status/--json) form=json ;;
      apply/--confirm-within | deliver/--confirm-within)
        wanted=${2-}
        case $wanted in
          [5-9] | [1-9][0-9] | [1-9][0-9][0-9] | [12][0-9][0-9][0-9] | 3[0-5][0-9][0-9] | 3600) shift ;;
          *) misuse "--confirm-within must be a whole number of seconds from 5 to 3600, not '$wanted'" ;;
        esac
        ;;
      apply/--owner=?* | confirm/--owner=?* | deliver/--owner=?* | remove/--owner=?*) holder=${1#*=} ;;
      confirm/[!-]* | rollback/[!-]* | watch/* | expire/*)
        given=$1
        case $given in
          [0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]) ;;
          *) misuse "an id is 8 hexadecimal digits, as apply --confirm-within has told; not '$given'" ;;
        esac
        ;;
      *) usage ;;
    esac
    shift
  done
  [ "$verb$wanted" != deliver0 ] || usage
}
