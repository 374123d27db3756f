# A change of the plan that can be made in the generation in force, a rule at a time, and the lines for it.
#
# It can be when the host is as it was left, and nothing of what the kernel has of the plan differs but rules "from SOURCE
# goto TARGET" before all of their targets, of which two that match the same packets have the same target. Then the
# walk of a packet meets no other of these rules after the first, so what decides about it is whether there is any on its
# way; and when additions come before deletions, that changes once, from what the old plan says to what the new one does.
# Rules of one priority match different packets (lib/plan/compile), so it says nothing that the new ones come last.
#
# mode=plan   F add|del PRIORITY from SOURCE goto TARGET, a line each; "source ADDRESS" for each that comes, or "all" when more than
#             what has these is to be asked about; "F todo" for addresses to be added; and "end"; or exits 1, and it takes a
#             new generation
# mode=redo   the lines for ip, of family f, that do what of it has not been done, and "#"
# mode=undo   those that take back what of it has been
#
# Input: facts, then the plan; else the lines that mode=plan has made, then facts. Variables: the numbers; generation;
# old, the program in force, id, and was, the facts when it had settled.

# The input is read to its end all the same, or who writes it would complain.
function no() { bad = 1 }
function count(text, by, word) {
  # Most lines.
  if (text ~ /^([46]|rule[46]) /) {
    differs[text] += text ~ /^r/ ? by : -by
    return
  }
  if (text ~ /^address / && split(text, word, " ")) sources[word[3]] += by
  if (text ~ /^(prefix|expect[46]|flow[46]) /) others[text] += by
  if (text ~ /^todo address /) touched[text ~ /:/ ? 6 : 4]
  if (text ~ /^(facts|device) /) by = -by
  else if (text ~ /^(todo|undo) / && text !~ /^[a-z]+ address / || text ~ /^(absent|nft|world) /) no()
  else if (text !~ /^(numbers|model|virtual|interface|connection|table|sysctl|route[46]|identity|frr) /) return
  differs[text] += by
}
function bare(source, f) {
  sub(f == 4 ? "/32$" : "/128$", "", source)
  return source
}
# alike: whether the rules that differ may come and go one after the other.
function alike(f, i, several, hosts) {
  hosts = 1
  for (i = 1; i <= n[f]; i++) {
    if (source[f, i] ~ /\//) hosts = 0
    if (target[f, i] != target[f, 1]) several = 1
    if (source[f, i] in seen_to && seen_to[source[f, i]] != target[f, i] || target[f, i] <= last[f]) no()
    seen_to[source[f, i]] = target[f, i]
  }
  if (several && !hosts) no()
}

BEGIN {
  if (mode == "plan") {
    if ((getline line < was) < 1 || line != id "") no()
    while ((getline line < was) > 0) if (line ~ /^(facts|device|[46]) /) differs[line]++
    while ((getline line < old) > 0 && !sub(/^PLAN=./, "", line)) continue
    do count(line, -1)
    while ((getline line < old) > 0 && line !~ /^end/)
  }
  start = generation ? band1 : band0
}
mode == "plan" { count($0, 1) }
mode != "plan" && $1 == f && ($2 == "rule" ? $3 in ours : $2 ~ /^(add|del)$/) {
  ours[$3]
  text = $3 " " $4 " " $5 " " $6 " " $7
  if ($2 == "rule") there[text]
  else if (($2 == "add") == (mode == "redo")) wanted[text]
  else unwanted[text]
}
END {
  if (mode != "plan") {
    for (text in wanted) if (!(text in there)) print "rule add priority " text " protocol " protocol
    for (text in unwanted) if (text in there) print "rule del priority " text " protocol " protocol
    print "#"
    exit
  }
  if (bad) exit 1
  for (text in differs) if (differs[text]) {
    k = split(text, word, " ")
    if (k != 6 || word[1] !~ /^rule/ || word[2] word[6] !~ /^\+[0-9]+\+[0-9]+$/ || word[3] != "from" || word[5] != "goto" ||
      differs[text] * differs[text] != 1) exit 1
    f = substr(word[1], 5)
    i = ++n[f]
    source[f, i] = bare(word[4], f)
    target[f, i] = word[6] + 0
    if (word[2] + 0 > last[f]) last[f] = word[2] + 0
    line = f (differs[text] > 0 ? " add " : " del ") start + word[2] " from " source[f, i] " goto " start + word[6]
    if (differs[text] > 0) first = first line "\n"
    else second = second line "\n"
  }
  for (f in n) alike(f)
  if (bad) exit 1
  printf "%s%s", first, second
  for (f in touched) print f " todo"
  for (text in sources) if (sources[text] > 0) print "source " text
  for (text in others) if (others[text]) all = "all\n"
  print all "end"
}
