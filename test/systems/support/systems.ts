import { ImageName, whyNoSystems } from "../../../lab/systems";

/** `describe` for tests on real systems: skipped, and counted as skipped, where these cannot be had. */
export const describeOnSystems = describeOnImage("common");

/** The same on guests of another image. */
export function describeOnImage(image: ImageName): jest.Describe {
  const reason = whyNoSystems(image);
  if (reason === undefined) return describe;
  process.stderr.write(`real systems cannot be had: ${reason}\n`);
  return describe.skip;
}

/** Milliseconds a test on real systems may take on a busy machine. */
export const LONG = 180_000;
