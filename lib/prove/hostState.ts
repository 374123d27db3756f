import { DeviceSpec, Intent, IntentInterface, LinuxState, applyBatch, kernelState } from "../linux";
import { Route } from "../linux/state";
import { Address, FAMILIES, Family, formatAddress, isLinkLocal, widthOf } from "../net/address";
import {
  InterfaceAddress,
  Prefix,
  contains,
  formatPrefix,
  hostPrefix,
  overlaps,
  parseInterfaceAddress,
  prefixOf,
} from "../net/prefix";

/**
 * A host as its distribution leaves it before anybody cares for symmetry: every interface up, with its addresses; in the
 * main table a default route of each, the first interface's the best, and the routes declared; a bridge of containers. What is proved of a plan
 * is proved on top of this, since the host itself is not there yet. `doctor` proves the same of a host as it is.
 *
 * @param reserved names of devices that the host will have besides
 */
export function hostState(intent: Intent, reserved: readonly string[] = []): LinuxState {
  const devices: DeviceSpec[] = intent.interfaces.map(({ device, addresses }) => ({
    name: device,
    addresses,
  }));
  const taken = [...reserved, ...devices.map(({ name }) => name)];
  const bridge = containerBridge(intent, taken);
  const others = [bridge, ...incomingDevices(intent, [bridge.name, ...taken])];
  const names = ["all", ...[...devices, ...others].map(({ name }) => name)];
  const identities = intent.identities ?? [];
  const state = kernelState(
    [{ name: "lo", addresses: identities.map(ofFullLength) }, ...devices, ...others],
    // Containers need forwarding; and no plan may count on a filter that is loose.
    Object.fromEntries([
      ...names.flatMap((name) => FAMILIES.map((family) => [`ipv${family}/conf/${name}/forwarding`, 1])),
      // With an identity, which comes and goes by every link, it has to be; the program sees to that.
      ...names.slice(1).map((name) => [`ipv4/conf/${name}/rp_filter`, identities.length > 0 ? 2 : 1]),
    ]),
  );
  const made = FAMILIES.reduce(
    (sofar, family) =>
      applyBatch(
        sofar,
        family,
        [
          ...intent.interfaces.flatMap((iface, i) => [
            ...defaultRoute(iface, family, (identities.length > 0 ? AFTER_LEARNT : 0) + 100 * (i + 1)),
            ...declaredRoutes(iface, family, 100 * (i + 1)),
          ]),
          ...identities.filter((one) => one.family === family).flatMap((one) => learntRoute(intent, one)),
        ].join("\n"),
      ),
    state,
  );
  // FRR puts the next hops of a route into an object of the kernel.
  const asLearnt = (route: Route): Route =>
    route.origin === LEARNT ? { ...route, nexthopObject: true } : route;
  return { ...made, routes: { 4: made.routes[4].map(asLearnt), 6: made.routes[6].map(asLearnt) } };
}

/** The protocol of OSPF's routes (/etc/iproute2/rt_protos). */
const LEARNT = 188;

/** As a DHCP client or a router advertisement makes it. */
function defaultRoute(
  { device, addresses, gateways }: IntentInterface,
  family: Family,
  metric: number,
): string[] {
  const own = addresses.filter(({ address }) => address.family === family);
  const gateway = gateways[family];
  if (gateway === undefined || own.length === 0) return [];
  const via = formatAddress(gateway);
  const attached =
    isLinkLocal(gateway) || own.some((one) => contains(prefixOf(one.address, one.length), gateway));
  const source = family === 4 ? ` src ${formatAddress(own[0].address)}` : "";
  return [
    ...(attached
      ? []
      : [`route add ${via} dev ${device}${family === 4 ? " scope link" : ""} metric ${metric}`]),
    `route add default via ${via} dev ${device}${source} metric ${metric} proto ${family === 4 ? 16 : 9}`,
  ];
}

/** Metrics above which FRR takes what it learns before a default route of others; the program sees to that. */
const AFTER_LEARNT = 200 * 2 ** 24;

/** As a routing protocol makes it, of which the gateways are the neighbours: by all links at once. */
function learntRoute({ interfaces }: Intent, identity: Address): string[] {
  const hops = interfaces.flatMap(({ device, gateways }) => {
    const gateway = gateways[identity.family];
    if (gateway === undefined) return [];
    return `nexthop via ${formatAddress(gateway)} dev ${device}${identity.family === 4 ? " onlink" : ""}`;
  });
  return hops.length === 0
    ? []
    : [`route add default proto ${LEARNT} src ${formatAddress(identity)} metric 20 ${hops.join(" ")}`];
}

function ofFullLength(address: Address): InterfaceAddress {
  return { address, length: widthOf(address.family) };
}

/** As DHCP's classless routes (RFC 3442) make them; sockets without an address find them in main alone. */
function declaredRoutes({ device, routes }: IntentInterface, family: Family, metric: number): string[] {
  return routes
    .filter(({ to }) => to.family === family)
    .map(({ to, via }) => {
      const hop = via === undefined ? "" : ` via ${formatAddress(via)}`;
      return `route replace ${formatPrefix(to)}${hop} dev ${device} metric ${metric}${hop === "" || family === 6 ? "" : " onlink"}`;
    });
}

/** Networks that container engines take by default; the first that the host does not use for something else. */
const CONTAINERS: Readonly<Record<Family, readonly string[]>> = {
  4: ["172.17.0.1/16", "172.18.0.1/16", "192.168.224.1/20", "100.127.0.1/16", "198.19.0.1/16"],
  6: ["fd00:c0de::1/64", "fd00:c1de::1/64", "fd00:c2de::1/64"],
};

function containerBridge(intent: Intent, taken: readonly string[]): DeviceSpec {
  const used = intent.interfaces.flatMap((iface) => [
    ...iface.subnets,
    ...iface.delegatedPrefixes,
    ...iface.addresses.map((one) => hostPrefix(one.address)),
    ...iface.routes.map(({ to }) => to).filter(({ length }) => length > 1),
  ]);
  const names = ["docker0", "containers0", ...taken.map((_, i) => `containers${i + 1}`)];
  return {
    name: names.find((name) => !taken.includes(name))!,
    kind: "bridge",
    addresses: FAMILIES.filter((family) =>
      intent.interfaces.some(({ addresses }) => addresses.some(({ address }) => address.family === family)),
    ).flatMap((family) => CONTAINERS[family].map(read).find((one) => !used.some(meets(one))) ?? []),
  };
}

/** Those that traffic policies name are there, or nothing could be said of the policies. */
function incomingDevices({ traffic = [] }: Intent, there: readonly string[]): DeviceSpec[] {
  const named = new Set(traffic.flatMap(({ incoming }) => incoming));
  return [...named].filter((name) => !there.includes(name)).map((name) => ({ name, addresses: [] }));
}

function meets({ address, length }: InterfaceAddress): (prefix: Prefix) => boolean {
  return (prefix) => overlaps(prefixOf(address, length), prefix);
}

function read(text: string): InterfaceAddress {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value;
}
