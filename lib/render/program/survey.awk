# What the host is like, as far as it concerns us: a function from plan, dumps and records to facts, a line each.
#
#   facts LIVE4 KEEP4 WANT4 LIVE6 KEEP6 WANT6   the generation in force; the one that is to stay while we work; 1 when
#                                               the plan has rules; "-" for none
#   device NAME DEVICE [MAC]                    where an interface of the plan was found; its MAC when no other has it
#   short                                       not all that the plan has is in force
#   todo RECORD, keep RECORD, undo RECORD       see records.sh: to be changed; changed and wanted; changed, not wanted
#   4|6 rule PRIORITY TEXT                      what we have in the kernel
#   4|6 route TABLE TEXT
#   4|6 backstop PRIORITY TEXT                  see backstop.awk
#   absent NAME FAMILY                          an interface that is not there, or lacks an address that is not ours to
#                                               add, where that is no reason to wait
#   nft TEXT
#
# and what others say. They stay the same until somebody changes something; while they do, there is only the first line, with
# "settled" behind it: see same.awk. When the plan cannot be put on the host as it is:
#
#   ? TEXT    exit 3: not yet; it may come by itself
#   ! TEXT    exit 1: refused
#   ! TEXT    exit 5: the plan is damaged
#   none      exit 4: the kernel has not answered as a whole
#
# Input: the plan after "=plan", dumps after "=nft", "=4" and "=6", what others say after "=more", and "=whole" at the end.
# Variables: the numbers; committed, boot, records (a file); fresh, when the plan is not the one in force; sweep, when all
# goes; partial, when interfaces may be missing.
# A plan without interfaces wants nothing and refuses nothing.

function refuse(text) {
  if (!names) return
  notes = notes "! " text "\n"
  code = 1
}
function await(text) {
  notes = notes "? " text "\n"
  if (!code) code = 3
}
# What the kernel says may hold names that somebody else has chosen.
function clean(text) {
  gsub(/\t/, " ", text)
  gsub(/[^-A-Za-z0-9_.:@\/ ]/, "?", text)
  return text
}
function tell(text) { out[++outs] = text }
# lacks: whether the kernel has less of what is committed than the plan. What is not there needs nothing.
function lacks(what, f, i, n) {
  n = due[what f, ""]
  for (i = 1; i <= names; i++) if (!((name[i], f) in lost)) n += due[what f, name[i]]
  return there[what f, committed] < n
}
function damaged() {
  print "! the plan is damaged, line " NR - 1 ": " clean($0)
  code = 5
  exit
}
# The value of a keyword in the line. Names of devices are passed over, since they may look like a keyword.
function after(word, i) {
  for (i = 2; i < NF; i++) {
    if ($i == word) return $(i + 1)
    if ($i ~ /^([io]if|dev|via)$/) i++
  }
}
function foreign(what, window, number) {
  o = after("proto") + 0
  refuse("the " what " \"" clean($0) "\" is not ours but lies in our " window ". It is of protocol " o \
    (o in owner ? ", " owner[o] : "") ". Move it, or set numbers." number " to a free range")
}
function generation_of(p) { return p == band0 ? 0 : p == band1 ? 1 : p == join ? "j" : "?" }
function is_generation(g) { return g == "0" || g == "1" }
function sysctl(path, value) {
  path = "/proc/sys/" path
  if ((getline value < path) < 1) value = "absent"
  close(path)
  return value
}

BEGIN {
  # Of the identity, which is of no interface.
  dev["/"] = "lo"
  mine = " proto " protocol "( |$)"
  # rtnetlink(7), /etc/iproute2/rt_protos
  split("0 by hand or by a script,3 by hand or by a script,4 static or systemd-networkd,11 FRR,12 BIRD,16 DHCP,18 keepalived,186 BGP" \
    ",188 OSPF", list, ",")
  for (i in list) owner[list[i] + 0] = substr(list[i], index(list[i], " ") + 1)
}
/^=/ { asked[part = substr($0, 2)]; next }

