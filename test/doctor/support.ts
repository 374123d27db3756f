import { Diagnosis, diagnose } from "../../lib/doctor/diagnose";
import { explain } from "../../lib/doctor/words";
import { LinuxState, applyBatch, kernelState } from "../../lib/linux";
import { onInterface } from "../linux/support/hosts";

/** Hosts as the doctor meets them: their devices with kind and addresses, and what somebody has set up on them. */
export interface Met {
  readonly devices?: Readonly<Record<string, readonly string[]>>;
  readonly kinds?: Readonly<Record<string, string>>;
  readonly four?: string;
  readonly six?: string;
  readonly edit?: (state: LinuxState) => LinuxState;
}

const TWO = { eth0: ["10.0.1.10/24"], eth1: ["10.0.2.10/24"] };

/** The main table of a host with a default by each interface. */
export const DEFAULTS =
  "route add default via 10.0.1.1 dev eth0\nroute add default via 10.0.2.1 dev eth1 metric 100\n";

/** A table and a rule for the address of each interface. */
export const BY_SOURCE = [1, 2]
  .flatMap((i) => [
    `route add 10.0.${i}.0/24 dev eth${i - 1} table 10${i}`,
    `route add default via 10.0.${i}.1 dev eth${i - 1} table 10${i}`,
    `rule add priority 10${i} from 10.0.${i}.10 lookup 10${i}`,
  ])
  .join("\n");

export function met({ devices = TWO, kinds = {}, four = "", six = "", edit = (s) => s }: Met): LinuxState {
  const specs = Object.entries(devices).map(([name, addresses]) => {
    return { name, addresses: addresses.map(onInterface), kind: kinds[name] };
  });
  const state = applyBatch(applyBatch(kernelState(specs), 4, four), 6, six);
  if (state.gaps.length > 0) throw new Error(JSON.stringify(state.gaps));
  return edit(state);
}

export const diagnosed = (host: Met): Diagnosis => diagnose({ state: met(host), name: "edge" });

/** Each finding's flow and way out, in a line. */
export function found({ findings, intent }: Diagnosis): string[] {
  return findings.map((finding) => {
    const { flow, goesOut } = explain(finding, intent);
    return `${flow}: ${goesOut}`;
  });
}
