# The lines for ip that leave of all our rules and routes only one generation, or nothing. Between any two of them
# every lookup is answered by one generation as a whole, or by none.
#
# Input: facts. Variables: the numbers; f, keep. When a generation is kept that the active switch does not lead to,
# the pending switch must.

function del(p) { print "rule del priority " p " protocol " protocol }
function add(p, action) { print "rule add priority " p " " action " protocol " protocol }

BEGIN { start = keep ? band1 : band0 }
$1 != f || $2 == "backstop" { next }
$2 == "route" {
  if (($3 - table) % 2 != keep) stale[$3]
  next
}
{ target = $6 == "goto" ? $7 : 0 }
$3 == canary { canaries++; next }
$3 == pending {
  pendings++
  parked = target == join
  next
}
$3 == active {
  actives++
  if (target == start) right++
  next
}
$3 == join { joins++; next }
($3 >= band1) != keep { band[++n] = $3 }

END {
  while (canaries-- > 0) del(canary)
  if (!joins && (keep != "-" || actives + n)) {
    add(join, "nop")
    joins = 1
  }
  if (keep != "-") {
    if (actives != 1 || !right) {
      while (actives-- > 0) del(active)
      add(active, "goto " start)
    }
    while (pendings-- > 0) del(pending)
  } else {
    # The pending switch leads past the bands until they are gone. To the kernel it is the same rule wherever it leads,
    # so one that leads elsewhere has to go first.
    if (!parked && actives + n) {
      while (pendings-- > 0) del(pending)
      add(pending, "goto " join)
      pendings = 1
    }
    while (actives-- > 0) del(active)
  }
  while (n > 0) del(band[n--])
  if (keep == "-") {
    while (pendings-- > 0) del(pending)
    while (joins-- > 0) del(join)
  }
  for (t in stale) print "route flush table " t " proto " protocol
  # Without this awk has not said all that it had to say.
  print "#"
}
