import { Intent, Model, OutputFlow, PartitionRow, describeOutcome, partition, tracing } from "../linux";
import { MULTICAST_SCOPES, intervals, looksOf } from "../linux/prove/destinations";
import { intentPrefixes } from "../linux/prove/expect";
import { Address, Family, formatAddress, widthOf } from "../net/address";
import { ExchangeResult, ExchangeVerdict } from "../prove/exchange";
import { Follower } from "../prove/follower";
import { placeOf } from "../doctor/peers";
import { Survey } from "../doctor/survey";

/** Destinations that go one way, of which as peers one and the same is to be said. */
export interface PageRow {
  /** local: the host itself; away: by `hops`; nowhere: refused or dropped. */
  readonly kind: "local" | "away" | "nowhere";
  readonly hops: readonly { readonly device: string; readonly via?: string; readonly source?: string }[];
  readonly way: string;
  readonly because: string;
  /** When the host asks. */
  readonly asking: ExchangeVerdict;
  /** Steps of the lookup. */
  readonly out: readonly string[];
  /** When a peer there asks, whose packet is received by a device: what becomes of it, the steps, and the whole. */
  readonly arrival?: string;
  readonly received?: string;
  readonly in?: readonly string[];
  readonly asked?: ExchangeVerdict;
}

export interface PageTable {
  readonly rows: readonly PageRow[];
  /** Lowest destination of each stretch, in hexadecimal, ascending from 0, and the row it goes by. */
  readonly stretches: readonly (readonly [start: string, row: number])[];
}

/** The host whom it is all about. */
interface Asked {
  readonly model: Model;
  readonly follower: Follower;
  readonly survey: Survey;
}

/** All addresses of a family, in stretches within which nothing tells them apart. */
export class Places {
  readonly starts: readonly bigint[];
  /** Equal where two stretches look the same to everything. */
  readonly kinds: readonly string[];

  constructor(
    readonly family: Family,
    models: readonly Model[],
    intent: Intent,
  ) {
    const prefixes = [...intentPrefixes(intent), ...MULTICAST_SCOPES];
    this.starts = intervals(family, models, prefixes);
    const looks = looksOf(family, models, prefixes);
    this.kinds = this.starts.map((start) => looks.map((look) => look(start)).join(" "));
  }
}

/** What packets of one table have in common. */
type Source = Omit<OutputFlow, "to">;

/** Where everything that one source sends goes, and what becomes of exchanges with whoever is there. */
export function tableOf(host: Asked, { family, starts, kinds }: Places, source: Source): PageTable {
  const found = partition(host.model, family, source);
  const rowOf = lookup(found);
  const rows: PageRow[] = [];
  const stretches: [string, number][] = [];
  // What is known of a kind of place in a row, and of all that is the same in a row.
  const known = { kinds: new Map<string, number>(), results: new Map<string, number>() };
  const digits = widthOf(family) / 4;
  starts.forEach((value, i) => {
    const at = rowOf(value);
    const kind = `${at} ${kinds[i]}`;
    let row = known.kinds.get(kind);
    if (row === undefined) {
      const peer = { family, value };
      const followed = follow(host, source, peer);
      const key = `${at} ${resultsKey(followed)}`;
      row = known.results.get(key) ?? rows.push(describeRow(host, found[at], source, peer, followed)) - 1;
      known.results.set(key, row);
      known.kinds.set(kind, row);
    }
    if (stretches.at(-1)?.[1] !== row) stretches.push([value.toString(16).padStart(digits, "0"), row]);
  });
  return { rows, stretches };
}

/** Which row has an address; asked upwards only, it keeps its place. */
function lookup(rows: readonly PartitionRow[]): (value: bigint) => number {
  const pieces = rows
    .flatMap(({ destinations }, row) => destinations.map(({ value }) => ({ value, row })))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
  let at = 0;
  return (value) => {
    while (at + 1 < pieces.length && pieces[at + 1].value <= value) at++;
    return pieces[at].row;
  };
}

interface Followed {
  readonly asking: ExchangeResult;
  readonly asked?: ExchangeResult;
}

/** Exchanges with a peer: the host asks, and the peer does. What is inside the host comes in by its device. */
function follow({ follower, survey }: Asked, { from }: Source, peer: Address): Followed {
  const place = placeOf(peer, survey);
  const arrival = place.kind === "inside" ? { arrival: place.device } : {};
  const asking = follower.follow({ asker: "host", local: from, peer, ...arrival });
  if (from === undefined) return { asking };
  return {
    asking,
    asked: follower.follow({ asker: "peer", local: from, peer, ...arrival }, { trace: true }),
  };
}

function resultsKey({ asking, asked }: Followed): string {
  const received = asked?.inward && describeOutcome(asked.inward.outcome);
  return [asking.verdict, asked?.verdict, asked?.arrival, received].join(" ");
}

function describeRow(
  { model }: Asked,
  { outcome, way, because }: PartitionRow,
  source: Source,
  peer: Address,
  { asking, asked }: Followed,
): PageRow {
  const { steps } = tracing(model, { ...source, to: peer });
  const local = outcome.kind === "route" && (outcome.type === "local" || outcome.type === "anycast");
  return {
    kind: local ? "local" : outcome.kind === "route" ? "away" : "nowhere",
    hops:
      outcome.kind === "route" && !local
        ? outcome.hops.map(({ device, via, source: chosen }) => ({
            device,
            ...(via && { via: formatAddress(via) }),
            ...(source.from === undefined && chosen && { source: formatAddress(chosen) }),
          }))
        : [],
    way,
    because,
    asking: asking.verdict,
    out: lines(steps),
    ...(!local &&
      asked?.inward !== undefined && {
        arrival: asked.arrival,
        received: describeOutcome(asked.inward.outcome),
        in: lines(asked.inward.steps),
        asked: asked.verdict,
      }),
  };
}

function lines(steps: readonly { readonly depth: number; readonly text: string }[]): string[] {
  return steps.map(({ depth, text }) => "  ".repeat(depth) + text.trim());
}
