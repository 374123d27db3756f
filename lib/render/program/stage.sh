# shellcheck shell=sh
# Rules and routes. A generation is a band of rules and a set of tables; the switch says which is in force:
#
#   canary    marked lookups go to the generation being checked
#   pending   the switch while a change is not committed
#   active    the switch: goto the band in force
#   band 0, band 1
#   join      where lookups go on that are none of ours
#
# A goto whose target is missing is skipped, so targets come before and go after it.

# The lines for ip that put a generation of the plan beside the one in force. Input: facts, then the plan.
# shellcheck disable=SC2016
STAGE='
function filled(i, word, text) {
  for (i = 2; i <= NF; i++) {
    word = $i
    if (word ~ /^@/) {
      word = substr(word, 2)
      word = $(i - 1) ~ /^(dev|oif)$/ ? dev[word] : table + 2 * slot[word] + generation
    } else if (word ~ /^\+/) word = start + word
    else if (word == "join") word = join
    text = text " " word
  }
  return text
}
BEGIN { start = generation ? band1 : band0 }
$1 == "device" { dev[$2] = $3 }
$1 == "interface" { slot[$2] = $4 }
$1 == "todo" && f == 4 && $2 == "group" { print "link set dev " $3 " group " group }
$1 == "todo" && f == 4 && $2 == "down" { print "link set dev " $3 " up" }
$1 == "todo" && $2 == "address" && ($4 ~ /:/) == (f == 6) {
  print "addr add " $4 " dev " $3 " noprefixroute" (f == 6 ? " nodad " : " ") $5 " " $6
}
$1 == "route" f { print "route add" filled() " proto " protocol }
$1 == "rule" f {
  if (!rules++ && keep == "-") {
    print "rule add priority " join " nop protocol " protocol
    print "rule add priority " active " goto " join " protocol " protocol
  }
  print "rule add priority" filled() " protocol " protocol
}
END { if (rules) print "rule add priority " canary " fwmark " mark "/" mark " goto " start " protocol " protocol }'

# The lines that leave of all that is ours only one generation, or nothing. Input: facts. In every state between two
# lines, each lookup is answered by one generation as a whole, or by none of ours at all.
# shellcheck disable=SC2016
TIDY='
function del(p) { print "rule del priority " p " protocol " protocol }
function add(p, target) { print "rule add priority " p " " target " protocol " protocol }
$1 != f { next }
$2 == "route" {
  if (($3 - table) % 2 != keep) stale[$3]
  next
}
{ target = $4 == "from" && $6 == "goto" ? $7 : 0 }
$3 == canary { canaries++; next }
$3 == pending { pendings++; if (target == join) parked = 1; else if (!parked) before++; next }
$3 == active { actives++; if (target == start) right++; next }
$3 == join { joins++; next }
($3 >= band1) != keep { band[++n] = $3 }
BEGIN { start = keep == "-" ? "" : keep ? band1 : band0 }
END {
  while (canaries-- > 0) del(canary)
  if (!joins && (keep != "-" || actives + n)) { add(join, "nop"); joins = 1 }
  if (keep == "-") {
    if (!parked && actives + n) { add(pending, "goto " join); pendings++; before = pendings - 1 }
    while (before-- > 0) { del(pending); pendings-- }
    while (actives-- > 0) del(active)
  } else {
    if (actives != 1 || !right) { while (actives-- > 0) del(active); add(active, "goto " start) }
    while (pendings-- > 0) del(pending)
  }
  while (n > 0) del(band[n--])
  if (keep == "-") { while (pendings-- > 0) del(pending); while (joins-- > 0) del(join) }
  for (t in stale) print "route flush table " t " proto " protocol
}'

# stage FAMILY GENERATION KEEP
stage() {
  batch "$1" "$(printf '%s\n' "$seen" "$PLAN" | calc -v f="$1" -v generation="$2" -v keep="$3" "$STAGE")"
}

# flip FAMILY GENERATION: one message to the kernel; "-" takes all that is ours out of force.
# shellcheck disable=SC2016
flip() {
  batch "$1" "$(calc -v g="$2" '
    BEGIN { print "rule add priority " pending " goto " (g == "-" ? join : g ? band1 : band0) " protocol " protocol }')"
}

# tidy KEEP4 KEEP6: leaves of all that is ours these generations alone. Starts from a fresh $seen, and leaves one. A
# batch ends at its first error, so it looks again until all is done.
tidy() {
  for try in 1 2 3 4; do
    left4=$(printf '%s\n' "$seen" | calc -v f=4 -v keep="$1" "$TIDY")
    left6=$(printf '%s\n' "$seen" | calc -v f=6 -v keep="$2" "$TIDY")
    [ -n "$left4$left6" ] || return 0
    batch 4 "$left4"
    batch 6 "$left6"
    survey
  done
  return 1
}
