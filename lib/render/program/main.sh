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
  form=text wanted=0 given='' holder=''
  [ $# != 0 ] || usage
  verb=$1
  shift
  case $verb in
    apply | deliver | confirm | rollback | verify | status | remove | watch | expire | rejoin) ;;
    close | open | boot | restore | monitor | resume | silence | settled) ;;
    *) usage ;;
  esac
  has "$verb" || misuse "$verb: this is the short form of the program, as of user data, which does without"
  heed "$@"
  $verb || exit
  case $verb$wanted$form in apply0json | confirm0json) verify ;; esac
}
