# shellcheck shell=sh
# Asks the kernel about every class of flows in the plan: see check.awk. All questions of a family go to one process, and those
# of both when none is about rules.

# check FORM MARK [ARGS OF AWK...]: of the generation that the mark leads to, or else of what is in force.
# shellcheck disable=SC2016
check() {
  form=$1 tag=$2
  shift 2
  dark='' reach='' gates=0 families=
  for f in 4 6; do
    case $PLAN in *"${nl}expect$f "*) families="$families $f" gates=$((gates + 1)) ;; esac
  done
  # An option that there is already, and no family.
  [ -n "$gate" ] || [ -z "$families" ] || families=o
  case $PLAN in *ignore_routes_with_linkdown*) darkness ;; esac
  case $PLAN in
    *"${nl}prefix "*)
      reach=$(
        printf '%s\n' "$PLAN" |
          awk '$1 == "prefix" && $3 !~ /:/ { sub(/\/.*/, "", $3); print "route get " $3 }' |
          ip -4 -o -force -batch - 2>/dev/null
      )
      ;;
  esac
  set -- -v form="$form" -v tag="$tag" -v dark="$dark" -v vrf="${vrf-}" -v only="$only" -v gate="$gate" "$@"
  {
    printf '%s\n' =reach "$reach" =plan "$seen" "$PLAN" =answers
    for f in $families; do
      printf '%s\n' =reach "$reach" =plan "$seen" "$PLAN" |
        calc -v mode=ask -v f="$f" "$@" "$CHECK" |
        ip "-$f" -o -force -batch - 2>/dev/null
    done
    printf '%s\n' =flows
    for f in 4 6; do
      case $PLAN in *"${nl}flow$f "*) flows $f "$tag" ;; esac
    done
    ! announces || identity_rows "$tag"
  } | calc -v mode=judge -v gates=$gates -v generation="${new-}" "$@" "$CHECK"
}
