# The lines for ip that have the backstop as it should be: rules by which nothing leaves from a source of the plan. They
# decide only when ours are gone:
#
#   0        from C goto 1          C: few prefixes that hold all sources (covers of the plan)
#   0        from C unreachable
#   1        nop                    or 2, and what leads there; with a mark of no bits, as the kernel takes no rule twice
#   join+1   not ... goto join+3    what the first rule of the plan turns away too, so that other traffic walks one rule more
#   join+2   from S unreachable     every source
#   join+3   nop
#
# The last three are for who removes just ours, such as systemd-networkd. It does so in no order, and leaves alone what is of
# protocol kernel (systemd, src/network/networkd-routing-policy-rule.c). The first are for `ip rule flush`, which takes them
# all, in order, and main after the last of ours. What it cannot take is of priority 0, for which the kernel sends no
# FRA_PRIORITY (net/core/fib_rules.c; iproute2, ip/iprule.c). Rule 1 goes first, and with it what leads past the closed ones.
# They ask for prefixes, and not for all: a rule that somebody adds without a priority comes behind them once they are there,
# and would be passed over by everybody.
#
# Where sources are held back because rule 1 or 2 has gone, it is not made again: whoever deletes rules may not be done, and
# delete what has come. The other number is made, then a generation of rules, and then what leads there instead, in front
# of what is closed. Whoever has seen those rules and deletes them has seen the number too, and deletes it first, before
# or after; once it has gone that leads nowhere, and sources stay closed.
#
# Behind comes before in front, and there the way past comes before what is closed, and goes after it, so that nothing is
# closed while ours are there. What is at 0 is made anew when it is not as it should be, in order: `lookup local` may have
# come behind it.
#
# Input: facts, then the plan. Variables: the numbers; f; want: 1, 0 when there is to be none, 2 when only that number is to be
# made, ahead of rules.

function should(key) { if (want && !(key in wanted)) { wanted[key]; order[++n] = key } }
function bare(prefix) {
  sub(f == 6 ? "/128$" : "/32$", "", prefix)
  return "from " prefix
}
function change(verb, key) { if (key !~ /lookup/) print "rule " verb " priority " key " protocol kernel" }

$1 == f && $2 == "backstop" {
  key = $0
  sub(/^[^ ]+ backstop /, "", key)
  sub(/ \[unresolved\]$/, "", key)
  sub(/ 7$/, " unreachable", key)
  sub(/from all /, "", key)
  if ($3) have[key]++
  else {
    front = front key "\n"
    if (sub(/.* goto /, "", key)) past = key
  }
}
$1 == "rule" f && ($2 == "+0" || $2 == "+8") && $3 == "not" && !skip {
  skip = $0
  sub(/^[^ ]+ [^ ]+ /, "", skip)
  sub(/ goto .*/, "", skip)
  # The kernel tells the length of no whole address.
  sub(f == 6 ? "/128( |$)" : "/32( |$)", " ", skip)
  sub(/ $/, "", skip)
  should(join + 3 " nop")
  should(join + 1 " " skip " goto " join + 3)
}
# Packets that the first rule of the plan turns away for where they come from are none of ours here either.
$1 == "cover" f && want && !known[$2]++ { covers = covers "0 " bare($2) "&\n" }
($1 == "address" || $1 == "prefix") && ($3 ~ /:/) == (f == 6) { should(join + 2 " " bare($3) " unreachable") }
END {
  if (!past) past = 1
  moves = front != "" && !((past " nop") in have)
  if (moves) past = 3 - past
  key = past " nop"
  if (want > 1) n = 0
  if (covers != "") {
    if (want > 1 ? moves : front == "") should(key)
    wanted[key]
  }
  for (i = 1; i <= n; i++) if (!(order[i] in have)) change("add", order[i])
  if (want > 1) exit
  iif = (past > 1 ? " fwmark 0x2/0" : "") (skip ~ / iif lo/ ? " iif lo" : "")
  way = shut = covers
  gsub(/&/, iif " goto " past, way)
  gsub(/&/, iif " unreachable", shut)
  if (front != way shut) {
    n = split(way shut, order, "\n")
    for (i = 1; moves && i < n; i++) change("add", order[i])
    for (i = split(front, list, "\n"); --i > 0; ) change("del", list[i])
    for (i = 1; !moves && i < n; i++) change("add", order[i])
  }
  for (key in have) for (i = key in wanted ? 1 : 0; i < have[key]; i++) change("del", key)
}
