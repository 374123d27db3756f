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
 *   devices    not iif lo goto after            what is forwarded is of no socket; where there are many
 *              oif n lookup table(n)            sockets bound to the device alone; after the blocks, or an own
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
  const leading = [...connectionRules(host, family, slots, connections, next), ...before];
  const forwards = forwardsFor(interfaces, family);
  const dispatch = table === undefined ? [NOP_AT_ANCHOR] : compileDispatch(table, forwards);
  // There may be very many: they are added to, and not copied.
  const rules = leading.length === 0 ? dispatch : behind(leading, dispatch);
  if (interfaces.length > 0) rules.push(SKIP_BLOCKS);
  rules.push(...blockRules(host, family, slots));
  if (interfaces.length >= MANY_DEVICES) {
    const past = after.length > 0 ? BAND.after : BAND.exit;
    rules.push({ priority: BAND.devices, not: true, iif: "lo", action: { kind: "goto", priority: past } });
  }
  for (const { name } of interfaces) {
    rules.push({ priority: BAND.devices, oif: name, action: { kind: "table", table: name } });
  }
  rules.push(...identityRules(host, family), ...after);
  rules.push({ priority: BAND.exit, action: { kind: "goto", priority: "join" } });
  return rules;
}

/** Rules in front of the dispatch, whose guard then stands behind them. */
function behind(leading: readonly PlanRule[], dispatch: readonly PlanRule[]): PlanRule[] {
  return [
    // The switch's target has to be there.
    ...(leading[0].priority === BAND.anchor ? [] : [NOP_AT_ANCHOR]),
    ...leading,
  ].concat(
    dispatch.map((rule) =>
      rule.priority < BAND.dispatch ? { ...rule, priority: BAND.guard + rule.priority - BAND.anchor } : rule,
    ),
  );
}

function blockRules(host: Host, family: Family, slots: ReadonlyMap<string, number>): PlanRule[] {
  const others = waysOfOthers(host, family, true);
  return interfacesOf(host, family)
    .map(({ name }) => ({ name, block: blockOf(slots.get(name) as number) }))
    .sort((a, b) => a.block - b.block)
    .flatMap(({ name, block }) =>
      [...others, { kind: "table", table: name } as const, UNREACHABLE].map((action, i): PlanRule => ({
        priority: block + i,
        action,
      })),
    );
}

/**
 * Interfaces from which on it pays to lead what is forwarded past their rules: it then saves a fortieth of a lookup for
 * each of them, and costs what has no source of ours an eighth (measured, of lookups without rules, in IPv4).
 */
const MANY_DEVICES = 8;

const UNREACHABLE: RuleAction = { kind: "unreachable" };
const NOP_AT_ANCHOR: PlanRule = { priority: BAND.anchor, action: { kind: "nop" } };
const SKIP_BLOCKS: PlanRule = { priority: BAND.skip, action: { kind: "goto", priority: BAND.devices } };

/** A delegated prefix is for containers and their like, whose packets the host forwards with a source of ours. */
function forwardsFor(interfaces: readonly HostInterface[], family: Family): boolean {
  return interfaces.some((iface) => iface.delegatedPrefixes.some((p) => p.family === family));
}
