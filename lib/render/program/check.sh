# shellcheck shell=sh
# Asks the kernel about every class of flows in the plan: see check.awk. All questions of a family go to one process.

# flows FAMILY MARK: the plan's flows of traffic policies with the kernel's answers: see flow.awk.
flows() {
  case $PLAN in *"${nl}flow$1 "*) ;; *) return 0 ;; esac
  v=$(
    printf '%s\n' "$seen" "$PLAN" | calc -v mode=ask -v f="$1" -v tag="$2" "$FLOW" |
      ip "-$1" -o -force -batch - 2>/dev/null
  )
  printf '%s\n' "$seen" "$PLAN" =answers "$v" | calc -v mode=judge -v f="$1" -v tag="$2" "$FLOW"
}

# check FORM MARK [ARGS OF AWK...]: of the generation that the mark leads to, or else of what is in force.
# shellcheck disable=SC2016
check() {
  form=$1 tag=$2
  shift 2
  reach=
  case $PLAN in
    *"${nl}prefix "*)
      reach=$(
        printf '%s\n' "$PLAN" |
          awk '$1 == "prefix" && $3 !~ /:/ { sub(/\/.*/, "", $3); print "route get " $3 }' |
          ip -4 -o -force -batch - 2>/dev/null
      )
      ;;
  esac
  {
    printf '%s\n' =reach "$reach" =plan "$seen" "$PLAN" =answers
    for f in 4 6; do
      case $PLAN in
        *"${nl}expect$f "*)
          printf '%s\n' =reach "$reach" =plan "$seen" "$PLAN" |
            calc -v mode=ask -v f=$f -v mark="$tag" "$CHECK" |
            ip -$f -o -force -batch - 2>/dev/null
          ;;
      esac
    done
    printf '%s\n' =flows
    flows 4 "$tag"
    flows 6 "$tag"
  } | calc -v mode=judge -v form="$form" "$@" "$CHECK"
}
