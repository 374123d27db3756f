import * as fc from "fast-check";
import { HostSpec, InterfaceSpec, UnmanagedRoutes } from "../../../lib/model";

/**
 * Specs that are right, of every shape the planner knows: shared subnets, secondary addresses, delegated prefixes
 * inside and outside of the subnets, /32 with an on-link gateway, link-local gateways, no gateway at all, declared
 * routes and subnets, direct pairs, no way of others, numbers.
 *
 * Addresses are drawn from disjoint places, so that what is generated holds no contradiction:
 *   10.0.S.H, 2001:db8:S::H      host H (4 to 200) of subnet S; .1 and .2 are routers
 *   10.0.S.208/28 to .240/28     delegated inside the subnet; 10.0.0.0/16 may be declared as one wide subnet
 *   10.64.N.0/28, 2001:db8:dN::/80  delegated elsewhere
 */

const NAMES = ["front", "back", "mgmt", "san", "wan1", "wan2", "a", "b", "z.9", "Front", "x-_y"];

interface Drawn {
  readonly name: string;
  readonly subnet: number;
  readonly hosts4: readonly number[];
  readonly hosts6: readonly number[];
  readonly single: boolean;
  readonly delegated: readonly [inside: boolean, elsewhere: boolean, ipv6: boolean];
  readonly declared: "none" | "own" | "wide";
  readonly gateway: "none" | "router" | "second" | "link-local";
  readonly routes: readonly number[];
  readonly match: "default" | "mac" | "ifname" | "address" | "all";
  readonly upper: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  name: fc.constantFrom(...NAMES),
  subnet: fc.nat(2),
  hosts4: fc.uniqueArray(fc.integer({ min: 4, max: 200 }), { maxLength: 6 }),
  hosts6: fc.uniqueArray(fc.integer({ min: 4, max: 200 }), { maxLength: 4 }),
  single: fc.boolean(),
  delegated: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  declared: fc.constantFrom("none", "none", "own", "wide"),
  gateway: fc.constantFrom("none", "router", "second", "link-local"),
  routes: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
  match: fc.constantFrom("default", "mac", "ifname", "address", "all"),
  upper: fc.boolean(),
});

function interfaceOf(d: Drawn, index: number, taken: Set<string>): InterfaceSpec | undefined {
  const fresh = (text: string): boolean => !taken.has(text) && taken.add(text) !== undefined;
  const hosts4 = d.hosts4.filter((h) => fresh(`4 ${d.subnet} ${h}`));
  const hosts6 = d.hosts6.filter((h) => fresh(`6 ${d.subnet} ${h}`));
  const addresses = [
    ...hosts4.map((h) => `10.0.${d.subnet}.${h}/${d.single ? 32 : 24}`),
    ...hosts6.map((h) => {
      const text = `2001:${d.upper ? "0DB8" : "db8"}:${d.subnet}::${h.toString(16)}`;
      return `${text}/${d.single ? 128 : 64}`;
    }),
  ];
  const inside = 208 + 16 * (index % 3);
  const delegatedPrefixes = [
    ...(d.delegated[0] && fresh(`in ${d.subnet} ${inside}`) ? [`10.0.${d.subnet}.${inside}/28`] : []),
    ...(d.delegated[1] ? [`10.64.${index}.0/28`] : []),
    ...(d.delegated[2] ? [`2001:db8:d${index}::/80`] : []),
  ];
  const text = [...addresses, ...delegatedPrefixes];
  if (text.length === 0) return undefined;
  const has4 = text.some((t) => t.includes("."));
  const has6 = text.some((t) => t.includes(":"));
  const subnets =
    d.declared === "none" ? []
    : [...(has4 ? [d.declared === "own" ? `10.0.${d.subnet}.0/24` : "10.0.0.0/16"] : []),
       ...(has6 ? [d.declared === "own" ? `2001:db8:${d.subnet}::/64` : "2001:db8::/32"] : [])]; // prettier-ignore
  const attached4 = has4 && (subnets.length > 0 || (hosts4.length > 0 && !d.single));
  const attached6 = has6 && (subnets.length > 0 || (hosts6.length > 0 && !d.single));
  const router4 = `10.0.${d.subnet}.${d.gateway === "second" ? 2 : 1}`;
  const router6 =
    d.gateway === "link-local" ? "fe80::1" : `2001:db8:${d.subnet}::${d.gateway === "second" ? 2 : 1}`;
  const gateways: InterfaceSpec["gateways"] = [];
  if (d.gateway !== "none") {
    if (has4) gateways.push(attached4 ? router4 : { address: router4, onLink: true });
    if (has6)
      gateways.push(attached6 || d.gateway === "link-local" ? router6 : { address: router6, onLink: true });
  }
  const routes: InterfaceSpec["routes"] = d.routes.flatMap((r) => [
    ...(has4
      ? [{ to: `172.16.${r}.0/24`, ...(attached4 && r % 2 === 0 && { via: `10.0.${d.subnet}.3` }) }]
      : []),
    ...(has6 && r < 3 ? [{ to: `2001:db8:f${r}::/48`, ...(r === 0 && { via: "fe80::2" }) }] : []),
  ]);
  const mac = `02:00:00:00:00:${index.toString(16).padStart(2, "0")}`;
  const ifname = `eth${index}`;
  const any = { mac: d.upper ? mac.toUpperCase() : mac };
  const own = addresses[0]?.split("/")[0];
  const match =
    d.match === "ifname" ? { ifname }
    : d.match === "all" ? { ...any, ifname, ...(own !== undefined && { address: own }) }
    : d.match === "address" && own !== undefined ? { address: own }
    : d.match === "default" && addresses.length > 0 ? undefined
    : any; // prettier-ignore
  return {
    name: d.name,
    ...(match && { match }),
    ...(addresses.length > 0 && { addresses }),
    ...(delegatedPrefixes.length > 0 && { delegatedPrefixes }),
    ...(gateways.length > 0 && { gateways }),
    ...(subnets.length > 0 && { subnets }),
    ...(routes.length > 0 && { routes }),
  };
}

