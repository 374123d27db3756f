# shellcheck shell=sh
# A small change, made in the generation that is in force: see amend.awk. It is taken back the same way.
#
#   $RUN/amend    what is done: "F add|del RULE", a line each; there while the change is one of these

# amendable: whether the change can be made so; sets $edits and $new then.
amendable() {
  edits=
  [ -z "$restoring" ] && ! filters && ! announces && ! apart && [ -e "$STATE/observed" ] || return
  case $live4$keep4$want4/$live6$keep6$want6 in
    001/--- | ---/001 | 001/001) v=0 ;;
    111/--- | ---/111 | 111/111) v=1 ;;
    *) return 1 ;;
  esac
  edits=$(
    printf '%s\n' "$seen" "$PLAN" | calc -v mode=plan -v generation=$v -v old="$STATE/program.$committed" \
      -v was="$STATE/observed" "$AMEND"
  )
  case $edits in *end) ;; *) return 1 ;; esac
  [ "$live4" = - ] && new=$live6 || new=$live4
  amending=1
}

# amend redo|undo: until $seen has it so.
amend() {
  for _ in 1 2 3 4 5; do
    [ -z "$seen" ] || left "$(amendment "$1" 4)" "$(amendment "$1" 6)" || return 0
    survey
  done
  return 1
}

# amendment redo|undo FAMILY: the lines for ip.
amendment() {
  [ "$1" = undo ] || printf '%s\n' "$seen" | calc -v f="$2" -v keep=0 "$STAGE"
  printf '%s\n' "$seen" "$edits" | calc -v mode="$1" -v f="$2" "$AMEND"
}

# affected: sets $only to the sources that it is about, between blanks, or to nothing when it may be all.
affected() {
  only=" $(printf '%s\n' "$edits" | sed -n 's/^source //p' | tr '\n' ' ')"
  case $nl$edits$nl in *"${nl}all$nl"*) only= ;; esac
}

# unamend: takes back what is there of it. Starts from nothing and leaves a fresh $seen.
unamend() {
  [ -e "$RUN/amend" ] && [ "${booted:-$boot}" = "$boot" ] || return 0
  edits=$(cat "$RUN/amend")
  case $edits in *end) ;; *) return 1 ;; esac
  seen=
  amend undo
}
