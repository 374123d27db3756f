import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { labsDirectory, PLUGINS, ROOT, labDirectory, onPath } from "./paths";

let engine: string | undefined;

/** Path of the Pulumi engine; built when there is none yet, with progress on stderr. */
export function findEngine(): string {
  engine ??= execFileSync(process.execPath, [join(ROOT, "scripts", "engine.js")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  }).trim();
  return engine;
}

/** Whether the real pulumi-resource-command serves the package `command`; else the lab does. */
export function hasCommandPlugin(): boolean {
  return onPath("pulumi-resource-command") !== undefined;
}

/**
 * The environment in which `pulumi` works on a lab: the engine on PATH, state in the lab's directory, nothing asked of
 * the network or of the user's own Pulumi and AWS settings.
 *
 * @param plugins whether the lab's plugins are to be on PATH: where nothing serves its providers already
 */
export function engineEnvironment(lab: string, plugins: boolean): Record<string, string> {
  const dir = labDirectory(lab);
  const backend = join(dir, "pulumi");
  mkdirSync(backend, { recursive: true });
  // The lab's plugins come last: a real pulumi-resource-command on PATH is used before the stand-in.
  const path = [dirname(findEngine()), process.env.PATH ?? "", ...(plugins ? [PLUGINS] : [])].join(delimiter);
  return {
    PATH: path,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_HOME: join(dir, "pulumi-home"),
    PULUMI_CONFIG_PASSPHRASE: "lab",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    MULTIHOME_LAB: lab,
    MULTIHOME_LAB_DIR: labsDirectory(),
  };
}
