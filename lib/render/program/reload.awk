# From one frr.conf of ours to another, as text for `vtysh -f`, so that FRR goes on running: what is gone is taken back,
# the last of it first, then what is new is said. A new value is said alone: the old one taken back would be the default
# for a while.
#
# Input: the file in force, "=new", the file to come. Exits 1 when FRR has to start anew: for another router id, or
# another process of BGP.
#
# "where" is the headers that a line stands below, joined by newlines.

# named LINE: what stays of it without its value.
function named(line) {
  if (line ~ /^neighbor [^ ]+ timers [0-9]/) sub(/ [0-9]+ [0-9]+$/, "", line)
  else if (line ~ /^ip(v6)? prefix-list /) sub(/ permit .*/, "", line)
  else if (line ~ /(-interval|multiplier|cost|remote-as|update-source|connect|multihop|password|src|prepend) [^ ]+$/) sub(/ [^ ]+$/, "", line)
  return line
}
function below(where, line) { return where == "" ? line : where "\n" line }
function gone(id) { return !(id in future) }
function lost(where, line) { return gone(below(where, line)) && !(below(where, named(line)) in again) }
# Taken back by its header, with all that stands below it.
function whole(header) { return header ~ /^(router|route-map|profile) / }
function swept(where, n, header, i, id) {
  n = split(where, header, "\n")
  for (i = 1; i <= n; i++) {
    id = below(id, header[i])
    if (whole(header[i]) && gone(id)) return 1
  }
}
function say(where, line, n, header, i) {
  n = split(where, header, "\n")
  for (i = 1; i <= n; i++) print header[i]
  print line
  for (i = n; i >= 1; i--) print header[i] ~ /^address-family/ ? "exit-address-family" : "exit"
}

/^!/ || NF == 0 { next }
$0 == "=new" {
  depth = 0
  where = ""
  coming = 1
  next
}
$1 ~ /^exit/ {
  where = within[--depth]
  next
}
{
  sub(/^ +/, "")
  id = below(where, $0)
  if (coming) {
    future[id]
    again[below(where, named($0))]
    fresh[++news] = $0
    place[news] = where
  } else {
    past[id]
    old[++olds] = $0
    stood[olds] = where
  }
}
/^(interface|router|route-map|bfd|profile|address-family)( |$)/ {
  within[depth++] = where
  where = id
  block[id]
}

END {
  # What is said of a neighbour goes with it.
  for (i = 1; i <= olds; i++) if (old[i] ~ / remote-as / && lost(stood[i], old[i])) {
    split(old[i], word, " ")
    left[word[2]]
  }
  for (i = olds; i >= 1; i--) {
    line = old[i]
    where = stood[i]
    if (!gone(below(where, line))) continue
    if (line ~ /^(ospf6?|bgp) router-id / || line ~ /^router bgp /) exit 1
    if (!lost(where, line) || swept(where) || (below(where, line) in block && !whole(line))) continue
    split(line, word, " ")
    if (word[1] == "neighbor" && word[2] in left && line !~ / remote-as /) continue
    say(where, line ~ /^no / ? substr(line, 4) : "no " line)
  }
  for (i = 1; i <= news; i++) {
    id = below(place[i], fresh[i])
    if (id in past) continue
    if (id in block) say(id, "!")
    else say(place[i], fresh[i])
  }
}
