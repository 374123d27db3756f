import { Draft, Pending, isKnown, isPending, pendingPaths } from "../deliver/known";
import { HostModel, HostSpec } from "../model/spec";
import { formatAddress, parseAddress } from "../net/address";
import { PlainHostArgs, hostSpec } from "./spec";

/**
 * A host with stand-ins for what is pending: whether a plan is symmetric depends on how its addresses lie to each other,
 * and not on which they are. A pending address is taken from the network of the interface's gateway where that is
 * known, else from the range for benchmarks (RFC 2544) or for documentation (RFC 3849), a network an interface.
 * Undefined when not even the interfaces are known, or nothing is claimed of them (the weak host model).
 */
export function schematicHost(draft: Exclude<Draft<PlainHostArgs>, Pending>): HostSpec | undefined {
  if (!Array.isArray(draft.interfaces)) return undefined;
  const { policy } = draft;
  if (isKnown(policy) && policy.hostModel === HostModel.Weak) return undefined;
  const interfaces = (draft.interfaces as readonly Draft<PlainHostArgs["interfaces"][number]>[]).map(
    (iface, i) => (isPending(iface) ? undefined : standIn(iface, i)),
  );
  if (interfaces.some((iface) => iface === undefined)) return undefined;
  return hostSpec({
    hostName: isKnown(draft.hostName) ? draft.hostName : "pending",
    interfaces: interfaces as PlainHostArgs["interfaces"],
    ...(isKnown(policy) && {
      policy: {
        ...(isKnown(policy.onLink) && { onLink: policy.onLink }),
        ...(isKnown(policy.unmanagedRoutes) && { unmanagedRoutes: policy.unmanagedRoutes }),
        ...(isKnown(policy.trackConnections) && { trackConnections: policy.trackConnections }),
        ...(pendingPaths(policy.traffic).length === 0 && { traffic: policy.traffic }),
      } as PlainHostArgs["policy"],
    }),
  });
}

type InterfaceDraft = Exclude<Draft<PlainHostArgs["interfaces"][number]>, Pending>;

function standIn(iface: InterfaceDraft, index: number): PlainHostArgs["interfaces"][number] {
  const gateways = listOf(iface.gateways);
  const onLink = listOf(iface.onLinkGateways);
  const known = (values: readonly (string | Pending)[]): string[] => values.filter(isText);
  const addresses = listOf(iface.addresses);
  const hasIpv4 = known(addresses).some((text) => !text.includes(":"));
  const wantsIpv6 = hasIpv4 && known(gateways).some((text) => text.includes(":"));
  const made = addresses.map((address, j) =>
    isText(address) ? address : madeAddress(wantsIpv6 ? 6 : 4, known(gateways), index, j),
  );
  const family = made.some((text) => !text.includes(":")) ? 4 : 6;
  return {
    name: isKnown(iface.name) ? iface.name : `pending-${index}`,
    addresses: made,
    gateways: gateways.map((gateway) => (isText(gateway) ? gateway : madeGateway(family, made))),
    ...(known(onLink).length > 0 && { onLinkGateways: known(onLink) }),
    delegatedPrefixes: known(listOf(iface.delegatedPrefixes)),
    subnets: known(listOf(iface.subnets)),
    routes: listOf(iface.routes).filter(
      (route) => !isPending(route) && !isPending(route.to) && !isPending(route.via),
    ),
  } as PlainHostArgs["interfaces"][number];
}

/** A list that is pending as a whole has one element that is. */
function listOf<T>(values: readonly T[] | Pending | undefined): readonly (T | Pending)[] {
  return isPending(values) ? [values] : (values ?? []);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** First host number of a stand-in: clear of gateways, and of the first addresses that people give. */
const FIRST_HOST = 150;

function madeAddress(family: 4 | 6, gateways: readonly string[], index: number, j: number): string {
  const host = FIRST_HOST + j;
  if (family === 6) return `2001:db8:${(0xff00 + index).toString(16)}::${host.toString(16)}/64`;
  const gateway = gateways.find((text) => !text.includes(":"));
  const parsed = gateway === undefined ? undefined : parseAddress(gateway);
  if (parsed?.ok !== true) return `198.18.${index % 256}.${host}/24`;
  const { value } = parsed.value;
  return `${formatAddress({ family: 4, value: (value & ~0xffn) | BigInt(host) })}/24`;
}

/** The first host of the first address's network. */
function madeGateway(family: 4 | 6, addresses: readonly string[]): string {
  if (family === 6) return "fe80::1";
  const address = addresses.find((text) => !text.includes(":")) ?? "198.18.0.1/24";
  const parsed = parseAddress(address.slice(0, address.indexOf("/")));
  if (!parsed.ok) return "198.18.0.1";
  const length = BigInt(address.slice(address.indexOf("/") + 1));
  const shift = 32n - length;
  return formatAddress({ family: 4, value: ((parsed.value.value >> shift) << shift) | 1n });
}
