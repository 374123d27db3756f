# shellcheck shell=sh
# What a program knows of worlds, routing domains with interfaces of their own: an earlier plan may have made some.
# The program that did is kept beside their records, $STATE/worlds, and takes them down. This is for plans without worlds;
# for the others there is worlds.sh.

# apart: whether interfaces are in worlds in which the plan does not have them.
apart() { [ -e "$STATE/worlds" ]; }

# part: has every interface where the plan has it, and looks again.
part() {
  apart || return 0
  parting
  rejoin
  ! apart || fail 'not all interfaces could be taken out of their worlds'
  found
}

# rejoin: takes all worlds down, and gives the host back what their interfaces were.
rejoin() { [ ! -e "$STATE/worlds" ] || sh "$STATE/worlds/program" rejoin; }

# furnished: whether nothing is missing in any world.
furnished() { :; }

# world_facts: what worlds are like, as lines for $seen.
world_facts() { :; }

# judged: the check of all worlds.
judged() { check "$@"; }
