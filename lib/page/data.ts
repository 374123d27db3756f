import {
  Intent,
  IntentInterface,
  Model,
  OutputFlow,
  PartitionRow,
  compile,
  describeOutcome,
  partition,
  tracing,
} from "../linux";
import { FAMILIES, Family, formatAddress, widthOf } from "../net/address";
import { Prefix, formatPrefix, hostPrefix, sizeOf } from "../net/prefix";
import { ExchangeVerdict } from "../prove/exchange";
import { Follower } from "../prove/follower";
import { StagedHost } from "../prove/staged";
import { Peer, peersOf } from "../doctor/peers";
import { othersOf } from "../doctor/survey";

/**
 * Everything the page of a host can be asked about one world of it, worked out beforehand by the model: for every source,
 * where all destinations go, and what becomes of the way back. The page only looks up; it knows nothing of routing.
 */
export interface PageData {
  readonly interfaces: readonly PageInterface[];
  /** Containers and tunnels, with their networks. */
  readonly inside: readonly { readonly device: string; readonly networks: readonly string[] }[];
  readonly groups: readonly PageGroup[];
  /** An address beyond all networks, by family. */
  readonly far: { readonly [F in Family]?: string };
  /** What is shown at first: a neighbour of one interface asks the address of another. */
  readonly start: { readonly from: string; readonly to: string };
}

export interface PageInterface {
  readonly name: string;
  readonly device: string;
  readonly addresses: readonly string[];
  readonly delegated: readonly string[];
  readonly gateways: readonly string[];
  readonly networks: readonly string[];
}

/** Sources that are treated alike. */
export interface PageGroup {
  readonly family: Family;
  /** Prefixes; none for sockets that have no source yet. */
  readonly sources: readonly string[];
  /** The interface that owns them. */
  readonly interface?: string;
  readonly rows: readonly PageRow[];
  /** Lowest destination of each stretch, in hexadecimal, ascending from 0, and the row it goes by. */
  readonly stretches: readonly (readonly [start: string, row: number])[];
}

/** Destinations that go one way. */
export interface PageRow {
  readonly to: string;
  /** local: the host itself; away: by `hops`; nowhere: refused or dropped. */
  readonly kind: "local" | "away" | "nowhere";
  readonly hops: readonly { readonly device: string; readonly via?: string; readonly source?: string }[];
  readonly way: string;
  readonly because: string;
  readonly verdict: ExchangeVerdict;
  /** Steps of the lookup. */
  readonly out: readonly string[];
  /** How a packet from there is received: by which device, what becomes of it, and the steps. */
  readonly arrival?: string;
  readonly received?: string;
  readonly in?: readonly string[];
}

export function pageData({ state, intent, vrf }: StagedHost): PageData {
  const model = compile(vrf?.state ?? state);
  const socket = vrf === undefined ? {} : { oif: vrf.device };
  const follower = new Follower(state, intent, vrf);
  const managed = intent.interfaces.map(({ device }) => device);
  const inside = othersOf(state, managed);
  const peers = peersOf(state, { intent, others: inside, notes: [] });
  const far = Object.fromEntries(
    peers.flatMap(({ kind, address }) =>
      kind === "beyond" ? [[address.family, formatAddress(address)]] : [],
    ),
  );
  return {
    interfaces: intent.interfaces.map(describeInterface),
    inside: inside.map(({ device, reaches }) => ({ device, networks: reaches.map(formatPrefix) })),
    groups: FAMILIES.flatMap((family) => [
      ...intent.interfaces.flatMap((owner) =>
        alikeSources(model, family, owner).map((sources): PageGroup => ({
          ...tableOf(
            model,
            family,
            { from: { family, value: sources[0].value }, anySource: true, ...socket },
            follower,
            managed,
          ),
          sources: sources.map(formatPrefix),
          interface: owner.name,
        })),
      ),
      ...(intent.interfaces.some((i) => i.addresses.some(({ address }) => address.family === family))
        ? [{ ...tableOf(model, family, socket, follower, managed), sources: [] }]
        : []),
    ]),
    far,
    start: startOf(intent, peers),
  };
}

