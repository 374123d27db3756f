import { Family } from "../net/address";
import { RoutingError } from "./flow";
import { ANY_DEVICE, DETACHED, Step } from "./model";
import { Rule, Table } from "./state";

/** A rule as a step: `numbers` are the devices by name, `places` the first rules of each priority. */
export function compileRule(
  numbers: ReadonlyMap<string, number>,
  places: ReadonlyMap<number, number>,
  rule: Rule,
  position: number,
): Step {
  const device = (name: string | undefined): number =>
    name === undefined ? ANY_DEVICE : (numbers.get(name) ?? DETACHED);
  let jump = -1;
  if (rule.action.kind === "goto") {
    jump = places.get(rule.action.priority) ?? -1;
    if (jump <= position) jump = -1;
  }
  return { ...step(rule), position, iif: device(rule.iif), oif: device(rule.oif), jump };
}

/** Whether some rule asks for ports or protocol of packets from outside (fib_rule_requires_fldissect). */
export function dissects(rules: readonly Rule[]): boolean {
  return rules.some(
    (rule) =>
      rule.iif !== "lo" &&
      (rule.protocol !== undefined || rule.sourcePorts !== undefined || rule.destinationPorts !== undefined),
  );
}

/** Whether a rule matches every packet. */
export function isUnconditional(rule: Rule): boolean {
  return step(rule).always;
}

/** The rules that every kernel starts with (net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c). */
export function isDefault(rules: readonly Rule[], family: Family): boolean {
  const expected: [number, number][] = [
    [0, Table.local],
    [32766, Table.main],
  ];
  if (family === 4) expected.push([32767, Table.default]);
  const plain = (rule: Rule): boolean =>
    step(rule).always && !rule.l3mdev && rule.suppressPrefixLength === undefined;
  return (
    rules.length === expected.length &&
    rules.every((rule, i) => {
      const [priority, table] = expected[i];
      return (
        rule.priority === priority &&
        rule.action.kind === "lookup" &&
        rule.action.table === table &&
        plain(rule)
      );
    })
  );
}

const REJECT: Readonly<Record<string, RoutingError>> = {
  unreachable: "ENETUNREACH",
  prohibit: "EACCES",
  blackhole: "EINVAL",
};

function step(rule: Rule): Step {
  const width = rule.from?.family === 6 || rule.to?.family === 6 ? 128 : 32;
  const from = rule.from !== undefined && rule.from.length > 0 ? rule.from : undefined;
  const to = rule.to !== undefined && rule.to.length > 0 ? rule.to : undefined;
  const hasPorts = rule.sourcePorts !== undefined || rule.destinationPorts !== undefined;
  const always =
    !rule.not &&
    from === undefined &&
    to === undefined &&
    rule.iif === undefined &&
    rule.oif === undefined &&
    (rule.mark === undefined || rule.mark.mask === 0) &&
    !rule.tos &&
    rule.uids === undefined &&
    rule.protocol === undefined &&
    !hasPorts &&
    !rule.l3mdev &&
    rule.tunnelId === undefined &&
    rule.unmodelled.length === 0;
  return {
    rule,
    position: 0,
    not: rule.not,
    always,
    hasFrom: from !== undefined,
    from4: width === 32 ? Number(from?.value ?? 0n) : 0,
    from6: width === 128 && from !== undefined ? from.value >> BigInt(128 - from.length) : 0n,
    fromShift: from === undefined ? 0 : width - from.length,
    hasTo: to !== undefined,
    to4: width === 32 ? Number(to?.value ?? 0n) : 0,
    to6: width === 128 && to !== undefined ? to.value >> BigInt(128 - to.length) : 0n,
    toShift: to === undefined ? 0 : width - to.length,
    iif: ANY_DEVICE,
    oif: ANY_DEVICE,
    mark: rule.mark?.value ?? 0,
    mask: rule.mark?.mask ?? 0,
    tos: rule.tos ?? 0,
    uidLow: rule.uids?.[0] ?? 0,
    uidHigh: rule.uids?.[1] ?? 0xffffffff,
    protocol: rule.protocol ?? 0,
    hasPorts,
    sportLow: rule.sourcePorts?.[0] ?? 0,
    sportHigh: rule.sourcePorts?.[1] ?? 0xffff,
    dportLow: rule.destinationPorts?.[0] ?? 0,
    dportHigh: rule.destinationPorts?.[1] ?? 0xffff,
    l3mdev: rule.l3mdev,
    tunnel: rule.tunnelId !== undefined,
    unclear: rule.unmodelled.length > 0,
    act:
      rule.action.kind === "lookup" || rule.action.kind === "goto" || rule.action.kind === "nop"
        ? rule.action.kind
        : "reject",
    table: rule.action.kind === "lookup" ? rule.action.table : 0,
    error: REJECT[rule.action.kind] ?? "ENETUNREACH",
    jump: -1,
    suppressLength: rule.suppressPrefixLength ?? -1,
    suppressGroup: rule.suppressGroup ?? -1,
  };
}
