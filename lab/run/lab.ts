import { existsSync } from "node:fs";
import { join } from "node:path";
import { CloudStore } from "../cloud/store";
import { emptyCloud } from "../cloud/state";
import { namespaceOf, namespacePath, realize, tearDown } from "../fabric";
import { labDirectory, labsDirectory } from "./paths";
import { endHost, runProgram } from "./program";
import type { Lab } from "./types";

/** The handle of a lab, up or not. */
export function labNamed(name: string): Lab {
  const dir = labDirectory(name);
  const store = new CloudStore(name, dir);
  return {
    name,
    dir,
    operator: namespaceOf(name, "operator"),
    cloud: () => store.read(),
    run: (options) => runProgram(name, options),
  };
}

/** Whether a lab is up: its operator's namespace is there. */
export function isUp(name: string): boolean {
  return (
    existsSync(namespacePath(namespaceOf(name, "operator"))) &&
    existsSync(join(labDirectory(name), "fabric.json"))
  );
}

/** Brings a lab up, or back up as it was: the Internet, the operator, and what its cloud already has. */
export async function startLab(name: string): Promise<Lab> {
  const store = new CloudStore(name, labDirectory(name));
  await store.update((cloud) => ({
    cloud: cloud.lab === name ? cloud : emptyCloud(name),
    result: undefined,
  }));
  await realize(store.read(), { labDir: labsDirectory() });
  return labNamed(name);
}

/** Takes a lab down: processes, namespaces, files. Also what a crash left. */
export async function stopLab(name: string): Promise<void> {
  await endHost(name);
  await tearDown(name, { labDir: labsDirectory() });
}

/**
 * Gives a function a fresh lab and takes it down afterwards, whatever happens.
 *
 * @param name at most 8 letters, digits or "-"; a lab of that name that is there is taken down first
 * @param options.keep leave it up at the end, for a look
 * @example await withLab("e2e", async (lab) => { await lab.run({ program, stackName: "dev", command: "up" }); });
 */
export async function withLab<T>(
  name: string,
  fn: (lab: Lab) => Promise<T>,
  options: { keep?: boolean } = {},
): Promise<T> {
  await stopLab(name);
  try {
    return await fn(await startLab(name));
  } finally {
    if (!options.keep) await stopLab(name);
  }
}
