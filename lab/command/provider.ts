import { randomBytes } from "node:crypto";
import type { Properties } from "../rpc/values";
import { Context, InputProperty, Provider, resource } from "../rpc/resource";
import { Struct, decodeFailures } from "./decode";
import { Finished, goQuote, runProcess } from "./process";
import { Connection, LOCAL_INPUTS, REMOTE_INPUTS, completeConnection } from "./schema";
import { runRemote } from "./ssh";

interface CommonInputs {
  create?: string;
  update?: string;
  delete?: string;
  stdin?: string;
  triggers?: unknown[];
  environment?: Record<string, string>;
  logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
  addPreviousOutputInEnv?: boolean;
}

interface RemoteInputs extends CommonInputs {
  connection: Connection;
}

interface LocalInputs extends CommonInputs {
  interpreter?: string[];
  dir?: string;
}

interface Outputs {
  stdout: string;
  stderr: string;
}

const text: InputProperty = { type: "string" };

const common: { [K in keyof Required<CommonInputs>]: InputProperty } = {
  create: text,
  update: text,
  delete: text,
  stdin: text,
  // Whatever the documentation says of `update`, a changed trigger always replaces.
  triggers: { type: "list", forceNew: true },
  environment: { type: "object" },
  logging: text,
  addPreviousOutputInEnv: { type: "boolean" },
};

/** Inputs of the real provider that need files as values. */
const UNMODELLED = ["archivePaths", "assetPaths"];

/** Runs one command text for a resource whose previous run left these outputs. */
type Runner<I> = (
  command: string,
  inputs: I,
  previous: Partial<Outputs>,
  context: Context,
) => Promise<Finished>;

/** The life of a command resource: what runs when. Nothing runs in a preview, and there is nothing to read. */
function commandType<I extends CommonInputs>(
  token: string,
  own: { [K in keyof Required<Omit<I, keyof CommonInputs>>]: InputProperty },
  struct: Struct,
  run: Runner<I>,
) {
  const outputs = ({ stdout, stderr }: Finished): Outputs => ({ stdout: trim(stdout), stderr: trim(stderr) });
  return resource<I, Outputs>({
    token,
    inputs: { ...common, ...own } as { [K in keyof Required<I>]: InputProperty },
    outputs: ["stdout", "stderr"],
    decode: (inputs) => [
      ...decodeFailures(struct, omit(inputs, UNMODELLED)),
      ...UNMODELLED.filter((key) => inputs[key] !== undefined).map((key) => ({
        property: key,
        reason: unmodelled(key),
      })),
    ],
    recomputes: () => ["stdout", "stderr"],
    async create(inputs, context) {
      const id = `${context.name}${randomBytes(4).toString("hex")}`;
      if (inputs.create === undefined) return { id, state: { stdout: "", stderr: "" } };
      return { id, state: outputs(await run(inputs.create, inputs, {}, context)) };
    },
    async update(_id, { inputs, state }, context) {
      const command = inputs.update ?? inputs.create;
      const { stdout, stderr } = state;
      return command === undefined ? { stdout, stderr } : outputs(await run(command, inputs, state, context));
    },
    async delete(_id, state, context) {
      if (state.delete !== undefined) await run(state.delete, state, state, context);
    },
  });
}

const remoteCommand = commandType<RemoteInputs>(
  "command:remote:Command",
  { connection: { type: "object", required: true, secret: true, complete: completeConnection } },
  REMOTE_INPUTS,
  (command, inputs, previous, context) =>
    runRemote({
      connection: inputs.connection,
      command,
      stdin: inputs.stdin,
      environment: inputs.environment ?? {},
      optionalEnvironment: previousOutput(inputs, previous),
      signal: context.signal,
      onLine: logger(inputs, context),
      onStatus: (message) => context.log("info", message, { status: true }),
      onRefused: (variable) =>
        context.log(
          variable in (inputs.environment ?? {}) ? "error" : "warning",
          `Unable to set '${variable}'. This only works if your SSH server is configured to accept these variables via AcceptEnv.`,
        ),
    }),
);

const localCommand = commandType<LocalInputs>(
  "command:local:Command",
  { interpreter: { type: "list" }, dir: text },
  LOCAL_INPUTS,
  async (command, inputs, previous, context) => {
    const shell = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"];
    const finished = await runProcess([...shell, command], {
      env: { ...process.env, ...inputs.environment, ...previousOutput(inputs, previous) },
      cwd: inputs.dir,
      stdin: inputs.stdin || undefined,
      signal: context.signal,
      onLine: logger(inputs, context),
    });
    if (finished.status === 0) return finished;
    const reason = finished.reason ?? `exit status ${finished.status}`;
    throw new Error(`${reason}: running ${goQuote(command)}:\n${finished.output}`);
  },
);

/** Stands in for pulumi-resource-command where that is not installed: its commands, over the machine's own tools. */
export const commandProvider: Provider = {
  name: "command",
  version: "1.2.1",
  resources: [remoteCommand, localCommand],
  invokes: [],
  unmodelled: (_kind, token) => unmodelled(token),
  unmodelledProperty: (_token, property) => unmodelled(property),
};

function unmodelled(what: string): string {
  const models = "it models command:remote:Command and command:local:Command with text in and out";
  return `the lab does not model ${what}; ${models}. Put pulumi-resource-command on PATH for the rest.`;
}

function omit(inputs: Properties, keys: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !keys.includes(key)));
}

function previousOutput(inputs: CommonInputs, { stdout, stderr }: Partial<Outputs>): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) return {};
  return {
    ...(stdout ? { PULUMI_COMMAND_STDOUT: stdout } : {}),
    ...(stderr ? { PULUMI_COMMAND_STDERR: stderr } : {}),
  };
}

function logger({ logging = "stdoutAndStderr" }: CommonInputs, context: Context) {
  return (stream: "stdout" | "stderr", line: string) => {
    if (logging === stream || logging === "stdoutAndStderr") context.log("info", line, { status: true });
  };
}

/** One trailing newline goes, as the shell's `$(…)` does with all of them. */
function trim(output: string): string {
  return output.endsWith("\n") ? output.slice(0, -1) : output;
}
