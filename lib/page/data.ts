import { Intent, IntentInterface, Model, compile } from "../linux";
import { FAMILIES, Family, formatAddress } from "../net/address";
import { Prefix, formatPrefix, hostPrefix } from "../net/prefix";
import { Follower } from "../prove/follower";
import { StagedHost } from "../prove/staged";
import { Peer, peersOf } from "../doctor/peers";
import { othersOf } from "../doctor/survey";
import { PageTable, Places, tableOf } from "./table";

/**
 * Everything the page of a host can be asked about one world of it, worked out beforehand by the model: for every source,
 * where all destinations go, and what becomes of the way back. The page only looks up; it knows nothing of routing.
 */
export interface PageData {
  readonly interfaces: readonly PageInterface[];
  /** Containers and tunnels, with their networks. */
  readonly inside: readonly { readonly device: string; readonly networks: readonly string[] }[];
  /** Addresses of the host that are no interface's. */
  readonly identities: readonly string[];
  /** In each network an address to ask about: none of the host's own, and no gateway. */
  readonly examples: Readonly<Record<string, string>>;
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
export interface PageGroup extends PageTable {
  readonly family: Family;
  /** Prefixes; none for sockets that have no source yet. */
  readonly sources: readonly string[];
}

export function pageData({ state, intent, vrf }: StagedHost): PageData {
  const model = compile(vrf?.state ?? state);
  const socket = vrf === undefined ? {} : { oif: vrf.device };
  const follower = new Follower(state, intent, vrf);
  const managed = intent.interfaces.map(({ device }) => device);
  // What is ignored is no place that a peer could be at.
  const inside = intent.unmanagedRoutes === "ignore" ? [] : othersOf(state, managed);
  const survey = { intent, others: inside, notes: [] };
  const peers = peersOf(state, survey);
  const seen = vrf === undefined ? [model] : [model, compile(state)];
  const asked = { model, follower, survey };
  const far = Object.fromEntries(
    peers.flatMap(({ kind, address }) =>
      kind === "beyond" ? [[address.family, formatAddress(address)]] : [],
    ),
  );
  return {
    interfaces: intent.interfaces.map(describeInterface),
    inside: inside.map(({ device, reaches }) => ({ device, networks: reaches.map(formatPrefix) })),
    identities: (intent.identities ?? []).map(formatAddress),
    examples: Object.fromEntries(
      peers.flatMap(({ network, address }) =>
        network === undefined ? [] : [[formatPrefix(network), formatAddress(address)]],
      ),
    ),
    groups: FAMILIES.flatMap((family) => {
      const places = new Places(family, seen, intent);
      const table = (source: Parameters<typeof tableOf>[2]) => tableOf(asked, places, source);
      return [
        ...intent.interfaces.flatMap((owner) =>
          alikeSources(model, family, owner).map((sources): PageGroup => ({
            family,
            sources: sources.map(formatPrefix),
            ...table({ from: { family, value: sources[0].value }, anySource: true, ...socket }),
          })),
        ),
        ...(intent.interfaces.some((i) => i.addresses.some(({ address }) => address.family === family))
          ? [{ family, sources: [], ...table(socket) }]
          : []),
      ];
    }),
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
