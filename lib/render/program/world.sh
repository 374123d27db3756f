# shellcheck shell=sh
# One world, and one interface of it:
#
#   $STATE/worlds/NAME/kind         "netns" or "vrf TABLE", and the boot in which we have made it
#   $STATE/worlds/NAME/home.IFACE   the interface's device, and how to give it back what it had: a line each,
#                                   "mac MAC", "up 1", "group N", "addr4 ...", "route6 ...", "sysctl PATH VALUE", "secret VALUE"
#   $STATE/worlds/NAME/state        the state directory of the world's own program
#   $STATE/worlds/NAME/resolv.conf  as we have put it into /etc/netns/NAME
#
# A namespace has a program of its own, with the world's plan: all that the host's own world has is had there too. In a
# VRF one table decides, which its device says.

# of MODE [ARGS OF AWK...]: see worlds.awk.
of() {
  n=$1
  shift
  printf '%s\n' "$PLAN" | calc -v mode="$n" "$@" "$WORLDS"
}

# known NAME: sets $kind and $table to what we have made of it in this boot, or to nothing.
known() {
  kind='' table=- v=
  [ -r "$STATE/worlds/$1/kind" ] && read -r kind table v <"$STATE/worlds/$1/kind"
  [ "$v" = "$boot" ] || kind=
  [ -n "$kind" ]
}

# exists netns|vrf NAME
exists() {
  if [ "$1" = netns ]; then [ -e "/run/netns/$2" ] || [ -e "/var/run/netns/$2" ]; else present "$2"; fi
}

# present DEVICE: not by /sys, which may be that of another namespace.
present() { ip link show dev "$1" >/dev/null 2>&1; }

# inside NAME VERB...: the program of a namespace, run in it.
inside() {
  inner=$(of plan -v world="$1")
  n=$1
  shift
  (
    self="PLAN='$inner'$nl${self#*"'$nl"}"
    text
    printf '%s\n' "$text"
  ) | MULTIHOME_STATE_DIR=$STATE/worlds/$n/state MULTIHOME_RUN_DIR=$RUN/worlds/$n MULTIHOME_WAIT=5 ip netns exec "$n" sh -s -- "$@"
}

# ip_in NAME ARGS...: ip, where the interfaces of the world are.
ip_in() {
  n=$1
  shift
  if [ "$kind" = netns ]; then ip -n "$n" "$@"; else ip "$@"; fi
}

# make NAME KIND TABLE: the world without its interfaces, or what it lacks of that.
make() {
  { known "$1" && exists "$2" "$1"; } || create "$@"
  if [ "$2" = netns ]; then
    v=$(ip -n "$1" link set lo up 2>&1) || fail "world $1: $v"
    return
  fi
  for f in 4 6; do
    [ $f = 4 ] || [ -d /proc/sys/net/ipv6 ] || continue
    v=${numbers#*protocol=}
    # What follows must find nothing of the host's own world.
    batch $f "link set dev $1 up
route replace unreachable default metric 4278198272 table $3 proto ${v%% *}" || fail "world $1: $why"
    looked_up $f || batch $f 'rule add priority 1000 l3mdev protocol kernel' || fail "world $1: $why"
    # Addresses of the host's own world are none of a VRF's: they are looked up after its table. Whoever flushes all rules takes
    # that lookup along.
    case $locals in *' 0 '*) : >"$STATE/worlds/local$f" ;; esac
    local_after $f || batch $f 'rule add priority 1001 lookup local protocol kernel' || fail "world $1: $why"
    case $locals in *' 0 '*) batch $f 'rule del priority 0 lookup local' || fail "world $1: $why" ;; esac
  done
}

# looked_up FAMILY: whether VRFs are, by a rule; sets $locals to the priorities of the rules for the host's own addresses.
looked_up() {
  n=$(ip "-$1" -N rule show 2>/dev/null)
  locals=" $(printf '%s\n' "$n" | sed -n 's/^\([0-9]*\):[^a-z]*from all lookup 255.*/\1/p' | tr '\n' ' ')"
  case $n in *l3mdev*) ;; *) return 1 ;; esac
}

