# shellcheck shell=sh
# What the host is like, as far as it concerns us: a pure function from plan, records and dumps to facts, a line each.
#
#   facts LIVE4 KEEP4 WANT4 LIVE6 KEEP6 WANT6   generation in force; the one that is to stay while we work; whether
#                                               the plan has rules; "-" for none
#   device NAME DEVICE                          where an interface of the plan was found
#   todo RECORD, keep RECORD, undo RECORD       see records.sh: to change, changed and wanted, changed and not wanted
#   4|6 rule PRIORITY TEXT                      ours, as the kernel has them
#   4|6 route TABLE TEXT
#
# Only that which can be repeated is in it: it is the same until somebody changes something. Or else:
#
#   ? TEXT    exit 3: not yet; worth waiting for
#   ! TEXT    exit 1: refused
#   ! TEXT    exit 2: the plan itself is damaged
# shellcheck disable=SC2016
SURVEY='
function clean(text) { gsub(/[^-A-Za-z0-9_.:@\/ ]/, "?", text); return text }
function refuse(text) { if (names) { print "! " text; if (!code) code = 1 } }
function await(text) { print "? " text; if (!code) code = 3 }
function malformed() { print "! line " NR - 1 " of the plan is damaged: " clean($0); code = 2; exit }
# The value of a keyword in the line; names of devices and addresses are skipped, since they may look like one.
function after(word, i) {
  for (i = 2; i < NF; i++) {
    if ($i == word) return $(i + 1)
    if ($i ~ /^([io]if|dev|via)$/) i++
  }
}
function band_of(p) { return p == band0 ? 0 : p == band1 ? 1 : p == join ? "j" : "?" }
function is_generation(g) { return g == "0" || g == "1" }
function read_sysctl(path, value) {
  if ((getline value < ("/proc/sys/" path)) < 1) value = "absent"
  close("/proc/sys/" path)
  return value
}

BEGIN {
  split("plan numbers interface address prefix sysctl route4 route6 rule4 rule6 expect4 expect6 end", list)
  for (i in list) known[list[i]]
  # By number, rtnetlink(7), and who is known to use it.
  split("0 unspecified,2 the kernel,3 by hand or a script,4 static (systemd-networkd),11 FRR,12 BIRD,16 DHCP," \
    "18 keepalived,42 babel,66 google-guest-agent,186 BGP (FRR),188 OSPF (FRR)", list, ",")
  for (i in list) { p = list[i]; sub(/^[0-9]* /, "", p); owner_of[list[i] + 0] = p }
}
/^=/ { part = substr($0, 2); next }

part == "plan" {
  if (!($1 in known) || $0 !~ /^[-A-Za-z0-9@+=.:\/_ ]+$/) malformed()
  for (i = 2; i <= NF; i++) if ($i ~ /^@/ && !(substr($i, 2) in slot)) malformed()
  if ($1 == "plan" && $2 != 1) malformed()
  if ($1 == "interface") {
    name[++names] = $2
    slot[$2] = $4
    used[$4]
    for (i = 5; i < NF; i += 2) by[$2, $i] = $(i + 1)
  } else if ($1 == "address") {
    address[++addresses] = $3
    of[$3] = $2
  } else if ($1 == "sysctl") {
    key[++keys] = $3
    at[keys] = $2
    least[keys] = $4
  } else if ($1 ~ /^rule/) want[substr($1, 5)] = 1
  next
}

$3 ~ /^inet6?$/ {
  sub(/\/.*/, "", $4)
  on[$2, $4] = 1
  holder[$4] = $2
  if (part == 6 && / tentative /) on[$2, $4] = / dadfailed / ? "failed" : "tentative"
  next
}

