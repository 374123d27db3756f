# shellcheck shell=sh
# Nothing leaves from a source of the plan while its rules are not there: see backstop.awk.

# backstop 1|0|2: has it, or not, or what will lead past what is closed.
backstop() {
  case $1$seen in 1* | *' backstop '*) ;; *) return 0 ;; esac
  for f in 4 6; do
    v=$(of_both -v f=$f -v want="$1" "$BACKSTOP") || return
    [ -z "$v" ] || stale=1
    batch $f "$v" || return
  done
}

# shut: whether sources are held back.
shut() { case $seen in *' goto '[12]' [unresolved]'*) ;; *) return 1 ;; esac; }

# backstopped: what a commit leaves behind it: one where something restores the plan, and none elsewhere.
backstopped() {
  if [ -n "$restoring" ] || [ "$keeper" = systemd ]; then backstop 1; else backstop 0; fi ||
    say "the plan is in force, but nothing holds back its sources when it is taken away: $why"
}

# close: before the network comes up.
close() { hold 1; }

# open: nothing has been put in force, and a host that nobody reaches is worse. Who has tried says how that ended: with 75
# when another change is in progress, which is for that one to say.
open() {
  case ${SERVICE_RESULT-}${EXIT_STATUS-} in success* | *75) ;; *) hold 0 ;; esac
}

# hold 1|0
hold() {
  needs write
  load
  [ "$1$committed" != 1- ] || return 0
  survey
  { [ -n "$seen" ] && backstop "$1"; } || fail "$why"
}

# restore: puts what is committed in force, as far as its interfaces are there. The sources of the others are closed.
restore() {
  restoring=1 WAIT=0
  apply
}

# absences: which interfaces are done without.
absences() { printf '%s\n' "$seen" | sed -n '/^absent /p;/^world [^ ]* lacks /p'; }

# spared: whether all that the interfaces that are there need is there and right, and there is nothing to do until the others
# come. While worlds are yet to be made, nobody has looked; what is in them is right when it is as it was.
spared() {
  case ${seen-} in *"${nl}short"*) return 1 ;; *"${nl}absent "*) ;; *) return 1 ;; esac
  v=$(printf '%s\n' "$seen" | sed -n '/^world /p')
  [ -z "$v" ] || [ "$v" = "$(sed -n '/^world /p' "$STATE/observed" 2>/dev/null)" ] || return 1
  { [ "$want4" = - ] || [ "$live4" = "$band" ]; } && { [ "$want6" = - ] || [ "$live6" = "$band" ]; } &&
    filter_stands && check brief '' >/dev/null
}

# boot: the same when the network daemon has brought the addresses, at the latest after 10 s.
boot() {
  n=0
  until addressed || [ $n = 50 ]; do
    n=$((n + 1))
    sleep 0.2
  done
  /bin/sh "$STATE/run" restore && return
  EXIT_STATUS=$?
  open
  exit $EXIT_STATUS
}

# addressed: whether every interface has its first address of each family.
addressed() {
  v=$(ip -o addr)
  # shellcheck disable=SC2013,SC2016  # addresses are words
  for f in $(printf '%s\n' "$PLAN" | awk '$1 == "address" && !(($2, $3 ~ /:/) in seen) { seen[$2, $3 ~ /:/]; print $3 }'); do
    case $v in *" $f/"*) ;; *) return 1 ;; esac
  done
}
