import * as fs from "node:fs";
import * as path from "node:path";
import { Plan } from "../../model/plan";
import { capabilitiesOf } from "./capabilities";

/** A file that keeps a plan in force on a host. */
export interface PersistenceFile {
  /** From the root of the host's file system, without a "/" in front. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

const NETWORKD = "etc/systemd/networkd.conf.d/50-multihome.conf";
const RUN = "var/lib/multihome/run";
const unit = (what: string): string => `multihome-${what}.service`;

/** Where each goes, and the file beside this one that has its text. */
const FILES: readonly [path: string, source: string, mode: number][] = [
  [NETWORKD, "networkd.conf", 0o644],
  ...["close", "monitor", "restore"].map((what): [string, string, number] => [
    `etc/systemd/system/${unit(what)}`,
    unit(what),
    0o644,
  ]),
  [RUN, "run.sh", 0o600],
];

/**
 * Files that put what is committed on a host in force at boot, and again whenever something has taken it out of force.
 * They run the program that the host has kept, and are the same for every plan but for what it must be able to do. `apply`
 * installs them by itself; these are for hosts whose files come from elsewhere.
 *
 * @param plan default: one without worlds or an identity
 * @example persistenceFiles().map((file) => file.path) // ["etc/systemd/networkd.conf.d/50-multihome.conf", …]
 */
export function persistenceFiles(plan?: Plan): PersistenceFile[] {
  const able = `CapabilityBoundingSet=${capabilitiesOf(plan).join(" ")}`;
  return FILES.map(([name, source, mode]) => {
    const text = textOf(source).replace(/^CapabilityBoundingSet=.*$/m, able);
    return { path: name, text, mode };
  });
}

/** Services of OpenRC that do the same, where each goes on a host. Somebody has to add them to a runlevel. */
export function openrcFiles(): PersistenceFile[] {
  return [
    ...["multihome-close", "multihome"].map((name) => ({
      path: `etc/init.d/${name}`,
      text: textOf(`${name}.openrc`),
      mode: 0o755,
    })),
    { path: RUN, text: textOf("run.sh"), mode: 0o600 },
  ];
}

/** The units as a part of the program: `kept_text PATH` prints the text of a file. */
export function persistencePart(plan?: Plan): string {
  const branches = persistenceFiles(plan).map(
    ({ path: name, text }) => `*${path.basename(name)}) cat <<'FILE'\n${text.trimEnd()}\nFILE\n;;`,
  );
  return ["kept_text() {", "case $1 in", ...branches, "esac", "}"].join("\n");
}

function textOf(source: string): string {
  return fs.readFileSync(path.join(__dirname, "files", source), "utf8");
}