part == 4 && $2 ~ /:$/ {
  d = substr($2, 1, length($2) - 1)
  lower[d] = ""
  if (i = index(d, "@")) { l = substr(d, i + 1); d = substr(d, 1, i - 1); lower[d] = l }
  devices[d]++
  master[d] = after("master")
  in_group[d] = after("group")
  up[d] = ($3 ~ /[<,]UP[,>]/)
  for (i = 4; i < NF; i++) if ($i ~ /^link\//) mac[d] = $(i + 1)
  next
}

$1 ~ /^[0-9]+:$/ {
  p = $1 + 0
  if (p < priority || p >= priority + window) next
  o = after("proto") + 0
  if (o != protocol) {
    refuse("the rule \"" clean($0) "\" is not ours, and lies in our priorities " priority " to " \
      priority + window - 1 "; its protocol is " o ": " (o in owner_of ? owner_of[o] : "unknown") \
      ". Set numbers.priorityBase to a free range")
    next
  }
  if (p == pending && !(part in pend)) pend[part] = band_of(after("goto"))
  if (p == active && !(part in act)) act[part] = band_of(after("goto"))
  if (p == band0 || p == band1) anchor[part, band_of(p)]
  sub(/^[^\t]*\t/, "")
  line[++lines] = part " rule " p " " $0
  next
}

{
  t = after("table") - table
  if (t < 0 || t >= tables) next
  o = after("proto") + 0
  if (o != protocol) {
    if (int(t / 2) in used) refuse("the route \"" clean($0) "\" is not ours, and lies in our tables; its protocol is " o \
      ": " (o in owner_of ? owner_of[o] : "unknown") ". Set numbers.tableBase to a free range")
    next
  }
  # Carrier comes and goes by itself.
  while (sub(/ (linkdown|dead)( |$)/, " ")) continue
  line[++lines] = part " route " t + table " " $0
}

function criteria(n, text) {
  if ((n, "mac") in by) text = text ", mac " by[n, "mac"]
  if ((n, "ifname") in by) text = text ", name " by[n, "ifname"]
  if ((n, "address") in by) text = text ", address " by[n, "address"]
  return substr(text, 3)
}
# Which device an interface is. Where a VLAN, bridge or bond shares the address of its lower device, the one that
# carries the IP traffic counts: the lower device of the first, the upper device of the others.
function resolve(n, d, c, many, found) {
  split("", fits)
  for (d in devices) {
    if ((n, "mac") in by && mac[d] != by[n, "mac"]) continue
    if ((n, "ifname") in by && d != by[n, "ifname"]) continue
    if ((n, "address") in by && !((d, by[n, "address"]) in on)) continue
    fits[d]
    many = many " " d
  }
  for (d in fits) if (!(lower[d] in fits) && !(master[d] in fits)) { found = d; c += devices[d] }
  if (many == "") await("interface " n ": no device has " criteria(n))
  else if (c != 1) refuse("interface " n ": several devices have " criteria(n) ":" clean(many) ". Add match.ifname")
  else if (found !~ /^[A-Za-z0-9][-A-Za-z0-9_.]*$/ || length(found) > 15)
    refuse("interface " n ": the name of device " clean(found) " has characters that are not safe; rename it")
  else if (found in taken) refuse("interfaces " taken[found] " and " n " are both on device " found)
  else { taken[found] = n; dev[n] = found }
}
function needed(n, d) {
  d = dev[n]
  if (in_group[d] != group) print "todo group " d " " in_group[d]
  if (!up[d]) print "todo down " d
}
# Further IPv6 addresses are added as deprecated, so that sockets without a source keep the one they use now.
function needed_address(a, d, six, first) {
  d = dev[of[a]]
  six = a ~ /:/
  first = !((d, six) in primary)
  primary[d, six]
  if (d == "") return
  if ((d, a) in on) {
    if (on[d, a] == "tentative") await("address " a " on " d " is still being checked for duplicates")
    if (on[d, a] == "failed") refuse("address " a " on " d " is in use by another host")
  } else if (a in holder) refuse("address " a " is on device " clean(holder[a]) " and not on " d " (interface " of[a] \
    "). Correct match, or list the address under delegatedPrefixes")
  else print "todo address " d " " a (six ? "/128" : "/32") (six && !first ? " preferred_lft 0" : "")
}
function needed_sysctl(i, path, value) {
  if (dev[at[i]] == "") return
  path = "net/" key[i]
  sub(/@/, dev[at[i]], path)
  wanted[path]
  value = read_sysctl(path)
  if (value == "absent") refuse("the kernel has no /proc/sys/" path)
  else if (value + 0 < least[i]) print "todo sysctl " path " " value " " least[i]
}
function recorded(what, where, old, new, a) {
  a = old
  sub(/\/.*/, "", a)
  if (what == "group") ours[where]
  if (what == "sysctl" ? where in wanted : what == "address" ? (a in of) && dev[of[a]] == where : where in taken)
    print "keep " $0
  else if (what == "sysctl" ? read_sysctl(where) == new : what == "address" ? (where, a) in on : \
    what == "group" ? in_group[where] == group : up[where])
    print "undo " $0
}
END {
  if (code == 2) exit code
  for (f = 4; f <= 6; f += 2) {
    p = pend[f]
    a = act[f]
    live = is_generation(p) ? p : p == "j" || !is_generation(a) ? "-" : a
    keep = is_generation(p) && p == committed ? p : p == "j" ? "-" : is_generation(a) ? a : \
      a == "" && (f, committed) in anchor ? committed : "-"
    facts = facts " " live " " keep " " (want[f] ? 1 : "-")
  }
  print "facts" facts
  for (i = 1; i <= names; i++) resolve(name[i])
  for (i = 1; i <= names; i++) if (name[i] in dev) { print "device " name[i] " " dev[name[i]]; needed(name[i]) }
  for (i = 1; i <= addresses; i++) needed_address(address[i])
  for (i = 1; i <= keys; i++) needed_sysctl(i)
  while ((getline < records) > 0) {
    if ($1 == "boot") { if ($2 != boot) break }
    else recorded($1, $2, $3, $4)
  }
  for (d in devices) if (in_group[d] == group && !(d in taken) && !(d in ours))
    refuse("device " clean(d) " is in interface group " group ", which is ours. Set numbers.group to a free number")
  for (i = 1; i <= lines; i++) print line[i]
  exit code
}'

# dump: what the kernel says now. It reads only what iproute2 has had for long, and a tool that lacks it is refused.
dump() {
  dump4=$(
    ip -4 -N -o -batch - <<END
rule show
route show table all
addr show
link show
END
  ) || fail 'cannot read rules and routes: iproute2 6.1 or newer is needed (older may do), with a kernel that has policy routing'
  dump6=
  [ ! -d /proc/sys/net/ipv6 ] || dump6=$(
    ip -6 -N -o -batch - <<END
rule show
route show table all
addr show
END
  ) || fail 'cannot read IPv6 rules and routes'
}

# survey [RECORDS]: sets $seen; fails as said above.
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

# found: surveys until every interface is there, at most $WAIT seconds; ends the program when that is in vain.
found() {
  read -r n v </proc/uptime
  until=$((${n%.*} + WAIT))
  while :; do
    survey
    case $? in
      0) break ;;
      2) misuse "${seen#! }" ;;
      3) read -r n v </proc/uptime ;;
      *) n=$((until + 1)).0 ;;
    esac
    [ "${n%.*}" -lt "$until" ] || fail "$(complaint)"
    sleep 1
  done
  facts
  [ "$want6" = - ] || [ -d /proc/sys/net/ipv6 ] || fail 'the plan has IPv6, and this kernel has none'
}

# complaint: the messages of a survey, refusals first.
complaint() {
  n=$(printf '%s\n' "$seen" | sed -n 's/^! //p')
  [ -n "$n" ] || n=$(printf '%s\n' "$seen" | sed -n "s/^? \(.*\)/\1 (waited $WAIT s)/p")
  printf '%s\n' "$n"
}
