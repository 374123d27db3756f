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
  v=$(printf '%s\n' "$seen" "$PLAN" | calc -v f="$1" -v generation="$2" -v keep="$3" "$STAGE") || return
  batch "$1" "$v"
}

# flip FAMILY GENERATION: puts it in force by one message to the kernel; "-" puts nothing of ours in force.
# shellcheck disable=SC2016
flip() {
  v=$(calc -v g="$2" 'BEGIN {
    print "rule add priority " pending " goto " (g == "-" ? join : g ? band1 : band0) " protocol " protocol
  }') || return
  batch "$1" "$v"
}

# tidy KEEP4 KEEP6: see tidy.awk. Starts from a fresh $seen and leaves one. A batch ends at its first error, so it
# looks again until all is done.
tidy() {
  for _ in 1 2 3 4 5; do
    if [ -n "$seen" ] &&
      left4=$(printf '%s\n' "$seen" | calc -v f=4 -v keep="$1" "$TIDY") &&
      left6=$(printf '%s\n' "$seen" | calc -v f=6 -v keep="$2" "$TIDY"); then
      [ -n "$left4$left6" ] || return 0
      batch 4 "$left4"
      batch 6 "$left6"
    fi
    survey
  done
  return 1
}
