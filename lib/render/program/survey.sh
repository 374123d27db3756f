# shellcheck shell=sh
# What the host is like: see survey.awk.

# dump: what the kernel says now. What ip has to say besides is about namespaces that come and go.
dump() {
  dump4=$(
    ip -4 -N -o -batch - 2>/dev/null <<END
rule show
route show table all
addr show
link show
END
  ) || fail 'ip cannot show rules and routes; needed are iproute2 (6.1 or newer is known to do) and policy routing in the kernel'
  dump6=
  [ ! -d /proc/sys/net/ipv6 ] || dump6=$(
    ip -6 -N -o -batch - 2>/dev/null <<END
rule show
route show table all
addr show
END
  ) || fail 'ip cannot show rules and routes of IPv6'
}

# survey [RECORDS]: sets $seen; its exit status is that of survey.awk.
survey() {
  dump
  read -r boot </proc/sys/kernel/random/boot_id
  seen=$(
    printf '%s\n' =plan "$PLAN" =4 "$dump4" =6 "$dump6" |
      calc -v committed="$committed" -v boot="$boot" -v records="${1-$STATE/restore}" "$SURVEY"
  )
}

# facts: takes the first line of $seen apart.
facts() {
  # shellcheck disable=SC2086
  set -- ${seen%%"$nl"*}
  live4=$2 keep4=$3 want4=$4 live6=$5 keep6=$6 want6=$7
}

# found: surveys until all interfaces are there, at most $WAIT seconds.
found() {
  read -r now v </proc/uptime
  until=$((${now%.*} + WAIT))
  while :; do
    survey
    case $? in
      0) break ;;
      2) misuse "${seen#! }" ;;
      3) ;;
      *) until=0 ;;
    esac
    read -r now v </proc/uptime
    [ "${now%.*}" -lt "$until" ] || fail "$(complaint)"
    sleep 1
  done
  facts
  [ "$want6" = - ] || [ -n "$dump6" ] || fail 'the plan has IPv6, and this kernel does not'
}

# complaint: why a survey failed: what is refused, else what was waited for.
complaint() {
  v=$(printf '%s\n' "$seen" | sed -n 's/^! //p')
  printf '%s\n' "${v:-$(printf '%s\n' "$seen" | sed -n "s/^? \(.*\)/\1 (waited $WAIT s)/p")}"
}
