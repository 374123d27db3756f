# shellcheck shell=sh
# What the kernel answers, against what the plan expects: every class of destinations, from every source.
#
# The number of questions is the number of rows times sources; they go to ip in one batch a family.

# ask: prints questions. judge: reads the answers; prints what is wrong and exits 1, or a report (form=text or json).
# Input: answers about prefixes after "=reach", facts and plan after "=plan", answers after "=answers".
# shellcheck disable=SC2016
CHECK='
function clean(text) { gsub(/[^-A-Za-z0-9_.:@ ]/, "?", text); return text }
function hop(dev, via) { return dev == "" ? "unreachable" : "dev " dev (via == "" ? "" : " via " via) }
/^=/ { part = substr($0, 2); next }
# An answer is "[type] TO from SOURCE [via GATEWAY] dev DEVICE ...".
part != "plan" {
  first = $1 ~ /^[a-z]+$/ ? 2 : 1
  to = $first
  source = via = dev = ""
  for (i = first + 1; i < NF; i++) {
    if ($i == "from") source = $++i
    else if ($i == "via") via = $++i
    else if ($i == "dev") { dev = $++i; break }
  }
  if (part == "answers") got[to, source] = $1 ~ /^(unreachable|blackhole|prohibit|throw)$/ ? "" : hop(dev, via)
  else reach[to] = $1 == "local" ? "" : dev
  next
}
$1 == "device" { device[$2] = $3 }
$1 == "address" || $1 == "prefix" {
  sub(/\/.*/, "", $3)
  six = $3 ~ /:/
  how = ""
  # IPv4 answers for a source that is not on the host only as for a packet to be forwarded, so only if it would be.
  if ($1 == "prefix" && !six) {
    if (!($3 in reach)) next
    if (reach[$3] != "") {
      forwarding = 0
      getline forwarding < ("/proc/sys/net/ipv4/conf/" reach[$3] "/forwarding")
      if (forwarding != 1) next
      how = " iif " reach[$3]
    }
  }
  source_of[$2, six, ++sources[$2, six]] = $3
  route_of[$3] = how
}
$1 ~ /^expect/ && (mode == "judge" || $1 == "expect" f) {
  six = $1 == "expect6"
  for (i = 1; i <= sources[$2, six]; i++) {
    s = source_of[$2, six, i]
    if (mode == "ask") print "route get " $3 " from " s route_of[s] (mark == "" ? "" : " mark " mark)
    else {
      from[++rows] = s
      to_[rows] = $3
      kind[rows] = $4
      want[rows] = $5 == "dev" ? hop(device[substr($6, 2)], $8) : "unreachable"
    }
  }
}
END {
  if (mode == "ask") exit
  for (r = 1; r <= rows; r++) {
    have = (to_[r], from[r]) in got ? clean(got[to_[r], from[r]]) : ""
    if (have == "") have = "unreachable"
    if (have == want[r]) continue
    wrong[++failed] = form == "json" ? "{\"from\":\"" from[r] "\",\"to\":\"" to_[r] "\",\"class\":\"" kind[r] \
      "\",\"want\":\"" want[r] "\",\"got\":\"" have "\"}" : \
      "from " from[r] " to " to_[r] " (" kind[r] "): wanted " want[r] ", got " have
  }
  if (form == "json") printf "{\"ok\":%s,\"checked\":%d,\n\"generation\":%s,\n\"digest\":%s,\n\"failed\":[", \
    failed ? "false" : "true", rows, generation, digest
  for (r = 1; r <= failed; r++) print (form != "json" ? "" : r > 1 ? "," : "\n") wrong[r]
  if (form == "json") print "]}"
  else if (!failed && form == "text") print "right: " rows " flows"
  exit failed > 0
}'

# answers REACH [MARK]: what the kernel says to all questions.
answers() {
  for f in 4 6; do
    case $PLAN in
      *"${nl}expect$f "*)
        printf '%s\n' =reach "$1" =plan "$seen" "$PLAN" | calc -v mode=ask -v f=$f -v mark="${2-}" "$CHECK" |
          ip -$f -o -force -batch - 2>/dev/null
        ;;
    esac
  done
}

# check FORM MARK [ARGS OF AWK...]: asks the kernel everything, of the generation that the mark leads to, or of the one
# in force; prints what is wrong.
# shellcheck disable=SC2016
check() {
  reach=
  case $PLAN in
    *"${nl}prefix "*)
      reach=$(
        printf '%s\n' "$PLAN" |
          awk '$1 == "prefix" && $3 !~ /:/ { sub(/\/.*/, "", $3); print "route get " $3 }' |
          ip -4 -o -force -batch - 2>/dev/null
      )
      ;;
  esac
  form=$1 tag=$2
  shift 2
  {
    printf '%s\n' =reach "$reach" =plan "$seen" "$PLAN" =answers
    answers "$reach" "$tag"
  } | calc -v mode=judge -v form="$form" "$@" "$CHECK"
}
