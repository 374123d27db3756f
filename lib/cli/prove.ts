import { Proof } from "../linux";
import { proveStaged } from "../prove/staged";
import { ExitCode } from "./io";
import { proofJson, proofText } from "./proveText";
import { stagedHostOf } from "./staged";
import { HOST_ARGUMENT, Verb } from "./verb";

const NOTE = `
Proved is the program as it will be delivered, on top of a host as its distribution leaves it: a main table by DHCP, a
bridge of containers, rp_filter=1. "multihome doctor" proves the same of a host as it is.

Exit codes: 0 proved, 1 disproved or unknown, 2 bad input.

Examples:
  multihome prove edge-1.json
  multihome prove edge-1.json --every-step
  multihome prove edge-1.json --json | jq .verdict`;

/** `multihome prove`: that the plan does what it should, for every packet. */
export const prove: Verb = (program, act) => {
  program
    .command("prove")
    .description("prove every property of the plan for all packets, or show one that disproves it")
    .argument(...HOST_ARGUMENT)
    .option("--every-step", "also after each single command that leads there (slower)")
    .option("--json", "print the proof as JSON")
    .addHelpText("after", NOTE)
    .action((file: string, options: { everyStep?: true; json?: true }) =>
      act(async (io) => {
        const staged = await stagedHostOf(file, io);
        const proof = proveStaged(
          staged,
          options.everyStep ? { properties: undefined, steps: staged.steps } : {},
        );
        await io.stdout(
          options.json
            ? `${JSON.stringify(proofJson(staged.name, proof), undefined, 2)}\n`
            : proofText(staged.name, proof),
        );
        return exitOf(proof);
      }),
    );
};

/** Only what is proved is fine. */
export function exitOf({ verdict }: Proof): ExitCode {
  return verdict === "proved" ? ExitCode.Done : ExitCode.No;
}
