# The lines for ip that have the backstop as it should be: rules by which nothing leaves from a source of the plan. They
# decide only when ours are gone:
#
#   0        from C goto 1          C: few prefixes that hold all sources (covers of the plan)
#   0        from C unreachable
#   1        nop
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
# Behind comes before in front, and there the way past comes before what is closed, and goes after it, so that nothing is
# closed while ours are there. What is at 0 is made anew when it is not as it should be, in order: `lookup local` may have
# come behind it.
#
# Input: facts, then the plan. Variables: the numbers; f; want, 0 when there is to be none.

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
  else front = front key "\n"
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
  if (covers != "") should("1 nop")
  for (i = 1; i <= n; i++) if (!(order[i] in have)) change("add", order[i])
  iif = skip ~ / iif lo/ ? " iif lo" : ""
  way = shut = covers
  gsub(/&/, iif " goto 1", way)
  gsub(/&/, iif " unreachable", shut)
  if (front != way shut) {
    for (i = split(front, list, "\n") - 1; i > 0; i--) change("del", list[i])
    n = split(way shut, list, "\n")
    for (i = 1; i < n; i++) change("add", list[i])
  }
  for (key in have) for (i = key in wanted ? 1 : 0; i < have[key]; i++) change("del", key)
}
