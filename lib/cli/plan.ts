import { ExitCode } from "./io";
import { planText } from "./planText";
import { HOST_ARGUMENT, Verb, planOf } from "./verb";

/** `multihome plan`: what would be on the host, as a person reads it, or as JSON for machines. */
export const plan: Verb = (program, act) => {
  program
    .command("plan")
    .description("print the tables and rules of a host, and what the kernel will answer")
    .argument(...HOST_ARGUMENT)
    .option("--json", "print the whole plan as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  multihome plan edge-1.json\n  multihome plan --json - < edge-1.json",
    )
    .action((file: string, options: { json?: true }) =>
      act(async (io) => {
        const made = await planOf(file, io);
        await io.stdout(options.json ? `${JSON.stringify(made, null, 2)}\n` : planText(made));
        return ExitCode.Done;
      }),
    );
};
