import { Address, Family } from "../../net/address";
import { InputFlow, Outcome, OutputFlow } from "../flow";
import { LinuxState } from "../state";
import { Expected, meets } from "./expected";
import { PropertyId } from "./types";

/** A packet for which a claim fails; what is shown of it is made later, and only for the few that are shown. */
export interface Failure {
  readonly flow: OutputFlow | InputFlow;
  /** Absent: as it turns out in the state that is left. */
  readonly outcome?: Outcome;
  readonly expected: string | Expected;
  readonly how: "once" | "connect";
  /** Orders witnesses; the smallest is shown first. */
  readonly size: number;
  /** What was changed before, and the state it left; worked out only for those that are shown. */
  readonly after?: () => { readonly when?: string; readonly state: LinuxState };
  /** Something to try, known only to the property. */
  readonly fix?: string;
}

/** A fault of the configuration itself. */
export interface Fault {
  readonly expected: string;
  readonly got: string;
  readonly blame: string;
  readonly fix: string;
}

/** Counts the classes that one property decides for one family, and keeps the smallest failures. */
export class Claim {
  classes = 0;
  failing = 0;
  readonly failures: Failure[] = [];
  readonly faults: Fault[] = [];
  readonly unknowns = new Set<string>();
  skipped?: string;
  /** Classes that are left out, by why they are. */
  readonly exceptions = new Map<string, number>();

  constructor(
    readonly property: PropertyId,
    readonly family: Family,
    private readonly keep: number,
    private readonly maxClasses: number,
    /** Peers that people know come first; from 0 to below 1. */
    private readonly rank: (peer: Address) => number = () => 0,
  ) {}

  /** Whether the property has looked at as many classes as it may; then the verdict cannot be "proved". */
  get exhausted(): boolean {
    if (this.classes < this.maxClasses) return false;
    this.unknowns.add(`more than ${this.maxClasses} classes; the rest was not looked at`);
    return true;
  }

  /** Decides one class. */
  check(
    flow: OutputFlow | InputFlow,
    outcome: Outcome,
    expected: Expected,
    how: "once" | "connect" = "once",
  ): boolean {
    this.classes++;
    const met = meets(expected, outcome);
    if (met === true) return true;
    if (met === undefined) this.doubt(outcome);
    else this.fail({ flow, outcome, expected, how });
    return false;
  }

  /** Leaves out a class, since the owner wants it otherwise or no routing can do it. */
  except(why: string): void {
    this.exceptions.set(why, (this.exceptions.get(why) ?? 0) + 1);
  }

  fail(failure: Omit<Failure, "size">): void {
    this.failing++;
    const { flow, outcome } = failure;
    const size = sizeOf(flow, outcome) + this.rank("iif" in flow ? flow.from : flow.to);
    const at = this.failures.findIndex((other) => other.size > size);
    if (at < 0) this.failures.push({ ...failure, size });
    else this.failures.splice(at, 0, { ...failure, size });
    if (this.failures.length > this.keep) this.failures.pop();
  }

  fault(fault: Fault): void {
    this.failing++;
    if (this.faults.length < this.keep) this.faults.push(fault);
  }

  doubt(outcome: Outcome): void {
    if (outcome.kind === "unknown" && this.unknowns.size < 20) this.unknowns.add(outcome.because);
  }
}

/** Smaller is better to look at: few fields named, and a leak before a mere failure. */
function sizeOf(flow: OutputFlow | InputFlow, outcome?: Outcome): number {
  let size = outcome === undefined || (outcome.kind === "route" && !outcome.pretended) ? 0 : 1;
  for (const key of FIELDS) if (flow[key]) size += 4;
  if ("oif" in flow && flow.oif !== undefined) size += 2;
  return size;
}

const FIELDS = ["mark", "tos", "uid", "protocol", "sourcePort", "destinationPort"] as const;
