# frr.conf as the plan has it, with devices for interfaces, and the password, which is read here and shown to nobody.
#
# Input: facts and the plan, then dumps after "=4" and "=6" when it is to be refused what would not work. Variable: file,
# to be written. Prints what is wrong, and exits 1 then.

function wrong(text) {
  problems = problems (problems == "" ? "" : "; ") text
}
function after(word, i) {
  for (i = 2; i < NF; i++) if ($i == word) return $(i + 1)
}
function setting(path, value) {
  path = "/proc/sys/net/ipv4/conf/" path "/rp_filter"
  getline value < path
  close(path)
  return value + 0
}
/^=/ { part = substr($0, 2); next }

# To FRR, a default route of others comes before all that it learns, unless the highest byte of its metric says otherwise.
part != "" {
  if ($1 == "default" && after("table") == "" && after("metric") + 0 < 3355443200 && part in family &&
      after("proto") !~ /^(11|18[678])$/) {
    gsub(/[^-A-Za-z0-9_.:@\/ ]/, "?")
    wrong("to FRR the route \"" $0 "\" of main comes before any default that the identity is to follow. Give it a metric of" \
      " 3355443200 or more, which FRR reads as a distance of 200 (that of router advertisements is" \
      " net.ipv6.conf.DEVICE.ra_defrtr_metric), or take it away")
  }
  if (part == 4 && $3 == "inet" && / secondary /) {
    sub(/\/.*/, "", $4)
    secondary[$4] = $2
  }
  next
}
$1 == "device" { device["@" $2] = $3 }
$1 == "identity" { family[$2 ~ /:/ ? 6 : 4] }
$1 $2 == "frrlink" { link[$3] }
$1 $2 $3 == "frrdaemonospfd" { most = 16 }
$1 $2 == "frrpassword" {
  path = $3
  name = "the password file " path
  if (!most) most = 80
  if ((getline password < path) < 0) wrong(name " cannot be read")
  else if (password !~ /^[!-~]+$/) wrong(name " must hold one line of printable characters without blanks")
  else if (length(password) > most) wrong(name " holds more than " most " characters")
  close(path)
}
$1 $2 == "frrsay" {
  if ($3 == "interface") speaking = $4
  if ($5 == "area" && $7 != "") speaker[$7] = substr(speaking, 2)
  text = substr($0, 9)
  for (i = 2; i <= NF; i++) {
    by = $i in device ? device[$i] : path != "" && $i == path ? password : ""
    # Not by sub(), to which an ampersand means something.
    if (by != "") text = substr(text, 1, at = index(text, $i) - 1) by substr(text, at + length($i) + 1)
  }
  conf = conf text "\n"
}

# A strict reverse path filter drops what comes by one link while the way back is by another, as it is for a while
# whenever a link comes or goes.
END {
  if (part != "" && 4 in family) for (n in link) {
    d = device["@" n]
    strict = setting(d)
    if (setting("all") > strict) strict = setting("all")
    if (strict == 1) wrong("rp_filter is 1 (strict) on " d " and would drop what is sent to the identity while a link comes or" \
      " goes. Set net.ipv4.conf." d ".rp_filter to 2 (loose), here and in /etc/sysctl.d")
  }
  # OSPF passes over what the kernel has as a secondary address.
  for (n in speaker) if (n in secondary) {
    wrong("OSPF cannot speak from " n ", the first address of " speaker[n] ", which is a secondary one on " secondary[n] ". Name" \
      " another address first in the addresses of " speaker[n] ": that which \"ip -4 address show dev " secondary[n] "\" has without" \
      " \"secondary\"")
  }
  if (problems != "") {
    print problems
    exit 1
  }
  printf "! multihome: written for the identity of this host. What is edited here is lost at the next apply.\n%s", conf >file
  if (close(file) != 0) exit 1
}
