# shellcheck shell=sh
# What we change besides rules and routes, and its value before, so that removal leaves no trace. A record is written
# before the change is made; it holds for this boot of the host, since none of it outlives a boot.
#
#   boot ID
#   group DEVICE OLD
#   down DEVICE                   the link was down
#   address DEVICE ADDRESS/LEN    was not there
#   sysctl PATH OLD NEW

# record WORDS: writes the records of $seen that are marked by these words; the newer of two for one thing.
# shellcheck disable=SC2016
record() {
  put restore "$(
    printf '%s\n' "$seen" | awk -v words=" $1 " -v boot="$boot" '
      BEGIN { print "boot " boot }
      index(words, " " $1 " ") && !(($2, $3, $2 == "address" ? $4 : "") in done) {
        done[$2, $3, $2 == "address" ? $4 : ""]
        sub(/^[a-z]* /, "")
        print
      }'
  )"
}

# tune todo|undo: writes sysctls, by path, since the name of a device may have dots.
# shellcheck disable=SC2016
tune() {
  printf '%s\n' "$seen" |
    awk -v word="$1" '$1 == word && $2 == "sysctl" { print $3, word == "todo" ? $5 : $4 }' |
    while read -r path value; do
      printf '%s\n' "$value" >"/proc/sys/$path" || exit 1
    done
}

# undo: puts back what is marked so in $seen: addresses, then groups, then links. Goes on after a failure.
# shellcheck disable=SC2016
undo() {
  for f in 6 4; do
    batch $f "$(printf '%s\n' "$seen" | awk -v f=$f '
      $1 != "undo" { next }
      $2 == "address" && ($4 ~ /:/) == (f == 6) { print "addr del", $4, "dev", $3 }
      f == 4 && $2 == "group" { last = last "link set dev " $3 " group " $4 "\n" }
      f == 4 && $2 == "down" { last = last "link set dev " $3 " down\n" }
      END { printf "%s", last }')" || say "$why"
  done
}
