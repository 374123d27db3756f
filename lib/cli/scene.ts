import { LinuxState } from "../linux";
import { SpecError } from "../model/issue";
import { HostSpec } from "../model/spec";
import { bind } from "../doctor/bind";
import { HostCapture } from "../doctor/capture";
import { Survey, othersOf, survey } from "../doctor/survey";
import { normalize } from "../plan";
import { nameOf, readJsonFile } from "./input";
import { Io, UserError } from "./io";
import { stagedHostOf } from "./staged";

/** A host to ask about: its state, and what is wanted of it. */
export interface Scene {
  readonly host: string;
  readonly state: LinuxState;
  readonly survey: Survey;
}

/** The host in a file, with its program on it. */
export async function plannedScene(file: string, io: Io): Promise<Scene> {
  const { name, intent, state } = await stagedHostOf(file, io);
  const devices = intent.interfaces.map(({ device }) => device);
  return { host: name, state, survey: { intent, others: othersOf(state, devices), notes: [] } };
}

/**
 * A host as it is; what is wanted of it by its description, or else as its dumps let see.
 *
 * @param file its HOST.json, if there is one
 * @throws UserError when that cannot be read, or describes another host
 */
export async function capturedScene(capture: HostCapture, file: string | undefined, io: Io): Promise<Scene> {
  const { state, name } = capture;
  if (file === undefined) return { host: name ?? "this host", state, survey: survey(state) };
  const value = await readJsonFile(file, io);
  try {
    const host = normalize(value as HostSpec);
    return { host: host.name, state, survey: bind(state, host) };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new UserError(`${nameOf(file)}: ${error.message}`);
  }
}
