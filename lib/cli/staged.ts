import { HostSpec } from "../model/spec";
import { StagedHost, stageHost } from "../prove/staged";
import { readSpec } from "./input";
import { Io } from "./io";

/**
 * The host in a file, before and after its program is put on it.
 *
 * @throws UserError when it cannot be read, or lists what is wrong with it
 */
export async function stagedHostOf(file: string, io: Io): Promise<StagedHost> {
  return readSpec(file, io, (value) => stageHost(value as HostSpec));
}
