# shellcheck shell=sh
# What we change besides rules and routes, and its value before, so that removal leaves no trace. A record is written
# before the change is made. It holds for one boot, since none of these changes outlives a boot:
#
#   boot ID
#   group DEVICE OLD
#   down DEVICE                   the link was down
#   address DEVICE ADDRESS/LEN    was not there
#   sysctl PATH OLD NEW
#   nft multihome                 our table was not there: see nft.sh

# records WORDS [DIRECTORY]: sets $notes to the records of $seen that have one of these words, or to "same" when they are
# what is recorded. Of two for one thing the first counts. In the directory it leaves what is recorded, and what is to be
# done, for who rolls back.
# shellcheck disable=SC2016
records() {
  [ -z "${2-}" ] || : >"$2/before" || return
  notes=$(printf '%s\n' "${seen%%"$nl"[46] *}" | awk -v words="$1" -v boot="$boot" -v old="$STATE/restore" -v to="${2-}" '
    function note(text) {
      if ((getline line < old) < 1 || line != text) differs = 1
      out[++outs] = text
      if (to != "" && word ~ /^(|todo)$/) print text >(to "/undo")
    }
    BEGIN {
      while (to != "" && (getline line < old) > 0) print line >(to "/before")
      close(old)
      note("boot " boot)
    }
    $1 == "" || !index(words, $1) { next }
    { thing = $2 " " $3 ($2 == "address" ? $4 : "") }
    !(thing in done) {
      done[thing]
      word = $1
      note(substr($0, length(word) + 2))
    }
    END {
      if ((getline line < old) < 1 && !differs) print "same"
      else for (i = 1; i <= outs; i++) print out[i]
    }') || return
  case $notes in same | boot*) ;; *) return 1 ;; esac
}

# noted: writes them.
noted() { [ "$notes" = same ] || put restore "$notes"; }

# tune todo|undo: writes the sysctls of $seen with this word: by path, since the name of a device may have dots.
# shellcheck disable=SC2016
tune() {
  case $seen in *"$nl$1 sysctl "*) ;; *) return 0 ;; esac
  v=$(of_seen -v word="$1" '
    $1 == word && $2 == "sysctl" { print $3 " " (word == "todo" ? $5 : $4) }') || return
  [ -n "$v" ] && printf '%s\n' "$v" | while read -r n v; do
    printf '%s\n' "$v" >"/proc/sys/$n" || exit 1
  done
}

# undo: all that has this word in $seen: sysctls, addresses, then groups and links. Starts from a fresh $seen and
# leaves one; looks again until all is done.
# shellcheck disable=SC2016
undo() {
  for _ in 1 2 3 4 5; do
    case $seen in
      '') ;;
      *"${nl}undo "*)
        filter_undo
        tune undo || why='cannot write sysctls'
        for f in 6 4; do
          v=$(of_seen -v f=$f '
            $1 != "undo" { next }
            $2 == "address" && ($4 ~ /:/) == (f == 6) { print "addr del " $4 " dev " $3 }
            f == 4 && $2 == "group" { later = later "link set dev " $3 " group " $4 "\n" }
            f == 4 && $2 == "down" { later = later "link set dev " $3 " down\n" }
            END { printf "%s", later }') && batch $f "$v"
        done
        ;;
      *) return 0 ;;
    esac
    survey
  done
  return 1
}
