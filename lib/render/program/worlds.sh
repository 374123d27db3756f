# shellcheck shell=sh
# Worlds of the plan: routing domains with interfaces of their own, namespaces or VRFs. They come before the host's own
# world, so that this finds its interfaces, and are taken down when a change fails. Moving an interface is no atomic
# change: between two worlds it is in neither, and nothing leaves by it.

# apart: whether interfaces are in worlds in which the plan does not have them. Of these $strays has "NAME IFACE" or
# "NAME", a line each.
apart() {
  strays=
  for n in "$STATE/worlds"/*/; do
    [ -d "$n" ] || continue
    n=${n%/}
    world=${n##*/}
    known "$world" || kind=none
    case $nl$(of names)$nl in
      *"$nl$world $kind $table$nl"*)
        for v in "$STATE/worlds/$world"/home.*; do
          [ ! -e "$v" ] || case $PLAN in
            *"${nl}world $world in interface ${v##*/home.} "*) ;;
            *) strays="$strays$world ${v##*/home.}$nl" ;;
          esac
        done
        ;;
      *) strays="$strays$world$nl" ;;
    esac
  done
  [ -n "$strays" ]
}

# part: has every interface where the plan has it, and looks again. Nothing is touched until all are found; what has to
# come out of a world first may be what another waits for.
part() {
  all=$(of names)
  [ -n "$all" ] || apart || return 0
  apart || resolve_all
  parting
  text
  { mkdir -p "$STATE/worlds" && put worlds/program "$text"; } || fail "cannot write to $STATE"
  if [ -n "$strays" ]; then
    dissolve "$strays"
    ! apart || fail 'not all interfaces could be taken out of their worlds'
    resolve_all
  fi
  each make
  each furnish
  found
}

# each FUNCTION: for every world of the plan, with its name, kind and table.
each() {
  while read -r name k t; do
    [ -z "$name" ] || "$1" "$name" "$k" "$t" </dev/null
  done <<END
$all
END
}

# rejoin: takes all worlds down, and gives the host back what their interfaces were; fails when one has not come home, whose
# world then stays, or has come without all that it had.
rejoin() {
  PLAN=$(bare)
  load
  code=0
  ! apart || dissolve "$strays" || code=1
  ! apart || return
  rm -rf "${STATE:?}/worlds" "${RUN:?}/worlds"
  return $code
}

# dissolve LIST: of $strays; fails as rejoin does.
dissolve() {
  printf '%s' "$1" | {
    code=0
    while read -r name iface; do
      if [ -n "$iface" ]; then
        home "$name" "$iface" || code=1
      else
        for v in "$STATE/worlds/$name"/home.*; do [ ! -e "$v" ] || home "$name" "${v##*/home.}" || code=1; done
        unmake "$name"
      fi
    done
    [ $code = 0 ]
  }
}

# resolve_all: sets $devices to "NAME device IFACE DEVICE" of all interfaces in worlds, when every one can be where the
# plan has it. What restores does without those that are missing.
resolve_all() {
  clock
  until=$((now + WAIT))
  while :; do
    missing='' devices=
    dumped=$(dump)
    case $dumped in *=whole) ;; *) fail 'ip cannot show rules and routes' ;; esac
    # At a first start nobody has come in.
    client='' v=
    ! has operator || operator
    session=$v
    each resolve
    case $missing/$restoring in / | */1) break ;; esac
    clock
    [ "$now" -lt $until ] || fail "${missing#; } (waited $WAIT s)"
    sleep 1
  done
}

# resolve NAME KIND: adds to $devices and $missing.
resolve() {
  known "$1" || ! exists "$2" "$1" ||
    fail "world $1: there is a $2 of that name, which is not ours. Delete it, or give the world another name"
  n=/etc/netns/$1/resolv.conf
  [ ! -e "$n" ] || cmp -s "$n" "$STATE/worlds/$1/resolv.conf" || [ -z "$(of resolver -v world="$1")" ] ||
    fail "world $1: $n is not ours. Delete it, or leave the resolver of the world out"
  outside "$1"
  for iface in $ifaces; do
    if inhabits "$1" "$iface"; then
      devices="$devices$1 device $iface $device$nl"
      continue
    fi
    device=$(printf '%s\n' "$there" | sed -n "s/^device $iface \\([^ ]*\\).*/\\1/p")
    if [ -n "$device" ]; then
      check_move "$1" "$iface" "$device"
      devices="$devices$1 device $iface $device$nl"
    else
      v=$(printf '%s\n' "$there" | sed -n "s/^[?] interface $iface: //p")
      [ -n "$v" ] || fail "world $1: interface $iface: $(printf '%s\n' "$there" | sed -n "s/^! interface $iface: //p")"
      missing="$missing; world $1: interface $iface: $v"
    fi
  done
}

