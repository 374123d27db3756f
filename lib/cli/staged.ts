import { SpecError } from "../model/issue";
import { HostSpec } from "../model/spec";
import { StagedHost, stageHost } from "../prove/staged";
import { nameOf, readJsonFile } from "./input";
import { Io, UserError } from "./io";

/**
 * The host in a file, before and after its program is put on it.
 *
 * @throws UserError when it cannot be read, or lists what is wrong with it
 */
export async function stagedHostOf(file: string, io: Io): Promise<StagedHost> {
  const value = await readJsonFile(file, io);
  try {
    return stageHost(value as HostSpec);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new UserError(`${nameOf(file)}: ${error.message}`);
  }
}