# local_after FAMILY: whether $locals has the one after the VRFs', where there has to be one.
local_after() {
  [ -e "$STATE/worlds/local$1" ] || return 0
  case $locals in *' 1001 '*) ;; *) return 1 ;; esac
}

create() {
  # Of another boot they say nothing of this one's.
  known "$1" || rm -f "$STATE/worlds/$1"/home.*
  { mkdir -p "$STATE/worlds/$1" && printf '%s\n' "$2 $3 $boot" >"$STATE/worlds/$1/kind"; } || fail "cannot write to $STATE"
  if [ "$2" = netns ]; then
    v=$(ip netns add "$1" 2>&1) && return
    v="world $1: $v"
  else
    v=$(ip link add "$1" type vrf table "$3" 2>&1) && return
    v="world $1: this kernel has no VRF ($v). Load the module vrf (CONFIG_NET_VRF; modprobe vrf), or set the world's kind to netns"
  fi
  # What there is of this name is none of ours.
  rm -f "$STATE/worlds/$1/kind"
  fail "$v"
}

# unmake NAME: what is left when its interfaces have gone. Ours alone, so that what else is in it may go.
unmake() {
  for n in "$STATE/worlds/$1"/home.*; do [ ! -e "$n" ] || return 0; done
  if known "$1"; then
    if [ "$kind" = netns ]; then
      ! exists netns "$1" || ip netns del "$1"
    else
      ! exists vrf "$1" || ip link del dev "$1"
      for f in 4 6; do ip -$f route flush table "$table" 2>/dev/null; done
    fi
  fi
  resolver_back "$1"
  rm -rf "${STATE:?}/worlds/$1" "${RUN:?}/worlds/$1"
  for n in "$STATE/worlds"/*/kind; do
    kind=
    [ ! -r "$n" ] || read -r kind v <"$n"
    [ "${kind-}" != vrf ] || return 0
  done
  for f in 4 6; do
    [ -e "$STATE/worlds/local$f" ] || continue
    batch $f 'rule add priority 0 lookup local protocol kernel
rule del priority 1001 lookup local'
    rm -f "$STATE/worlds/local$f"
  done
}

# capture DEVICE: how to give it back what it has.
capture() {
  printf '%s\n' "device $1"
  v=$(cat "/proc/sys/net/ipv6/conf/$1/stable_secret" 2>/dev/null) && printf '%s\n' "secret $v"
  {
    printf '%s\n' =link "$(ip -N -o link show dev "$1")" =addr4 "$(ip -4 -N -o addr show dev "$1")"
    printf '%s\n' =route4 "$(ip -4 -N -o route show table all)"
    if [ -d /proc/sys/net/ipv6 ]; then
      printf '%s\n' =addr6 "$(ip -6 -N -o addr show dev "$1")" =route6 "$(ip -6 -N -o route show table all)"
    fi
    printf '%s\n' =sysctl
    settings "$1"
  } 2>/dev/null | calc -v mode=capture -v device="$1" -v records="$records" "$WORLDS"
}

# which_device: of what capture has said.
which_device() { sed -n '/^device /p;/^mac /p'; }

# settings DEVICE: paths of its sysctls, but for the one that cannot be read while it is not set.
settings() {
  for n in /proc/sys/net/ipv[46]/conf/"$1"/* /proc/sys/net/ipv[46]/neigh/"$1"/*; do
    case $n in */stable_secret) continue ;; esac
    [ ! -r "$n" ] || printf '%s\n' "${n#/proc/sys/}"
  done
}

# move NAME IFACE DEVICE: into the world, bare.
move() {
  from=worlds/$1/home.$2
  # One that somebody has taken out of the world gets back what it had when it came there first.
  { v=$(capture "$3") && { [ "$(printf '%s\n' "$v" | which_device)" = "$(which_device 2>/dev/null <"$STATE/$from")" ] || put "$from" "$v"; }; } ||
    fail "cannot write to $STATE"
  if [ "$kind" = netns ]; then
    v="link set dev $3 netns $1"
  else
    v="addr flush dev $3${nl}link set dev $3 master $1"
  fi
  batch 4 "$v" || fail "world $1: interface $2 cannot be moved: $why"
}