# outside NAME: sets $ifaces to the names of its interfaces, and $there to what a survey of the host's own world has found
# of them.
outside() {
  inner=$(of plan -v world="$1")
  ifaces=$(printf '%s\n' "$inner" | awk '$1 == "interface" { print $2 }')
  there=$(printf '%s\n' =plan "$inner" "$dumped" | calc -v committed=- -v boot=- -v records="$records" "$SAME$nl$SURVEY")
}

# inhabits NAME IFACE: whether it is in the world already; sets $device then.
inhabits() {
  known "$1" && [ -r "$STATE/worlds/$1/home.$2" ] && read -r v device <"$STATE/worlds/$1/home.$2" || return 1
  v=$(ip_in "$1" -o link show dev "$device" 2>/dev/null) || return 1
  [ "$kind" = netns ] || case $v in *" master $1 "*) ;; *) return 1 ;; esac
}

# check_move NAME IFACE DEVICE: whether it may be taken from where it is.
check_move() {
  ! printf '%s\n' "${seen-}" | awk -v d="$3" '$1 == "device" && $3 == d { found = 1 } END { exit !found }' ||
    fail "world $1: interface $2: its device $3 is that of another interface too"
  case $(ip -o link show dev "$3" 2>/dev/null) in
    *' master '*) fail "world $1: interface $2: its device $3 is a port of another device. Take it out of that first" ;;
  esac
  case $PLAN in *"${nl}world $1 moves$nl"*) return 0 ;; esac
  case $session in *"%$3 "*) v="is the one" ;; *) v= ;; esac
  [ -z "$client" ] || case $(ip -o addr show dev "$3" 2>/dev/null) in
    *" ${server#::ffff:}/"* | *" ${server#::ffff:} peer "*) v="has ${server#::ffff:}," ;;
  esac
  [ -z "$v" ] ||
    fail "world $1: interface $2: its device $3 $v by which this session comes in, and moving it would cut that off. Come in by another, or set moveManagement of the world to true"
}

# furnish NAME: its interfaces, with addresses and routes, and the world's own program.
furnish() {
  known "$1"
  resolver "$1"
  own=$(printf '%s\n' "$devices" | sed -n "s/^$1 device /device /p")
  while read -r v iface found; do
    [ -z "$iface" ] || inhabits "$1" "$iface" || move "$1" "$iface" "$found" </dev/null
  done <<END
$own
END
  for f in 4 6; do
    [ $f = 4 ] || [ -d /proc/sys/net/ipv6 ] || continue
    v=$(gifts "$1" $f) || fail "$why"
    if [ "$kind" = netns ]; then
      v=$(printf '%s\n' "$v" | ip -n "$1" -$f -batch - 2>&1) || fail "world $1: ${v%%"$nl"*}"
    else
      batch $f "$v" || fail "world $1: $why"
    fi
  done
  n=apply
  for iface in $(of plan -v world="$1" | awk '$1 == "interface" { print $2 }'); do
    case $nl$own in *"${nl}device $iface "*) ;; *) n=restore ;; esac
  done
  if [ "$kind" = netns ]; then
    v=$(inside "$1" $n 2>&1) || fail "world $1: ${v##*multihome: }"
  else
    raise "$1" || fail "world $1: cannot write sysctls"
    # What is expected of interfaces that are not there is not right.
    [ $n = apply ] || return 0
    how=brief
    v=$(judge "$1" "$kind" | sed 1d)
    [ -z "$v" ] || fail "world $1: the routes would not be right here: ${v%%"$nl"*}"
  fi
}

# gifts NAME FAMILY: what its interfaces in $own have to be given, as lines for ip; with "#" when they lack some of that.
gifts() {
  [ "$table" = - ] && v=main || v=$table
  {
    printf '%s\n' "$own" "$PLAN" =addr "$(ip_in "$1" "-$2" -N -o addr show 2>/dev/null)" =route \
      "$(ip_in "$1" "-$2" -N route show table "$v" 2>/dev/null)"
  } | calc -v mode=give -v world="$1" -v table="$table" -v f="$2" "$WORLDS"
}

# raise NAME: the settings that the interfaces of a VRF need; given back with all others when they come home.
raise() {
  low "$1" | while read -r n least; do
    printf '%s\n' "$least" >"$n" || exit 1
  done
}

