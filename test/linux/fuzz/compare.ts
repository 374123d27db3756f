import { Family, formatAddress } from "../../../lib/net";
import {
  LinuxState,
  Model,
  Outcome,
  compile,
  inputLookup,
  output,
  readDumps,
  tracing,
} from "../../../lib/linux";
import { KernelAnswer, KernelHost, KernelRoute } from "./kernel";
import { Query, queries } from "./queries";
import { DEVICES, Scenario } from "./scenario4";

export interface Difference {
  readonly scenario: Scenario;
  readonly family: Family;
  readonly query: Query;
  readonly kernel: string;
  readonly model: string;
  readonly trace: readonly string[];
}

export interface Tried {
  readonly asked: number;
  /** What the kernel answered, by kind. */
  readonly answers: ReadonlyMap<string, number>;
  readonly unknown: number;
  /** Why the model did not decide, without the rule or route in question. */
  readonly reasons: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

/** Builds the scenario in a namespace of its own, and compares the kernel's answers with the model's. */
export function tryScenario(
  scenario: Scenario,
  family: Family,
  count: number,
  fixed?: readonly Query[],
): Tried {
  const host = new KernelHost(DEVICES);
  try {
    build(host, scenario, family);
    const { state, asked, answers } = askSettled(host, scenario, family, count, fixed);
    const model = compile(state);
    const differences: Difference[] = [];
    const kinds = new Map<string, number>();
    const reasons = new Map<string, number>();
    let unknown = 0;
    asked.forEach((query, i) => {
      const outcome = lookupFor(model, query);
      const kind = answers[i].error ?? TYPES[Number(answers[i].route?.type ?? "1")];
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (outcome.kind === "unknown") {
        unknown++;
        const because = outcome.because.replace(/"[^"]*"/g, '"..."');
        reasons.set(because, (reasons.get(because) ?? 0) + 1);
      }
      if (agree(model, family, outcome, answers[i], query)) return;
      differences.push({
        scenario,
        family,
        query,
        kernel: showKernel(answers[i]),
        model: showModel(outcome),
        trace: tracing(model, query.flow).steps.map((step) => `${"  ".repeat(step.depth)}${step.text}`),
      });
    });
    return { asked: asked.length, answers: kinds, unknown, reasons, differences };
  } finally {
    host.close();
  }
}

interface Asked {
  readonly state: LinuxState;
  readonly asked: readonly Query[];
  readonly answers: readonly KernelAnswer[];
}

/** Carrier and addresses settle in their own time, so answers count only for a state that stood still meanwhile. */
function askSettled(
  host: KernelHost,
  scenario: Scenario,
  family: Family,
  count: number,
  fixed: readonly Query[] | undefined,
): Asked {
  let before = host.dump();
  for (let tries = 0; ; tries++) {
    const state = readDumps(before);
    const problems = state.gaps.map((gap) => `${gap.where} ${gap.position}: ${gap.problem}`);
    if (problems.length > 0)
      throw new Error(`seed ${scenario.seed}: dumps not understood: ${problems.join("; ")}`);
    const asked = fixed ?? queries(state, family, scenario.seed, count);
    const answers = host.ask(
      family,
      asked.map((query) => query.line),
    );
    const after = host.dump();
    if (JSON.stringify(after) === JSON.stringify(before)) return { state, asked, answers };
    if (tries > 50) throw new Error(`seed ${scenario.seed}: the state does not come to rest`);
    before = after;
  }
}

export function build(host: KernelHost, scenario: Scenario, family: Family): void {
  host.sysctls(scenario.sysctls);
  for (const device of scenario.dark) host.carrier(device, false);
  host.batch([...scenario.links, ...scenario.addresses].join("\n"));
  // Commands that the kernel refuses are part of the game: what counts is the state read back.
  host.batch([...scenario.routes, ...scenario.rules].join("\n"), [`-${family}`]);
  for (const device of scenario.flapped) host.batch(`link set ${device} down\nlink set ${device} up`);
}

function lookupFor(model: Model, query: Query): Outcome {
  return "iif" in query.flow ? inputLookup(model, query.flow) : output(model, query.flow);
}

export function agree(
  model: Model,
  family: Family,
  outcome: Outcome,
  answer: KernelAnswer,
  query: Query,
): boolean {
  if (outcome.kind === "unknown") return true;
  if (outcome.kind === "error") return answer.error !== undefined && sameError(outcome.error, answer.error);
  if (answer.route === undefined) return false;
  const route = answer.route;
  if ((TYPES[Number(route.type ?? "1")] ?? route.type) !== outcome.type) return false;
  if (!outcome.hops.some((hop) => hop.device === route.dev && sameGateway(hop.via, route))) return false;
  const hop = outcome.hops.find((h) => h.device === route.dev && sameGateway(h.via, route))!;
  // Where local and main are one table the kernel calls it main.
  const merged = family === 4 && model[4].defaultRules;
  const table = Number(route.table ?? 254);
  // What IPv6 shows of a nexthop object's route may be that of another route by the same object.
  const shared = family === 6 && outcome.route?.nexthopObject === true;
  if (
    outcome.table !== undefined &&
    !outcome.pretended &&
    outcome.type !== "multicast" &&
    !merged &&
    !shared &&
    outcome.table !== table
  ) {
    return false;
  }
  if ("iif" in query.flow || query.flow.from !== undefined) return true;
  return outcome.hops.some(
    (h) =>
      h.device === hop.device &&
      sameGateway(h.via, route) &&
      (h.source === undefined ? route.prefsrc === undefined : route.prefsrc === formatAddress(h.source)),
  );
}

const TYPES = ["", "unicast", "local", "broadcast", "anycast", "multicast"];

function sameGateway(via: { family: Family; value: bigint } | undefined, route: KernelRoute): boolean {
  const gateway = route.gateway ?? route.via?.host;
  return via === undefined ? gateway === undefined : gateway === formatAddress(via);
}

/** The reverse path check is EXDEV in the source and EINVAL in later answers to route get. */
function sameError(model: string, kernel: string): boolean {
  return model === kernel || (model === "EXDEV" && kernel === "EINVAL");
}

export function showKernel(answer: KernelAnswer): string {
  return answer.error ?? JSON.stringify(answer.route);
}

export function showModel(outcome: Outcome): string {
  return JSON.stringify(outcome, (key, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    if (key === "route" || key === "rule") return undefined;
    if (typeof value === "object" && value !== null && "family" in value && "value" in value) {
      return formatAddress(value as { family: Family; value: bigint });
    }
    return value;
  });
}
