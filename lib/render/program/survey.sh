# shellcheck shell=sh
# What the host is like: see survey.awk.

# dump: what the kernel says now, and "=whole" when it has said all. What ip says besides is about namespaces that come and go.
dump() {
  n='link show'
  for f in 4 6; do
    [ -d /proc/sys/net/ipv$f ] || continue
    echo "=$f"
    ip -$f -N -o -batch - 2>/dev/null <<END || return
rule show
route show table all
addr show
$n
END
    n=''
  done
  echo '=whole'
}

# survey: sets $seen; its exit status is that of survey.awk, or another with an empty $seen. $was is the file that tells how
# the host was left, when that is the question.
survey() {
  seen='' stale=
  filter_dump
  fresh
  seen=$(
    {
      printf '%s\n' =plan "$PLAN" ${filter_now:+=nft "$filter_now"} =more
      ! announces || frr_look
      world_facts
      [ -z "$was" ] || { echo '=kept' && kept_now; }
      dump
    } | calc -v committed="$band" -v boot="$boot" -v records="$records" -v fresh="$fresh" -v sweep="${sweep-}" \
      -v partial="$restoring" -v was="$was" -v id="$committed_id" -v old="$STATE/program.$committed" -v body="$whose" "$SAME$nl$SURVEY"
  )
  code=$?
  case $code/$seen in
    [0135]/?*) return $code ;;
    4/) why='ip cannot show rules and routes: iproute2 6.1 or newer does, and a kernel with policy routing is needed' ;;
    *) why='awk has failed' ;;
  esac
  seen=
  return 4
}

# look: surveys, and sets $code, what the first line says, and $settled, at a time when nothing has been touched.
look() {
  survey
  code=$?
  [ $code != 5 ] || misuse "${seen#*! }"
  [ $code != 4 ] || fail "$why"
  # shellcheck disable=SC2086
  set -- ${seen%%"$nl"*}
  live4=$2 keep4=$3 want4=$4 live6=$5 keep6=$6 want6=$7 settled=${8-}
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
  [ "$want6" = - ] || [ -d /proc/sys/net/ipv6 ] || fail 'the plan has IPv6, and this kernel does not'
}

# complaint: why a survey failed, on one line: what is refused, else what was waited for.
# shellcheck disable=SC2016
complaint() {
  of_seen -v wait="$WAIT" '
    sub(/^! /, "") { refused = refused "; " $0 }
    sub(/^[?] /, "") { missing = missing "; " $0 " (waited " wait " s)" }
    END { print substr(refused == "" ? missing : refused, 3) }'
}
