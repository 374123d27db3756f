# shellcheck shell=sh
# What the host is like: see survey.awk.

# dump: what the kernel says now. What ip says besides is about namespaces that come and go. There is no kernel without
# a loopback, or without rules, so an answer without them is none.
dump() {
  dump4=$(
    ip -4 -N -o -batch - 2>/dev/null <<END
rule show
route show table all
addr show
link show
END
  ) || return
  case $dump4 in *': lo: '*) ;; *) return 1 ;; esac
  dump6=
  [ -d /proc/sys/net/ipv6 ] || return 0
  dump6=$(
    ip -6 -N -o -batch - 2>/dev/null <<END
rule show
route show table all
addr show
END
  ) || return
  case $dump6 in *' lookup '* | *': lo '*) ;; *) return 1 ;; esac
}

# survey: sets $seen; its exit status is that of survey.awk, or another with an empty $seen.
survey() {
  seen='' stale=
  dump || {
    why='ip cannot show rules and routes: iproute2 6.1 or newer does, and a kernel with policy routing is needed'
    return 4
  }
  filter_dump
  fresh
  seen=$(
    printf '%s\n' =plan "$PLAN" =4 "$dump4" =6 "$dump6" ${filter_now:+=nft "$filter_now"} |
      calc -v committed="$band" -v boot="$boot" -v records="$records" -v fresh="$fresh" -v sweep="${sweep-}" -v partial="$restoring" "$SURVEY"
  )
  code=$?
  ! announces || frr_look
  case $code$seen in [0135][!0-9]*)
    v=$(world_facts)
    seen=$seen${v:+"$nl$v"}
    return $code
    ;;
  esac
  seen='' why='awk has failed'
  return 4
}

# look: surveys, and sets $code, at a time when nothing has been touched.
look() {
  survey
  code=$?
  [ $code != 5 ] || misuse "${seen#*! }"
  [ $code != 4 ] || fail "$why"
  # shellcheck disable=SC2086
  set -- ${seen%%"$nl"*}
  live4=$2 keep4=$3 want4=$4 live6=$5 keep6=$6 want6=$7
}

# found: looks until all interfaces are there, at most $WAIT seconds.
found() {
  clock
  until=$((now + WAIT))
  while look; [ $code != 0 ]; do
    clock
    if [ "$code" != 3 ] || [ "$now" -ge $until ]; then fail "$(complaint)"; fi
    sleep 1
  done
  [ "$want6" = - ] || [ -n "$dump6" ] || fail 'the plan has IPv6, and this kernel does not'
}

# complaint: why a survey failed, on one line: what is refused, else what was waited for.
# shellcheck disable=SC2016
complaint() {
  printf '%s\n' "$seen" | awk -v wait="$WAIT" '
    sub(/^! /, "") { refused = refused "; " $0 }
    sub(/^[?] /, "") { missing = missing "; " $0 " (waited " wait " s)" }
    END { print substr(refused == "" ? missing : refused, 3) }'
}
