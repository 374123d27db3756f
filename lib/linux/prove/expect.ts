import { Address, Family, sameAddress } from "../../net/address";
import { Prefix, contains, hostPrefix } from "../../net/prefix";
import { Model } from "../model";
import { Route, Table } from "../state";
import { SPECIAL } from "./destinations";
import { Expected, ExpectedHop, LOCAL, REFUSED, UNCLAIMED } from "./expected";
import { Owners } from "./owners";
import { Intent, IntentInterface } from "./types";
import { Ways } from "./ways";

/** Where a destination lies, apart from who asks. */
interface Place {
  readonly address: Address;
  readonly special: boolean;
  readonly own: boolean;
  /** Reached through what is not managed, as main has it. */
  readonly behind?: { readonly device?: string };
}

/** The demands of an intent, worked out for one family of one state. */
export class Expectations {
  readonly managed: ReadonlySet<string>;
  private readonly places = new Map<bigint, Place>();
  private readonly own: ReadonlyMap<string, Ways>;
  private readonly owners: Owners;

  constructor(
    readonly intent: Intent,
    readonly model: Model,
    readonly family: Family,
  ) {
    this.managed = new Set(intent.interfaces.map((i) => i.device));
    this.own = new Map(intent.interfaces.map((i) => [i.name, new Ways(intent, i, family)]));
    this.owners = new Owners(intent.interfaces, family);
  }

  /** Whether nothing at all is claimed of a destination. */
  unclaimed(to: Address): boolean {
    return this.place(to).special;
  }

  /** From an address of `from` to `to`. */
  egress(from: IntentInterface, to: Address): Expected {
    const place = this.place(to);
    if (place.special) return UNCLAIMED;
    if (place.own) return LOCAL;
    const ways = this.own.get(from.name)!;
    const near = ways.near(to);
    const behind = this.followed(place);
    if (near !== undefined) {
      const hops =
        behind?.device === undefined ? [near] : [near, { device: behind.device, anyGateway: true }];
      return { kind: "by", hops, refusal: behind !== undefined && behind.device === undefined };
    }
    if (behind !== undefined) {
      return behind.device === undefined
        ? REFUSED
        : { kind: "by", hops: [{ device: behind.device, anyGateway: true }], refusal: false };
    }
    return ways.far(to);
  }

  /** From an address that belongs to no interface: by any of them, or not at all. */
  identity(to: Address): Expected {
    const place = this.place(to);
    if (place.special) return UNCLAIMED;
    if (place.own) return LOCAL;
    const behind = this.followed(place);
    const devices =
      behind === undefined ? [...this.managed] : behind.device === undefined ? [] : [behind.device];
    return { kind: "by", hops: devices.map((device) => ({ device, anyGateway: true })), refusal: true };
  }

  /** From a socket bound to the device of `from`: what lies behind other devices is not reached. */
  bound(from: IntentInterface, to: Address): Expected {
    const place = this.place(to);
    if (!place.own && contains(LINK_LOCAL, to) && longest(this.model, Table.local, to)?.type !== "anycast")
      return { kind: "by", hops: [{ device: from.device }], refusal: false };
    if (place.special) return UNCLAIMED;
    if (place.own) return LOCAL;
    const ways = this.own.get(from.name)!;
    // A finer way by another device does not count.
    const near = ways.allNear(to).find(({ hop }) => hop.device === from.device);
    return near === undefined ? ways.far(to) : { kind: "by", hops: [near.hop], refusal: false };
  }

  /**
   * From an address of `from` that the kernel chose for a way of its own choice: main has that way, which need not know
   * the finer ones of the interface.
   */
  chosen(from: IntentInterface, to: Address): Expected {
    const expected = this.egress(from, to);
    if (expected.kind !== "by" || this.followed(this.place(to)) !== undefined) return expected;
    const own = this.hopsOf(from, to).filter(({ device }) => device === from.device);
    return { ...expected, hops: [...expected.hops, ...own] };
  }

  /** The ways of an interface to an address, the one it takes first, and then what is left when a link goes away. */
  hopsOf(from: IntentInterface, to: Address): ExpectedHop[] {
    const ways = this.own.get(from.name)!;
    return [...ways.allNear(to).map(({ hop }) => hop), ...(ways.byGateway(to) ?? [])];
  }

  /** The gateway of an interface as a way. */
  gatewayOf(from: IntentInterface): ExpectedHop | undefined {
    const via = from.gateways[this.family];
    return via === undefined ? undefined : { device: from.device, via };
  }

