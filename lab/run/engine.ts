import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent, LocalWorkspaceOptions, PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { ConfigMap, LocalWorkspace } from "@pulumi/pulumi/automation";
import { loadProgram } from "./load";
import { labDirectory } from "./paths";
import type { Request } from "./program";
import { Report } from "./report";
import type { ConfigValue, RunResult } from "./types";

const PROJECT = "multihome";

/** Runs the engine once by the Automation API, with the program inline. */
export async function runEngine(
  request: Request,
  onOutput: (text: string) => void,
): Promise<{ result: RunResult; error?: string }> {
  const stack = await openStack(request, loadProgram(request.program));
  const report = new Report();
  const started = performance.now();
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
  let error: string | undefined;
  let outputs: Record<string, unknown> = {};
  try {
    if (request.command === "up") {
      const done = await stack.up(options);
      outputs = Object.fromEntries(Object.entries(done.outputs).map(([key, { value }]) => [key, value]));
    } else if (request.command === "preview") await stack.preview(options);
    else if (request.command === "refresh") await stack.refresh(options);
    else await stack.destroy(options);
  } catch (thrown) {
    error = report.failure(thrown as Error);
  }
  const seconds = (performance.now() - started) / 1000;
  return { result: { ...report.result(), outputs, seconds }, error };
}

async function openStack(request: Request, program: PulumiFn): Promise<Stack> {
  const workDir = join(labDirectory(request.lab), "stacks", request.stackName);
  mkdirSync(workDir, { recursive: true });
  const options: LocalWorkspaceOptions = {
    workDir,
    projectSettings: { name: PROJECT, runtime: "nodejs", main: process.cwd() },
  };
  const args = { stackName: request.stackName, projectName: PROJECT, program };
  const stack = await LocalWorkspace.createOrSelectStack(args, options);
  await configure(stack, request.config ?? {});
  return stack;
}

/** Makes the stack's configuration exactly this, asking the engine only when it is not. */
async function configure(stack: Stack, config: Record<string, ConfigValue>): Promise<void> {
  const wanted: ConfigMap = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.includes(":") ? key : `${PROJECT}:${key}`,
      configValue(value),
    ]),
  );
  const present = await stack.getAllConfig();
  const equal = (key: string) =>
    present[key]?.value === wanted[key]?.value &&
    (present[key]?.secret ?? false) === (wanted[key]?.secret ?? false);
  if ([...Object.keys(present), ...Object.keys(wanted)].every(equal)) return;
  const gone = Object.keys(present).filter((key) => !(key in wanted));
  if (gone.length > 0) await stack.removeAllConfig(gone);
  if (Object.keys(wanted).length > 0) await stack.setAllConfig(wanted);
}

function configValue(value: ConfigValue): ConfigMap[string] {
  if (typeof value === "object" && "secret" in value && typeof value.secret === "string") {
    return { value: value.secret, secret: true };
  }
  return { value: typeof value === "object" ? JSON.stringify(value) : String(value), secret: false };
}
