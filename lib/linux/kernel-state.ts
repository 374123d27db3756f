import { Address, Family } from "../net/address";
import { InterfaceAddress, prefixOf } from "../net/prefix";
import { KERNEL, addressRoutes, firstRules, hopTo, plainRoute, plainRule } from "./kernel-routes";
import { EMPTY_STATE, Link, LinkAddress, LinuxState, Route, Rule, Scope, Table } from "./state";

/** Hosts as their kernels make them, and what becomes of them by one address or device more. */

/** A device as {@link kernelState} takes it. */
export interface DeviceSpec {
  readonly name: string;
  readonly addresses: readonly InterfaceAddress[];
  readonly group?: number;
  readonly kind?: string;
  readonly mac?: string;
}

/**
 * The state of a host whose devices are up and carry these addresses, and on which nobody has set up anything else:
 * what a prover can work on before the host exists. Sysctls are the kernel's own defaults, unless given.
 *
 * @param devices of "lo" the addresses that it has besides its own
 * @param sysctls by path, as in {@link LinuxState.sysctls}
 */
export function kernelState(
  devices: readonly DeviceSpec[],
  sysctls: Readonly<Record<string, number>> = {},
): LinuxState {
  const loopback: DeviceSpec = {
    name: "lo",
    addresses: [
      { address: { family: 4, value: 0x7f000001n }, length: 8 },
      { address: { family: 6, value: 1n }, length: 128 },
      ...devices.filter((device) => device.name === "lo").flatMap((device) => device.addresses),
    ],
  };
  const all = [loopback, ...devices.filter((device) => device.name !== "lo")];
  const links = all.map((device, i): Link => ({
    index: i + 1,
    name: device.name,
    up: true,
    carrier: true,
    loopback: device.name === "lo",
    group: device.group ?? 0,
    kind: device.kind,
    mac: device.mac,
  }));
  const routes: { 4: Route[]; 6: Route[] } = { 4: [], 6: [] };
  for (const link of links.slice(1)) {
    const hops = [hopTo(link.name)];
    const linkLocal = { family: 6, value: 0xfe80n << 112n, length: 64 } as const;
    const multicast = { family: 6, value: 0xffn << 120n, length: 8 } as const;
    routes[6].push(plainRoute(6, { table: Table.main, to: linkLocal, metric: 256, hops, origin: KERNEL }));
    routes[6].push(
      plainRoute(6, {
        table: Table.local,
        type: "multicast",
        to: multicast,
        metric: 256,
        hops,
        origin: KERNEL,
      }),
    );
  }
  const addresses: LinkAddress[] = [];
  for (const device of all) {
    for (const { address, length } of device.addresses) {
      addAddress({ addresses, routes }, plainAddress(device.name, address, length));
    }
  }
  return {
    ...EMPTY_STATE,
    links,
    addresses,
    rules: { 4: firstRules(4), 6: firstRules(6) },
    routes,
    sysctls: { ...defaultSysctls(links), ...sysctls },
  };
}

export function plainAddress(link: string, address: Address, length: number): LinkAddress {
  return {
    link,
    address,
    length,
    scope:
      link === "lo" && (address.value === 1n || address.value >> 24n === 127n) ? Scope.host : Scope.universe,
    secondary: false,
    deprecated: false,
    tentative: false,
    dadFailed: false,
    optimistic: false,
    home: false,
    noPrefixRoute: false,
    unmodelled: [],
  };
}

/** The state with one more address and the routes that come with it. */
export function withAddress(state: LinuxState, address: LinkAddress): LinuxState {
  const addresses = [...state.addresses];
  const routes = { 4: [...state.routes[4]], 6: [...state.routes[6]] };
  addAddress({ addresses, routes }, address);
  return { ...state, addresses, routes };
}

interface Growing {
  readonly addresses: LinkAddress[];
  readonly routes: Readonly<Record<Family, Route[]>>;
}

function addAddress({ addresses, routes }: Growing, address: LinkAddress): void {
  const { family } = address.address;
  const subnet = prefixOf(address.peer ?? address.address, address.length);
  const first = addresses.find(
    (other) =>
      family === 4 &&
      other.link === address.link &&
      other.address.family === 4 &&
      other.length === address.length &&
      prefixOf(other.peer ?? other.address, other.length).value === subnet.value,
  );
  const added = { ...address, secondary: address.secondary || first !== undefined };
  for (const route of addressRoutes(added, first?.address ?? address.address)) {
    // Of two addresses in one IPv6 subnet the second finds the route of the subnet there.
    if (family === 6 && routes[6].some((other) => sameRoute(other, route))) continue;
    routes[family].push(route);
  }
  addresses.push(added);
}

/**
 * The state with a VRF's device more, and these devices in it: what the kernel had made of their addresses is then in its
 * table, and the rule that leads there before all of the host's own (drivers/net/vrf.c).
 */
export function withVrf(
  state: LinuxState,
  {
    name,
    table,
    ports,
  }: { readonly name: string; readonly table: number; readonly ports: readonly string[] },
): LinuxState {
  const links = state.links.map((link) => (ports.includes(link.name) ? { ...link, master: name } : link));
  const index = Math.max(...links.map((link) => link.index)) + 1;
  const device: Link = {
    index,
    name,
    up: true,
    carrier: true,
    loopback: false,
    group: 0,
    kind: "vrf",
    vrfTable: table,
  };
  const moved = (route: Route): Route =>
    route.hops.length > 0 && route.hops.every(({ link }) => ports.includes(link))
      ? { ...route, table }
      : route;
  const rule = plainRule({
    priority: 1000,
    l3mdev: true,
    action: { kind: "lookup", table: 0 },
    origin: KERNEL,
  });
  const ruled = (rules: readonly Rule[]): Rule[] =>
    rules.some(({ l3mdev }) => l3mdev)
      ? [...rules]
      : [...rules, rule].sort((a, b) => a.priority - b.priority);
  return {
    ...state,
    links: [...links, device],
    rules: { 4: ruled(state.rules[4]), 6: ruled(state.rules[6]) },
    routes: { 4: state.routes[4].map(moved), 6: state.routes[6].map(moved) },
    sysctls: { ...defaultSysctls([device]), ...state.sysctls },
  };
}

function sameRoute(a: Route, b: Route): boolean {
  return (
    a.table === b.table &&
    a.metric === b.metric &&
    a.to.value === b.to.value &&
    a.to.length === b.to.length &&
    a.hops[0]?.link === b.hops[0]?.link
  );
}

/** The values that routing reads, as a kernel sets them for a new device. */
function defaultSysctls(links: readonly Link[]): Record<string, number> {
  const values: Record<string, number> = { "ipv6/conf/all/forwarding": 0 };
  for (const name of ["all", ...links.map((link) => link.name)]) {
    for (const key of IPV4_OFF) values[`ipv4/conf/${name}/${key}`] = 0;
    values[`ipv4/conf/${name}/send_redirects`] = 1;
    values[`ipv6/conf/${name}/ignore_routes_with_linkdown`] = 0;
  }
  return values;
}

const IPV4_OFF = [
  "rp_filter",
  "accept_local",
  "src_valid_mark",
  "forwarding",
  "bc_forwarding",
  "route_localnet",
  "ignore_routes_with_linkdown",
  "arp_ignore",
  "arp_announce",
  "arp_filter",
];
