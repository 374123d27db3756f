import {
  HostSpec,
  InterfaceSpec,
  Issue,
  Otherwise,
  Plan,
  PlanRule,
  SpecError,
  TrafficSpec,
  UnmanagedRoutes,
} from "../../../lib/model";
import { Family, formatPrefix, parseAddress, prefixOf } from "../../../lib/net";
import { normalize } from "../../../lib/plan";
import { Random } from "../../linux/fuzz/random";
import { randomInterfaces, randomOnLink } from "./randomLinks";

/** Where packets are sent to: everywhere behind the links, and neighbours on each. */
export const PLACES: Readonly<Record<Family, readonly string[]>> = {
  4: ["198.51.100.1", "198.51.100.130", "192.0.2.1", "192.0.2.200", "203.0.113.5", "203.0.113.77",
      "10.1.0.50", "10.2.0.50", "10.3.0.50"],
  6: ["2001:db8:f::5", "2001:db8:f:1::9", "2001:db8:e::1", "2001:db8:e:8000::1", "fd00:1::50", "fd00:2::50"],
}; // prettier-ignore

/** Lengths of prefixes that hold some of these. */
const LENGTHS: Readonly<Record<Family, readonly number[]>> = {
  4: [2, 8, 16, 22, 24, 25, 26, 31, 32, 32],
  6: [4, 16, 32, 47, 48, 49, 64, 128, 128],
};

/** Where what the host forwards comes from, and the networks of that. */
export const SENDERS: Readonly<Record<Family, readonly string[]>> = {
  4: ["172.17.0.2", "10.9.0.7", "172.20.1.1"],
  6: ["fd00:17::2", "fd00:9::7"],
};
const FOREIGN: Readonly<Record<Family, readonly string[]>> = {
  4: ["172.17.0.0/24", "10.9.0.0/16", "172.16.0.0/12"],
  6: ["fd00:17::/64", "fd00:9::/32"],
};
const OWN: Readonly<Record<Family, readonly string[]>> = {
  4: ["10.1.0.0/24", "10.2.0.10/32", "10.0.0.0/14"],
  6: ["fd00:1::/64", "fd00:2::10/128"],
};

const PORTS = [53, "80", "1000-1999", "443", "8000-8080", "1", 65534, "60000-65534", "2-65534"];
/** Of one bit and of many, also beside those by which we mark connections and try a generation. */
const MARKS = [
  "0x10/0xf0", "0x1", "0/0xf", "0x5/0x7", "0x80000000/0x80000000", "0x80a5005a/0x80ffffff", "0x10/0x7f0000f0",
  "0/0x3f000000", "0/0x40000000", "0", "0x80ffff00/0xffffff00",
]; // prettier-ignore

const KINDS = ["ports", "ports", "marks", "users", "incoming", "dscp"] as const;
type Kind = (typeof KINDS)[number];

interface Wishes {
  /** How many policies at most. Default: ten to thirty. */
  readonly most?: number;
  /** Is told what the planner refuses. */
  readonly refused?: (issues: readonly Issue[]) => void;
}

/** A host of many policies: what the planner refuses beside the others is left out. */
export function randomHost(random: Random, { most: wished, refused }: Wishes = {}): HostSpec {
  // Selectors of all kinds at once in every policy would say little about any.
  const kinds = new Set(random.some(KINDS, 2));
  const most = wished ?? 10 + random.below(21);
  const interfaces = randomInterfaces(random);
  const unmanagedRoutes = random.chance(0.25) ? UnmanagedRoutes.Ignore : UnmanagedRoutes.Follow;
  const policy = { trackConnections: random.chance(0.3), unmanagedRoutes, ...randomOnLink(random) };
  const host = (traffic: TrafficSpec[]): HostSpec => ({
    name: "edge",
    interfaces,
    policy: { ...policy, traffic },
  });
  const traffic: TrafficSpec[] = [];
  for (let failures = 0; traffic.length < most && failures < 25;) {
    const wide = traffic.length > most / 2 && random.chance(0.1);
    const next = randomPolicy(random, kinds, `p${traffic.length}`, wide, interfaces);
    try {
      normalize(host([...traffic, next]));
      traffic.push(next);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      refused?.(error.issues);
      failures++;
    }
  }
  return host(traffic);
}

