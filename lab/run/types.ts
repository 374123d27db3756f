import type { CloudState } from "../cloud/state";

/** What the engine is asked to do; the words of the `pulumi` command. */
export type Command = "up" | "preview" | "destroy" | "refresh";

/** One run of a Pulumi program against a lab. */
export interface RunOptions {
  /**
   * The program, as `pulumi up` would find it: a directory (its package.json `main`, else index.ts or index.js) or a
   * file. Its exports are the stack's outputs; when the module itself (or its default export) is a function, that is
   * called and what it returns are the outputs. Every run loads it afresh.
   */
  program: string;
  /** Stack name. The project is always `multihome`, so that two programs may take turns on one stack. */
  stackName: string;
  command: Command;
  /**
   * Stack configuration, complete: what is not here is not set. A key without a namespace belongs to the project; an
   * object is passed as JSON; `{ secret: "…" }` is stored encrypted.
   */
  config?: Record<string, ConfigValue>;
  /** Additional environment of the program, the engine and its providers. */
  env?: Record<string, string>;
  /** Resources to replace although nothing in them changed, by URN (`pulumi up --replace`). */
  replace?: string[];
  /** Called with the engine's output as it comes, for progress. Default: none. */
  onOutput?: (text: string) => void;
  /** Called when a step that changes something begins. */
  onStep?: (step: Step) => void;
}

export type ConfigValue = string | number | boolean | { secret: string } | object;

/** Counts by the engine's words: `same`, `create`, `update`, `replace`, `delete`, `read`, ... Absent is 0. */
export type ChangeSummary = Record<string, number>;

/** What a successful run did. */
export interface RunResult {
  /** For `preview` what would be done, else what was done. A replacement counts once, as `replace`. */
  summary: ChangeSummary;
  /** Number of resources not left as they were: everything in `summary` but `same` and `read`. */
  changes: number;
  /** One entry a step that is not `same`, in the engine's order. */
  steps: Step[];
  /** Everything the engine printed, without colours; of `up` and `preview` it is the detailed diff (`--diff`). */
  stdout: string;
  stderr: string;
  /** Messages of severity error and warning, without colours, each with its resource's URN where it has one. */
  diagnostics: Diagnostic[];
  /** Stack outputs after the run, secrets in clear. `{}` for preview and destroy. */
  outputs: Record<string, unknown>;
  /** Wall-clock seconds of the engine's own run, the program's loading included. */
  seconds: number;
}

export interface Step {
  op: string;
  urn: string;
  type: string;
  /** The resource's Pulumi name. */
  name: string;
  /** Paths of changed properties, as the engine knows them: `privateIpLists[2]`. Empty for create and delete. */
  paths: string[];
}

export interface Diagnostic {
  severity: "error" | "warning";
  urn?: string;
  message: string;
}

/** A lab that is up. */
export interface Lab {
  readonly name: string;
  /** Where its cloud.json, the Pulumi backend and the hosts' files are. */
  readonly dir: string;
  /** Name of the operator's network namespace: where `pulumi` and `ssh` run. */
  readonly operator: string;
  /** The cloud as it is now, read afresh. */
  cloud(): CloudState;
  /**
   * Runs a Pulumi program with the real engine.
   * @throws RunError when the engine fails; its `result` has everything the run printed.
   */
  run(options: RunOptions): Promise<RunResult>;
}

/** A failed run. `message` holds the engine's error diagnostics. */
export class RunError extends Error {
  constructor(
    message: string,
    readonly result: RunResult,
  ) {
    super(message);
    this.name = "RunError";
  }
}
