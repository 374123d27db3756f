import { LinuxState, Model, compile } from "../linux";
import { FAMILIES, Family } from "../net/address";
import { Passage, PassageResult, followPassage } from "../prove/passage";
import { Peer, peersOf } from "./peers";
import { Survey } from "./survey";

/** What a host does besides: it forwards, and no verdict is about that, since NAT and marks are in no capture. */
export interface Forwarding {
  readonly families: readonly Family[];
  /** Devices that lead to what is behind the host: containers, tunnels. */
  readonly behind: readonly string[];
  /** Interfaces by which a request for what is behind the host is dropped, or answered by another device. */
  readonly astray: readonly string[];
  /** Those of which the answer goes back by them if somebody marks their connections, who is in no capture. */
  readonly byMark: readonly { readonly device: string; readonly mark: number }[];
  /** One to ask about: one that goes astray, if one does. */
  readonly example?: Passage;
}

/** @returns undefined of a host that forwards nothing */
export function forwardingOf(state: LinuxState, found: Survey): Forwarding | undefined {
  const families = FAMILIES.filter((family) => forwards(state, found, family));
  if (families.length === 0) return undefined;
  const model = compile(state);
  const results = passages(found, peersOf(state, found))
    .filter(({ asker }) => families.includes(asker.family))
    .map((passage) => withMark(model, passage, marksOf(state, passage.asker.family)));
  const astray = results.filter(({ verdict }) => verdict !== "symmetric" && verdict !== "unknown");
  const away = new Set(astray.map(({ passage }) => passage.arrival));
  const byMark = new Map(
    results.flatMap(({ passage: { arrival, mark } }) =>
      mark === undefined || away.has(arrival) ? [] : [[arrival, mark] as const],
    ),
  );
  const [example] = [...astray, ...results.filter(({ passage }) => passage.mark !== undefined), ...results];
  return {
    families,
    behind: found.others.map(({ device }) => device),
    astray: [...away],
    byMark: [...byMark].map(([device, mark]) => ({ device, mark })),
    ...(example && { example: example.passage }),
  };
}

/** Without a mark, or with the first of the marks that makes it symmetric. */
function withMark(model: Model, passage: Passage, marks: readonly number[]): PassageResult {
  const plain = followPassage(model, passage);
  if (plain.verdict === "symmetric") return plain;
  return (
    marks
      .map((mark) => followPassage(model, { ...passage, mark }))
      .find(({ verdict }) => verdict === "symmetric") ?? plain
  );
}

/** The marks that rules ask for. */
function marksOf({ rules }: LinuxState, family: Family): number[] {
  const values = rules[family].flatMap(({ mark, not }) =>
    mark === undefined || not || mark.value === 0 ? [] : [mark.value],
  );
  return [...new Set(values)];
}

/** Requests from beyond, by each interface that has a gateway, for what is behind the host; or else for each other's networks. */
function passages({ intent }: Survey, peers: readonly Peer[]): Passage[] {
  const inside = peers.some(({ kind }) => kind === "inside");
  const asked = peers.filter(({ kind }) => kind === (inside ? "inside" : "attached"));
  return peers
    .filter(({ kind }) => kind === "beyond")
    .flatMap(({ address: asker }) =>
      intent.interfaces
        .filter(({ gateways }) => gateways[asker.family] !== undefined)
        .flatMap(({ device: arrival }) =>
          asked
            .filter(({ address, device }) => address.family === asker.family && device !== arrival)
            .map(({ address }) => ({ asker, asked: address, arrival })),
        ),
    );
}

function forwards({ sysctls }: LinuxState, { intent, others }: Survey, family: Family): boolean {
  if (family === 6 && sysctls["ipv6/conf/all/forwarding"] === 1) return true;
  const setting = family === 4 ? "forwarding" : "force_forwarding";
  return [...intent.interfaces, ...others].some(
    ({ device }) => sysctls[`ipv${family}/conf/${device}/${setting}`] === 1,
  );
}
