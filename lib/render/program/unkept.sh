# shellcheck shell=sh
# In place of keep.sh and usage.sh, for the short form of the program: nothing is installed, and where something is, that has
# to be taken away by a program that can.

SAME='function settled(){}'
keeper() { keeper=none; }
keep() { true; }
backstopped() { true; }
shut() { false; }
furnished() { true; }
kept_now() { true; }
kept_whole() { true; }
watched() { return 1; }
unkeep() { true; }
halt_units() { [ ! -e "$STATE/kept" ] || fail "this is a short program; use $STATE/program.$committed"; }
usage() { misuse 'usage: sh PROGRAM apply | remove'; }
heed() {
  case $verb$# in
    watch1 | expire1) given=$1 ;;
    *[a-z]0) ;;
    *) usage ;;
  esac
}
