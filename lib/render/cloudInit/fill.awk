# Fills in the plan of a program whose addresses nobody knew when it was written, with what EC2's metadata service says.
# Small and strict: every value is read, checked and written anew, and what is not understood, not there yet, or of two
# interfaces at once, is no reason to guess.
#
#   role NAME six|four [device N card N] [subnet ID]... [tag KEY]    which interface is which
#   primary MAC
#   tag KEY VALUE
#   of MAC KEY VALUE...                                              values are words
#   program                                                          from here on it is printed, with
#
#     %NAME/mac                     its link-layer address
#     %NAME/p4 s4 g4 t4, p6 s6 t6   primary address, subnet, gateway, an address of the subnet that is nobody's we know
#     %NAME/e4 h4, e6 h6            the line stands once for each address; h: with its length
#
# Expectations about what turns out to be in the interface's own subnet are left out, as the planner does.
# Exit 1: nothing is printed but why, on one line.

function wrong(text) { why = why (why == "" ? "" : "; ") text }

# four: the number that an IPv4 address is, or -1.
function four(text, part, i, n) {
  if (split(text, part, ".") != 4) return -1
  for (i = 1; i <= 4; i++) {
    if (part[i] !~ /^(0|[1-9][0-9]?[0-9]?)$/ || part[i] + 0 > 255) return -1
    n = n * 256 + part[i]
  }
  return n
}
function dotted(n) { return int(n / 16777216) "." int(n / 65536) % 256 "." int(n / 256) % 256 "." n % 256 }

# eight: the groups of an IPv6 address, all of them, or nothing.
function eight(text, half, group, n, m, i, all) {
  text = tolower(text)
  if (text !~ /^[0-9a-f:]+$/ || text ~ /:::/ || (n = split(text, half, "::")) > 2 || n < 1) return ""
  m = split(half[1], group, ":")
  if (n == 1 ? m != 8 : m > 7) return ""
  for (i = 1; i <= m; i++) if ((all = join(all, group[i])) == "") return ""
  if (n == 1) return all
  n = split(half[2], group, ":")
  if (m + n > 7) return ""
  for (i = m + n; i < 8; i++) all = join(all, "0")
  for (i = 1; i <= n; i++) if ((all = join(all, group[i])) == "") return ""
  return all
}
function join(all, group) {
  if (group == "" || length(group) > 4) return ""
  sub(/^0+/, "", group)
  return all (all == "" ? "" : ":") (group == "" ? "0" : group)
}
# short: as RFC 5952 has it.
function short(all, group, i, run, best, at, text) {
  split(all, group, ":")
  for (i = 1; i <= 8; i++) {
    run = group[i] == "0" ? run + 1 : 0
    if (run > 1 && run > best) {
      best = run
      at = i - run + 1
    }
  }
  for (i = 1; i <= 8; i++) {
    if (best && i == at) {
      text = text "::"
      i += best - 1
    } else text = text (text == "" || text ~ /::$/ ? "" : ":") group[i]
  }
  return text
}
function network(all, group) {
  split(all, group, ":")
  return group[1] ":" group[2] ":" group[3] ":" group[4]
}

# fits: whether all that a role asks for holds of an interface.
function fits(r, m, i, list, n, hit) {
  if ((r, "device") in role) {
    # Of an interface that has just been attached it says 0 for a while: 0 on card 0 is the primary one alone.
    if ((m == primary) != (role[r, "device"] + role[r, "card"] == 0)) return 0
    if (!((m, "device-number") in value) || value[m, "device-number"] != role[r, "device"]) return 0
    if (value[m, "network-card"] + 0 != role[r, "card"]) return 0
  }
  if ((r, "subnet") in role) {
    n = split(role[r, "subnet"], list, " ")
    for (i = 1; i <= n; i++) if (list[i] == value[m, "subnet-id"]) hit = 1
    if (!hit) return 0
  }
  if ((r, "tag") in role) {
    n = tag[role[r, "tag"]]
    return n != "" && (n == value[m, "interface-id"] || n == value[m, "subnet-id"])
  }
  return 1
}

function ipv4(r, m, block, part, base, size, list, n, i, a) {
  block = value[m, "subnet-ipv4-cidr-block"]
  base = split(block, part, "/") == 2 ? four(part[1]) : -1
  # busybox's awk may have no powers.
  size = part[2] ~ /^(1[6-9]|2[0-8])$/
  for (i = part[2]; size && i < 32; i++) size *= 2
  if (base < 0 || !size || base % size) return wrong(r ": its IPv4 subnet is \"" block "\"")
  from[r] = base
  to[r] = base + size - 1
  is["%" r "/s4"] = dotted(base) "/" part[2]
  is["%" r "/g4"] = dotted(base + 1)
  n = split(value[m, "local-ipv4s"], list, " ")
  if (!n) return wrong(r ": it has no IPv4 address yet")
  for (i = 1; i <= n; i++) {
    a = four(list[i])
    # The first four and the last of a subnet are the network's.
    if (a < base + 4 || a >= to[r]) return wrong(r ": its address \"" list[i] "\" is none of " block)
    take(r, 4, dotted(a))
  }
}

