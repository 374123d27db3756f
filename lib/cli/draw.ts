import { Option } from "commander";
import { drawPage } from "../page/page";
import { buildPlan, normalize } from "../plan";
import { identityLanes, policyLanes } from "../render/drawing/picture";
import { drawMermaid } from "../render/drawing/mermaid";
import { drawSvg } from "../render/drawing/svg";
import { drawText } from "../render/drawing/text";
import { proveWorlds, stagePlan } from "../prove/staged";
import { readSpec } from "./input";
import { ExitCode, Io } from "./io";
import { checkOut, writeNewFiles } from "./output";
import { HOST_ARGUMENT, Verb, planOf, tellWarnings } from "./verb";

const FORMATS = ["text", "svg", "mermaid", "html"] as const;
type Format = (typeof FORMATS)[number];

const EXAMPLES = `
Examples:
  multihome draw edge-1.json
  multihome draw edge-1.json --format svg --out edge-1.svg
  multihome draw edge-1.json --format html --out edge-1.html`;

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
        checkOut(options);
        const text = await drawn(file, options.format, io);
        if (options.out === undefined) {
          await io.stdout(text);
        } else {
          writeNewFiles([{ name: options.out, text, mode: 0o644 }], io.cwd, options.force === true);
          await io.stdout(`${options.out}\n`);
        }
        return ExitCode.Done;
      }),
    );
};

async function drawn(file: string, format: Format, io: Io): Promise<string> {
  if (format === "html") {
    const { plan, staged } = await readSpec(file, io, (value) => {
      const host = normalize(value);
      const made = buildPlan(host);
      return { plan: made, staged: stagePlan(made, host) };
    });
    tellWarnings(plan, io);
    return drawPage(staged, proveWorlds(staged), policyLanes(plan), identityLanes(plan));
  }
  const plan = await planOf(file, io);
  return { text: drawText, svg: drawSvg, mermaid: drawMermaid }[format](plan);
}
