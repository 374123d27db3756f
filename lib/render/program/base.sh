# shellcheck shell=sh
# What every command needs: its surroundings, messages, and the few files we keep.
#
#   $STATE/committed    which generation is in force, with its digest and numbers; its rename is the commit point
#   $STATE/program.G    the whole program of generation G
#   $STATE/observed     hash of the program and of what the host was like once it had settled
#   $STATE/restore      what we changed on the host besides rules and routes, and its value before
#   $RUN/lock.*         who is changing the host

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
reason=

# say TEXT: to standard error, under our name.
say() { printf 'multihome: %s\n' "$1" >&2; }

# misuse TEXT: bad input; nothing has been touched.
misuse() {
  say "$1"
  exit 2
}

# fail TEXT: ends the program; the reason is the last line that it prints, after any rollback.
fail() {
  reason=$1
  exit 1
}

# environment: refuses settings that cannot be meant.
environment() {
  case $STATE in /*) ;; *) misuse 'MULTIHOME_STATE_DIR must be an absolute path' ;; esac
  case $RUN in /*) ;; *) misuse 'MULTIHOME_RUN_DIR must be an absolute path' ;; esac
  case $WAIT in '' | *[!0-9]* | ??????*) misuse 'MULTIHOME_WAIT must be a number of seconds, 0 to 99999' ;; esac
}

# use_numbers TEXT: takes the numbers of the plan, or of a committed one, from its "numbers" line.
use_numbers() {
  numbers=${1#*"${nl}numbers "}
  numbers=${numbers%%"$nl"*}
}

# calc ARGS...: awk, knowing the numbers.
calc() {
  for n in $numbers; do set -- -v "$n" "$@"; done
  awk "$@"
}

# needs: tools and rights, before anything is touched.
needs() {
  for n in ip awk; do
    command -v "$n" >/dev/null || fail "$n is needed and not found in $PATH"
  done
  [ "${1-}" = read ] && return
  cap=0
  while read -r n v; do
    [ "$n" = CapEff: ] && cap=$v
  done </proc/self/status
  # Bit 12 is CAP_NET_ADMIN, capabilities(7).
  [ $((0x$cap >> 12 & 1)) = 1 ] || fail 'the right to change the network (CAP_NET_ADMIN) is missing; run as root'
}

# digest: of standard input.
digest() {
  if command -v sha256sum >/dev/null; then
    n=$(sha256sum)
  else
    n=cksum:$(cksum)
  fi
  printf '%s\n' "${n%% *}"
}

# put NAME TEXT: writes a file of the state directory, whole or not at all.
put() {
  mkdir -p "$STATE" && printf '%s\n' "$2" >"$STATE/$1.new" && mv -f "$STATE/$1.new" "$STATE/$1"
}

# load: what is committed. Sets committed (0, 1 or -), committed_digest and committed_numbers.
load() {
  committed=- committed_digest='' committed_numbers=''
  [ -r "$STATE/committed" ] || return 0
  while read -r n v; do
    case $n in
      generation) committed=$v ;;
      digest) committed_digest=$v ;;
      numbers) committed_numbers=$v ;;
    esac
  done <"$STATE/committed"
  case $committed in 0 | 1) ;; *) fail "$STATE/committed is damaged; remove that file, then apply again" ;; esac
}

# batch FAMILY TEXT: has ip do all lines, in one process; on failure says in $why which line was refused, and why.
batch() {
  [ -n "$2" ] || return 0
  why=$(printf '%s\n' "$2" | ip "-$1" -batch - 2>&1) && return
  n=${why##*Command failed -:}
  case $n in
    '' | *[!0-9]*) n='' ;;
    *) n=" (ip -$1 $(printf '%s\n' "$2" | sed -n "${n}p"))" ;;
  esac
  why=${why%%"$nl"*}$n
  return 1
}