# low NAME: those that are not as high as they have to be, and how high that is.
low() {
  of plan -v world="$1" | while read -r n iface path least; do
    [ "$n" = sysctl ] || continue
    v=$(printf '%s\n' "$own" | sed -n "s/^device $iface //p")
    [ -n "$v" ] || continue
    n=/proc/sys/net/${path%@*}$v${path#*@}
    v=$(cat "$n") && [ "$v" -ge "$least" ] || printf '%s\n' "$n $least"
  done
}

# furnished: whether nothing is missing in any world, which somebody may have taken away since it was put there; else $why
# says in which.
furnished() {
  all=$(of names) why=
  each whole_world
  [ -z "$why" ]
}

whole_world() { stands "$@" 2>/dev/null || why="world $1: somebody has taken away some of it meanwhile; apply again"; }

# stands NAME KIND
stands() {
  known "$1" || return
  own='' lacks=
  for iface in $(of plan -v world="$1" | awk '$1 == "interface" { print $2 }'); do
    if inhabits "$1" "$iface"; then own="${own}device $iface $device$nl"; else lacks=1; fi
  done
  [ -n "$restoring" ] || [ -z "$lacks" ] || return
  for f in 4 6; do
    [ $f = 4 ] || [ -d /proc/sys/net/ipv6 ] || continue
    case $(gifts "$1" $f) in *'#'*) return 1 ;; esac
    [ "$2" = netns ] || { looked_up $f && local_after $f; } || return
  done
  v=$(of resolver -v world="$1")
  [ -z "$v" ] || [ "$v" = "$(cat "/etc/netns/$1/resolv.conf")" ] || return
  if [ "$2" = netns ]; then
    [ -n "$(ip -n "$1" -o link show dev lo up)" ] && inside "$1" settled
  else
    how=brief
    [ -z "$(low "$1")" ] && { [ -n "$lacks" ] || [ -z "$(judge "$1" "$2" | sed 1d)" ]; }
  fi
}

# settled: the same of a single world, by its own program.
settled() {
  restoring=1 WAIT=0
  ! compare
}

# world_facts: what worlds are like, as lines for $seen: they change when something in the world does.
world_facts() {
  all=$(of names) dumped=
  each world_fact
}

world_fact() {
  kind=$2 table=$3
  v=$(world_state "$1" 2>/dev/null)
  printf '%s\n' "world $1 $(printf '%s\n' "$v" | calc -v mode=state "$WORLDS" | digest)"
  known "$1" || return 0
  for iface in $(of plan -v world="$1" | awk '$1 == "interface" { print $2 }'); do
    inhabits "$1" "$iface" || absent_fact "$1" "$iface"
  done
}

# absent_fact NAME IFACE: an interface that is not in its world: done without by what restores, until it comes.
absent_fact() {
  [ -n "$dumped" ] || dumped=$(dump)
  outside "$1"
  device=$(printf '%s\n' "$there" | sed -n "s/^device $2 \([^ ]*\).*/\1/p")
  if [ -n "$device" ]; then
    printf '%s\n' "world $1 comes $2 $device" short
  elif [ -n "$restoring" ]; then
    printf '%s\n' "world $1 lacks $2"
  else
    printf '%s\n' "world $1 wants $2"
  fi
}

# world_state NAME
world_state() {
  own=$(for n in "$STATE/worlds/$1"/home.*; do
    [ ! -r "$n" ] || { read -r v device <"$n" && printf '%s\n' "device ${n##*/home.} $device"; }
  done)
  for f in 4 6; do
    {
      printf '%s\n' 'rule show'
      if [ "$kind" = netns ]; then
        printf '%s\n' 'route show table all' 'addr show' 'link show'
      else
        printf '%s\n' "route show table $table" "link show dev $1"
        printf '%s\n' "$own" | sed -n 's/^device [^ ]* \(.*\)/addr show dev \1\nlink show dev \1/p'
      fi
    } | ip_in "$1" -$f -N -o -force -batch -
  done
  v=$(printf '%s\n' "$own" "$(of plan -v world="$1")" | calc -v mode=sysctls "$WORLDS")
  # shellcheck disable=SC2086  # paths are words
  set -- "$1" $v
  n=$1
  shift
  if [ "$kind" = netns ]; then ip netns exec "$n" cat "$@"; else cat "$@"; fi
  cat "/etc/netns/$n/resolv.conf"
}

# judged: the check of all worlds, as one.
judged() {
  how=$1
  {
    check "$@"
    all=$(of names)
    each judge
  } | calc -v mode=join -v form="$how" "$WORLDS"
}

# judge NAME KIND TABLE
judge() {
  printf '%s\n' "=$1"
  if [ "$2" = netns ]; then
    if [ "$how" = json ]; then inside "$1" verify --json; else inside "$1" verify; fi
    return 0
  fi
  seen=$(for n in "$STATE/worlds/$1"/home.*; do
    [ ! -r "$n" ] || { read -r v device <"$n" && printf '%s\n' "device ${n##*/home.} $device"; }
  done)
  (
    PLAN=$(of plan -v world="$1")
    vrf=$1
    check "$how" '' -v generation=null -v digest=null
  )
}
