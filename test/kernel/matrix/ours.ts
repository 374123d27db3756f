import { PolicySpec } from "../../../lib/model";
import { planHost } from "../../../lib/plan";
import { renderProgram } from "../../../lib/render";
import { Candidate } from "./candidate";
import { Host } from "./host";
import { specOf } from "./layout";

/** Ours: the program of the host's plan, run on the host. */
export function ours(title = "multihome", policy?: PolicySpec): Candidate {
  return { title, families: [4, 6], apply: (host) => applyProgram(host, policy) };
}

/** Runs the program as it is delivered: its text on the standard input of a shell on the host. */
export function applyProgram(host: Host, policy?: PolicySpec): void {
  const { status, stdout, stderr } = host.namespace.run(["sh", "-s", "--", "apply"], {
    input: renderProgram(planHost(specOf(host.layout, policy))),
    env: {
      MULTIHOME_STATE_DIR: `${host.directory}/state`,
      MULTIHOME_RUN_DIR: `${host.directory}/run`,
      MULTIHOME_WAIT: "2",
    },
  });
  if (status !== 0) throw new Error(`apply: exit ${status}\n${stderr}${stdout}`);
}
