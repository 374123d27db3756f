import * as fs from "node:fs";
import * as path from "node:path";
import { Command, CommanderError } from "commander";
import { SpecError } from "../model/issue";
import { ExitCode, Io, UserError, printable, reasonOf } from "./io";
import { processIo } from "./process";
import { verbsFor } from "./verbs";

/**
 * Runs the `multihome` command.
 *
 * @param argv the arguments, without the interpreter and the script
 * @returns the exit code: 0 done, 1 the answer is no, 2 bad input, usage, or nowhere to write. After 2 a plain
 *   message is on standard error and nothing on standard output.
 * @example await run(["plan", "edge-1.json"], io) // 0
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    return report(error, io);
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = ExitCode.Done;
  let help = "";
  const program = new Command("multihome")
    .description("Symmetric routing for hosts with several network interfaces.")
    .version(version())
    .helpCommand(false)
    .addHelpText("after", "\nExamples:\n  multihome plan edge-1.json\n  multihome render --help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void (help += text),
      writeErr: (text) => io.stderr(text),
      outputError: (text, write) => write(printable(text.replace(/^error: /, "multihome: "))),
    })
    .showHelpAfterError("(--help tells what there is)");
  for (const verb of verbsFor(argv)) {
    verb(program, async (work) => {
      code = await work(io);
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    // Commander has told what is wrong, or filled `help`.
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) return ExitCode.BadInput;
  }
  if (help !== "") await io.stdout(help);
  return code;
}

/** Tells the user, and gives the exit code. */
function report(error: unknown, io: Io): ExitCode {
  if (error instanceof UserError || error instanceof SpecError) {
    io.stderr(printable(`multihome: ${error.message}\n`));
    return ExitCode.BadInput;
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === "write") {
    // A reader that has seen enough, as head(1), is no news to the user; that not all was written shows in the code.
    if (code !== "EPIPE") io.stderr(`multihome: cannot write: ${reasonOf(error)}\n`);
    return ExitCode.BadInput;
  }
  const trace = error instanceof Error ? error.stack : String(error);
  io.stderr(`multihome: this is a defect of multihome, please report it\n${trace}\n`);
  return ExitCode.Defect;
}

function version(): string {
  const text = fs.readFileSync(path.join(__dirname, "..", "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** The command as the shell starts it. */
export async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), processIo());
}
