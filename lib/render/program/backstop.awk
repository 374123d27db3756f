# The lines for ip that have the backstop as it should be: rules behind all of ours, by which nothing leaves from a source of
# the plan. They decide only when ours are gone, and are of protocol kernel, which systemd-networkd leaves alone when it
# flushes what is not its own (systemd, src/network/networkd-routing-policy-rule.c).
#
#   join+1   not ... goto join+3   what the first rule of the plan turns away too, so that other traffic walks one rule more
#   join+2   from S unreachable    every source
#   join+3   nop
#
# Input: facts, then the plan. Variables: the numbers; f; want, 0 when there is to be none.

function should(p, text) { if (want && !((p, text) in wanted)) { wanted[p, text]; order[++n] = p SUBSEP text } }

$1 == f && $2 == "backstop" {
  text = $0
  sub(/^[^ ]+ backstop [0-9]+ /, "", text)
  sub(/ 7$/, " unreachable", text)
  sub(/from all /, "", text)
  have[$3, text]++
}
$1 == "rule" f && ($2 == "+0" || $2 == "+8") && $3 == "not" && !skip {
  text = $0
  sub(/^[^ ]+ [^ ]+ /, "", text)
  sub(/ goto .*/, "", text)
  skip = text " goto " join + 3
  should(join + 3, "nop")
  should(join + 1, skip)
}
($1 == "address" || $1 == "prefix") && ($3 ~ /:/) == (f == 6) {
  sub(f == 6 ? "/128$" : "/32$", "", $3)
  should(join + 2, "from " $3 " unreachable")
}
END {
  for (i = 1; i <= n; i++) if (!(order[i] in have)) {
    split(order[i], part, SUBSEP)
    print "rule add priority " part[1] " " part[2] " protocol kernel"
  }
  for (key in have) {
    split(key, part, SUBSEP)
    for (i = key in wanted ? 1 : 0; i < have[key]; i++)
      print "rule del priority " part[1] " " part[2] " protocol kernel"
  }
}
