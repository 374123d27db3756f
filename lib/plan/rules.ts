import { Host, HostInterface } from "../model/host";
import { BAND, MAIN_MIN_PREFIX } from "../model/numbers";
import { PlanRule } from "../model/plan";
import { Family } from "../net/address";
import { SourceTable, compileDispatch } from "./compile";
import { blockOf, interfacesOf } from "./sources";

/**
 * The rules of one family, as they stand in a band, with why each is there.
 *
 *   anchor     not from Q iif lo goto devices   the switch's target: what cannot have a source of ours leaves
 *   dispatch   from S goto block(n)             every source of every interface, the primary included; more than
 *                                               a few are asked for by a decision tree (compile/)
 *   skip       goto devices                     not our source: the blocks do not concern it
 *   block(n)   lookup main, but not by a managed interface and no default
 *                                               containers, tunnels and their like work for every source
 *              lookup table(n)                  all else leaves by n
 *              unreachable                      whatever happens to table(n), n's sources never leave by another
 *   devices    oif n lookup table(n)            sockets bound to the device alone; after the blocks, or an own
 *                                               source could leave by a device that does not own it
 *   exit       goto join                        on to the rules that are not ours
 */
export function buildRules(
  host: Host,
  family: Family,
  slots: ReadonlyMap<string, number>,
  table: SourceTable,
): PlanRule[] {
  const interfaces = interfacesOf(host, family);
  const rules = compileDispatch(table, forwardsFor(interfaces, family));
  rules.push(
    { priority: BAND.skip, action: { kind: "goto", priority: BAND.devices } },
    ...interfaces
      .map(({ name }) => ({ name, block: blockOf(slots.get(name) as number) }))
      .sort((a, b) => a.block - b.block)
      .flatMap(({ name, block }): PlanRule[] => [
        { priority: block, action: { kind: "main", minPrefix: MAIN_MIN_PREFIX[family] } },
        { priority: block + 1, action: { kind: "table", table: name } },
        { priority: block + 2, action: { kind: "unreachable" } },
      ]),
    ...interfaces.map(({ name }): PlanRule => ({
      priority: BAND.devices,
      oif: name,
      action: { kind: "table", table: name },
    })),
    { priority: BAND.exit, action: { kind: "goto", priority: "join" } },
  );
  return rules;
}

/** A delegated prefix is for containers and their like, whose packets the host forwards with a source of ours. */
function forwardsFor(interfaces: readonly HostInterface[], family: Family): boolean {
  return interfaces.some((iface) => iface.delegatedPrefixes.some((p) => p.family === family));
}
