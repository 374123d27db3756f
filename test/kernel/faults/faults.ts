/** Tools that the program starts, and that things go wrong with. */
export const TOOLS: readonly string[] = [
  ...["ip", "nft", "awk", "sed", "cat", "tr", "rm", "mv", "mkdir", "rmdir", "sha256sum", "sync", "grep"],
];

/** What goes wrong at the k-th start of a tool. */
export interface Fault {
  readonly name: string;
  /**
   * Shell, run in the tool's place: $REAL is the tool, $PROGRAM the process of the program, $STATE and $RUN its
   * directories. Unless it exits, the tool runs after it.
   */
  readonly script: string;
  /** Only at starts of these; default all. */
  readonly tools?: readonly string[];
  /** The first start that it can befall; default 1, which reads the program's own text: without it there is no program. */
  readonly first?: number;
  /** Every start is a place for it with this probability in percent, instead of the k-th alone. */
  readonly percent?: number;
  /** The program is no more afterwards, and its exit tells nothing. */
  readonly kills?: boolean;
  /** Nobody watches over the change afterwards: the next command has to roll it back. */
  readonly blinds?: boolean;
  /** What else has happened then, for the campaign to do or undo: see {@link Campaign}. */
  readonly after?: "power" | "disk" | "rule" | "leak" | "unplug" | "rename";
}

/** Kills those who watch over the change: all, or the first alone. */
const killWatchers = (then = ""): string => `
  for f in "$RUN"/watch.*; do
    p=\${f##*/watch.}
    [ ! -e "$f" ] || kill -9 "\${p%%.*}"${then}
  done`;
/** Those who do not watch yet, too. */
const killStarted = `
  for f in /proc/[0-9]*/cmdline; do
    p=\${f#/proc/}
    case $(/usr/bin/tr '\\0' ' ' <"$f" 2>/dev/null) in *"sh $RUN/program watch "*) kill -9 "\${p%%/*}" ;; esac
  done`;
const POWER = `${killWatchers()}; kill -9 "$PROGRAM"; exit 1`;
/** The first half of a batch is done. */
const HALF_BATCH = `
  if [ "$2" = -batch ]; then
    batch=$(cat)
    lines=$(printf '%s\\n' "$batch" | wc -l)
    printf '%s\\n' "$batch" | head -n $((lines / 2)) | "$REAL" "$@"
  fi
  exit 1`;

export const FAULTS: readonly Fault[] = [
  { name: "a tool fails", script: "exit 1" },
  { name: "a tool does its work and then fails", script: '"$REAL" "$@"; exit 1' },
  { name: "a tool lies: does nothing, and says it has", script: "exit 0", first: 2 },
  { name: "ip fails at the middle of its batch", script: HALF_BATCH, tools: ["ip"] },
  { name: "tools fail at random, 1 of 12", script: "exit 1", percent: 8 },
  { name: "tools are killed at random, 1 of 12", script: "kill -9 $$", percent: 8 },
  { name: "the program is killed before a tool runs", script: 'kill -9 "$PROGRAM"; exit 1', kills: true },
  {
    name: "the program is killed after a tool ran",
    script: '"$REAL" "$@"; kill -9 "$PROGRAM"; exit 1',
    kills: true,
  },
  { name: "one who watches is killed", script: killWatchers("; break") },
  { name: "all who watch are killed", script: killWatchers(), blinds: true },
  {
    name: "the program and all who watch are killed",
    script: POWER,
    kills: true,
    blinds: true,
  },
  {
    name: "the power goes",
    script: `${killStarted}; ${POWER}`,
    kills: true,
    blinds: true,
    after: "power",
  },
  { name: "the state's disk is full", script: 'cat /dev/zero >"$DISK/filler" 2>/dev/null', after: "disk" },
  { name: "the state's disk turns read-only", script: 'mount -o remount,ro "$DISK"', after: "disk" },
  {
    name: "somebody adds a rule in front",
    script: "/sbin/ip rule add priority 100 from 192.0.2.7 lookup main",
    tools: ["ip"],
    after: "rule",
  },
  {
    name: "somebody adds a rule that leads astray",
    script: "/sbin/ip rule add priority 100 from 10.2.0.10 lookup main",
    tools: ["ip"],
    after: "leak",
  },
  { name: "an interface is unplugged", script: "/sbin/ip link del eth1", tools: ["ip"], after: "unplug" },
  {
    name: "an interface is renamed",
    script: "/sbin/ip link set eth1 down; /sbin/ip link set eth1 name net9; /sbin/ip link set net9 up",
    tools: ["ip"],
    after: "rename",
  },
];

/** All that can befall a tool or the program, at random. */
export const ANYTHING: Fault = {
  name: "all of these at random, while command follows command",
  percent: 6,
  script: `
    case $((${"${#calls}"} % 7)) in
      0 | 1) exit 1 ;;
      2) exit 0 ;;
      3) kill -9 $$ ;;
      4) "$REAL" "$@"; exit 1 ;;
      5) ${killWatchers("; break")} ;;
      6) kill -9 "$PROGRAM"; exit 1 ;;
    esac`,
};

/** A tool that does as it should but where the fault is due. Counts without a process of its own. */
export function shim(real: string, fault: Fault): string {
  const due =
    fault.percent === undefined
      ? `[ \${#calls} -ge "$AT" ] && (set -C; : >"$FAULTS/met") 2>/dev/null`
      : `[ $(((\${#calls} * \${#calls} * 7919 + AT * 104729) % 100)) -lt ${fault.percent} ] && printf x >>"$FAULTS/met"`;
  return `#!/bin/sh
REAL=${real} DISK=\${MULTIHOME_STATE_DIR%/*} STATE=$MULTIHOME_STATE_DIR RUN=$MULTIHOME_RUN_DIR
printf x >>"$FAULTS/calls"
read -r calls <"$FAULTS/calls"
if ${due}; then
${fault.script}
fi
exec "$REAL" "$@"
`;
}
