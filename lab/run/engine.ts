import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ConfigMap, EngineEvent, LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { loadProgram } from "./load";
import { labDirectory } from "./paths";
import type { Answer, Request } from "./program";
import { Report } from "./report";
import { removeStaleLocks } from "./stale";
import type { ConfigValue, RunResult } from "./types";

const PROJECT = "multihome";

/** Runs the engine by the Automation API, with programs inline. */
export class Engine {
  /** Stacks opened before, and the configuration they have, as long as nobody else wrote their settings. */
  private readonly stacks = new Map<string, { stack: Stack; config?: string }>();

  async run(
    request: Request,
    say: (progress: Answer) => void,
  ): Promise<{ result: RunResult; error?: string }> {
    const environment = { ...process.env };
    Object.assign(process.env, request.env);
    const started = performance.now();
    try {
      const stack = await this.open(request);
      stack.workspace.program = loadProgram(request.program);
      const report = new Report((step) => say({ step }));
      const { outputs, error } = await operate(stack, request, report, (output) => say({ output }));
      const seconds = (performance.now() - started) / 1000;
      return { result: { ...report.result(), outputs, seconds }, error };
    } finally {
      process.env = environment;
    }
  }

  private async open({ lab, stackName, config }: Request): Promise<Stack> {
    const workDir = join(labDirectory(lab), "stacks", stackName);
    const settings = () =>
      statSync(join(workDir, `Pulumi.${stackName}.yaml`), { throwIfNoEntry: false })?.mtimeMs;
    let opened = this.stacks.get(stackName);
    if (!opened) {
      removeStaleLocks(lab);
      mkdirSync(workDir, { recursive: true });
      const projectSettings = { name: PROJECT, runtime: "nodejs", main: workDir } as const;
      const args = { stackName, projectName: PROJECT, program: async () => undefined };
      opened = { stack: await LocalWorkspace.createOrSelectStack(args, { workDir, projectSettings }) };
      this.stacks.set(stackName, opened);
    }
    const wanted = configMap(config ?? {});
    const known = () => JSON.stringify([wanted, settings()]);
    if (opened.config !== known()) await configure(opened.stack, wanted);
    opened.config = known();
    return opened.stack;
  }
}

async function operate(
  stack: Stack,
  request: Request,
  report: Report,
  onOutput: (text: string) => void,
): Promise<{ outputs: Record<string, unknown>; error?: string }> {
  const options = {
    color: "never" as const,
    diff: true,
    onOutput: (text: string) => {
      report.stdout(text);
      onOutput(text);
    },
    onError: (text: string) => report.stderr(text),
    onEvent: (event: EngineEvent) => report.event(event),
    ...(request.replace ? { replace: request.replace } : {}),
  };
  try {
    if (request.command === "up") {
      const { outputs } = await stack.up(options);
      return { outputs: Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value])) };
    }
    if (request.command === "preview") await stack.preview(options);
    else if (request.command === "refresh") await stack.refresh(options);
    else await stack.destroy(options);
    return { outputs: {} };
  } catch (thrown) {
    return { outputs: {}, error: report.failure(thrown as Error) };
  }
}

/** Makes the stack's configuration exactly this. */
async function configure(stack: Stack, wanted: ConfigMap): Promise<void> {
  const present = await stack.getAllConfig();
  const gone = Object.keys(present).filter((key) => !(key in wanted));
  const differ = Object.entries(wanted).filter(
    ([key, { value, secret }]) => present[key]?.value !== value || (present[key].secret ?? false) !== secret,
  );
  if (gone.length > 0) await stack.removeAllConfig(gone);
  if (differ.length > 0) await stack.setAllConfig(Object.fromEntries(differ));
}

function configMap(config: Record<string, ConfigValue>): ConfigMap {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.includes(":") ? key : `${PROJECT}:${key}`,
      configValue(value),
    ]),
  );
}

function configValue(value: ConfigValue): ConfigMap[string] {
  if (typeof value === "object" && "secret" in value && typeof value.secret === "string") {
    return { value: value.secret, secret: true };
  }
  return { value: typeof value === "object" ? JSON.stringify(value) : String(value), secret: false };
}