part == "plan" {
  if (!($1 in kind) && $1 !~ /^(plan|numbers|model|unmanaged|persistence|virtual|interface|connection|table|address|prefix|sysctl|(cover|route|rule|expect|flow)[46]|world|identity|frr|end)$/ ||
    /[^-A-Za-z0-9@+=.:\/_ ]/ || $1 == "plan" && $2 != 1) damaged()
  kind[$1]
  if ($1 == "world") {
    if ($3 == "kind" && NF > 4) vrf[$5]
    next
  }
  owns = ""
  if (/ @/) for (i = 2; i <= NF; i++) if ($i ~ /^@/) {
    n = substr($i, 2)
    if (!(n in slot)) damaged()
    if ($(i - 1) ~ /^(dev|[io]if)$/) owns = n
  }
  # Of several next hops those that are not there are left out.
  if (!/ nexthop /) due[$1, owns]++
  if ($1 == "rule4" || $1 == "rule6") want[substr($1, 5)] = 1
  else if ($1 == "interface") {
    name[++names] = $2
    slot[$2] = $4
    used[$4]
    for (i = 5; i < NF; i += 2) by[$2, $i] = $(i + 1)
  } else if ($1 == "table") {
    slot[$2] = $4
    used[$4]
  } else if ($1 == "model") {
    strong = $2 == "strong"
    if (strong) filters = 1
  } else if ($1 == "connection") filters = 1
  else if ($1 == "virtual") virtual[$2]
  else if ($1 == "prefix") delegated[$3 ~ /:/]
  else if ($1 == "address") {
    address[++addresses] = $3
    of[$3] = $2
  } else if ($1 == "sysctl") {
    at[++keys] = $2
    key[keys] = $3
    least[keys] = $4
  }
  next
}

part == "nft" {
  if ($1 == "chain" && $2 == "protocol-" protocol) own_filter = 1
  filter = more[++mores] = "nft " $0
  next
}

part == "more" {
  more[++mores] = $0
  # Out of its world it is in our group still.
  if ($3 == "comes") grouped[$5]
  next
}

# Most routes are of local addresses, by the kernel.
/ table 255 proto 2 / { next }

/^[0-9]+:\t/ {
  # There is no kernel without rules.
  delete asked[part]
  p = $1 + 0
  text = substr($0, index($0, "\t") + 1)
  # Of protocol kernel none is shown. The own lookup of local addresses matters where it comes behind these.
  if ((p < 3 || p > join && p <= join + 3) && after("proto") == "" && (p > join || p && /from all nop$/ ||
    !p && (/ goto [12]( |$)| 7$/ || (part in front) && / lookup 255$/))) {
    line[++lines] = part " backstop " p " " text
    front[part]
    next
  }
  if (p < priority || p >= priority + window) next
  if ($0 !~ mine) {
    foreign("rule", "priorities " priority " to " priority + window - 1, "priorityBase")
    next
  }
  if (p == pending && !(part in pend)) pend[part] = generation_of(after("goto"))
  if (p == active && !(part in act)) act[part] = generation_of(after("goto"))
  has[part, generation_of(p)]
  if (p >= band0 && p < join) there["rule" part, p >= band1]++
  line[++lines] = part " rule " p " " text
  next
}

$3 == "inet" || $3 == "inet6" {
  whole[$2, $4]
  # With a lifetime it belongs to somebody else, even where we have added it first.
  if (/ dynamic /) leased[$2, $4]
  a = $4
  sub(/\/.*/, "", a)
  if ($2 == "lo") on_loopback[a]
  on[$2, a] = part == 4 || !/ tentative / ? "" : / dadfailed / ? "failed" : "tentative"
  holder[a] = $2
  next
}

