import { HOST_CAPTURE_COMMAND } from "../doctor/capture";
import { diagnose } from "../doctor/diagnose";
import { normalize } from "../plan";
import { readCaptureFile } from "./captureFile";
import { diagnosisJson } from "./doctorJson";
import { diagnosisText } from "./doctorText";
import { oneStandardInput, readSpec } from "./input";
import { ExitCode, UserError } from "./io";
import { captureLive } from "./liveHost";
import { Verb } from "./verb";

const NOTE = `
Reads this host, one that ssh reaches, or a capture; needs no privilege and
changes nothing. What each interface should do is taken from HOST.json, or else
from the host's own addresses and default routes.

Exit codes: 0 symmetric, 1 not symmetric or unknown, 2 bad input.

Examples:
  multihome doctor
  multihome doctor --host admin@edge-1
  multihome doctor --print-capture | ssh edge-1 sh > edge-1.txt
  multihome doctor --capture edge-1.txt
  multihome doctor --capture edge-1.txt --json | jq .cure.spec > edge-1.json`;

interface Options {
  host?: string;
  capture?: string;
  printCapture?: true;
  json?: true;
}

/** `multihome doctor`: which flows of a host go wrong, why, and what would cure it. */
export const doctor: Verb = (program, act) => {
  program
    .command("doctor")
    .description("look at a live host: which flows are asymmetric or leak, why, and the cure")
    .argument("[HOST.json]", "what is wanted of the host")
    .option("--host <USER@HOST>", "a host that ssh reaches; default: this one")
    .option("--capture <FILE>", "a host by its capture; - is standard input")
    .option("--print-capture", "print the command that makes a capture, and do nothing else")
    .option("--json", "print as JSON")
    .addHelpText("after", NOTE)
    .action((file: string | undefined, options: Options) =>
      act(async (io) => {
        if (options.printCapture) {
          if (file !== undefined || Object.keys(options).length > 1)
            throw new UserError(
              "--print-capture stands alone: it prints a command for whichever host to run",
            );
          await io.stdout(`${HOST_CAPTURE_COMMAND}\n`);
          return ExitCode.Done;
        }
        if (options.host !== undefined && options.capture !== undefined)
          throw new UserError("give --host or --capture, not both");
        oneStandardInput(file, options.capture);
        const capture =
          options.capture === undefined
            ? await captureLive(options.host)
            : await readCaptureFile(options.capture, io);
        const diagnosis =
          file === undefined
            ? diagnose(capture)
            : await readSpec(file, io, (value) => diagnose(capture, normalize(value)));
        await io.stdout(
          options.json
            ? `${JSON.stringify(diagnosisJson(diagnosis), undefined, 2)}\n`
            : diagnosisText(diagnosis),
        );
        return diagnosis.verdict === "symmetric" ? ExitCode.Done : ExitCode.No;
      }),
    );
};
