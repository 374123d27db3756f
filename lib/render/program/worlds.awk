# Worlds in the plan, and what an interface was before it came into one.
#
# mode=names     "NAME KIND TABLE" of every world; TABLE is - in a namespace
# mode=plan      the world has of its own as a plan
# mode=resolver  text of its resolv.conf
# mode=state     what a world is like, without what changes by itself
# mode=sysctls   paths of the settings that its interfaces need
# mode=differ    of what capture said, the settings that are not as they were
# mode=join      what checks of several worlds have found, as one, in the form "form"
# mode=give      family f: lines for ip, by which its interfaces have their addresses and its table the routes; of what
#                is in the table besides nothing of ours is left. With "#" when some of that is not there
# mode=capture   how to give device back what it has: see world.sh
#
# Input: facts and the plan, then for give and capture what the kernel answers after "=addr" and "=route".
# Variables: the numbers; world, table, f, device, records.

function word(key, i) {
  for (i = 1; i < NF; i++) if ($i == key) return $(i + 1)
  return ""
}
function has(key, i) {
  for (i = 1; i <= NF; i++) if ($i == key) return 1
  return 0
}
# ip says the type of a route as a number, where it is another than unicast, and takes only its name.
function named() {
  if ($1 in types) $1 = types[$1]
}
# What tells one route of a table from another.
function route_key(metric) {
  metric = word("metric")
  return ($1 ~ /^[a-z]+$/ && $1 != "default" ? $2 : $1) " " (metric == "" ? 0 : metric)
}
# The words for "addr add". What comes by itself, or by router advertisement, is left out.
function address(i, text, six) {
  six = $3 == "inet6"
  if (has("temporary") || six && has("dynamic") || ($2, $4) in ours) return
  text = $4
  for (i = 5; i <= NF; i++) {
    if ($i ~ /^(peer|metric|brd|broadcast|any|anycast|scope|proto)$/) text = text " " $i " " $(++i)
    else if ($i ~ /^(noprefixroute|mngtmpaddr|nodad|home|autojoin)$/) text = text " " $i
    else if ($i ~ /^(valid|preferred)_lft$/) {
      if ($(i + 1) != "forever") text = text " " $i " " $(i + 1) + 0
      i++
    } else if (!six && ($i == device || index($i, device ":") == 1)) text = text " label " $i
  }
  if (six) six_addresses = "addr6 " text "\n" six_addresses
  else print "addr4 " text
  sub(/\/.*/, "", $4)
  own[$4]
}
# Routes that the kernel makes of addresses come back with them, and those of advertisements with the next.
function route(i, text, line, proto) {
  proto = word("proto")
  if (proto == 2 || proto == 9 || proto == protocol || has("nhid")) return
  for (i = 1; i < NF; i++) if ($i == "dev" && $(i + 1) == device || $i == "src" && $(i + 1) in own) line = 1
  if (!line) return
  for (i = 1; i <= NF; i++) {
    if ($i == "expires") $(i + 1) += 0
    if ($i !~ /^(linkdown|dead|rt_trap|rt_offload|trap|offload)$/) text = text " " $i
  }
  # What is reached directly comes first: gateways are reached by it.
  if (has("via")) later = later "route" f text "\n"
  else print "route" f text
}

