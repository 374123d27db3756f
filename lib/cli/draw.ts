import * as path from "node:path";
import { Option } from "commander";
import { drawPage } from "../page/page";
import { policyLanes } from "../render/drawing/picture";
import { drawMermaid } from "../render/drawing/mermaid";
import { drawSvg } from "../render/drawing/svg";
import { drawText } from "../render/drawing/text";
import { proveWorlds } from "../prove/staged";
import { ExitCode, Io } from "./io";
import { writeNewFile } from "./output";
import { stagedHostOf } from "./staged";
import { HOST_ARGUMENT, Verb, planOf } from "./verb";

const FORMATS = ["text", "svg", "mermaid", "html"] as const;
type Format = (typeof FORMATS)[number];

const EXAMPLES = `
Examples:
  multihome draw edge-1.json
  multihome draw edge-1.json --format svg --out edge-1.svg
  multihome draw edge-1.json --format html --out edge-1.html    # a page to ask which way a packet takes`;

/** `multihome draw`: the host as a picture. */
export const draw: Verb = (program, act) => {
  program
    .command("draw")
    .description("draw the host: its interfaces, tables and ways")
    .argument(...HOST_ARGUMENT)
    .addOption(
      new Option(
        "--format <FORMAT>",
        "text for a terminal, svg, mermaid for Markdown, html: a page in which to ask for ways",
      )
        .choices(FORMATS)
        .default("text"),
    )
    .option("--out <FILE>", "write a file instead of standard output")
    .option("--force", "replace a file that differs")
    .addHelpText("after", EXAMPLES)
    .action((file: string, options: { format: Format; out?: string; force?: true }) =>
      act(async (io) => {
        const text = await drawn(file, options.format, io);
        if (options.out === undefined) {
          await io.stdout(text);
        } else {
          const replace = options.force === true;
          writeNewFile(path.resolve(io.cwd, options.out), text, { name: options.out, mode: 0o644, replace });
          await io.stdout(`${options.out}\n`);
        }
        return ExitCode.Done;
      }),
    );
};

async function drawn(file: string, format: Format, io: Io): Promise<string> {
  if (format === "html") {
    const staged = await stagedHostOf(file, io);
    return drawPage(staged, proveWorlds(staged), policyLanes(await planOf(file, io)));
  }
  const plan = await planOf(file, io);
  return { text: drawText, svg: drawSvg, mermaid: drawMermaid }[format](plan);
}
