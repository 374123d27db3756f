# shellcheck shell=sh
# A small change, made in the generation that is in force: see amend.awk. It is taken back the same way.
#
#   $RUN/amend    what is done: "F add|del RULE", a line each; there while the change is one of these

# amendable: whether the change can be made so; sets $edits and $new then.
amendable() {
  edits=
  [ -z "$restoring" ] && ! filters && ! announces && ! apart && ! shut || return
  case $live4$keep4$want4/$live6$keep6$want6 in
    001/--- | ---/001 | 001/001) v=0 ;;
    111/--- | ---/111 | 111/111) v=1 ;;
    *) return 1 ;;
  esac
  edits=$(
    of_both -v mode=plan -v generation=$v -v old="$STATE/program.$committed" -v was="$STATE/observed" -v id="$committed_id" "$AMEND"
  )
  case $edits in *end) ;; *) return 1 ;; esac
  [ "$live4" = - ] && new=$live6 || new=$live4
  amending=1
}

# amend redo|undo: until it is so, as ip has said or as $seen has it.
amend() {
  for _ in 1 2 3 4 5; do
    if [ -n "$seen" ]; then
      [ -n "$lines" ] || amendments "$1"
      if [ "$1" = undo ]; then
        left "$lines" "$others" || return 0
      else
        case $lines/$others in
          *'#/'*'#') batch 4 "$lines" && batch 6 "$others" && stale=1 && return ;;
        esac
      fi
    fi
    lines=
    survey
  done
  return 1
}

# amendments redo|undo: sets $lines and $others to the lines for ip.
amendments() { lines=$(amendment "$1" 4) others=$(amendment "$1" 6); }

# amendment redo|undo FAMILY
amendment() {
  case $nl$edits in *"$nl$2 "*) ;; *) echo '#' && return ;; esac
  [ "$1" = undo ] || printf '%s\n' "${seen%%"$nl"[46] *}" | calc -v f="$2" -v keep=0 "$STAGE"
  printf '%s\n' "$edits" "$seen" | calc -v mode="$1" -v f="$2" "$AMEND"
}

# affected: sets $only to the sources that it is about, between blanks, or to nothing when it may be all.
affected() {
  only=' '
  while read -r n v; do
    case $n in
      source) only="$only$v " ;;
      all) only= ;;
    esac
  done <<END
$edits
END
}

# unamend: takes back what is there of it. Starts from nothing and leaves a fresh $seen.
unamend() {
  [ -e "$RUN/amend" ] && [ "${booted:-$boot}" = "$boot" ] || return 0
  edits=$(cat "$RUN/amend")
  case $edits in *end) ;; *) return 1 ;; esac
  seen='' lines=
  amend undo
}
