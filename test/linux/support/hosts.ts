import {
  Address,
  Family,
  InterfaceAddress,
  Prefix,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
  prefixOf,
} from "../../../lib/net";
import { Intent, IntentInterface, LinuxState, applyBatch, kernelState } from "../../../lib/linux";

/** Hosts written down by hand, in the shape of the rule set that is built elsewhere; no planner has a part in them. */

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value;
}

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value;
}

export function onInterface(text: string): InterfaceAddress {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value;
}

export interface Nic {
  readonly name: string;
  readonly device: string;
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly delegated?: readonly string[];
}

/** NICs on nets of their own: `count` of them with `each` IPv4 and, with `both`, as many IPv6 addresses. */
export function nics(count: number, each: number, both = false): Nic[] {
  return Array.from({ length: count }, (_x, i) => ({
    name: `net${i}`,
    device: `eth${i}`,
    addresses: [
      ...Array.from({ length: each }, (_y, j) => `10.0.${i}.${10 + j}/24`),
      ...(both
        ? Array.from(
            { length: each },
            (_y, j) => `2001:db8:${(i + 1).toString(16)}::${(16 + j).toString(16)}/64`,
          )
        : []),
    ],
    gateways: [`10.0.${i}.1`, ...(both ? ["fe80::1"] : [])],
  }));
}

export function intentOf(list: readonly Nic[], more: Partial<Intent> = {}): Intent {
  return {
    onLink: "gateway",
    directPairs: [],
    ...more,
    interfaces: list.map((nic): IntentInterface => {
      const addresses = nic.addresses.map(onInterface);
      const gateways: Partial<Record<Family, Address>> = {};
      for (const gateway of nic.gateways.map(address)) gateways[gateway.family] = gateway;
      const subnets = new Map(
        addresses.map(({ address: a, length }) => [
          `${prefixOf(a, length).value}/${length}`,
          prefixOf(a, length),
        ]),
      );
      return {
        name: nic.name,
        device: nic.device,
        addresses,
        delegatedPrefixes: (nic.delegated ?? []).map(prefix),
        gateways,
        subnets: [...subnets.values()],
        routes: [],
      };
    }),
  };
}

export interface Surroundings {
  readonly sysctls?: Readonly<Record<string, number>>;
  /** How many NICs, from the first, have a default in main. Default: all. */
  readonly defaults?: number;
  /** A tunnel with half-defaults in main, as VPNs set them up. */
  readonly vpn?: boolean;
}

/** The host as DHCP leaves it: every NIC with its addresses, a default in main, and a container bridge. */
export function freshHost(
  list: readonly Nic[],
  { sysctls, defaults = list.length, vpn }: Surroundings = {},
): LinuxState {
  const bare = kernelState(
    [
      ...list.map((nic, i) => ({
        name: nic.device,
        addresses: [...nic.addresses, linkLocal(i)].map(onInterface),
      })),
      { name: "docker0", addresses: [onInterface("172.17.0.1/16")], kind: "bridge" },
      ...(vpn
        ? [{ name: "tun0", addresses: [onInterface("10.200.0.2/24"), onInterface("fd77::2/64")] }]
        : []),
    ],
    sysctls,
  );
  const lines = (family: Family): string =>
    [
      ...list.slice(0, defaults).flatMap((nic, i) => {
        const via = nic.gateways.find((text) => address(text).family === family);
        return via === undefined
          ? []
          : [`route add default via ${via} dev ${nic.device} metric ${100 * (i + 1)}`];
      }),
      ...(vpn ? HALVES[family].map((half) => `route add ${half} dev tun0`) : []),
    ].join("\n");
  return applyBatch(applyBatch(bare, 4, lines(4)), 6, lines(6));
}

/** The link-local address of a NIC. */
export const linkLocal = (i: number): string => `fe80::${(0x100 + i).toString(16)}/64`;

const HALVES: Readonly<Record<Family, readonly string[]>> = {
  4: ["0.0.0.0/1", "128.0.0.0/1"],
  6: ["2000::/3"],
};

/** The rule set of the recipe, as commands: routes, then a block of rules for every NIC, then those for devices. */
export function recipe(list: readonly Nic[], family: Family): string {
  const lines: string[] = family === 4 ? list.map((nic) => `link set dev ${nic.device} group 77`) : [];
  const mine = (nic: Nic): InterfaceAddress[] =>
    nic.addresses.map(onInterface).filter((a) => a.address.family === family);
  list.forEach((nic, i) => {
    const table = 7000 + 2 * i;
    const gateway = nic.gateways.find((text) => address(text).family === family);
    const subnets = new Set(mine(nic).map((a) => textOf(prefixOf(a.address, a.length))));
    for (const subnet of subnets) lines.push(`route add ${subnet} dev ${nic.device} table ${table} proto 77`);
    if (family === 6) lines.push(`route add fe80::/64 dev ${nic.device} table ${table} proto 77`);
    if (gateway)
      lines.push(`route add default via ${gateway} dev ${nic.device} onlink table ${table} proto 77`);
    lines.push(`route add unreachable default table ${table} metric 4278198272 proto 77`);
  });
  const rule = (words: string): void => void lines.push(`rule add priority ${words} protocol 77`);
  const start = 7010;
  list.forEach((nic, i) => {
    for (const a of mine(nic))
      rule(
        `${start + 10} from ${textOf({ ...a.address, length: family === 4 ? 32 : 128 })} goto ${start + 1020 + 3 * i}`,
      );
    for (const p of (nic.delegated ?? []).map(prefix)) {
      if (p.family === family) rule(`${start + 10} from ${textOf(p)} goto ${start + 1020 + 3 * i}`);
    }
  });
  rule(`${start + 1010} goto ${start + 1420}`);
  list.forEach((_nic, i) => {
    const block = start + 1020 + 3 * i;
    rule(`${block} lookup main suppress_prefixlength ${family === 4 ? 1 : 3} suppress_ifgroup 77`);
    rule(`${block + 1} lookup ${7000 + 2 * i}`);
    rule(`${block + 2} unreachable`);
  });
  list.forEach((nic, i) => rule(`${start + 1420} oif ${nic.device} lookup ${7000 + 2 * i}`));
  return lines.join("\n");
}

export function recipeHost(list: readonly Nic[], surroundings: Surroundings = {}): LinuxState {
  return applyBatch(applyBatch(freshHost(list, surroundings), 4, recipe(list, 4)), 6, recipe(list, 6));
}

export function textOf({ family, value, length }: Prefix): string {
  if (family === 4) {
    const v = Number(value);
    return `${v >>> 24}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}/${length}`;
  }
  const groups = value.toString(16).padStart(32, "0").match(/.{4}/g) ?? [];
  return `${groups.join(":")}/${length}`;
}
