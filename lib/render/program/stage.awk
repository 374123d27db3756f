# The lines for ip that put a generation of the plan beside the one in force, out of reach of any packet: links and
# addresses, routes, rules, and last the canary, which leads marked lookups to it.
#
# What needs an interface that is not there is left out: its sources find no route, and go nowhere.
#
# Input: facts, then the plan. Variables: the numbers; f, generation, keep ("-" where nothing of ours is yet).

function filled(i, word, text) {
  for (i = 2; i <= NF; i++) {
    word = $i
    if (word ~ /^@/) {
      word = substr(word, 2)
      word = $(i - 1) ~ /^(dev|[io]if)$/ ? dev[word] : table + 2 * slot[word] + generation
    } else if (word ~ /^\+/) word = start + word
    else if (word == "join") word = join
    text = text " " word
  }
  return text
}

# lacks: whether the line needs a device that is not there. Of next hops those that are there remain.
function lacks(i, lost, hops) {
  for (i = 2; i <= NF; i++) if ($(i - 1) ~ /^(dev|[io]if)$/ && substr($i, 2) in absent) lost[substr($i, 2)]
  for (i in lost) while (sub(" nexthop via [^ ]+ dev @" i "( onlink)? weight [0-9]+", "")) hops = 1
  for (i in lost) return !hops || !/ nexthop /
  return 0
}
BEGIN { start = generation ? band1 : band0 }
$1 == "device" { dev[$2] = $3 }
$1 == "absent" && $3 == f { absent[$2] }
$1 == "interface" || $1 == "table" { slot[$2] = $4 }
$1 == "todo" && f == 4 && $2 == "group" { print "link set dev " $3 " group " group }
$1 == "todo" && f == 4 && $2 == "down" { print "link set dev " $3 " up" }
$1 == "todo" && $2 == "address" && ($4 ~ /:/) == (f == 6) {
  print "addr add " $4 " dev " $3 " noprefixroute" (f == 6 ? " nodad " $5 " " $6 : "")
}
# The protocol has to come before next hops.
$1 == "route" f && !lacks() {
  text = filled()
  if (!sub(/ nexthop /, " proto " protocol "&", text)) text = text " proto " protocol
  print "route add" text
}
$1 == "rule" f {
  # The switch leads past the bands before there is anything in them.
  if (!rules++ && keep == "-") {
    print "rule add priority " join " nop protocol " protocol
    print "rule add priority " active " goto " join " protocol " protocol
  }
  if (!lacks()) print "rule add priority" filled() " protocol " protocol
}
END { if (rules) print "rule add priority " canary " fwmark " mark "/" mark " goto " start " protocol " protocol }
