# shellcheck shell=sh
# Questions about the host. They change nothing, and need no rights but those that the kernel asks for.

# deny TEXT: why no flow need be asked for.
deny() {
  if [ "$form" = json ]; then
    printf '{"ok":false,"checked":0,\n"generation":%s,\n"digest":%s,\n"failed":[],\n"reason":%s}\n' \
      "$generation" "$(quoted "$committed_digest")" "$(quoted "$1")"
  else
    printf '%s\n' "$1"
  fi
  exit 1
}

# verify: whether every flow of the plan goes as planned; exit 0 only then.
verify() {
  needs read
  load
  look
  in_force
  if change && [ "$within" != 0 ]; then
    ! lapsed || deny "change $id is in force and must not be, since $lapse; apply, and it is rolled back"
    committed_digest=$proposed
  fi
  digested
  [ "$generation" != null ] || deny 'nothing is applied'
  [ "${committed_digest:-$v}" = "$v" ] || deny "another plan is in force, of digest $committed_digest"
  [ "$code" = 0 ] || deny "$(complaint)"
  [ "$want4" = - ] || [ "$live4" != - ] || deny 'nothing is in force for IPv4'
  [ "$want6" = - ] || [ "$live6" != - ] || deny 'nothing is in force for IPv6'
  filter_stands || deny 'the table inet multihome of nftables is not as it was loaded; apply again'
  kept_whole || deny "$n is missing, which keeps the plan in force; apply again"
  ! announces || frr_stands
  judged "$form" '' -v generation="$generation" -v digest="$(quoted "$committed_digest")"
}

# in_force: sets $generation to what the kernel follows, or null.
in_force() {
  # A plan without rules is in force when it is committed.
  case $want4$want6$committed in --[01]) generation=$committed && return ;; esac
  case $live4$live6 in
    [01]*) generation=$live4 ;;
    -[01]) generation=$live6 ;;
    *) generation=null ;;
  esac
}

# status: what is applied, and whether the host is still as it was left.
status() {
  needs read
  load
  numbers=${committed_numbers:-$numbers}
  assign
  drift=null
  if [ -r "$STATE/program.$committed" ]; then
    adopt "$STATE/program.$committed"
    was=$STATE/observed
    look
    drift=true
    [ -z "$settled" ] || drift=false
  else
    PLAN=$(bare)
    look
  fi
  in_force
  waits=''
  if change && [ "$within" != 0 ]; then
    lapsed && left=0 || left=$((deadline - now))
    waits=$id drift=null committed_digest=$proposed
  fi
  ended
  if [ "$form" = json ]; then
    [ "$generation" = null ] && v=false || v=true
    printf '{"applied":%s,\n"generation":%s,\n"digest":%s,\n"drift":%s,\n"id":%s,\n' \
      "$v" "$generation" "$(quoted "$committed_digest")" "$drift" "$(quoted "$committed_id")"
    [ -z "$waits" ] && v=null ||
      v="{\"id\":\"$waits\",\"generation\":$new,\"digest\":\"$proposed\",\"secondsLeft\":$left}"
    [ -z "$fate" ] && n=null || n="{\"id\":\"$ended\",\"reason\":$(quoted "$fate")}"
    printf '"pending":%s,\n"rolledBack":%s,\n' "$v" "$n"
    [ -e "$STATE/kept" ] && v=true || v=false
    watched && n=true || n=false
    printf '"kept":%s,\n"monitored":%s}\n' "$v" "$n"
    return
  fi
  if [ "$generation$committed" = null- ]; then
    printf 'nothing is applied\n'
  else
    printf 'generation: %s\ndigest: %s\ndrift: %s\n' "$generation" "${committed_digest:-unknown}" "$drift" |
      sed 's/: true$/: yes/;s/: false$/: no/;s/generation: null/generation: none/;s/: null$/: unknown/'
  fi
  if [ -e "$STATE/kept" ]; then
    watched && v='yes' || v='yes, but the monitor does not run'
    printf 'kept: %s\n' "$v"
  fi
  [ -z "$waits" ] || printf 'pending: %s, of digest %s, %s s left\n' "$waits" "$proposed" "$left"
  [ -z "$fate" ] || printf 'rolled back: %s, since %s\n' "$ended" "$fate"
}