  /** Ways that lie near one of several interfaces, the finest first; of two that hold the same prefix the first alone. */
  sharedNear(interfaces: readonly IntentInterface[], to: Address): ExpectedHop[] {
    const byLength = new Map<number, ExpectedHop>();
    for (const iface of interfaces) {
      for (const { length, hop } of this.own.get(iface.name)!.allNear(to))
        if (!byLength.has(length)) byLength.set(length, hop);
    }
    return [...byLength].sort(([a], [b]) => b - a).map(([, hop]) => hop);
  }

  /**
   * What is not managed and behind which main has an address; without a device where main refuses it.
   *
   * @param ours for what may have a source of ours, which need not follow main there
   */
  behind(to: Address, ours: boolean): Place["behind"] {
    const place = this.place(to);
    return ours ? this.followed(place) : place.behind;
  }

  /** Whether it is an address of the host. */
  isOwn(to: Address): boolean {
    return this.place(to).own;
  }

  /** The interface that may send from an address. */
  ownerOf(source: Address): IntentInterface | undefined {
    return this.owners.of(source);
  }

  /** The first addresses behind each piece that interfaces own. */
  ownedEnds(): readonly bigint[] {
    return this.owners.ends();
  }

  isIdentity(source: Address): boolean {
    return (this.intent.identities ?? []).some((one) => sameAddress(one, source));
  }

  /** The device that is not managed and behind which main has an address, followed or not. */
  deviceBehind(address: Address): string | undefined {
    return this.place(address).behind?.device;
  }

  /** By what has a source of ours. */
  private followed({ behind }: Place): Place["behind"] {
    return this.intent.unmanagedRoutes === "ignore" ? undefined : behind;
  }

  private place(to: Address): Place {
    let place = this.places.get(to.value);
    if (place === undefined) this.places.set(to.value, (place = this.findPlace(to)));
    return place;
  }

  private findPlace(address: Address): Place {
    const special =
      SPECIAL[this.family].some((prefix) => contains(prefix, address)) ||
      (this.intent.exclude ?? []).some((prefix) => contains(prefix, address));
    const local = longest(this.model, Table.local, address);
    return {
      address,
      special:
        special || local?.type === "broadcast" || local?.type === "anycast" || local?.type === "multicast",
      own: local?.type === "local",
      behind: special ? undefined : this.findBehind(address),
    };
  }

  /** A route of main that is no default in disguise, and that leads by no managed device. */
  private findBehind(address: Address): Place["behind"] {
    const route = longest(this.model, Table.main, address);
    const longerThan = (this.intent.unmanagedLongerThan ?? { 4: 1, 6: 3 })[this.family];
    if (route === undefined || route.to.length <= longerThan || route.type === "throw") return undefined;
    if (route.type !== "unicast") return {};
    const device = route.hops[0]?.link;
    if (device === undefined || this.managed.has(device)) return undefined;
    const link = this.model.devices[this.model.deviceNumbers.get(device) ?? -1]?.link;
    return link === undefined || link.loopback ? undefined : { device };
  }
}

const LINK_LOCAL: Prefix = { family: 6, value: 0xfe80n << 112n, length: 64 };

/** The first route of the longest match, whatever its metric rivals. */
function longest(model: Model, id: number, to: Address): Route | undefined {
  const table = model[to.family].tables.get(id);
  if (table === undefined) return undefined;
  const { index } = table;
  for (let node = index.longest(to); node >= 0; node = index.parent[node]) {
    const route = table.nodes[node].find((r) => r.error !== "" || r.hops.some((hop) => hop.usable));
    if (route !== undefined) return route.route;
  }
  return undefined;
}

/** All prefixes that an intent tells apart. */
export function intentPrefixes(intent: Intent): Prefix[] {
  return [
    LINK_LOCAL,
    ...(intent.exclude ?? []),
    ...(intent.identities ?? []).map(hostPrefix),
    ...(intent.management ?? []).map(({ peer }) => peer),
    ...(intent.traffic ?? []).flatMap((t) => [...t.from, ...t.to]),
    ...intent.interfaces.flatMap((i) => [
      ...i.subnets,
      ...i.delegatedPrefixes,
      ...i.routes.map(({ to }) => to),
      ...([i.gateways[4], i.gateways[6]] as (Address | undefined)[])
        .filter((gateway) => gateway !== undefined)
        .map((gateway) => ({ ...gateway, length: gateway.family === 4 ? 32 : 128 })),
    ]),
  ];
}
