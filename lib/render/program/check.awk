# What the kernel answers, against what the plan expects: every class of destinations, from every source, and for what has
# no source yet: sockets, free or bound to a device; and whether what comes in is taken.
#
# mode=ask prints the questions of family f, or of both when it is "o", as lines for ip. mode=judge prints what is wrong, or with form=json or
# form=text a report, and exits 1 when something is. form=brief, of a change that is being made, asks about the first class
# from every source, and about the others from the first source of an interface: whatever leads sources of one interface to
# its table looks at no destination, and from there on they are one. The questions would else be sources times interfaces.
#
# Answers do not say what was asked about a device, so those about free sockets stand between two lines about lo. Nothing
# is asked about sockets without a source in a VRF and where traffic policies decide, which have flows of their own, nor
# about those bound to an interface without a gateway, by which the kernel looks for everybody on the link. What comes in,
# and free sockets, follow what is in force whatever their mark. Nor is anything asked about an address that we have added and
# that goes once the change is made: until then it is the host itself.
#
# Input: answers about prefixes after "=reach", facts and the plan after "=plan", the answers after "=answers", what
# flow.awk says after "=flows".
# Variables: tag, the mark by which a new generation is asked; vrf, the device of the one asked about; dark, our devices
# without carrier, each between blanks; only, the sources to ask about, likewise, when it is not all; gate, the priority of
# the rule that leads there, and gates, how many there are; generation and digest for the report.

function clean(text) {
  gsub(/[^-A-Za-z0-9_.:@ ]/, "?", text)
  return text
}
function hop(dev, via) { return dev == "" ? "unreachable" : "dev " dev (via == "" ? "" : " via " via) }
BEGIN { if (mode == "ask" && gate) print "rule show priority " gate }
/^=/ { part = substr($0, 2); next }
part == "plan" && /^([46]|r[a-z]+[46]|keep) / { next }
part == "flows" {
  split($0, field, "\t")
  row[++rows] = field[2] SUBSEP field[1]
  kind[rows] = field[3]
  want[rows] = field[4]
  answer[rows] = field[5]
  next
}

part != "plan" && /^[0-9]+: lo:/ {
  free = !free
  next
}
part == "answers" && $1 == gate ":" {
  open += index($0, " goto " (generation ? band1 : band0) " ") && !/unresolved/
  next
}

# "[TYPE] TO from SOURCE [via GATEWAY] dev DEVICE ...". No answer, or one of these types, is "unreachable".
part != "plan" {
  first = $1 ~ /^[a-z]+$/ ? 2 : 1
  source = via = dev = chosen = ""
  for (i = first + 1; i < NF; i++) {
    if ($i == "from" && source == "") source = $(i + 1)
    if ($i == "via" && via == "") via = $(i + 1)
    if ($i == "dev" && dev == "") dev = $(i + 1)
    if ($i == "src" && chosen == "") chosen = $(i + 1)
  }
  if (part == "reach") reach[$first] = $1 == "local" ? "" : dev
  else if ($1 !~ /^(unreachable|blackhole|prohibit|throw)$/) {
    if (free) {
      choice[$first] = chosen
      exit_of[$first] = "dev " clean(dev)
      next
    }
    if (source == "" || source == "::") source = "by " dev
    got[$first, source] = $1 == "local" ? "local" : hop(clean(dev), clean(via))
  }
  next
}

$1 == "device" { device[$2] = $3 }
$1 == "undo" { sub(/\/.*/, "", $4); gone[$4] }
$1 == "absent" { absent[$2, $3 == 6] }
$1 == "address" || $1 == "prefix" {
  if (only && !index(only, " " $3 " ")) next
  six = $3 ~ /:/
  sub(/\/.*/, "", $3)
  how[$3] = ""
  # For an IPv4 source that is not its own, the kernel answers only as for a packet that it forwards, if it does.
  if ($1 == "prefix" && !six) {
    if (!($3 in reach)) next
    if (reach[$3] != "") {
      path = "/proc/sys/net/ipv4/conf/" reach[$3] "/forwarding"
      forwarding = 0
      getline forwarding < path
      close(path)
      if (forwarding != 1) next
      how[$3] = " iif " reach[$3]
    }
  }
  source_of[$2, six, ++sources[$2, six]] = $3
  if ($1 == "address") owner[$3] = $2
}
$1 ~ /^flow/ { steered[$1 == "flow6"] }
$1 ~ /^expect/ && !($3 in gone) && (mode == "judge" || f == "o" || $1 == "expect" f) {
  six = $1 == "expect6"
  # What is not there leads nowhere; ways of others by it are not there either.
  if (!(($2, six) in absent) && (substr($6, 2), six) in absent) next
  line[++lines] = $0
  # Where an interface has a gateway, elsewhere is by it.
  if ($4 == "elsewhere" && $8) gateway[$2, six]
}

