import { whyNoSystems } from "../../../lab/systems";

const reason = whyNoSystems();

/** `describe` for tests on real systems: skipped, and counted as skipped, where these cannot be had. */
export const describeOnSystems: jest.Describe = reason === undefined ? describe : describe.skip;

if (reason !== undefined) process.stderr.write(`real systems cannot be had: ${reason}\n`);

/** Milliseconds a test on real systems may take on a busy machine. */
export const LONG = 180_000;
