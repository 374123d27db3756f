# shellcheck shell=sh
# What is asked besides where the plan has traffic policies.

# flows FAMILY MARK: the plan's flows of traffic policies with the kernel's answers: see flow.awk.
flows() {
  v=$(
    of_both -v mode=ask -v f="$1" -v tag="$2" -v dark="$dark" "$FLOW" |
      ip "-$1" -o -force -batch - 2>/dev/null
  )
  printf '%s\n' "$seen" "$PLAN" =answers "$v" | calc -v mode=judge -v f="$1" -v tag="$2" -v dark="$dark" "$FLOW"
}

# darkness: sets $dark to devices without carrier, each between blanks. They count only where the plan has the kernel pass
# over the routes by them.
# shellcheck disable=SC2016
darkness() {
  dark=$(
    ip -o link show 2>/dev/null | awk '
      $3 ~ /[<,]NO-CARRIER[,>]/ {
        sub(/[@:].*/, "", $2)
        if ($2 ~ /^[-A-Za-z0-9_.]+$/) printf " %s ", $2
      }'
  )
}