BEGIN {
  types[2] = "local"
  types[3] = "broadcast"
  types[4] = "anycast"
  types[5] = "multicast"
  types[6] = "blackhole"
  types[7] = "unreachable"
  types[8] = "prohibit"
  types[9] = "throw"
  # What we have changed on it in its first world is no part of what it was.
  while (mode == "capture" && (getline < records) > 0) {
    if ($1 == "address" && $2 == device) ours[$2, $3]
    if ($1 == "group" && $2 == device) old_group = $3
    if ($1 == "down" && $2 == device) was_down = 1
    if ($1 == "sysctl") {
      old[$2] = $3
      new[$2] = $4
    }
  }
}
mode == "differ" {
  path = "/proc/sys/" $2
  value = ""
  if ($1 == "sysctl" && (getline value < path) > 0 && value != substr($0, length($2) + 9)) print $2, substr($0, length($2) + 9)
  close(path)
  next
}
mode == "join" && /^=/ {
  world = substr($0, 2)
  next
}
mode == "join" && form == "json" {
  if (/^\{"ok"/) {
    checked += substr($0, index($0, "checked\":") + 9)
    if (/:false/) wrong = 1
  } else if (/^"(generation|digest)"/) {
    if (world == "") head = head $0 "\n"
  } else if (sub(/^"reason":/, "")) {
    gsub(/^"|"\}$/, "")
    if (!reason) reason = (world == "" ? "" : "world " world ": ") $0
  } else if (/^\{"from"/) {
    sub(/(,|\]\})$/, "")
    if (world != "") sub(/"class":"[^"]*/, "& in world " world)
    rows = rows (rows == "" ? "\n" : ",\n") $0
  }
  next
}
mode == "join" {
  if (/^[0-9]+ flows are as planned$/) checked += $1
  else if ($0 != "") {
    wrong = 1
    print (world == "" ? "" : "world " world ": ") $0
  }
  next
}
/^=/ {
  part = substr($0, 2)
  if (part ~ /[46]$/) f = substr(part, length(part))
  next
}
part == "" && $1 == "device" {
  dev[$2] = $3
  is_dev[$3]
}
part == "" && $1 == "world" && $3 == "kind" && mode == "names" { print $2, $4, (NF > 4 ? $5 : "-") }
part == "" && mode == "sysctls" && $1 == "sysctl" {
  sub(/@/, dev[$2], $3)
  print "/proc/sys/net/" $3
}
mode == "state" {
  gsub(/ (linkdown|dead|tentative)( |$)/, " ")
  sub(/ *\\.*/, "")
  # The addresses of the link itself come when their check for duplicates has ended.
  if (/ (expires|dynamic) / || /inet6 fe80:/ || /(^| )(fe80:|ff00:)[^ ]* dev /) next
  if ($3 ~ /^</) print $2, $3 ~ /[<,]UP[,>]/, word("master")
  else print
}
part == "" && $1 == "world" && $2 == world {
  if (mode == "plan" && sub(/^world [^ ]* in /, "")) print
  if (mode == "resolver" && $3 == "nameserver") print "nameserver " $4
  if (mode == "resolver" && $3 == "search") search = search " " $4
  # Of interfaces that are not there nothing is said.
  if (mode == "give" && $3 == "give" && $4 in dev && ($5 ~ /:/) == (f == 6)) {
    given[dev[$4], $5]
    addresses[++count] = $5
    on[count] = dev[$4]
  }
  if (mode == "give" && $3 == "route" f) {
    sub(/^world [^ ]* route. /, "")
    for (i = 1; i <= NF; i++) if ($i ~ /^@/) {
      if (!(substr($i, 2) in dev)) next
      $i = dev[substr($i, 2)]
    }
    wanted[route_key()]
    routes[++ways] = $0
  }
}
part == "" || !NF { next }

mode == "give" && part == "addr" && $3 ~ /^inet6?$/ {
  there[$2, $4]
  if (!(($2, $4) in given) && $4 !~ /^fe80:/ && $2 in is_dev && !/ dynamic /) {
    # After the routes that are not wanted, some of which would be gone with it.
    parting = parting "addr del " $4 " dev " $2 "\n"
    # With the first of its network the kernel may take the others.
    if (f == 4 && !/ secondary /) bereft[$2]
  }
}
part ~ /^route/ { named() }
mode == "give" && part == "route" && word("proto") == protocol {
  stands[route_key()]
  if (!(route_key() in wanted)) print "route del " $0 (table == "-" ? "" : " table " table)
}
mode == "capture" && part == "link" {
  print "up " (!was_down && $3 ~ /[<,]UP[,>]/ ? 1 : 0)
  for (i = 1; i < NF; i++) if ($i ~ /^link\//) print "mac " $(i + 1)
  print "group " (old_group == "" ? word("group") : old_group)
}
mode == "capture" && part == "sysctl" && (getline value < ("/proc/sys/" $1)) > 0 {
  close("/proc/sys/" $1)
  print "sysctl " $1 " " ($1 in old && new[$1] == value ? old[$1] : value)
}
mode == "capture" && part ~ /^addr/ { gsub(/\\/, " "); address() }
mode == "capture" && part ~ /^route/ { gsub(/\\/, " "); route() }

END {
  if (mode == "join") {
    if (form == "json") print "{\"ok\":" (wrong ? "false" : "true") ",\"checked\":" checked + 0 ",\n" head "\"failed\":[" rows "]" \
      (reason == "" ? "" : ",\n\"reason\":\"" reason "\"") "}"
    else if (form == "text" && !wrong) print checked " flows are as planned"
    exit wrong
  }
  if (mode == "resolver" && search != "") print "search" search
  if (mode == "capture") printf "%s%s", six_addresses, later
  if (mode != "give") exit
  printf "%s", parting
  for (i in dev) print "link set dev " dev[i] " up"
  for (i = 1; i <= count; i++) {
    missing = !((on[i], addresses[i]) in there)
    if (missing) lacking = 1
    # Somebody else may have been quicker.
    if (missing || on[i] in bereft) print "addr replace " addresses[i] " dev " on[i] (f == 6 ? " nodad" : "")
  }
  for (i in wanted) if (!(i in stands)) lacking = 1
  if (lacking) print "#"
  for (i = 1; i <= ways; i++) print "route replace " routes[i] (table == "-" ? "" : " table " table) " proto " protocol
}
