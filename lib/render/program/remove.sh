# shellcheck shell=sh
# Back to what the host was before the first apply. It needs no plan, only what is in the state directory and in the
# kernel, so that a program of any plan can do it.

# bare: a plan that wants nothing.
bare() {
  printf '%s\n' 'plan 1 none' "numbers $numbers" end
}

remove() {
  needs
  load
  numbers=${committed_numbers:-$numbers}
  PLAN=$(bare)
  survey
  case $seen in
    "facts - - - - - -") [ -e "$STATE" ] || return 0 ;;
  esac
  lock
  load
  survey
  facts
  tune undo || say 'cannot write sysctls'
  # Both families go out of force at once; what is left of them then decides nothing.
  for f in "4$live4" "6$live6"; do
    case $f in *-) ;; *) flip "${f%?}" - || fail "$why" ;; esac
  done
  rm -f "$STATE/committed" "$STATE/observed"
  survey
  tidy - - || fail "cannot remove all rules and routes; $why"
  undo
  rm -f "$STATE/restore" "$STATE"/program.[01] "$STATE"/*.new
  [ ! -d "$STATE" ] || rmdir "$STATE" 2>/dev/null || say "$STATE holds files that are not ours; it stays"
  emptied=1
}
