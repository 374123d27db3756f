# What the kernel answers about packets of traffic policies, against what the plan expects.
#
# mode=ask prints the questions of family f, as lines for ip; before each one that is always answered, so that an answer
# can be told from the silence after it. mode=judge prints a line a flow, its fields parted by tabs:
#
#   FROM TO CLASS WANT GOT
#
# Input: facts and the plan, then for the judge the answers after "=answers". Variables: the numbers; tag, the mark by
# which a new generation is asked; dark, our devices without carrier, each between blanks.

function number(hex, i, n) {
  for (i = 3; i <= length(hex); i++) n = 16 * n + index("123456789abcdef", substr(hex, i, 1))
  return n
}
function way(dev, via) { return "dev " dev (via == "" ? "" : " via " via) }
function device_of(word) { return word ~ /^@/ ? device[substr(word, 2)] : word }
# A packet that comes in can be asked about only where the host forwards.
function forwards(dev, path, value) {
  path = "/proc/sys/net/ipv" f "/conf/" dev "/forwarding"
  value = 0
  getline value < path
  close(path)
  return value == 1
}

/^=/ {
  answers = 1
  next
}
!answers && $1 == "device" { device[$2] = $3 }
!answers && $1 == "absent" && $3 == f { absent[$2] }
# An address that we have added, and that goes once the change is made.
!answers && $1 == "undo" { sub(/\/.*/, "", $4); gone[$4] }
!answers && $1 == "flow" f {
  text = from = dev = want = ""
  marked = number(tag)
  for (i = 4; $i != "want"; i++) {
    word = $i
    if ($(i - 1) == "from") from = word
    if ($(i - 1) == "iif") dev = word = device_of(word)
    if ($(i - 1) == "mark") marked += word
    else if (word != "mark") text = text " " word
  }
  if (dev != "" && !forwards(dev) || ($4 in gone) || (from in gone)) next
  # Of a policy with an interface that is not there nobody knows what it does.
  for (k = 3; k <= NF; k++) if ($k ~ /^@/ && (substr($k, 2) in absent)) next
  if (marked) text = text sprintf(" mark %.0f", marked)
  # The first choice that has a link; and those before it, since the kernel is told to pass over them only later.
  live = 0
  for (i++; !live && i < NF; i++) for (; $i != "then"; i++) if ($i == "dev") {
    if (!index(dark, " " device_of($(i + 1)) " ")) live = 1
    want = want (want == "" ? "" : " or ") way(device_of($(i + 1)), $(i + 2) == "via" ? $(i + 3) : "")
  }
  if (!live && $NF == "anything") next
  if (!live) want = want (want == "" ? "" : " or ") $NF
  if (mode == "ask") print "link show dev lo\nroute get" text
  row[++rows] = (from == "" ? "none" : from) "\t" $4 "\tpolicy " $2 "\t" want
  got[rows] = "unreachable"
  next
}
answers && /^[0-9]+: lo:/ {
  asked++
  next
}
# "[TYPE] TO [from SOURCE] [via GATEWAY] dev DEVICE ...".
answers && $1 !~ /^(unreachable|blackhole|prohibit|throw)$/ {
  via = dev = ""
  for (i = $1 ~ /^[a-z]+$/ ? 3 : 2; i < NF && dev == ""; i++) {
    if ($i == "via") via = $(i + 1)
    if ($i == "dev") dev = $(i + 1)
  }
  gsub(/[^-A-Za-z0-9_.:@]/, "?", dev)
  got[asked] = way(dev, via)
}
END {
  if (mode == "judge") for (i = 1; i <= rows; i++) print row[i] "\t" got[i]
}
