import { Address } from "../../net/address";
import { contains } from "../../net/prefix";
import { Chain, Step } from "../model";
import { Asks, Fields, fieldClasses } from "./classes";
import { Intent } from "./types";

/** A walk through the rules that decides about a packet. */
export interface Walk {
  readonly chain: Chain;
  readonly to: Address;
  readonly from?: Address;
  /** The number of the device it comes in by, as rules compare it; absent is any. */
  readonly iif?: number;
  /** The same by its name; absent for what the host sends. */
  readonly device?: string;
  /** The walk of the reverse path check, which has the ports of the answer. */
  readonly answer?: boolean;
}

/** A question with what must hold for it to be asked. */
export interface Placed extends Asks {
  readonly holds: (walk: Walk) => boolean;
}

/**
 * The classes of marks, ports and so on, by what is asked of a packet whose addresses are known: a rule for another
 * destination, or for what comes in elsewhere, tells nothing apart there. That keeps apart the selectors of policies
 * for different destinations, whose product would soon be too many.
 */
export class FieldSets {
  private readonly sorted = new Map<Chain, { everywhere: readonly Step[]; somewhere: readonly Step[] }>();
  private readonly known = new Map<string, readonly Fields[] | undefined>();

  constructor(
    private readonly tosValues: readonly number[],
    private readonly foreignMarks: NonNullable<Intent["foreignMarks"]>,
    /** What is asked besides the rules. */
    private readonly more: readonly Placed[] = [],
  ) {}

  /** Undefined when there are too many. */
  of(walks: readonly Walk[]): readonly Fields[] | undefined {
    let key = "";
    const asked: Asks[] = [];
    for (const walk of walks) {
      const { everywhere, somewhere } = this.sort(walk.chain);
      key += ` ${walk.chain.alike}${walk.answer ? "r" : ""}`;
      const add = (asks: Asks): unknown => asked.push(walk.answer ? swapped(asks) : asks);
      everywhere.forEach(add);
      for (const step of somewhere) {
        if (!isAsked(step, walk)) continue;
        key += `.${step.position}`;
        add(step);
      }
      this.more.forEach((one, i) => {
        if (!one.holds(walk)) return;
        key += `+${i}`;
        add(one);
      });
    }
    if (!this.known.has(key)) this.known.set(key, fieldClasses(asked, this.tosValues, this.foreignMarks));
    return this.known.get(key);
  }

  /** The steps that ask for such fields at all: of every packet, and of those to some place alone. */
  private sort(chain: Chain): { everywhere: readonly Step[]; somewhere: readonly Step[] } {
    let sorted = this.sorted.get(chain);
    if (sorted === undefined) {
      const asking = chain.steps.filter(asksForFields);
      const isPlaced = (step: Step): boolean => step.hasTo || step.iif !== -1;
      sorted = {
        everywhere: asking.filter((step) => !isPlaced(step)),
        somewhere: asking.filter(isPlaced),
      };
      this.sorted.set(chain, sorted);
    }
    return sorted;
  }
}

function asksForFields(step: Step): boolean {
  return (
    step.mask !== 0 ||
    step.tos !== 0 ||
    step.uidLow !== 0 ||
    step.uidHigh !== 0xffffffff ||
    step.protocol !== 0 ||
    step.hasPorts
  );
}

/** Elsewhere it matches none, or, inverted, all. */
function isAsked({ rule, iif, hasTo }: Step, walk: Walk): boolean {
  if (iif !== -1 && walk.iif !== undefined && iif !== walk.iif) return false;
  return !hasTo || contains(rule.to!, walk.to);
}

function swapped({ sportLow, sportHigh, dportLow, dportHigh, ...asks }: Asks): Asks {
  return { ...asks, sportLow: dportLow, sportHigh: dportHigh, dportLow: sportLow, dportHigh: sportHigh };
}
