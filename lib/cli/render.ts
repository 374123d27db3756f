import * as path from "node:path";
import { Option } from "commander";
import { IPV6_GATEWAY } from "../clouds/aws/subnet";
import { FleetSpec } from "../model/fleet";
import { Plan } from "../model/plan";
import { Fleet, planFleet } from "../plan/fleet";
import { renderProgram } from "../render";
import { renderCloudInit } from "../render/cloudInit";
import { fleetUrlIssue, renderFleetProgram, renderFleetUserData } from "../render/cloudInit/fleet";
import { RenderedFile } from "../render/file";
import { frrFiles } from "../render/frr/files";
import { DEFAULT_NETWORK_FILE, networkdFiles } from "../render/networkd";
import { openrcFiles, persistenceFiles } from "../render/persistence";
import { serviceFiles } from "../render/persistence/services";
import { readSpec } from "./input";
import { ExitCode, Io, UserError } from "./io";
import { checkOut, writeNewFiles } from "./output";
import { HOST_ARGUMENT, Verb, planOf } from "./verb";

const EXAMPLES = `
Examples:
  multihome render edge-1.json --to iproute2 | ssh root@edge-1 sh -s -- apply
  multihome render edge-1.json --to iproute2 --out build
  multihome render edge-1.json --to systemd --out root     # docs/operations.md
  multihome render edge-1.json --to openrc --out root
  multihome render edge-1.json --to networkd --out root    # docs/networkd.md
  multihome render edge-1.json --to frr --out build        # docs/identity.md
  multihome render edge-1.json --to cloud-init | gzip -9 >user-data.gz
  multihome render web.json --to fleet --out build \\
    --program-url https://example.com/{sha256}.sh          # docs/first-boot.md`;

const FORMATS = ["iproute2", "systemd", "openrc", "networkd", "frr", "cloud-init", "fleet"] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  readonly to: Format;
  readonly out?: string;
  readonly force?: true;
  readonly identity?: string;
  readonly networkFile?: string;
  readonly programUrl?: string;
}

/** `multihome render`: the program that puts a plan on a host, or files that do or that keep it there. */
export const render: Verb = (program, act) => {
  program
    .command("render")
    .description("write the program that puts the plan on the host")
    .argument(...HOST_ARGUMENT)
    .addOption(
      new Option(
        "--to <FORMAT>",
        "iproute2: a program for sh and ip; systemd: files that keep what is applied in force, and put services into their worlds; " +
          "openrc: services that keep what is applied in force; " +
          "networkd: the plan in systemd-networkd's own files; frr: the announcement of an identity, for the host and for " +
          "the routers next to it; cloud-init: user data for a machine's first boot; " +
          "fleet: program and user data of hosts that find their addresses themselves, of a fleet as JSON",
      )
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .option(
      "--out <DIR>",
      "write DIR/NAME.sh or .user-data, NAME being the host's, instead of standard output; or the files",
    )
    .option("--force", "replace a file in DIR that differs")
    .option("--identity <ID>", "iproute2: which host it is for, such as an instance id; kept in a comment")
    .option(
      "--network-file <NAME>",
      `networkd: the .network file of each device now, "@" for the device (default: ${DEFAULT_NETWORK_FILE})`,
    )
    .option("--program-url <URL>", 'fleet: where hosts fetch the program; "{sha256}" stands for its digest')
    .addHelpText("after", EXAMPLES)
    .action((file: string, options: Options) =>
      act(async (io) => {
        const { to, out, force } = options;
        checkOut(options);
        misplaced(options);
        const files =
          to === "fleet"
            ? fleetFiles(await fleetOf(file, io), options.programUrl)
            : filesOf(await planOf(file, io), to, options);
        if (out === undefined) {
          if (files.length > 1) {
            throw new UserError(`--to ${to} writes several files; say where with --out DIR`);
          }
          await io.stdout(files[0].text);
          return ExitCode.Done;
        }
        const targets = files.map(({ path: name, text, mode }) => ({
          name: path.join(out, name),
          text,
          mode,
        }));
        writeNewFiles(targets, io.cwd, force === true);
        await io.stdout(targets.map(({ name }) => `${name}\n`).join(""));
        return ExitCode.Done;
      }),
    );
};

async function fleetOf(file: string, io: Io): Promise<Fleet> {
  return readSpec(file, io, (value) => planFleet(value as FleetSpec, IPV6_GATEWAY), "fleet");
}

/** An option that says nothing about the format asked for was meant for another. */
function misplaced({ to, identity, networkFile, programUrl }: Options): void {
  if (programUrl !== undefined && to !== "fleet") throw new UserError("--program-url is for --to fleet");
  if (identity !== undefined && to !== "iproute2") throw new UserError("--identity is for --to iproute2");
  if (networkFile !== undefined && to !== "networkd")
    throw new UserError("--network-file is for --to networkd");
}

function fleetFiles(fleet: Fleet, programUrl: string | undefined): readonly RenderedFile[] {
  const wrong = fleetUrlIssue(programUrl);
  if (wrong !== undefined) throw new UserError(`--program-url: ${wrong.problem}. ${wrong.fix}`);
  const name = fleet.plan.host;
  return [
    { path: `${name}.sh`, text: renderFleetProgram(fleet), mode: 0o600 },
    { path: `${name}.user-data`, text: renderFleetUserData(fleet, programUrl as string), mode: 0o600 },
  ];
}

function filesOf(
  plan: Plan,
  to: Exclude<Format, "fleet">,
  { identity, networkFile }: Options,
): readonly RenderedFile[] {
  switch (to) {
    case "systemd":
      return [...persistenceFiles(plan), ...serviceFiles(plan)];
    case "openrc":
      return openrcFiles();
    case "networkd":
      return networkdFiles(plan, networkFile);
    case "frr":
      return frrFiles(plan);
    case "cloud-init":
      return [{ path: `${plan.host}.user-data`, text: renderCloudInit(plan), mode: 0o600 }];
    case "iproute2": {
      const text = renderProgram(plan, identity === undefined ? {} : { identity });
      return [{ path: `${plan.host}.sh`, text, mode: 0o700 }];
    }
  }
}
