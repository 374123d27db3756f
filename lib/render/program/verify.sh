# shellcheck shell=sh
# Questions about the host; they change nothing, and need no more rights than the kernel asks for.

# quoted TEXT: as a JSON string, or null when empty. Messages have no control characters or backslashes.
quoted() {
  [ -n "$1" ] || {
    printf null
    return
  }
  printf '"'
  printf '%s' "$1" | tr '\n"' " '"
  printf '"'
}

# answer no TEXT: why the host as a whole is not as planned.
deny() {
  if [ "$form" = json ]; then
    printf '{"ok":false,"checked":0,\n"generation":%s,\n"digest":%s,\n"failed":[],\n"reason":%s}\n' \
      "$generation" "$(quoted "$committed_digest")" "$(quoted "$1")"
  else
    printf '%s\n' "$1"
  fi
  exit 1
}

# verify text|json: whether every flow of the plan goes as it should, and exit 0 only then.
verify() {
  form=$1 generation=null
  needs read
  load
  mine_=$(printf '%s\n' "$PLAN" | digest)
  survey
  code=$?
  [ $code != 2 ] || misuse "${seen#! }"
  facts
  generation=$(in_force)
  [ "$generation" != null ] || deny 'nothing is applied'
  [ $code = 0 ] || deny "$(complaint)"
  [ "$want4" = - ] || [ "$live4" != - ] || deny 'IPv4 is not in force'
  [ "$want6" = - ] || [ "$live6" != - ] || deny 'IPv6 is not in force'
  [ "${committed_digest:-$mine_}" = "$mine_" ] || deny "another plan is in force, with the digest $committed_digest"
  check "$form" '' -v generation="$generation" -v digest="$(quoted "$committed_digest")"
}

# in_force: the generation that the kernel follows, or null.
in_force() {
  case $live4$live6 in
    [01]*) printf %s "$live4" ;;
    -[01]) printf %s "$live6" ;;
    *) printf null ;;
  esac
}

# status text|json: what is applied, and whether the host is still as it was left.
status() {
  needs read
  load
  numbers=${committed_numbers:-$numbers}
  drift=null
  if [ -r "$STATE/program.$committed" ]; then
    self=$(sed "1,/^cat <<'/d;/^MULTIHOME\$/,\$d" "$STATE/program.$committed")
    PLAN=${self#PLAN=\'}
    PLAN=${PLAN%%\'*}
    survey
    drift=true
    [ $? != 0 ] || ! settled || drift=false
  else
    PLAN=$(bare)
    survey
  fi
  facts
  generation=$(in_force)
  [ "$generation" = null ] && applied=false || applied=true
  if [ "$1" = json ]; then
    printf '{"applied":%s,\n"generation":%s,\n"digest":%s,\n"drift":%s}\n' \
      $applied "$generation" "$(quoted "$committed_digest")" $drift
  elif [ $applied$committed = false- ]; then
    printf 'nothing is applied\n'
  else
    printf 'applied: %s\ngeneration: %s\ndigest: %s\ndrift: %s\n' \
      $applied "$generation" "${committed_digest:-unknown}" $drift
  fi | sed "$([ "$1" = json ] || printf 's/true$/yes/;s/false$/no/;s/null$/unknown/')"
}
