import { Plan, PlanInterface } from "../../model/plan";
import { HostModel, Otherwise } from "../../model/spec";

/**
 * What every drawing of a host shows, worked out once: a lane an interface and family, with the sources it owns, the
 * table that routes them, and where that leads.
 */
export interface Picture {
  readonly host: string;
  readonly lanes: readonly Lane[];
  /** Traffic policies, in the order in which they decide. */
  readonly policies: readonly PolicyLane[];
  /** What has to be known to read the picture: of the weak host model, that the lanes are not kept. */
  readonly note?: string;
  /** Routing domains beside the host's own, each with a title for its box. */
  readonly worlds: readonly { readonly title: string; readonly lanes: readonly Lane[] }[];
}

const WEAK =
  "Weak host model: nothing of ours. Packets leave by the route that main has for their destination, whatever their " +
  "source; the gateways are those that each interface has.";

export interface Lane {
  readonly interface: string;
  readonly family: 4 | 6;
  /** What the sources look up: the tables of the two generations; main, in the weak host model. */
  readonly table: string;
  /** All that the sources send goes this way; false in the weak host model. */
  readonly kept: boolean;
  readonly sources: readonly string[];
  /** Attached subnets and declared routes, with the next hop where there is one. */
  readonly reaches: readonly { readonly to: string; readonly by: string; readonly via?: string }[];
  readonly gateway?: string;
}

export function pictureOf(plan: Plan): Picture {
  return {
    host: plan.host,
    ...(plan.hostModel === HostModel.Weak && { note: WEAK }),
    lanes: [...lanesOf(plan), ...identityLanes(plan)],
    policies: policyLanes(plan),
    worlds: plan.worlds.map(({ name, kind, slot, plan: own, routes }) => {
      const title = `${name} (${kind})`;
      if (slot === undefined) return { title, lanes: lanesOf(own) };
      // The one table of a VRF has what the tables of interfaces have elsewhere.
      const family = (f: 4 | 6): Plan["ipv4"] => ({
        ...(f === 4 ? own.ipv4 : own.ipv6),
        routes: routes.filter((route) => route.family === f),
      });
      const table = String(plan.numbers.tableBase + 2 * slot);
      const lanes = lanesOf({ ...own, ipv4: family(4), ipv6: family(6) });
      return { title, lanes: lanes.map((lane) => ({ ...lane, table })) };
    }),
  };
}

/** A traffic policy: what it selects, and by which interfaces that may leave. */
export interface PolicyLane {
  readonly name: string;
  /** Where that is not after the rules for sources: " (before the rules for sources)". */
  readonly place: string;
  readonly selects: readonly string[];
  /** The interface of the first way. */
  readonly first: string;
  /** "by back", "else by front", "else refused", in this order. */
  readonly ways: readonly string[];
}

export const POLICIES = "no source yet, or forwarded: the first policy that matches";

export function policyLanes({ traffic }: Plan): PolicyLane[] {
  return traffic.map(({ name, selectors, use, weights, otherwise, beforeSources }) => ({
    name,
    place: beforeSources ? " (before the rules for sources)" : "",
    selects: selectors.length === 0 ? ["everything"] : selectors,
    first: use[0],
    ways: [
      ...(weights === undefined
        ? use.map((one, i) => `${i === 0 ? "" : "else "}by ${one}`)
        : [`by ${use.map((one, i) => `${one} (${weights[i]})`).join(" and ")}`]),
      `else ${OTHERWISE[otherwise]}`,
    ],
  }));
}

const OTHERWISE: Readonly<Record<Otherwise, string>> = {
  unreachable: "unreachable",
  prohibit: "prohibited",
  blackhole: "dropped",
  next: "on to the next",
};

/** An identity leaves by all links that it is announced over, as main says, where the routing protocol puts its routes. */
export function identityLanes({ identity }: Plan): Lane[] {
  if (identity === undefined) return [];
  return identity.addresses.map((address): Lane => {
    const family = familyOf(address);
    const links = identity.links.filter(({ addresses }) => addresses.some((a) => familyOf(a) === family));
    const names = links.map((link) => link.interface);
    return {
      interface: `identity (${identity.protocol.toUpperCase()})`,
      family,
      table: "main",
      kept: true,
      sources: [address],
      reaches: [],
      gateway: isShort(names) ? names.join(" + ") : `${names.length} links`,
    };
  });
}

/** Links that a picture names: so many, in so many characters beside a full-length address. */
const MOST_NAMES = 2;
const NAMES_WIDTH = 32;

function isShort(names: readonly string[]): boolean {
  return names.length <= MOST_NAMES && names.join(" + ").length <= NAMES_WIDTH;
}

function lanesOf(plan: Plan): Lane[] {
  return plan.interfaces.flatMap((iface) =>
    ([4, 6] as const).flatMap((family) => {
      const sources = iface.sources.filter((s) => familyOf(s) === family);
      return sources.length === 0 ? [] : [laneOf(plan, iface, family, sources)];
    }),
  );
}

function laneOf(plan: Plan, iface: PlanInterface, family: 4 | 6, sources: readonly string[]): Lane {
  const first = plan.numbers.tableBase + 2 * iface.slot;
  const routes = (family === 4 ? plan.ipv4 : plan.ipv6).routes.filter(
    (r) => r.table === iface.name && r.type === "unicast",
  );
  const kept = plan.hostModel !== HostModel.Weak;
  const gateway = kept
    ? routes.find((r) => r.to === "default")?.via
    : iface.gateways.find((text) => familyOf(text) === family);
  return {
    interface: iface.name,
    family,
    table: kept ? `${first} or ${first + 1}` : "main",
    kept,
    sources,
    reaches: routes
      .filter((r) => r.to !== "default" && r.to !== "fe80::/64")
      .map((r) => ({ to: r.to, by: r.dev as string, ...(r.via === undefined ? {} : { via: r.via }) })),
    ...(gateway === undefined ? {} : { gateway }),
  };
}

function familyOf(text: string): 4 | 6 {
  return text.includes(":") ? 6 : 4;
}

/** The first few of a list, and how many are left out. */
export function cut(list: readonly string[], shown: number): string[] {
  return list.length <= shown
    ? [...list]
    : [...list.slice(0, shown - 1), `… ${list.length - shown + 1} more`];
}
