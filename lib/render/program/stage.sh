# shellcheck shell=sh
# Rules and routes. A generation is a band of rules and a set of tables; the switch says which is in force:
#
#   canary    marked lookups go to the generation that is being checked
#   pending   the switch while a change is not committed
#   active    the switch
#   band 0, band 1
#   join      where lookups go on that are none of ours
#
# A goto whose target is missing is passed over, so a target comes before its goto and goes after it.

# stage FAMILY GENERATION KEEP: see stage.awk.
stage() {
  lines=$(of_both -v f="$1" -v generation="$2" -v keep="$3" "$STAGE") || return
  until batch "$1" "$lines"; do
    # A network daemon may have brought an address since we looked.
    n=${why##*"(ip -$1 "}
    n=${n%)}
    case $why/$lines in
      *'File exists'*' addr add '*/*"$n"* | *'lready assigned'*' addr add '*/*"$n"*) lines=${lines#*"$n"} ;;
      *) return 1 ;;
    esac
  done
}

# flip FAMILY GENERATION: puts it in force by one message to the kernel; "-" puts nothing of ours in force.
flip() {
  case $2 in -) number join ;; *) number "band$2" ;; esac
  n=$v
  number pending
  n="rule add priority $v goto $n"
  number protocol
  batch "$1" "$n protocol $v"
}

# foreseen: brings $seen to what must be in the kernel now, which need not be asked before it is cleared away.
foreseen() {
  [ -z "$amending" ] || return 0
  stale=1
  [ "$want4" = - ] || seen=$seen$nl$(flipped 4 "$keep4")
  [ "$want6" = - ] || seen=$seen$nl$(flipped 6 "$keep6")
}

# flipped FAMILY KEEP: what staging and switching have put beside the old and the new rules, as facts.
flipped() {
  number "band$new"
  set -- "$1 rule" "$2" "$v"
  number canary
  printf '%s\n' "$1 $v from all goto $3"
  number pending
  printf '%s\n' "$1 $v from all goto $3"
  [ "$2" = - ] || return 0
  number join
  n=$v
  number active
  printf '%s\n' "$1 $n from all nop" "$1 $v from all goto $n"
}

# tidy KEEP4 KEEP6: see tidy.awk. Starts from $seen, which may be empty or $stale, and leaves a fresh one. A batch ends at its first error,
# so it looks again until all is done.
tidy() {
  for _ in 1 2 3 4 5; do
    [ -z "$seen" ] || left "$(of_seen -v f=4 -v keep="$1" "$TIDY")" \
      "$(of_seen -v f=6 -v keep="$2" "$TIDY")" || return 0
    survey
  done
  return 1
}

# left LINES4 LINES6: has ip do them; fails when there is nothing to do. Lines end with "#", or they are none.
left() {
  case $1/$2 in
    '#/#') [ -n "$stale" ] ;;
    *'#/'*'#')
      batch 4 "$1"
      batch 6 "$2"
      true
      ;;
  esac
}
