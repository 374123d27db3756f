import * as path from "node:path";
import { Option } from "commander";
import { renderProgram } from "../render";
import { persistenceFiles } from "../render/persistence";
import { ExitCode, UserError } from "./io";
import { writeNewFile } from "./output";
import { HOST_ARGUMENT, Verb, planOf } from "./verb";

const EXAMPLES = `
Examples:
  multihome render edge-1.json --to iproute2 | ssh root@edge-1 sh -s -- apply
  multihome render edge-1.json --to iproute2 --out build && sh build/edge-1.sh verify
  multihome render edge-1.json --to systemd --out root    # see docs/operations.md`;

/** A file to be written: its path below the directory asked for. */
interface OutFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** `multihome render`: the program that puts a plan on a host, or the files that keep it there. */
export const render: Verb = (program, act) => {
  program
    .command("render")
    .description("write the program that puts the plan on the host")
    .argument(...HOST_ARGUMENT)
    .addOption(
      new Option(
        "--to <FORMAT>",
        "iproute2: a program for sh and ip; systemd: files that keep what is applied in force, the same for every host",
      )
        .choices(["iproute2", "systemd"])
        .makeOptionMandatory(),
    )
    .option(
      "--out <DIR>",
      "write DIR/NAME.sh, NAME being the host's, instead of standard output; or the files",
    )
    .option("--force", "replace a file in DIR that differs")
    .option("--identity <ID>", "which host it is for, such as an instance id; kept in a comment")
    .addHelpText("after", EXAMPLES)
    .action(
      (
        file: string,
        options: { to: "iproute2" | "systemd"; out?: string; force?: true; identity?: string },
      ) =>
        act(async (io) => {
          const plan = await planOf(file, io);
          const { out, identity } = options;
          let files: OutFile[];
          if (options.to === "systemd") {
            files = persistenceFiles();
          } else {
            const text = renderProgram(plan, identity === undefined ? {} : { identity });
            files = [{ path: `${plan.host}.sh`, text, mode: 0o700 }];
          }
          if (out === undefined) {
            if (files.length > 1) {
              throw new UserError(`--to ${options.to} writes several files; say where with --out DIR`);
            }
            await io.stdout(files[0].text);
          } else {
            for (const { path: name, text, mode } of files) {
              const target = path.join(out, name);
              writeNewFile(path.resolve(io.cwd, target), text, {
                name: target,
                mode,
                replace: options.force === true,
              });
              await io.stdout(`${target}\n`);
            }
          }
          return ExitCode.Done;
        }),
    );
};
