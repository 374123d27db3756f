# Whether the host is as this very program has left it: goes before survey.awk, and has it print only the first line then.
#
# Input: besides, what is installed, the paths of files after "=kept". Variables: was, the facts when it had settled, with
# the id of the committed change before them and what was installed after them; id; old, the committed program; body, how
# the line after its plan goes on.

function line_of(file, text) { return (getline text < file) > 0 ? text : "" }
BEGIN { while (was != "" && (ahead = line_of(old)) != "" && !sub(/^PLAN=./, "", ahead)) continue }
/^=/ { part = "" }
part == "plan" && ahead != "" { ahead = ahead == ($1 == "end" ? "end\047" : $0) ? line_of(old) : "" }
part == "kept" { kept[++keeps] = $0; next }
function settled(i, text) {
  # Some ids could be read as numbers.
  if (code || index(ahead, "BODY=" body) != 1 || line_of(was) != id "") return 0
  for (i = 1; i <= outs; i++) if (line_of(was) != out[i]) return 0
  # Files are none of what restores.
  if (partial) return 1
  if (keeps && line_of(was) != "=kept") return 0
  for (i = 1; i <= keeps; i++) while ((getline text < kept[i]) > 0) if (line_of(was) != text) return 0
  return line_of(was) == ""
}

