import { Draft, PENDING, Pending, isKnown, isPending, pendingPaths } from "../deliver/known";
import { HostModel, HostSpec } from "../model/spec";
import { FAMILIES, Family, formatAddress, parseAddress } from "../net/address";
import { Prefix, parseInterfaceAddress, prefixOf } from "../net/prefix";
import { PlainHostArgs, hostSpec } from "./spec";
import { worldsOf } from "../deliver/worlds";

/**
 * A host with stand-ins for what is pending: whether a plan is symmetric depends on how its addresses lie to each other,
 * and not on which they are. A pending address is taken from the network of the interface's gateway where that is
 * known, else from the range for benchmarks (RFC 2544) or for documentation (RFC 3849), a network an interface.
 * Undefined when not even the interfaces are known, when what is known has not the form of a host, which is refused once
 * all is known, or when nothing is claimed (the weak host model).
 */
export function schematicHost(draft: Exclude<Draft<PlainHostArgs>, Pending>): HostSpec | undefined {
  const policy: unknown = isKnown(draft.policy) ? draft.policy : {};
  if (!isRecord(policy) || policy["hostModel"] === HostModel.Weak) return undefined;
  const interfaces: unknown = draft.interfaces;
  if (!Array.isArray(interfaces)) return undefined;
  const read = interfaces.map(readInterface);
  const sound = read.filter((iface) => iface !== undefined);
  if (sound.length < read.length) return undefined;
  const taken = new Set(
    sound.flatMap(({ addresses, gateways }) => known([...addresses, ...gateways]).map(bare)),
  );
  return hostSpec({
    hostName: isKnown(draft.hostName) ? draft.hostName : "pending",
    interfaces: sound.map((iface, i) => standIn(iface, i, taken)),
    // All that is known of it: another plan than the host's own would show nothing.
    policy: Object.fromEntries(
      Object.entries({ ...policy, worlds: worldsOf(policy) }).filter(([, value]) => isWhole(value)),
    ),
  });
}

type Text = string | Pending;

/** What of an interface is looked at here; the lists that are pending as a whole have one element that is. */
interface InterfaceDraft {
  readonly name: Text;
  readonly match: unknown;
  readonly addresses: readonly Text[];
  readonly gateways: readonly Text[];
  readonly onLinkGateways: readonly Text[];
  readonly delegatedPrefixes: readonly Text[];
  readonly subnets: readonly Text[];
  readonly routes: readonly unknown[];
}

/** Undefined when it has not the form of one. */
function readInterface(iface: unknown): InterfaceDraft | undefined {
  if (!isRecord(iface) || !isText(iface["name"])) return undefined;
  const { name, match } = iface;
  const texts = (field: string): readonly Text[] | undefined => {
    const list = listOf(iface[field]);
    return list?.every(isText) ? list : undefined;
  };
  const addresses = texts("addresses");
  const gateways = texts("gateways");
  const onLinkGateways = texts("onLinkGateways");
  const delegatedPrefixes = texts("delegatedPrefixes");
  const subnets = texts("subnets");
  const routes = listOf(iface["routes"]);
  return addresses && gateways && onLinkGateways && delegatedPrefixes && subnets && routes
    ? { name, match, addresses, gateways, onLinkGateways, delegatedPrefixes, subnets, routes }
    : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is Text {
  return typeof value === "string" || isPending(value);
}

/** Undefined when it is none. */
function listOf(values: unknown): readonly unknown[] | undefined {
  if (isPending(values)) return [PENDING];
  if (values === undefined) return [];
  return Array.isArray(values) ? values : undefined;
}

function known(values: readonly Text[]): string[] {
  return values.filter((value) => typeof value === "string");
}

function isWhole(value: unknown): boolean {
  return pendingPaths(value).length === 0;
}

function standIn(
  iface: InterfaceDraft,
  index: number,
  taken: Set<string>,
): PlainHostArgs["interfaces"][number] {
  const { name, match, routes } = iface;
  const onLink = known(iface.onLinkGateways);
  const own = known(iface.addresses).map(familyOf);
  const hops = [...known(iface.gateways), ...onLink].map(familyOf);
  const slots = iface.gateways.filter(isPending).length;
  // Pending gateways are of families that have none: of those that have addresses, and of so many that there are.
  const free = FAMILIES.filter((family) => !hops.includes(family));
  const wanting = free.filter((family) => own.includes(family));
  const gatewayFamilies =
    slots === 0 ? [] : distinct([...wanting, ...free]).slice(0, Math.max(slots, wanting.length));
  // Pending addresses are of the families that have a gateway and no address yet, at least one of each.
  const all = distinct([...hops, ...gatewayFamilies].sort());
  const missing = all.filter((family) => !own.includes(family));
  const last = missing[missing.length - 1] ?? all[0] ?? own[0] ?? 4;
  const pending = iface.addresses.filter(isPending);
  const addressFamilies =
    pending.length === 0 ? [] : [...missing, ...pending.slice(missing.length).map(() => last)];
  const addresses = [
    ...known(iface.addresses),
    ...addressFamilies.map((family) => madeAddress(family, known(iface.gateways), index, taken)),
  ];
  return {
    name: isPending(name) ? `pending-${index}` : name,
    ...(match !== undefined && { match: isWhole(match) ? match : { mac: `02:00:00:00:ff:${hex2(index)}` } }),
    addresses,
    gateways: [
      ...known(iface.gateways),
      ...gatewayFamilies.map((family) => madeGateway(family, addresses, taken)),
    ],
    ...(onLink.length > 0 && { onLinkGateways: onLink }),
    delegatedPrefixes: known(iface.delegatedPrefixes),
    subnets: known(iface.subnets),
    routes: routes.filter(isWhole),
  } as PlainHostArgs["interfaces"][number];
}

function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

function distinct(families: readonly Family[]): Family[] {
  return [...new Set(families)];
}

function hex2(n: number): string {
  return (n & 0xff).toString(16).padStart(2, "0");
}

/** An address without its length. */
function bare(text: string): string {
  return text.replace(/\/.*/, "");
}

/** First host number of a stand-in: clear of gateways, and of the first addresses that people give. */
const FIRST_HOST = 150n;

function madeAddress(family: Family, gateways: readonly string[], index: number, taken: Set<string>): string {
  const gateway = gateways.find((text) => familyOf(text) === 4);
  const parsed = gateway === undefined ? undefined : parseAddress(gateway);
  const network =
    family === 6
      ? { family, value: (0x20010db8ff00n + BigInt(index)) << 80n, length: 64 }
      : parsed?.ok === true
        ? prefixOf(parsed.value, 24)
        : { family, value: 0xc6120000n + (BigInt(index % 256) << 8n), length: 24 };
  return `${freeIn(network, FIRST_HOST, taken)}/${network.length}`;
}

/** The first free host of the first IPv4 address's network. */
function madeGateway(family: Family, addresses: readonly string[], taken: Set<string>): string {
  if (family === 6) return "fe80::1";
  const own = addresses.find((text) => familyOf(text) === 4) ?? "";
  const parsed = parseInterfaceAddress(own);
  // What is no address is told elsewhere.
  if (!parsed.ok) return "198.18.0.1";
  return freeIn(prefixOf(parsed.value.address, parsed.value.length), 1n, taken);
}

/** The first host of a network from a number on that nobody has; it is taken from then on. */
function freeIn({ family, value }: Prefix, from: bigint, taken: Set<string>): string {
  for (let number = from; ; number++) {
    const text = formatAddress({ family, value: value + number });
    if (taken.has(text)) continue;
    taken.add(text);
    return text;
  }
}
