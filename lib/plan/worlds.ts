import { Host, HostInterface, HostWorld } from "../model/host";
import { LAST_RESORT_METRIC } from "../model/numbers";
import { Plan, PlanFamily, PlanRoute, PlanWorld } from "../model/plan";
import { WorldKind } from "../model/spec";
import { FAMILIES, Family, formatAddress } from "../net/address";
import { formatPrefix, parseInterfaceAddress, prefixOf } from "../net/prefix";
import { routesOf } from "./routes";
import { interfacesOf } from "./sources";

/** The name under which a VRF's table is among those of the host. */
export const vrfTable = (world: { readonly name: string }): string => `vrf/${world.name}`;

/** The worlds of a host whose tables are VRFs'. */
export function vrfsOf(host: Host): readonly HostWorld[] {
  return host.worlds.filter(({ kind }) => kind === WorldKind.Vrf);
}

/**
 * A world's part of the plan.
 *
 * @param plan of the world as a host of its own
 * @param slot of the world's table, if it is a VRF
 */
export function buildWorld(world: HostWorld, plan: Plan, slot: number | undefined): PlanWorld {
  const { name, kind, host, resolver, services, moveManagement } = world;
  return {
    name,
    kind,
    plan: kind === WorldKind.Vrf ? { ...plan, ipv4: ruleless(plan.ipv4), ipv6: ruleless(plan.ipv6) } : plan,
    ...(slot !== undefined && { slot }),
    routes: FAMILIES.flatMap((family) => [
      ...unboundRoutes(host, world.preference, family).map((route) => ({ ...route, family })),
      // What a VRF has no route for would go on to the rules of the host.
      ...(kind === WorldKind.Vrf ? [{ ...LAST_RESORT, table: host.interfaces[0].name, family }] : []),
    ]),
    ...(resolver && {
      resolver: { nameservers: resolver.nameservers.map(formatAddress), search: resolver.search },
    }),
    services,
    moveManagement,
  };
}

const LAST_RESORT = { type: "unreachable", to: "default", metric: LAST_RESORT_METRIC } as const;

/** One table decides in a VRF, which its device says, and not a rule. */
function ruleless(family: PlanFamily): PlanFamily {
  return { ...family, covers: [], routes: [], rules: [] };
}

/** Between the metrics of two interfaces; as far apart as those that DHCP clients use. */
const METRIC_STEP = 100;

/** The ways out for what has no source yet: those of the first interface are preferred, then those of the second. */
function unboundRoutes(host: Host, preference: readonly string[], family: Family): PlanRoute[] {
  const interfaces = interfacesOf(host, family);
  return preference.flatMap((name, i) => {
    const iface = interfaces.find((one) => one.name === name);
    if (iface === undefined) return [];
    const connected = connectedOf(iface, family);
    return routesOf({ ...host, directPairs: [], onLink: "gateway" }, iface, family)
      .filter(({ to }) => !connected.has(to))
      .map((route) => ({ ...route, metric: METRIC_STEP * (i + 1) }));
  });
}

/** Routes that the kernel makes by itself of an interface's addresses. */
function connectedOf(iface: HostInterface, family: Family): ReadonlySet<string> {
  const prefixes = iface.addresses[family].texts.flatMap((text) => {
    const parsed = parseInterfaceAddress(text);
    return parsed.ok ? [formatPrefix(prefixOf(parsed.value.address, parsed.value.length))] : [];
  });
  return new Set([...prefixes, "fe80::/64"]);
}