part == 4 && $2 ~ /:$/ {
  split(substr($2, 1, length($2) - 1), pair, "@")
  d = pair[1]
  devices[d]++
  lower[d] = pair[2]
  master[d] = after("master")
  in_group[d] = after("group")
  up[d] = ($3 ~ /[<,]UP[,>]/)
  for (i = 4; i < NF; i++) if ($i ~ /^link\//) mac[d] = $(i + 1)
  same[mac[d]]++
  next
}

part == 4 || part == 6 {
  t = after("table") - table
  # The table of a VRF has one generation, and what the kernel puts there besides.
  if (t < 0 || t >= tables || t + table in vrf) next
  if ($0 !~ mine) {
    if (int(t / 2) in used) foreign("route", "tables from " table, "tableBase")
    next
  }
  # Carrier comes and goes by itself.
  while (sub(/ (linkdown|dead)( |$)/, " ")) continue
  there["route" part, t % 2]++
  line[++lines] = part " route " t + table " " $0
}

# lose: does without an interface, in a family, or in both.
function lose(n, f) {
  if (!f) {
    lose(n, 4)
    f = 6
  }
  if (!((n, f) in lost)) tell("absent " n " " f)
  lost[n, f]
}
# What we have changed; and of whichever boot, which addresses it is for us to add, and with "" which links to raise.
function remember(live) {
  while ((getline < records) > 0) {
    if ($1 == "boot") live = $2 == boot
    else if (live) record[++entries] = $0
    sub(/\/.*/, "", $3)
    added[$2, $3]
  }
}
# Which device an interface is. Where a VLAN, bridge or bond shares the address with the device below it, the one
# meant is that which carries the IP traffic: below a VLAN, but above the ports of a bridge or bond.
function resolve(n, c, d, text, all, found) {
  split("", fits)
  for (d in devices) {
    if ((n, "mac") in by && mac[d] != by[n, "mac"]) continue
    if ((n, "ifname") in by && d != by[n, "ifname"]) continue
    if ((n, "address") in by && !((d, by[n, "address"]) in on)) continue
    fits[d]
    all = all " " d
  }
  for (d in fits) if (!(lower[d] in fits) && !(master[d] in fits)) {
    found = d
    c += devices[d]
  }
  text = "interface " n
  if (all == "" && partial) lose(n)
  else if (all == "") await(text ": no device has" ((n, "mac") in by ? " mac " by[n, "mac"] : "") \
    ((n, "ifname") in by ? " ifname " by[n, "ifname"] : "") ((n, "address") in by ? " address " by[n, "address"] : ""))
  else if (c != 1) refuse(text ": several devices match:" clean(all))
  else if (found !~ /^[A-Za-z0-9][-A-Za-z0-9_.]*$/ || length(found) > 15) refuse(text ": its device has the unsafe name " clean(found))
  else if (found in taken) refuse(text ": its device " found " is that of interface " taken[found] " too")
  else {
    taken[found] = n
    dev[n] = found
    tell("device " n " " found (same[mac[found]] == 1 && mac[found] ~ /^[0-9a-f:]+$/ ? " " mac[found] : ""))
    if (in_group[found] != group) tell("todo group " found " " in_group[found])
    # A network daemon raises it, or who has set it down: it was not down before us.
    if (!up[found]) {
      if (partial && !((found, "") in added)) lose(n)
      else tell("todo down " found)
    }
  }
}
# Further IPv6 addresses are added as deprecated, so that sockets without a source keep the one they use now.
function needs_address(a, d, six, text) {
  d = dev[of[a]]
  six = a ~ /:/
  text = "address " a " of interface " of[a]
  if (d == "") return
  if ((d, a) in on) {
    if (on[d, a] == "tentative") {
      if (partial) lose(of[a], six ? 6 : 4)
      else await(text " is still being checked for duplicates")
    }
    if (on[d, a] == "failed") refuse(text " is in use by another host")
  } else if (a in holder) refuse(text " is on device " clean(holder[a]) " and not on " d)
  # A network daemon brings it again. NetworkManager would take an interface that has it already for configured.
  else if (partial && !((d, a) in added)) lose(of[a], six ? 6 : 4)
  else tell("todo address " d " " a (six ? "/128" : "/32") (six && (d in primary) ? " preferred_lft 0" : ""))
  if (six) primary[d]
}
function needs_sysctl(i, path, value) {
  if (dev[at[i]] == "") return
  path = "net/" key[i]
  sub(/@/, dev[at[i]], path)
  value = sysctl(path)
  wanted[path]
  if (value == "absent") refuse("the kernel has no /proc/sys/" path)
  else if (value + 0 < least[i]) tell("todo sysctl " path " " value " " least[i])
}
# Our table of nftables, and what the strong host model would cut off.
function needs_filter(a) {
  if (filters && filter && !own_filter)
    refuse("the table inet multihome of nftables is not ours. Rename it")
  if (filters) tell((filter ? "keep" : "todo") " nft multihome")
  else if (own_filter && (filtered || sweep)) tell("undo nft multihome")
  # Whoever has put an address there since cannot be told by refusing to restore what is in force.
  if (strong && fresh) for (a in on_loopback)
    if (a !~ /^127\./ && a != "::1" && !(a in virtual) && !(a in of) && !((a ~ /:/) in delegated))
      refuse("address " clean(a) " is on lo and on no interface, so the strong host model would discard what is sent to it." \
        " Add it to policy.virtualAddresses, or take it away")
}
function recorded(what, d, old, new, a) {
  if (what == "nft") {
    filtered = 1
    return
  }
  a = old
  sub(/\/.*/, "", a)
  if (what == "group") grouped[d]
  if (what == "sysctl" ? d in wanted : what == "address" ? (a in of) && dev[of[a]] == d && !((d, old) in leased) : d in taken) tell("keep " $0)
  else if (what == "sysctl" ? sysctl(d) == new : what == "address" ? (d, old) in whole && !((d, old) in leased) : what == "group" ? in_group[d] == group : up[d])
    tell("undo " $0)
}

END {
  if (code == 5) exit code
  if (part != "whole" || (4 in asked) || (6 in asked)) exit 4
  for (f = 4; f <= 6; f += 2) {
    p = pend[f]
    a = act[f]
    # Forward when the pending switch leads to what is committed, else back. With no switch left, rules run on into
    # the band that was in force.
    keep = p == "j" ? "-" : is_generation(p) && p == committed ? p : is_generation(a) ? a : \
      a == "" && (f, committed) in has ? committed : "-"
    facts = facts " " (is_generation(p) ? p : p != "j" && is_generation(a) ? a : "-") " " keep " " (want[f] ? 1 : "-")
  }
  tell("facts" facts)
  remember()
  for (i = 1; i <= names; i++) resolve(name[i])
  for (i = 1; i <= addresses; i++) needs_address(address[i])
  for (i = 1; i <= keys; i++) needs_sysctl(i)
  for (i = 1; i <= entries; i++) {
    $0 = record[i]
    recorded($1, $2, $3, $4)
  }
  needs_filter()
  # By a rule of udev: see install.sh.
  for (d in taken) if (in_group[d] == group && !(d in grouped)) tell("todo group " d " 0")
  for (d in devices) if (in_group[d] == group && !(d in taken) && !(d in grouped))
    refuse("device " clean(d) " is in interface group " group ", which is ours. Move it, or set numbers.group to a free number")
  for (i = 1; i <= outs; i++) if (out[i] ~ /^todo /) short = 1
  for (f = 4; f <= 6; f += 2) if (lacks("rule", f) || lacks("route", f) ||
    want[f] && (act[f] != committed || !((f, "j") in has))) short = 1
  if (short) tell("short")
  for (i = 1; i <= lines; i++) tell(line[i])
  for (i = 1; i <= mores; i++) tell(more[i])
  if (settled()) {
    print out[1] " settled"
    exit
  }
  for (i = 1; i <= outs; i++) print out[i]
  printf "%s", notes
  exit code
}
