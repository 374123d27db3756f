import { Host, HostInterface } from "../model/host";
import { BAND } from "../model/numbers";
import { PlanConnection, PlanRule, RuleAction } from "../model/plan";
import { Family } from "../net/address";
import { SourceTable, compileDispatch } from "./compile";
import { connectionRules } from "./connections";
import { identityRules } from "./identity";
import { blockOf, interfacesOf, waysOfOthers } from "./sources";
import { trafficRules } from "./traffic/rules";

/**
 * The rules of one family, as they stand in a band, with why each is there.
 *
 *   anchor     not from Q iif lo goto devices   the switch's target: what cannot have a source of ours leaves
 *   marks      fwmark M goto block(n)           replies of what is forwarded, by the interface their connection came in
 *                                               by (connections.ts); then the guard comes after them
 *   before     traffic policies                 those that come before the sources; then the guard comes after them
 *   dispatch   from S goto block(n)             every source of every interface, the primary included; more than
 *                                               a few are asked for by a decision tree (compile/)
 *   skip       goto devices                     not our source: the blocks do not concern it
 *   block(n)   lookup main, but not by a managed interface and no default
 *                                               containers, tunnels and their like work for every source, unless
 *                                               host's policy ignores those: then it begins with the table
 *              lookup table(n)                  all else leaves by n
 *              unreachable                      whatever happens to table(n), n's sources never leave by another
 *   devices    oif n lookup table(n)            sockets bound to the device alone; after the blocks, or an own
 *                                               source could leave by a device that does not own it
 *              from the identity            by main's routes, but by no default through what is not managed; after
 *                                               the above, which it skips to as all that is no interface's
 *   after      traffic policies                 about what has no source of ours (traffic/rules.ts)
 *   exit       goto join                        on to the rules that are not ours
 */
export function buildRules(
  host: Host,
  family: Family,
  slots: ReadonlyMap<string, number>,
  table: SourceTable | undefined,
  connections: readonly PlanConnection[],
): PlanRule[] {
  const interfaces = interfacesOf(host, family);
  const { before, after } = trafficRules(host, family);
  const next = before.length > 0 ? BAND.before : BAND.guard;
  const rules = [...connectionRules(host, family, slots, connections, next), ...before];
  const first = rules.length === 0 ? BAND.anchor : BAND.guard;
  // The switch's target has to be there.
  if (rules.length > 0 && rules[0].priority !== BAND.anchor) rules.unshift(NOP_AT_ANCHOR);
  const dispatch =
    table === undefined ? [NOP_AT_ANCHOR] : compileDispatch(table, forwardsFor(interfaces, family));
  for (const rule of dispatch) {
    const guards = first !== BAND.anchor && rule.priority < BAND.dispatch;
    rules.push(guards ? { ...rule, priority: first + rule.priority - BAND.anchor } : rule);
  }
  const others = waysOfOthers(host, family);
  rules.push(
    ...(interfaces.length === 0 ? [] : [SKIP_BLOCKS]),
    ...interfaces
      .map(({ name }) => ({ name, block: blockOf(slots.get(name) as number) }))
      .sort((a, b) => a.block - b.block)
      .flatMap(({ name, block }) =>
        [...others, { kind: "table", table: name } as const, UNREACHABLE].map((action, i): PlanRule => ({
          priority: block + i,
          action,
        })),
      ),
    ...interfaces.map(({ name }): PlanRule => ({
      priority: BAND.devices,
      oif: name,
      action: { kind: "table", table: name },
    })),
    ...identityRules(host, family),
    ...after,
    { priority: BAND.exit, action: { kind: "goto", priority: "join" } },
  );
  return rules;
}

const UNREACHABLE: RuleAction = { kind: "unreachable" };
const NOP_AT_ANCHOR: PlanRule = { priority: BAND.anchor, action: { kind: "nop" } };
const SKIP_BLOCKS: PlanRule = { priority: BAND.skip, action: { kind: "goto", priority: BAND.devices } };

/** A delegated prefix is for containers and their like, whose packets the host forwards with a source of ours. */
function forwardsFor(interfaces: readonly HostInterface[], family: Family): boolean {
  return interfaces.some((iface) => iface.delegatedPrefixes.some((p) => p.family === family));
}
