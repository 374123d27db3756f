import * as path from "node:path";
import { Option } from "commander";
import { renderProgram } from "../render";
import { ExitCode } from "./io";
import { writeNewFile } from "./output";
import { HOST_ARGUMENT, Verb, planOf } from "./verb";

const EXAMPLES = `
Examples:
  multihome render edge-1.json --to iproute2 | ssh root@edge-1 sh -s -- apply
  multihome render edge-1.json --to iproute2 --out build && sh build/edge-1.sh verify`;

/** `multihome render`: the program that puts a plan on a host. */
export const render: Verb = (program, act) => {
  program
    .command("render")
    .description("write the program that puts the plan on the host")
    .argument(...HOST_ARGUMENT)
    .addOption(
      new Option("--to <FORMAT>", "iproute2: a program for sh and ip")
        .choices(["iproute2"])
        .makeOptionMandatory(),
    )
    .option("--out <DIR>", "write DIR/NAME.sh, NAME being the host's, instead of standard output")
    .option("--force", "replace a file in DIR that differs")
    .option("--identity <ID>", "which host it is for, such as an instance id; kept in a comment")
    .addHelpText("after", EXAMPLES)
    .action((file: string, options: { out?: string; force?: true; identity?: string }) =>
      act(async (io) => {
        const plan = await planOf(file, io);
        const text = renderProgram(
          plan,
          options.identity === undefined ? {} : { identity: options.identity },
        );
        if (options.out === undefined) {
          await io.stdout(text);
        } else {
          const target = path.join(options.out, `${plan.host}.sh`);
          writeNewFile(path.resolve(io.cwd, target), text, {
            name: target,
            mode: 0o700,
            replace: options.force === true,
          });
          await io.stdout(`${target}\n`);
        }
        return ExitCode.Done;
      }),
    );
};
