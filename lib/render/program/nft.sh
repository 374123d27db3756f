# shellcheck shell=sh
# Our table of nftables: see nft.awk. It comes after the rules and goes before them, or what they have not led to its
# interface yet would be lost; and one transaction changes it. Hosts whose plan has none need no nft.

# filters: whether the plan has such a table.
filters() {
  case ${PLAN%%"${nl}address "*} in *"${nl}model strong$nl"* | *"${nl}connection "*) ;; *) return 1 ;; esac
}

# filter_tool: ends the program when there is no nft, and the plan needs it, or there may be a table yet of one that did,
# which nobody can take away then; what is restored has none to take away.
filter_tool() {
  filters || { [ -z "$restoring" ] && [ -e "$STATE/nft" ]; } || return 0
  has nft ||
    fail "nft (nftables) is needed for the strong host model and for tracked connections, and not found in $PATH"
}

# filter_dump: what our table is like now. Asked for only when there may be one, since the question alone may load it.
filter_dump() {
  filter_now=
  if [ -e "$STATE/nft" ] || [ -n "${sweep-}" ] || filters; then
    filter_now=$(nft -s list table inet multihome 2>/dev/null)
  fi
}

# fresh: sets $fresh when a strong host model is to come into force that is not in force yet.
fresh() {
  fresh=
  case ${PLAN%%"${nl}address "*} in
    *"${nl}model strong$nl"*)
      digested
      [ "$v" = "$committed_digest" ] || fresh=1
      ;;
  esac
}

# nft_run TEXT ARGS...
nft_run() {
  v=$1
  shift
  v=$(printf '%s\n' "$v" | nft "$@" -f - 2>&1) && return
  v=${v%%"$nl"*}
  why="nft: ${v:-has failed and said nothing}"
  return 1
}

# filter_check: whether the kernel would take the table.
filter_check() {
  v=$(of_both "$NFT") && nft_run "$v" -c
}

# filter_load: puts the plan's table in force, and notes how it reads then.
filter_load() {
  filters || return 0
  # Whatever ends us, from here on there may be one.
  [ -e "$STATE/nft" ] || put nft '' || return
  v=$(of_both "$NFT") && n=${v##*#} && nft_run "$v" || return
  filter_dump
  # Nor is what lacks something taken for the plan's.
  why='the table inet multihome of nftables is not as it was loaded'
  [ "$(printf '%s\n' "$filter_now" | grep -c .)" -ge "$n" ] && put nft "$filter_now"
}

# filter_back: after a load that is to be undone, the table of what is committed. Where that has none, undo drops ours.
# A program whose plan has no such table has loaded none: it drops what there is after its commit.
filter_back() {
  [ -n "${NFT-}" ] && [ -r "$STATE/program.$committed" ] || return 0
  own=$PLAN
  adopt "$STATE/program.$committed"
  survey
  filter_load || say "the table inet multihome of nftables could not be put back: $why"
  PLAN=$own
}

# filter_undo: drops the table when $seen says so.
filter_undo() {
  case $seen in *"${nl}undo nft "*) nft_run 'delete table inet multihome' && rm -f "$STATE/nft" ;; esac
}

# filter_stands: whether the last look has found it as it was loaded.
filter_stands() {
  filters || return 0
  v=
  [ ! -r "$STATE/nft" ] || v=$(cat "$STATE/nft")
  [ -n "$v" ] && [ "$v" = "$filter_now" ]
}
