import { HostInterface } from "../model/host";
import { BAND } from "../model/numbers";
import { PlanRule } from "../model/plan";
import { Family } from "../net/address";
import { comparePrefixes, formatPrefix } from "../net/prefix";
import { coverOf } from "./sources";

/**
 * From source prefixes to interface blocks: the fewest rules that match exactly the sources, one a prefix.
 *
 * Sources of different interfaces are disjoint, so no two rules match one packet, and all may share a priority.
 */
export function dispatchSources(
  interfaces: readonly HostInterface[],
  family: Family,
  blockOf: (name: string) => number,
): PlanRule[] {
  return interfaces
    .flatMap((iface) => coverOf(iface, family).map((prefix) => ({ prefix, name: iface.name })))
    .sort((a, b) => comparePrefixes(a.prefix, b.prefix))
    .map(({ prefix, name }) => ({
      priority: BAND.dispatch,
      from: formatPrefix(prefix),
      action: { kind: "goto", priority: blockOf(name) },
    }));
}