function ipv6(r, m, block, part, list, n, i, a) {
  n = split(value[m, "ipv6s"], list, " ")
  if (!six[r]) return n ? wrong(r ": it has IPv6 addresses, and its policy does not say ipv6") : 0
  block = value[m, "subnet-ipv6-cidr-blocks"]
  a = split(block, part, "/") == 2 && part[2] == "64" ? eight(part[1]) : ""
  if (a !~ /:0:0:0:0$/) return wrong(r ": its IPv6 subnet is \"" block "\"")
  net[r] = network(a)
  is["%" r "/s6"] = short(a) "/64"
  if (!n) return wrong(r ": it has no IPv6 address yet")
  for (i = 1; i <= n; i++) {
    a = eight(list[i])
    if (a == "" || network(a) != net[r]) return wrong(r ": its address \"" list[i] "\" is none of " block)
    take(r, 6, short(a))
  }
}

function take(r, f, a, whole) {
  if (a in owner) return wrong(r ": its address " a " is that of " owner[a] " too")
  owner[a] = r
  if (!(("%" r "/p" f) in is)) is["%" r "/p" f] = a
  many["%" r "/e" f] = many["%" r "/e" f] " " a
  many["%" r "/h" f] = many["%" r "/h" f] " " a (f == 4 ? "/32" : "/128")
}

function resolve(r, i, m, n, found) {
  for (i = 1; i <= macs; i++) if (fits(r, mac[i])) {
    found = mac[i]
    n++
  }
  if (n != 1) return wrong(r ": the metadata service tells of " (n ? "several interfaces" : "no interface") " of" asked[r])
  if (found in taken) return wrong(r ": " found " is " taken[found] " too")
  taken[found] = r
  if (length(found) != 17 || found !~ /^[0-9a-f][0-9a-f](:[0-9a-f][0-9a-f])+$/) return wrong(r ": its MAC is \"" found "\"")
  is["%" r "/mac"] = found
  ipv4(r, found)
  ipv6(r, found)
  if (value[found, "ipv4-prefix"] value[found, "ipv6-prefix"] != "") wrong(r ": a prefix is delegated to it, which a fleet cannot have")
}

# unowned: addresses to ask about, once all that are somebody's are known.
function unowned(r, t) {
  for (t = to[r] - 1; dotted(t) in owner; t--) continue
  is["%" r "/t4"] = dotted(t)
  t = 65534
  while (six[r] && short(net[r] ":ffff:ffff:ffff:" sprintf("%x", t)) in owner) t--
  is["%" r "/t6"] = short(net[r] ":ffff:ffff:ffff:" sprintf("%x", t))
}

# own: whether an address is in the subnet of an interface.
function own(r, a) { return a ~ /:/ ? network(eight(a)) == net[r] : four(a) >= from[r] && four(a) <= to[r] }

function fill(i, n, word, each, list, at, text) {
  for (i = 1; i <= NF; i++) {
    if ($i !~ /^%/) continue
    if ($i in is) $i = is[$i]
    else if ($i in many) {
      each = $i
      at = i
    } else return wrong("the template is damaged at " $i)
  }
  if ($1 ~ /^expect/ && $4 != "attached" && own($2, $3)) return
  n = each == "" ? 1 : split(many[each], list, " ")
  for (i = 1; i <= n; i++) {
    if (at) $at = list[i]
    text = text $0 "\n"
  }
  if ($1 ~ /^expect/ && text in told) return
  told[text]
  out = out text
}

!program && $1 == "role" {
  roles[++count] = $2
  six[$2] = $3 == "six"
  asked[$2] = substr($0, length("role " $2 " " $3) + 1)
  for (i = 4; i < NF; i += 2) role[$2, $i] = ($i == "subnet" ? role[$2, $i] " " : "") $(i + 1)
  next
}
!program && $1 == "primary" { primary = $2; next }
!program && $1 == "tag" { tag[$2] = NF == 3 ? $3 : ""; next }
!program && $1 == "of" {
  if (!($2 in seen)) mac[++macs] = $2
  seen[$2]
  m = $2 SUBSEP $3
  gsub(/^of +[^ ]+ +[^ ]+ *| +$/, "")
  value[m] = $0
  next
}
!program && $1 == "program" {
  program = 1
  for (i = 1; i <= count; i++) resolve(roles[i])
  for (i = 1; i <= count && why == ""; i++) unowned(roles[i])
  next
}
/^PLAN=.plan / { plan = 1 }
plan && why == "" {
  fill()
  if ($0 ~ /^end.$/) plan = 0
  next
}
{ out = out $0 "\n" }
END {
  if (!program || !count) wrong("the template is damaged")
  if (why != "") {
    gsub(/[^ -~]/, "?", why)
    print why
    exit 1
  }
  printf "%s", out
}
