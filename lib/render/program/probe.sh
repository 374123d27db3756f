# shellcheck shell=sh
# Whether what got through before the change gets through after it: the operator who makes it, and packets to gateways.
# What was silent before proves nothing.

probing=1

# paths: notes what gets through now.
paths() {
  operator
  routed=$(routes)
  reached=$(reach "$(gateways)")
  sent=
  ! connection || sent=$transmitted
}

# still: whether that gets through under the new rules, within 5 s; else $why says what does not.
still() {
  kept "$routed" "$(routes)" || {
    why="the kernel would no longer answer $client, where this session comes from, by $owner"
    return 1
  }
  [ -z "$sent" ] || say 'the new rules are in force; now they must carry this session'
  clock
  began=$now
  until
    why='a gateway that answered before answers no longer'
    kept "$reached" "$(reach "$reached")" && acknowledged
  do
    clock
    [ "$now" -lt $((began + 5)) ] || return 1
    nap 0.1
  done
}

# kept BEFORE AFTER: whether all lines of the one are in the other.
kept() {
  [ -z "$1" ] || printf '%s\n' "$1" | while read -r n; do
    case "$nl$2$nl" in *"$nl$n$nl"*) ;; *) exit 1 ;; esac
  done
}

# operator: sets $client, $port, $server and $listens from the SSH session that this is, or one above it, since sudo
# does not pass the variable on; and $owner, the device of $server. All are empty when there is none.
# shellcheck disable=SC2016
operator() {
  client='' owner='' parent=$$
  v=${SSH_CONNECTION-}
  if [ -z "$v" ]; then
    set --
    while [ "$parent" -gt 1 ] && started "$parent"; do set -- "$@" "/proc/$parent/environ"; done
    v=$(cat "$@" 2>/dev/null | tr '\0' '\n' | awk '!n && sub(/^SSH_CONNECTION=/, "") { print; n = 1 }')
  fi
  # A link-local address has its zone behind a "%". It can be answered by no other link.
  case $v in *[!0-9a-f.:\ ]*) return ;; esac
  # shellcheck disable=SC2086
  set -- $v
  [ $# = 4 ] || return 0
  client=$1 port=$2 server=$3 listens=$4
  owner=$(ip -o addr show to "$server" 2>/dev/null | awk -v s="$server" '
    $3 ~ /^inet/ && $2 ~ /^[-A-Za-z0-9_.]+$/ { split($4, part, "/"); if (part[1] == s) print $2 }' | sed 1q)
  case $client in *:*) called=6 ;; *) called=4 ;; esac
}

# routes: "out" when the kernel would answer the operator's next connection by the owner of the address that was
# called, or by any device where the plan has neighbours answered directly; "in" when it would take it.
# shellcheck disable=SC2016
routes() {
  [ -n "$owner" ] || return 0
  v=$(printf '%s\n' "route get $client from $server" "route get $server from $client iif $owner" |
    ip "-$called" -o -force -batch - 2>/dev/null)
  printf '%s\n' "$PLAN" "$v" | awk -v c="$client" -v s="$server" -v o="$owner" '
    /^expect/ { direct = direct || $5 == "dev" && $6 != "@" $2 }
    $1 == c { for (i = 2; i < NF; i++) if ($i == "dev" && (direct || $(i + 1) == o)) print "out" }
    $1 == "local" && $2 == s { print "in" }'
}

# connection: how much of what the session has sent has been acknowledged; fails when that cannot be known.
# shellcheck disable=SC2016
connection() {
  [ -n "$client" ] && has ss || return 1
  [ "$called" = 4 ] && v="src $server:$listens and dst $client:$port" || v="src [$server]:$listens and dst [$client]:$port"
  v=$(ss -Htin "$v" 2>/dev/null | awk '
    { for (i = 1; i <= NF; i++) if (split($i, pair, ":") == 2) value[pair[1]] = pair[2] }
    END { if (NR) printf "%.0f %.0f", value["bytes_sent"] - value["bytes_retrans"], value["bytes_acked"] }')
  transmitted=${v% *} acked=${v#* }
  [ -n "$v" ]
}

# acknowledged: whether anything that was sent under the new rules has been.
acknowledged() {
  [ -n "$sent" ] || return 0
  why="this session, from $client, is answered no longer"
  connection || return
  # One that sends nothing, since its output goes elsewhere, cannot tell.
  [ "$acked" -gt "$sent" ] || { [ "$transmitted" = "$sent" ] && [ "$now" -gt "$began" ]; }
}

# gateways: those of the plan that the host has been speaking to, and where to ask them from.
# shellcheck disable=SC2016
gateways() {
  has ping || return 0
  v=$(ip -o neigh show 2>/dev/null)
  [ -z "$v" ] || printf '%s\n' "${seen%%"$nl"[46] *}" "$PLAN" "$v" | awk '
    /^(rule|address|keep)/ { next }
    $1 == "device" { device[$2] = $3 }
    $1 ~ /^route[46]$/ && $2 == "default" {
      dev = via = src = ""
      for (i = 3; i < NF; i++) {
        if ($i == "dev") dev = device[substr($(i + 1), 2)]
        if ($i == "via") via = $(i + 1)
        if ($i == "src") src = $(i + 1)
      }
      from[via, dev] = src == "" || via ~ /^fe80/ ? dev : src
    }
    $2 == "dev" && ($1, $3) in from && !/FAILED|INCOMPLETE/ { print $1, from[$1, $3] }'
}

# reach PAIRS: those of them that answer.
reach() {
  [ -n "$1" ] || return 0
  printf '%s\n' "$1" | {
    while read -r to from; do
      ! ping -n -q -c 1 -W 1 -I "$from" "$to" >/dev/null 2>&1 || printf '%s %s\n' "$to" "$from" &
    done
    wait
  }
}

# suspects: whose rules may be to blame, and the cure: see managers.awk.
suspects() { { ip -4 -N rule show && ip -6 -N rule show; } 2>/dev/null | calc "$MANAGERS" | tr -d '\n'; }
