# shellcheck shell=sh
# What every command needs: its surroundings, messages, and the few files we keep:
#
#   $STATE/committed    what is in force: which of two programs, in which of two bands, its digest and numbers; its
#                       rename is the commit
#   $STATE/program.G    that program
#   $STATE/observed     id of the committed change, the host as it was when it had settled (see survey.awk), and what is installed
#   $STATE/owner        whose it is: see owner.sh
#   $STATE/run, kept    what keeps the plan in force: see keep.sh
#   $STATE/restore      what we changed on the host besides rules and routes, and its value before
#   $RUN/lock.*         who is changing the host
#   $RUN/*              besides: see change.sh

set -u
umask 077
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
unset IFS
nl='
'
STATE=${MULTIHOME_STATE_DIR:-/var/lib/multihome}
RUN=${MULTIHOME_RUN_DIR:-/run/multihome}
WAIT=${MULTIHOME_WAIT:-30}
reason='' probing='' restoring='' keeper='' halted='' staged='' parted='' emptied='' watching='' amending='' stale='' unit='' only='' gate='' flipped='' was='' whose=''
why='awk has failed'

say() { printf 'multihome: %s\n' "$1" >&2; }

# misuse TEXT: bad input or usage; nothing has been touched.
misuse() {
  say "$1"
  exit 2
}

# has NAME: whether there is such a tool, or such a part of the program.
has() { command -v "$1" >/dev/null; }

# fail TEXT: ends the program. The reason is the last line that it prints, after any rollback.
fail() {
  reason=$1
  exit 1
}

# unwritable: ends the program.
unwritable() { fail "cannot write to $RUN"; }

environment() {
  case $STATE in /*) ;; *) misuse 'MULTIHOME_STATE_DIR must be an absolute path' ;; esac
  case $RUN in /*) ;; *) misuse 'MULTIHOME_RUN_DIR must be an absolute path' ;; esac
  case $WAIT in '' | *[!0-9]* | ??????*) misuse 'MULTIHOME_WAIT must be a number of seconds, 0 to 99999' ;; esac
  records=$STATE/restore
  boot=unknown
  read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id
  numbered
}

# numbered: sets $numbers to those of the plan.
numbered() {
  numbers=${PLAN#*"${nl}numbers "}
  numbers=${numbers%%"$nl"*}
  case $numbers in *[!a-z0-9=\ ]* | *' '[!a-z]*) misuse 'the plan is damaged: it has no numbers' ;; esac
  assign
}

# assign: sets $assigned to how awk is told of them.
assign() {
  assigned=
  for v in $numbers; do assigned="$assigned -v $v"; done
}

# clock: sets $now, in seconds since boot: no matter what the wall clock is set to.
clock() {
  read -r now v </proc/uptime
  now=${now%%.*}
}

# nap SECONDS: as short as the host's sleep can be.
nap() { sleep "$1" 2>/dev/null || sleep 1; }

# number NAME: sets $v to that number of the plan.
number() {
  v=${numbers#*"$1="}
  v=${v%% *}
}

# announces: whether the plan has an identity: see announce.sh.
announces() {
  [ -n "${ANNOUNCE-}" ] && case $PLAN in *"${nl}identity "*) ;; *) return 1 ;; esac
}

# silenced: what an identity has left that the plan has not.
silenced() {
  announces || [ ! -e "$STATE/frr/undo" ] || sh "$STATE/frr/undo" silence
}

# calc ARGS...: awk, with the numbers as variables.
# shellcheck disable=SC2086  # each is a word
calc() { awk $assigned "$@"; }

# of_seen ARGS...: the same, about what the host is like.
of_seen() { printf '%s\n' "$seen" | calc "$@"; }

# of_both ARGS...: and about the plan.
of_both() { printf '%s\n' "$seen" "$PLAN" | calc "$@"; }

# needs write|read [TOOL...]: tools and rights.
needs() {
  rights=$1
  shift
  for n in ip awk "$@"; do
    has "$n" || fail "$n is needed, and not found in $PATH"
  done
  cap=0
  while read -r n v; do
    [ "$n" != CapEff: ] || cap=$v
  done </proc/self/status
  # Bit 12 of capabilities(7).
  [ "$rights" = read ] || [ $((0x$cap >> 12 & 1)) = 1 ] || fail 'CAP_NET_ADMIN is needed; run it as root'
}

# digest: of standard input.
digest() {
  if has sha256sum; then v=$(sha256sum); else v=$(cksum); fi
  printf '%s\n' "${v%% *}"
}

# digested: sets $v to the digest of the plan.
digested() { v=$(printf '%s\n' "$PLAN" | digest); }

# put NAME TEXT [FILE]: writes a file of the state directory, whole or not at all, and the other before it; and looks, since a
# tool may say so in vain. What is observed would only be observed again.
put() {
  { [ -d "$STATE" ] || mkdir -p "$STATE"; } && printf '%s\n' "$2" >"$STATE/$1.new" &&
    { [ "$1" = observed ] || ! has sync || sync ${3+"$3"} "$STATE/$1.new"; } && mv -f "$STATE/$1.new" "$STATE/$1" &&
    [ ! -e "$STATE/$1.new" ]
}

# load: sets committed (which program: 0, 1, or - for nothing), band (that of its rules, and generation of its tables),
# committed_digest, committed_numbers and committed_id; and coming, that of the next program.
load() {
  committed=- band=- coming=0 committed_digest='' committed_numbers='' committed_id=''
  [ -r "$STATE/committed" ] || return 0
  while read -r n v; do
    case $n in
      generation) committed=$v band=$v ;;
      band) band=$v ;;
      digest) committed_digest=$v ;;
      numbers) committed_numbers=$v ;;
      id) committed_id=$v ;;
    esac
  done <"$STATE/committed"
  case $committed$band$committed_numbers in [01][01]protocol=*) ;; *) fail "$STATE/committed is damaged; delete it, and apply again" ;; esac
  [ "$committed" = 1 ] || coming=1
}

# batch FAMILY TEXT: has ip do all lines in one process. On failure $why says which line was refused, and why.
batch() {
  case $2 in '' | '#') return 0 ;; esac
  v=$(printf '%s\n' "$2" | ip "-$1" -batch - 2>&1) && return
  why=${v:-ip has failed and said nothing}
  n=${why##*Command failed -:}
  case $n in
    '' | *[!0-9]*) n='' ;;
    *) n=" (ip -$1 $(printf '%s\n' "$2" | sed -n "${n}p"))" ;;
  esac
  why=${why%%"$nl"*}$n
  return 1
}
