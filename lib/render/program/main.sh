# shellcheck shell=sh

# text: sets $text to the program as it was delivered.
text() {
  text="#!/bin/sh${nl}program() {${nl}cat <<'MULTIHOME'$nl$self${nl}MULTIHOME$nl}${nl}self=\$(program) && eval \"\$self\""
}

# finish: whatever ends the program.
finish() {
  outcome=$?
  trap - EXIT
  trap '' INT TERM
  [ -z "$staged" ] || revert "${reason:-it was ended}"
  unlock
  reunite
  [ -z "$halted" ] || systemctl --no-block start multihome-monitor.service
  [ -z "$emptied" ] || rmdir "$RUN" 2>/dev/null
  # What restores comes back when the other change has ended.
  [ "$restoring$outcome" != 175 ] || reason=
  [ -z "$reason" ] || say "$reason"
  exit $outcome
}

main() {
  environment
  # The end of the session that started it must not leave a change half done.
  trap '' HUP PIPE
  trap finish EXIT
  trap 'fail "interrupted by a signal"' INT TERM
  form=text wanted=0 given=''
  [ $# != 0 ] || usage
  verb=$1
  shift
  case $verb in
    apply | deliver | confirm | rollback | verify | status | remove | watch | expire | rejoin) ;;
    close | open | boot | restore | monitor | resume | silence) ;;
    *) usage ;;
  esac
  has "$verb" || misuse "$verb: this is the short form of the program, as of user data, which does without"
  while [ $# != 0 ]; do
    case $verb/$1 in
      apply/--json | confirm/--json | verify/--json | status/--json) form=json ;;
      apply/--confirm-within | deliver/--confirm-within)
        has pend || usage
        wanted=${2-}
        case $wanted in
          [5-9] | [1-9][0-9] | [1-9][0-9][0-9] | [12][0-9][0-9][0-9] | 3[0-5][0-9][0-9] | 3600) shift ;;
          *) misuse "--confirm-within must be a whole number of seconds from 5 to 3600, not '$wanted'" ;;
        esac
        ;;
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
  $verb || exit
  case $verb$wanted$form in apply0json | confirm0json) verify ;; esac
}