/** The flow that most hosts get wrong: a neighbour of the last interface asks the first one's address. */
function startOf({ interfaces }: Intent, peers: readonly Peer[]): PageData["start"] {
  const [first] = interfaces.flatMap(({ device, addresses }) =>
    addresses.map(({ address }) => ({ device, address })),
  );
  if (first === undefined) return { from: "", to: "" };
  const near = peers.filter(
    ({ kind, address }) => kind === "attached" && address.family === first.address.family,
  );
  const other = near.filter(({ device }) => device !== first.device).pop();
  const peer =
    other ?? peers.find(({ kind, address }) => kind === "beyond" && address.family === first.address.family);
  return { from: peer === undefined ? "any" : formatAddress(peer.address), to: formatAddress(first.address) };
}

function describeInterface(iface: IntentInterface): PageInterface {
  return {
    name: iface.name,
    device: iface.device,
    addresses: iface.addresses.map(({ address }) => formatAddress(address)),
    delegated: iface.delegatedPrefixes.map(formatPrefix),
    gateways: Object.values(iface.gateways).map(formatAddress),
    networks: [...iface.subnets, ...iface.routes.map(({ to }) => to)].map(formatPrefix),
  };
}

/** The sources of an interface, those together that the rules treat alike. */
function alikeSources(model: Model, family: Family, owner: IntentInterface): Prefix[][] {
  const { sources, chains } = model[family];
  const all = [...owner.addresses.map(({ address }) => hostPrefix(address)), ...owner.delegatedPrefixes];
  const groups = new Map<number, Prefix[]>();
  for (const prefix of all.filter((one) => one.family === family)) {
    const { alike } = chains[sources.intervalOf(prefix)];
    groups.set(alike, [...(groups.get(alike) ?? []), prefix]);
  }
  return [...groups.values()];
}

/** What packets of one table have in common. */
type Source = Omit<OutputFlow, "to">;

function tableOf(
  model: Model,
  family: Family,
  source: Source,
  follower: Follower,
  managed: readonly string[],
): Pick<PageGroup, "family" | "rows" | "stretches"> {
  const found = partition(model, family, source);
  return {
    family,
    rows: found.map((row) => describeRow(model, row, source, follower, managed)),
    stretches: stretches(family, found),
  };
}

function describeRow(
  model: Model,
  row: PartitionRow,
  source: Source,
  follower: Follower,
  managed: readonly string[],
): PageRow {
  const { outcome, example } = row;
  const { from } = source;
  const result = follower.follow(
    from === undefined
      ? { asker: "host", peer: example, connected: false }
      : { asker: "peer", peer: example, local: from, ...arrivalOf(row, managed) },
    { trace: true },
  );
  const { steps } = tracing(model, { ...source, to: example });
  const local = outcome.kind === "route" && outcome.type !== "unicast";
  return {
    to: row.summary,
    kind: local ? "local" : outcome.kind === "route" ? "away" : "nowhere",
    hops:
      outcome.kind === "route" && !local
        ? outcome.hops.map(({ device, via, source: chosen }) => ({
            device,
            ...(via && { via: formatAddress(via) }),
            ...(from === undefined && chosen && { source: formatAddress(chosen) }),
          }))
        : [],
    way: row.way,
    because: row.because,
    verdict: result.verdict,
    out: lines(steps),
    ...(!local &&
      from !== undefined &&
      result.inward !== undefined && {
        arrival: result.arrival,
        received: describeOutcome(result.inward.outcome),
        in: lines(result.inward.steps),
      }),
  };
}

/** What is behind a container bridge or a tunnel comes in by it. */
function arrivalOf({ outcome }: PartitionRow, managed: readonly string[]): { arrival?: string } {
  const device = outcome.kind === "route" ? outcome.hops[0]?.device : undefined;
  return device === undefined || managed.includes(device) ? {} : { arrival: device };
}

function lines(steps: readonly { readonly depth: number; readonly text: string }[]): string[] {
  return steps.map(({ depth, text }) => "  ".repeat(depth) + text.trim());
}

/** The prefixes of all rows as stretches without gaps. */
function stretches(family: Family, rows: readonly PartitionRow[]): [string, number][] {
  const pieces = rows
    .flatMap(({ destinations }, row) =>
      destinations.map((prefix) => ({ start: prefix.value, size: sizeOf(prefix), row })),
    )
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const digits = widthOf(family) / 4;
  return pieces
    .filter(({ row }, i) => i === 0 || pieces[i - 1].row !== row)
    .map(({ start, row }) => [start.toString(16).padStart(digits, "0"), row]);
}
