import * as fs from "node:fs";
import { CloudState } from "../cloud/state";
import { fabricOf } from "./build";
import { execute } from "./execute";
import { FabricRecord, labDirectory, readRecord, writeRecord } from "./files";
import { withLock } from "./lock";
import { FabricModel } from "./model";
import { namespaceOf, namespacePath } from "./names";
import { prepareNamespaceNames, requirePrivilege } from "./privilege";
import { kill, processesIn } from "./processes";
import { Runner } from "./run";
import { Server } from "./server";
import { Repair, Step, emptyModel, stepsOf } from "./steps";
import { FabricOptions, Realized } from "./types";

interface Waiting {
  cloud: CloudState;
  result: Promise<Realized>;
}

/** By lab directory: the call that has not begun yet, and the end of the one that runs. */
const waiting = new Map<string, Waiting>();
const running = new Map<string, Promise<unknown>>();

/**
 * Makes the machine as the cloud says, by difference from what was realized before: nothing that did not change is
 * touched. Calls of one process are queued, and a call that waits is merged with later ones, whose states have what
 * it wanted; calls of several processes exclude each other. What an interrupted call left is repaired by the next.
 *
 * @throws Error when the machine refuses; the next call repairs
 */
export function realize(cloud: CloudState, options: FabricOptions = {}): Promise<Realized> {
  const directory = labDirectory(cloud.lab, options);
  const joined = waiting.get(directory);
  if (joined !== undefined) {
    joined.cloud = cloud;
    return joined.result;
  }
  const begin = async () => {
    await (running.get(directory) ?? Promise.resolve()).catch(() => undefined);
    waiting.delete(directory);
    return realizeNow(request.cloud, options, directory);
  };
  const request: Waiting = { cloud, result: begin() };
  waiting.set(directory, request);
  running.set(directory, request.result);
  return request.result;
}

async function realizeNow(cloud: CloudState, options: FabricOptions, directory: string): Promise<Realized> {
  requirePrivilege();
  const next = fabricOf(cloud);
  const runner = new Runner(options.onCommand);
  return withLock(directory, async () => {
    prepareNamespaceNames();
    const record = readRecord(directory) ?? { realized: emptyModel(cloud.lab) };
    refuseForeign(next, record, directory);
    const steps = stepsOf(record.realized, next, repairOf(record));
    const server = (id: string) => new Server(id, cloud.lab, options);
    const recorded = { ...record.interrupted?.servers, ...record.realized.servers };
    const removed = Object.keys(recorded).filter((id) => !(id in next.servers));
    const started = Object.keys(next.servers).filter((id) => !server(id).running());

    if (steps.length > 0 || removed.length > 0 || started.length > 0) {
      writeRecord(directory, { realized: record.realized, interrupted: next });
      for (const id of removed) {
        await server(id).remove();
        await removeContainer(cloud.lab, id, runner);
      }
      await execute(steps, runner);
      await Promise.all(started.map((id) => server(id).start(next.servers[id], runner)));
      writeRecord(directory, { realized: next });
    }
    const keys = Object.keys(next.servers).map(async (id) => [id, await server(id).hostKey(runner)] as const);
    const hostPublicKeys = Object.fromEntries(await Promise.all(keys));
    return { commands: runner.commands, changes: steps.flatMap(describe), hostPublicKeys };
  });
}

/** Undefined when the record says what is there. */
function repairOf({ realized, interrupted }: FabricRecord): Repair | undefined {
  const missing = Object.keys(realized.namespaces).filter((name) => !fs.existsSync(namespacePath(name)));
  return interrupted === undefined && missing.length === 0
    ? undefined
    : { interrupted, missing: new Set(missing) };
}

/** Two lab directories with a lab of one name, or a record that was deleted by hand. */
function refuseForeign(next: FabricModel, record: FabricRecord, directory: string): void {
  if (record.interrupted !== undefined) return;
  const foreign = Object.keys(next.namespaces).filter(
    (name) => !(name in record.realized.namespaces) && fs.existsSync(namespacePath(name)),
  );
  if (foreign.length === 0) return;
  throw new Error(
    `lab: got ${JSON.stringify(next.lab)}, but network namespaces of that name exist that ${directory} does not ` +
      `record (${foreign.join(", ")}); use another name, or take that lab down first`,
  );
}

/** A container's namespace is not in the cloud; it goes with its instance. */
async function removeContainer(lab: string, instanceId: string, runner: Runner): Promise<void> {
  const name = namespaceOf(lab, "container", instanceId);
  if (!fs.existsSync(namespacePath(name))) return;
  await kill(processesIn(new Set([fs.statSync(namespacePath(name)).ino])));
  await runner.ok(["ip", "netns", "del", name]);
}

function describe({ namespace, tool, lines }: Step): string[] {
  return lines.map((line) => `${namespace === undefined ? "" : `${namespace}: `}${tool} ${line}`);
}
