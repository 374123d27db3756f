import { spawnSync } from "node:child_process";

import { privileged } from "../support/netns";

/** Programs the clouds need beside iproute2; one that is missing skips the tests, visibly. */
const TOOLS = ["nft", "ping", "curl", "python3"];

// A host may have to be plugged in and waited for on a machine that is busy with other things.
jest.setTimeout(60_000);

const missing = TOOLS.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);

/**
 * `describe` for tests in a cloud of namespaces; skipped, and counted as skipped, without privilege or tools.
 */
export const describeInCloud: jest.Describe = privileged && missing.length === 0 ? describe : describe.skip;
