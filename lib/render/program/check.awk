# What the kernel answers, against what the plan expects: every class of destinations, from every source.
#
# mode=ask prints the questions of family f, as lines for ip. mode=judge prints what is wrong, or with form=json or
# form=text a report, and exits 1 when something is.
#
# Input: answers about prefixes after "=reach", facts and the plan after "=plan", the answers after "=answers", what
# flow.awk says after "=flows".
# Variables: mark, vrf (the device of the one asked about), generation and digest besides; dark, our devices without carrier, each between blanks.

function clean(text) {
  gsub(/[^-A-Za-z0-9_.:@ ]/, "?", text)
  return text
}
function hop(dev, via) { return dev == "" ? "unreachable" : "dev " dev (via == "" ? "" : " via " via) }
/^=/ { part = substr($0, 2); next }
part == "flows" {
  split($0, field, "\t")
  row[++rows] = field[2] SUBSEP field[1]
  kind[rows] = field[3]
  want[rows] = field[4]
  answer[rows] = field[5]
  next
}

# "[TYPE] TO from SOURCE [via GATEWAY] dev DEVICE ...". No answer, or one of these types, is "unreachable".
part != "plan" {
  first = $1 ~ /^[a-z]+$/ ? 2 : 1
  source = via = dev = ""
  for (i = first + 1; i < NF && dev == ""; i += 2) {
    if ($i == "from") source = $(i + 1)
    if ($i == "via") via = $(i + 1)
    if ($i == "dev") dev = $(i + 1)
  }
  if (part == "reach") reach[$first] = $1 == "local" ? "" : dev
  else if ($1 !~ /^(unreachable|blackhole|prohibit|throw)$/) got[$first, source] = hop(clean(dev), clean(via))
  next
}

$1 == "device" { device[$2] = $3 }
$1 == "absent" { absent[$2, $3 == 6] }
$1 == "address" || $1 == "prefix" {
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
}
$1 ~ /^expect/ && (mode == "judge" || $1 == "expect" f) {
  six = $1 == "expect6"
  # What is not there leads nowhere; ways of others by it are not there either.
  if (!(($2, six) in absent) && (substr($6, 2), six) in absent) next
  wanted = ($2, six) in absent ? "unreachable" : $5 == "dev" ? hop(device[substr($6, 2)], $8) : "unreachable"
  # The kernel is told to pass over the routes of such a device only later.
  if (wanted != "unreachable" && $5 == "dev" && index(dark, " " device[substr($6, 2)] " ")) wanted = wanted " or unreachable"
  for (i = 1; i <= sources[$2, six]; i++) {
    s = source_of[$2, six, i]
    if (mode == "ask") print "route get " $3 " from " s how[s] (mark == "" ? "" : " mark " mark) (vrf == "" ? "" : " vrf " vrf)
    else {
      row[++rows] = $3 SUBSEP s
      kind[rows] = $4
      want[rows] = wanted
    }
  }
}

END {
  if (mode == "ask") exit
  for (r = 1; r <= rows; r++) {
    have = r in answer ? answer[r] : row[r] in got ? got[row[r]] : "unreachable"
    if (index(" or " want[r] " or ", " or " have " or ")) continue
    split(row[r], pair, SUBSEP)
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