# home NAME IFACE: back to the host's own world, with all that it had; fails, and says why, when not. What cannot be taken
# out stays in its world.
home() {
  from=$STATE/worlds/$1/home.$2
  read -r v device <"$from"
  known "$1"
  if [ "$kind" = netns ] && exists netns "$1" && ip -n "$1" link show dev "$device" >/dev/null 2>&1; then
    v=$(ip -n "$1" link set dev "$device" netns $$ 2>&1) || {
      ! present "$device" || v="there is another $device. Give that another name, and try again"
      say "interface $2 cannot be taken out of world $1: $v"
      return 1
    }
  elif [ "$kind" = vrf ]; then
    ip link set dev "$device" nomaster 2>/dev/null
  fi
  lost=
  if ! present "$device"; then
    say "the device $device of interface $2 is gone"
  # After a reboot it has what others have given it since.
  elif [ -n "$kind" ]; then
    give_back "$device" <"$from"
    [ -z "$lost" ] || say "interface $2 could not be given back all that it had: $lost"
  fi
  rm -f "$from"
  [ -z "$lost" ]
}

# give_back DEVICE: from what capture said.
give_back() {
  ip link set dev "$1" down
  ip addr flush dev "$1"
  v=$(cat)
  printf '%s\n' "$v" | calc -v mode=differ "$WORLDS" | while read -r n value; do
    { printf '%s\n' "$value" >"/proc/sys/$n"; } 2>/dev/null
  done
  up=0 group=0 a4='' a6='' r4='' r6=''
  while read -r n v; do
    case $n in
      up) up=$v ;;
      group) group=$v ;;
      secret) printf '%s\n' "$v" >"/proc/sys/net/ipv6/conf/$1/stable_secret" ;;
      # Whoever sees the device come may have been quicker.
      addr4) a4="$a4${nl}addr replace $v dev $1" ;;
      # The one of the link itself comes back when it is up.
      addr6) a6="$a6$v$nl" ;;
      route4) r4="$r4${nl}route replace $v" ;;
      route6) r6="$r6${nl}route replace $v" ;;
    esac
  done <<END
$v
END
  restored 4 "link set dev $1 group $group${a4}"
  [ "$up" = 0 ] || ip link set dev "$1" up
  there=$(ip -6 -o addr show dev "$1" 2>/dev/null)
  a6=$(printf '%s' "$a6" | while read -r n v; do
    case $there in *" $n "*) ;; *) printf '%s\n' "addr replace $n $v dev $1" ;; esac
  done)
  restored 6 "$a6"
  for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    case $(ip -6 -o addr show dev "$1" tentative 2>/dev/null) in '') break ;; esac
    sleep 0.2
  done
  [ "$up" = 0 ] || {
    restored 4 "${r4#"$nl"}"
    restored 6 "${r6#"$nl"}"
  }
}

# restored FAMILY TEXT: has ip do all lines that it can; sets $lost to the first of all that it cannot, and why.
restored() {
  v=$(printf '%s\n' "$2" | ip "-$1" -force -batch - 2>&1) || [ -n "$lost" ] || {
    n=${v#*Command failed -:}
    n=${n%%[!0-9]*}
    lost="${v%%"$nl"*} (ip -$1 $(printf '%s\n' "$2" | sed -n "${n:-1}p"))"
  }
}

# resolver NAME: the world's resolv.conf, for ip netns exec and for units.
resolver() {
  v=$(of resolver -v world="$1")
  n=/etc/netns/$1/resolv.conf
  if [ -z "$v" ]; then
    resolver_back "$1"
  elif [ "$(cat "$n" 2>/dev/null)" != "$v" ]; then
    { put "worlds/$1/resolv.conf" "$v" && mkdir -p "/etc/netns/$1" && (umask 022 && printf '%s\n' "$v" >"$n"); } ||
      fail "cannot write $n"
  fi
}

resolver_back() {
  n=/etc/netns/$1/resolv.conf
  [ -r "$STATE/worlds/$1/resolv.conf" ] || return 0
  ! cmp -s "$STATE/worlds/$1/resolv.conf" "$n" || rm -f "$n"
  rm -f "$STATE/worlds/$1/resolv.conf"
  rmdir "/etc/netns/$1" /etc/netns 2>/dev/null
  return 0
}
