import { Command } from "commander";
import { Plan } from "../model/plan";
import { HostSpec } from "../model/spec";
import { planHost } from "../plan";
import { planWarnings } from "../plan/warnings";
import { readSpec } from "./input";
import { ExitCode, Io } from "./io";

/** Does a verb's work; gives its exit code. What is thrown is told to the user by main. */
export type Work = (io: Io) => Promise<ExitCode>;

/**
 * One verb of the command: adds itself to the program, with arguments, options and examples, and hands its work to
 * `act`. To add a verb, write it in a file of its own and list it in verbs.ts.
 */
export type Verb = (program: Command, act: (work: Work) => Promise<void>) => void;

/** The argument that most verbs begin with. */
export const HOST_ARGUMENT = ["<HOST.json>", "the host as JSON; - is standard input"] as const;

/**
 * The plan of the host in a file. What is unwise about it is told on standard error.
 *
 * @throws UserError when it cannot be read, or lists what is wrong with it
 */
export async function planOf(file: string, io: Io): Promise<Plan> {
  // The planner checks whatever it gets.
  const plan = await readSpec(file, io, (value) => planHost(value as HostSpec));
  tellWarnings(plan, io);
  return plan;
}

/** Tells on standard error what is unwise about a plan. */
export function tellWarnings(plan: Plan, io: Io): void {
  for (const { path, problem, fix } of planWarnings(plan)) {
    io.stderr(`multihome: warning: ${path}: ${problem}. ${fix}.\n`);
  }
}
