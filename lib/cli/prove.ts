import { Proof } from "../linux";
import { allProved, proveWorlds } from "../prove/staged";
import { ExitCode } from "./io";
import { proofJson, proofText } from "./proveText";
import { stagedHostOf } from "./staged";
import { HOST_ARGUMENT, Verb } from "./verb";

const NOTE = `
What is proved is the program as it will be delivered, on top of a host as its
distribution leaves it: a main table by DHCP, a bridge of containers,
rp_filter=1. "multihome doctor" proves the same of a live host.

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
        const [own, ...others] = proveWorlds(staged, ({ steps }) =>
          options.everyStep && steps.length > 0 ? { properties: undefined, steps } : {},
        );
        const worlds = others.map((proof, i) => ({ name: staged.worlds[i].name, proof }));
        await io.stdout(
          options.json
            ? `${JSON.stringify(hostJson(staged.name, own, worlds), undefined, 2)}\n`
            : [
                proofText(`Host ${staged.name}`, own),
                ...worlds.map((w) => proofText(`World ${w.name}`, w.proof)),
              ].join("\n"),
        );
        return allProved([own, ...others]) ? ExitCode.Done : ExitCode.No;
      }),
    );
};

interface NamedProof {
  readonly name: string;
  readonly proof: Proof;
}

/** As that of the host alone, with those of its further worlds where there are some. */
function hostJson(name: string, own: Proof, worlds: readonly NamedProof[]): object {
  const json = proofJson(name, own);
  return worlds.length === 0 ? json : { ...json, worlds: worlds.map((w) => proofJson(w.name, w.proof)) };
}