const numbers: fc.Arbitrary<HostSpec["numbers"]> = fc.option(
  fc.record(
    {
      protocol: fc.constantFrom(5, 77, 200, 255),
      group: fc.constantFrom(1, 77, 2 ** 31 - 1),
      tableBase: fc.constantFrom(256, 7000, 2 ** 32 - 256),
      priorityBase: fc.constantFrom(3, 7000, 29766),
      canaryMark: fc.constantFrom(1, 2 ** 30, 2 ** 31),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

/** Hosts of one to five interfaces. */
export const specs: fc.Arbitrary<HostSpec> = fc
  .record({
    name: fc.constantFrom("edge-1", "h", "A.b_c-9"),
    interfaces: fc.uniqueArray(drawn, { selector: (d) => d.name, minLength: 1, maxLength: 5 }),
    onLink: fc.constantFrom<"gateway" | "direct" | undefined>("gateway", "direct", undefined),
    unmanagedRoutes: fc.constantFrom(...Object.values(UnmanagedRoutes), undefined),
    model: fc.boolean(),
    pairs: fc.uniqueArray(fc.tuple(fc.nat(4), fc.nat(4)), { selector: ([a, b]) => 5 * a + b, maxLength: 4 }),
    numbers,
  })
  .map((d): HostSpec => {
    const taken = new Set<string>();
    const interfaces = d.interfaces.flatMap((i, index) => interfaceOf(i, index, taken) ?? []);
    if (interfaces.length === 0) interfaces.push({ name: "only", addresses: ["192.168.1.2/30"] });
    const directPairs = d.pairs
      .filter(([a, b]) => a !== b && a < interfaces.length && b < interfaces.length)
      .map(([a, b]) => ({ from: interfaces[a].name, to: interfaces[b].name }));
    const policy = {
      ...(d.model && { hostModel: "symmetric" as const }),
      ...(d.onLink && { onLink: d.onLink }),
      ...(d.unmanagedRoutes && { unmanagedRoutes: d.unmanagedRoutes }),
      ...(directPairs.length > 0 && { directPairs }),
    };
    return {
      name: d.name,
      interfaces,
      ...(Object.keys(policy).length > 0 && { policy }),
      ...(d.numbers && { numbers: d.numbers }),
    };
  });
