import {
  InputFlow,
  Model,
  Outcome,
  OutputFlow,
  connect,
  input,
  inputLookup,
  output,
} from "../../../lib/linux";
import { InterfaceSpec, TrafficSpec } from "../../../lib/model";
import { Family, formatAddress, parseAddress, parsePrefix, contains } from "../../../lib/net";
import { Random } from "../../linux/fuzz/random";
import { PLACES, SENDERS } from "./randomHost";
import { Packet } from "./wire";

export const DEVICES = { a: "eth0", b: "eth1", c: "eth2" };
const PROTOCOLS = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 };

/** A packet to ask about: the kernel, the model, and whoever sees it come. */
export interface Question {
  readonly flow: OutputFlow | InputFlow;
  /** Whether its source is an interface's. */
  readonly ownSource: boolean;
}

/**
 * A packet near the selectors of a policy.
 *
 * @param interfaces of the host
 */
export function randomQuestion(
  random: Random,
  policy: TrafficSpec,
  interfaces: readonly InterfaceSpec[],
): Question {
  const near = <T, U>(list: readonly T[] | undefined, make: (item: T) => U, far: () => U): U =>
    list !== undefined && random.chance(0.85) ? make(random.pick(list)) : far();
  const inRange = (item: number | string): number => {
    const [low, high = low] = String(item).split("-").map(Number);
    return low + random.below(high - low + 1);
  };
  const family = familyOf(random, policy);
  const icmp = family === 4 ? 1 : 58;
  const named = near(
    policy.protocol === undefined ? undefined : [policy.protocol],
    (name) => PROTOCOLS[name as keyof typeof PROTOCOLS],
    () => random.pick([6, 17, 17, icmp]),
  );
  // The kernel can be asked about no others.
  const protocol = named === 6 || named === 17 ? named : icmp;
  const target = near(policy.to, placeIn(random, family), () => random.pick(PLACES[family]));
  const flow = {
    to: address(target),
    protocol,
    ...(protocol !== icmp && {
      sourcePort: near(policy.sourcePorts, inRange, () => random.pick([53, 999, 1500, 65_535, 20_000 + random.below(20_000)])),
      destinationPort: near(policy.destinationPorts, inRange, () => random.pick([53, 79, 443, 8081, 65_535])),
    }),
    ...(family === 6 && { tos: near(policy.dscp, (point) => 4 * point, () => random.pick([0, 0, 40, 184])) }),
  }; // prettier-ignore
  const ways = [
    ...(policy.incoming ?? []).map((name) => DEVICES[name as keyof typeof DEVICES]),
    ...(policy.incomingDevices ?? []),
  ];
  if (ways.length > 0 || random.chance(0.15)) {
    const any = ["eth0", "eth1", "eth2", "docker0"];
    const iif = near(ways.length > 0 ? ways : undefined, (d) => d, () => random.pick(any)); // prettier-ignore
    // What is delegated to the host is of containers of it.
    const delegated = interfaces
      .flatMap((one) => one.delegatedPrefixes ?? [])
      .filter((text) => text.includes(":") === (family === 6));
    const ownSource = delegated.length > 0 && random.chance(0.3);
    const from = address(ownSource ? within(random.pick(delegated)) : random.pick(SENDERS[family]));
    return { flow: { ...flow, from, iif }, ownSource };
  }
  const mark = near(
    policy.marks,
    (text) => Number(text.split("/")[0]) | random.pick([0, 0, 0x100]),
    () => random.pick([0, 0, 0x10, 1, 5, 0x80a5005a, 0x80ffffff]),
  );
  // Bits of the marks of connections: of one that some interface has, or of one that none has.
  const tracked = random.chance(0.1) ? 0x01000000 * (1 + random.below(63)) : 0;
  const uid = near(policy.users, inRange, () => random.pick([0, 0, 1000, 1600, 5000]));
  const own = interfaces
    .flatMap((one) => one.addresses ?? [])
    .filter((text) => text.includes(":") === (family === 6));
  const ownSource = own.length > 0 && random.chance(policy.beforeSources ? 0.5 : 0.2);
  return {
    flow: {
      ...flow,
      ...(ownSource && { from: address(random.pick(own).split("/")[0]) }),
      mark: (mark | tracked) >>> 0,
      uid: protocol === icmp ? 0 : uid,
    },
    ownSource,
  };
}

function familyOf(random: Random, { to = [], from = [], protocol, dscp }: TrafficSpec): Family {
  if (protocol === "icmp") return 4;
  if (protocol === "icmpv6" || dscp !== undefined) return 6;
  const families = [from, to].filter((list) => list.length > 0).map((list) => familiesOf(list));
  const both = ([4, 6] as const).filter((f) => families.every((some) => some.includes(f)));
  return random.pick(both.length > 0 ? both : ([4, 6] as const));
}

function familiesOf(prefixes: readonly string[]): Family[] {
  return prefixes.map((prefix) => (prefix.includes(":") ? 6 : 4));
}

/** An address within a prefix that is no network's own. */
function within(prefix: string): string {
  const [text, length] = prefix.split("/");
  const { family, value } = address(text);
  return formatAddress({ family, value: Number(length) === (family === 4 ? 32 : 128) ? value : value + 5n });
}

/** A place within a prefix, or any of the family. */
function placeIn(random: Random, family: Family): (prefix: string) => string {
  return (text) => {
    const prefix = parsePrefix(text);
    if (!prefix.ok) throw new Error(prefix.reason);
    const within = PLACES[family].filter((place) => contains(prefix.value, address(place)));
    return random.pick(within.length > 0 ? within : PLACES[family]);
  };
}

function address(text: string) {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

/** The words of `ip route get`. */
export function wordsOf({ flow }: Question): string {
  const { to, from, mark, tos, uid, protocol, sourcePort, destinationPort } = flow;
  return [
    `route get ${formatAddress(to)}`,
    ...(from ? [`from ${formatAddress(from)}`] : []),
    ...("iif" in flow ? [`iif ${flow.iif}`] : []),
    ...(mark ? [`mark ${mark >>> 0}`] : []),
    ...(tos ? [`tos 0x${tos.toString(16)}`] : []),
    `uid ${uid ?? 0} ipproto ${protocol}`,
    ...(sourcePort ? [`sport ${sourcePort}`] : []),
    ...(destinationPort ? [`dport ${destinationPort}`] : []),
  ].join(" ");
}

/** What the model says that `ip route get` answers. */
export function modelled(model: Model, { flow }: Question): Outcome {
  return "iif" in flow ? inputLookup(model, flow) : output(model, flow);
}

/** What the model says becomes of the packet itself: a socket of TCP, and all of IPv6, may look up twice. */
export function becomes(model: Model, { flow }: Question): Outcome {
  if ("iif" in flow) return input(model, flow);
  return flow.protocol === 6 || flow.to.family === 6 ? connect(model, flow) : output(model, flow);
}

/** The packet, and the device by which it is put into the host, if it is not sent by a socket of it. */
export function packetOf({ flow }: Question): { packet: Packet; into?: string } {
  const { to, from, protocol, sourcePort, destinationPort, mark, tos, uid } = flow;
  const packet: Packet = {
    to: formatAddress(to),
    ...(from && { from: formatAddress(from) }),
    protocol: protocol === 17 ? "udp" : protocol === 6 ? "tcp" : "icmp",
    ...(sourcePort && { sourcePort }),
    ...(destinationPort && { port: destinationPort }),
    ...(mark && { mark: mark >>> 0 }),
    ...(tos && { tos }),
    ...(uid && { user: uid }),
  };
  return { packet, ...("iif" in flow && { into: flow.iif }) };
}