# expect: the questions of one line of the plan.
function expect(i, s, dev, wanted, own, first) {
  six = $1 == "expect6"
  dev = ($2, six) in absent ? "" : $5 == "dev" ? device[substr($6, 2)] : ""
  # The kernel is told to pass over the routes of such a device only later.
  own = dev != "" && !index(dark, " " dev " ")
  wanted = hop(dev, $8) (dev == "" || own ? "" : " or unreachable")
  own = own && $6 == "@" $2
  # That is elsewhere, where there is one.
  first = !classes[$2, six]++
  for (i = 1; i <= sources[$2, six] && (i == 1 || first || form != "brief"); i++) {
    s = source_of[$2, six, i]
    ask($3, s, how[s], $4, wanted)
    # Every address from the first class, and one from each other.
    if (own && !tag && (s in owner) && (i == 1 || first)) ask(s, $3, " iif " dev, $4 ", in by " dev, "local")
  }
  if (vrf || (six in steered)) return
  if (own && (($2, six) in gateway) && (source_of[$2, six, 1] in owner)) ask($3, "by " dev, " oif " dev, $4 ", bound to " dev, wanted)
  if (tag) return
  way[$3, $2] = dev
  if ($3 in sort) return
  sort[$3] = $4
  unbound[++n] = $3
}
# ask TO FROM HOW CLASS WANTED: FROM may be "by DEVICE".
function ask(to, from, as, class, wanted) {
  if (mode == "ask") print "route get " to (from ~ /^by / ? "" : " from " from) as (tag ? " mark " tag : "") (vrf ? " vrf " vrf : "")
  else {
    row[++rows] = to SUBSEP from
    kind[rows] = class
    want[rows] = wanted
  }
}
# ask_unbound: what leaves with an address that the kernel chose leaves by the interface that owns it, also where sources that
# are bound go another way.
function ask_unbound(i, to, by) {
  if (mode == "ask" && n) print "link show dev lo"
  for (i = 1; i <= n; i++) {
    to = unbound[i]
    by = owner[choice[to]]
    if (mode == "ask") print "route get " to
    else if (by && way[to, by] != "") {
      row[++rows] = to SUBSEP "unbound"
      kind[rows] = sort[to] ", by " choice[to]
      want[rows] = "dev " way[to, by] (way[to, by] == device[by] ? "" : " or dev " device[by])
      answer[rows] = exit_of[to]
    }
  }
  if (mode == "ask" && n) print "link show dev lo"
}

END {
  for (l = 1; l <= lines; l++) {
    $0 = line[l]
    expect()
  }
  ask_unbound()
  if (mode == "ask") exit
  if (gate && open != gates) {
    print "the rules are not as they were made"
    exit 1
  }
  for (r = 1; r <= rows; r++) {
    have = r in answer ? answer[r] : row[r] in got ? got[row[r]] : "unreachable"
    if (index(" or " want[r] " or ", " or " have " or ")) continue
    split(row[r], pair, SUBSEP)
    if (pair[2] ~ /^(by |unbound$)/) pair[2] = "none"
    if (form == "json") text = "{\"from\":\"" pair[2] "\",\"to\":\"" pair[1] "\",\"class\":\"" kind[r] "\",\"want\":\"" want[r] \
      "\",\"got\":\"" have "\"}"
    else text = "from " pair[2] " to " pair[1] " (" kind[r] "): wanted " want[r] ", got " have
    wrong = wrong (failed++ && form == "json" ? ",\n" : "\n") text
  }
  if (form == "json") print "{\"ok\":" (failed ? "false" : "true") ",\"checked\":" rows + 0 ",\n\"generation\":" generation \
    ",\n\"digest\":" digest ",\n\"failed\":[" wrong "]}"
  else if (failed) print substr(wrong, 2)
  else if (form == "text") print rows " flows are as planned"
  exit failed > 0
}