/** @param wide whether it may be for all destinations */
function randomPolicy(
  random: Random,
  kinds: ReadonlySet<Kind>,
  name: string,
  wide: boolean,
  interfaces: readonly InterfaceSpec[],
): TrafficSpec {
  const has = (kind: Kind, chance = 0.5): boolean => kinds.has(kind) && random.chance(chance);
  const family = random.chance(0.6) ? 4 : 6;
  const beforeSources = random.chance(0.2);
  const prefix = (f: Family): string => {
    const place = parseAddress(random.pick(PLACES[f]));
    if (!place.ok) throw new Error(place.reason);
    return formatPrefix(prefixOf(place.value, random.pick(LENGTHS[f])));
  };
  const places = (): string[] => [prefix(random.chance(0.1) ? (family === 4 ? 6 : 4) : family)];
  const to = wide ? [] : Array.from({ length: 1 + random.below(3) }, places).flat();
  const ports = (): (string | number)[] => random.some(PORTS, 2);
  const withPorts = has("ports", 0.6);
  const protocol = withPorts
    ? random.pick(["tcp", "udp", "tcp", "udp", "sctp"])
    : random.chance(0.2)
      ? random.pick(["tcp", "udp", family === 4 ? "icmp" : "icmpv6", "gre", "250"])
      : undefined;
  const isTarget = withPorts && random.chance(0.8);
  const users = has("users");
  const incoming = users ? false : has("incoming");
  const use = random.some(["a", "b", "c"], 1 + random.below(3));
  const shared = use.length > 1 && random.chance(0.2);
  // Of what is delegated the host forwards a part, or all.
  const delegated = interfaces
    .flatMap((one) => one.delegatedPrefixes ?? [])
    .flatMap((text) => [text, text.replace(/\/(27|28|80)$/, (_, length) => `/${Number(length) + 2}`)])
    .filter((text) => text.includes(":") === (family === 6));
  const senders = (): readonly string[] =>
    !beforeSources ? FOREIGN[family]
    : random.chance(0.5) && delegated.length > 0 ? delegated
    : [...OWN[family], ...FOREIGN[family]]; // prettier-ignore
  return {
    name,
    ...(random.chance(beforeSources ? 0.5 : 0.25) && { from: random.some(senders(), 2) }),
    ...(to.length > 0 && { to: [...new Set(to)] }),
    ...(protocol !== undefined && { protocol }),
    ...(isTarget && { destinationPorts: ports() }),
    ...(withPorts && (!isTarget || random.chance(0.2)) && { sourcePorts: ports() }),
    ...(has("marks") && { marks: random.some(MARKS, 2) }),
    ...(users && { users: random.some([0, 1000, "1500-1999", "3000-4000", "4000-4294967294"], 2) }),
    ...(incoming && { incoming: random.some(["a", "b", "c"], 2) }),
    ...(incoming && random.chance(0.5) && { incomingDevices: ["docker0"] }),
    ...(family === 6 && has("dscp") && { dscp: random.some([46, 10, 6], 2) }),
    use,
    ...(shared && { weights: Object.fromEntries(use.map((one) => [one, 1 + random.below(4)])) }),
    otherwise: random.pick(Object.values(Otherwise)),
    ...(beforeSources && { beforeSources }),
  };
}

/** Leaves out one rule of a policy, or turns one that refuses into one that does nothing. */
export function withMistake(random: Random, plan: Plan): Plan | undefined {
  const family = random.chance(0.5) ? "ipv4" : "ipv6";
  const { rules } = plan[family];
  const isOfPolicy = ({ priority }: PlanRule): boolean =>
    (priority >= 2 && priority < 8) || (priority >= 1421 && priority < 1489);
  const places = rules.flatMap((rule, i) => (isOfPolicy(rule) ? [i] : []));
  if (places.length === 0) return undefined;
  const at = random.pick(places);
  const refuses = ["unreachable", "prohibit", "blackhole"].includes(rules[at].action.kind);
  const others = rules.flatMap((rule, i) => {
    if (i !== at) return [rule];
    return refuses && random.chance(0.5) ? [{ ...rule, action: { kind: "nop" } as const }] : [];
  });
  return { ...plan, [family]: { ...plan[family], rules: others } };
}
