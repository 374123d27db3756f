# The text for `nft -f` of our table: a function from facts and plan. One transaction puts it in place of the one before.
#
# Strong host model (RFC 1122 3.3.4.2): "received" is requirement A, "sent" is requirement B, for what comes and goes by
# interfaces of our group, so that containers, tunnels and what the host forwards are no matter of theirs.
#
# - Asked before DNAT (-300), since the address that a packet was sent to counts, and after SNAT (300), since the one that
#   it leaves with does.
# - "fib daddr type local" leaves alone what is for all (multicast, broadcast) or for others (forwarded).
# - A source that is of nobody here is refused only in what a socket of the host sends: forwarded packets have no socket.
#   0.0.0.0 and :: are those of hosts that have no address yet.
#
# Connections: the mark says by which interface one came in. Marks are asked for after DNAT (-90) and before routing, and
# set only where routing could not know: on replies from elsewhere than our own prefixes; and on what asks to be led on,
# for the sake of its reverse path check. What the host itself sends gets none, but for replies that DNAT translates.
#
# Input: facts, then the plan. Variables: the numbers. The last line tells how many nft lists of it at least: each rule, and each
# beginning and end, has one to itself.

function ip(address) { return address ~ /:/ ? "ip6" : "ip" }
function line(text) {
  lines++
  print text
}
function chain(name, hook, priority) {
  line("chain " name " {")
  if (hook != "") line("type " hook " priority " priority "; policy accept;")
}
function rule(text) { line(text) }

$1 == "device" { dev[$2] = "\"" $3 "\"" }
$1 == "model" { strong = $2 == "strong" }
$1 == "virtual" { virtual[ip($2)] = virtual[ip($2)] (ip($2) in virtual && virtual[ip($2)] != "" ? ", " : "") $2 }
$1 == "prefix" && $2 in dev {
  owner[++own] = dev[$2]
  prefix[own] = $3
}
$1 == "connection" && $2 in dev {
  name[++n] = $2
  tag[n] = $3
  mask = $4
}

# exceptions DIRECTION DEVICE: addresses that need no leave of the local table.
function exceptions(address, device, i) {
  for (i in virtual) rule(i " " address " { " virtual[i] " } accept")
  for (i = 1; i <= own; i++) rule(device " " owner[i] " " ip(prefix[i]) " " address " " prefix[i] " accept")
}
function set(what, i) { return what " set " what " & " rest " | " tag[i] }
function by_mark(i, text) {
  for (i = 1; i <= n; i++) text = text (i > 1 ? ", " : "") tag[i] " : jump back-" name[i]
  return "ct mark & " mask " vmap { " text " }"
}

END {
  print "table inet multihome"
  print "delete table inet multihome"
  line("table inet multihome {")
  # Says whose it is, as the protocol of a route does.
  chain("protocol-" protocol)
  line("}")
  if (strong) {
    chain("received", "filter hook prerouting", -300)
    rule("iifgroup != " group " accept")
    exceptions("daddr", "iifname")
    rule("fib daddr type local fib daddr . iif type != local counter drop")
    line("}")
    chain("sent", "filter hook postrouting", 300)
    rule("oifgroup != " group " accept")
    exceptions("saddr", "oifname")
    rule("fib saddr . oif type local accept")
    rule("fib saddr type local counter drop")
    rule("ip saddr 0.0.0.0 accept")
    rule("ip6 saddr :: accept")
    rule("meta skuid >= 0 counter drop")
    line("}")
  }
  if (n) {
    rest = sprintf("%.0f", 4294967295 - mask)
    for (i = 1; i <= n; i++) {
      chain("from-" name[i])
      rule("ct direction original ct mark & " mask " != " tag[i] " " set("ct mark", i))
      rule("ct direction original ct status dnat " set("meta mark", i))
      rule("ct direction original fib daddr type unicast " set("meta mark", i))
      line("}")
      chain("back-" name[i])
      rule(set("meta mark", i))
      line("}")
      by_device = by_device (i > 1 ? ", " : "") dev[name[i]] " : jump from-" name[i]
    }
    chain("replies")
    for (i = 1; i <= own; i++) rule(ip(prefix[i]) " saddr " prefix[i] " return")
    rule(by_mark())
    line("}")
    chain("arriving", "filter hook prerouting", -90)
    rule("iifname vmap { " by_device " }")
    rule("iifname != \"lo\" ct direction reply jump replies")
    line("}")
    chain("answering", "route hook output", -150)
    rule("ct direction reply ct status dnat " by_mark())
    line("}")
  }
  line("}")
  print "#" lines
}
