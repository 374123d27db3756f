import {
  InputFlow,
  LinuxState,
  Model,
  Outcome,
  OutputFlow,
  applyBatch,
  compile,
  inputLookup,
  output,
  readDumps,
} from "../../../lib/linux";
import { Expectations } from "../../../lib/linux/prove/expect";
import { meets } from "../../../lib/linux/prove/expected";
import { Policies } from "../../../lib/linux/prove/policies";
import { HostSpec, Otherwise, Plan, PlanRule, SpecError, TrafficSpec } from "../../../lib/model";
import { Family, formatAddress, parseAddress } from "../../../lib/net";
import { buildPlan, normalize } from "../../../lib/plan";
import { intentOf } from "../../../lib/prove/intent";
import { proveStaged, stagePlan } from "../../../lib/prove/staged";
import { materialize } from "../../../lib/render/materialize";
import { Random } from "../../linux/fuzz/random";
import { Site, WORLD, spec } from "./site";
import { Packet } from "./wire";

/** What a campaign has seen. */
export interface Tally {
  policies: number;
  hosts: number;
  /** Hosts with a mistake put into their rules, and how many of these the prover found. */
  mistaken: number;
  disproved: number;
  queries: number;
  /** Queries about which a policy decides. */
  decided: number;
  packets: number;
  readonly differences: string[];
}

const DEVICES = { a: "eth0", b: "eth1", c: "eth2" };
const PLACES: Readonly<Record<Family, readonly string[]>> = {
  4: ["198.51.100.1", "192.0.2.1", "203.0.113.5", "10.1.0.50", "10.2.0.50", "10.3.0.50"],
  6: ["2001:db8:f::5", "2001:db8:e::1", "fd00:1::50", "fd00:2::50"],
};
const PREFIXES: Readonly<Record<Family, readonly string[]>> = {
  4: ["198.51.100.0/24", "192.0.2.0/25", "203.0.113.5/32", "10.2.0.0/24", "192.0.0.0/2", "10.0.0.0/8", "198.51.100.1/32"],
  6: ["2001:db8:f::/48", "2001:db8::/32", "2001:db8:e::1/128", "fd00::/16"],
}; // prettier-ignore
const FOREIGN: Readonly<Record<Family, readonly string[]>> = {
  4: ["172.17.0.0/24", "10.9.0.0/16", "172.16.0.0/12"],
  6: ["fd00:17::/64", "fd00:9::/32"],
};
const OWN = ["10.1.0.0/24", "10.2.0.10/32", "10.0.0.0/14", "fd00:1::/64", "fd00:2::10/128"];

function randomPolicy(random: Random, i: number): TrafficSpec {
  const maybe = <T>(chance: number, make: () => T): T | undefined => (random.chance(chance) ? make() : undefined);
  const beforeSources = random.chance(0.15);
  const family = random.chance(0.6) ? 4 : 6;
  const ports = (): string[] => random.some(["53", "80", "1000-1999", "443", "8000-8080", "1"], 2);
  const protocol = maybe(0.5, () => random.pick(["tcp", "udp", family === 4 ? "icmp" : "icmpv6"]));
  const hasPorts = protocol === "tcp" || protocol === "udp";
  const users = maybe(0.25, () => random.some([0, 1000, "1500-1999", "3000-4000"], 2));
  const incoming = users === undefined ? maybe(0.2, () => random.some(["a", "b", "c"], 2)) : undefined;
  const from = maybe(0.3, () => random.some(beforeSources ? OWN : FOREIGN[family], 2));
  const to = maybe(0.5, () => random.some(random.chance(0.8) ? PREFIXES[family] : [...PREFIXES[4], ...PREFIXES[6]], 2));
  const use = random.some(["a", "b", "c"], 3);
  const shared = use.length > 1 && random.chance(0.2);
  const given = <T>(key: string, value: readonly T[] | string | undefined): object =>
    value === undefined || value.length === 0 ? {} : { [key]: value };
  return {
    name: `p${i}`,
    ...(from?.length ? { from } : {}),
    ...(to?.length ? { to } : {}),
    ...given("protocol", protocol),
    ...(hasPorts ? given("destinationPorts", maybe(0.6, ports)) : {}),
    ...(hasPorts ? given("sourcePorts", maybe(0.2, ports)) : {}),
    ...given("marks", maybe(0.2, () => random.some(["0x10/0xf0", "0x1", "0/0xf", "0x5/0x7"], 2))),
    ...given("users", users),
    ...given("incoming", incoming),
    ...(users === undefined ? given("incomingDevices", maybe(0.15, () => ["docker0"])) : {}),
    ...(family === 6 ? given("dscp", maybe(0.15, () => random.some([46, 10, 6], 2))) : {}),
    use: use.length > 0 ? use : ["b"],
    ...(shared ? { weights: Object.fromEntries(use.map((name) => [name, 1 + random.below(4)])) } : {}),
    otherwise: random.pick(Object.values(Otherwise)),
    ...(beforeSources ? { beforeSources } : {}),
  };
} // prettier-ignore

/** A host of one to six policies that the planner takes: a policy that it refuses beside the others is left out. */
function randomHost(random: Random): HostSpec {
  const traffic: TrafficSpec[] = [];
  for (let i = 1 + random.below(6); i > 0; i--) {
    const next = randomPolicy(random, traffic.length);
    try {
      normalize(spec({ traffic: [...traffic, next], trackConnections: false }));
      traffic.push(next);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
    }
  }
  return spec({ traffic, trackConnections: random.chance(0.3) });
}

/** Leaves out one rule of a policy, or turns one that refuses into one that does nothing. */
function withMistake(random: Random, plan: Plan): Plan | undefined {
  const family = plan.ipv4.rules.length > 0 && random.chance(0.5) ? "ipv4" : "ipv6";
  const { rules } = plan[family];
  const isOfPolicy = ({ priority }: PlanRule): boolean =>
    (priority >= 2 && priority < 8) || (priority >= 1421 && priority < 1489);
  const places = rules.flatMap((rule, i) => (isOfPolicy(rule) ? [i] : []));
  if (places.length === 0) return undefined;
  const at = random.pick(places);
  const refuses = ["unreachable", "prohibit", "blackhole"].includes(rules[at].action.kind);
  const others = rules.flatMap((rule, i) => {
    if (i !== at) return [rule];
    return refuses && random.chance(0.5) ? [{ ...rule, action: { kind: "nop" } as const }] : [];
  });
  return { ...plan, [family]: { ...plan[family], rules: others } };
}

interface Query {
  readonly flow: OutputFlow | InputFlow;
  readonly ownSource: boolean;
}

const NUMBERS = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 };

/** A packet near the selectors of some policy. */
function randomQuery(random: Random, { policy }: HostSpec): Query {
  const t = random.pick(policy?.traffic ?? []);
  const family: Family = [...(t.to ?? []), ...(t.from ?? [])].some((p) => p.includes(":"))
    ? 6
    : t.dscp !== undefined || t.protocol === "icmpv6" || random.chance(0.3)
      ? 6
      : 4;
  const near = <T, U>(list: readonly T[] | undefined, make: (item: T) => U, far: () => U): U =>
    list !== undefined && random.chance(0.8) ? make(random.pick(list)) : far();
  const inRange = (item: number | string): number => {
    const [low, high = low] = String(item).split("-").map(Number);
    return low + random.below(high - low + 1);
  };
  const protocol = near(t.protocol === undefined ? undefined : [t.protocol], (p) => NUMBERS[p as keyof typeof NUMBERS], () => random.pick([6, 17, family === 4 ? 1 : 58]));
  const valid = (protocol === 1 && family === 6) || (protocol === 58 && family === 4) ? 17 : protocol;
  const hasPorts = valid === 6 || valid === 17;
  const common = {
    to: address(random.pick(PLACES[family])),
    protocol: valid,
    ...(hasPorts && {
      sourcePort: near(t.sourcePorts, inRange, () => random.pick([53, 999, 1500, 40_000])),
      destinationPort: near(t.destinationPorts, inRange, () => random.pick([53, 79, 443, 8081])),
    }),
    mark: near(t.marks, (mark) => Number(mark.split("/")[0]) | (random.chance(0.5) ? 0x100 : 0), () => random.pick([0, 0, 0x10, 1, 5])),
    ...(family === 6 && { tos: near(t.dscp, (point) => 4 * point, () => random.pick([0, 0, 40, 184])) }),
  };
  if (t.incoming !== undefined || t.incomingDevices !== undefined || random.chance(0.15)) {
    const ways = [...(t.incoming ?? []).map((name) => DEVICES[name as keyof typeof DEVICES]), ...(t.incomingDevices ?? [])];
    const iif = near(ways.length > 0 ? ways : undefined, (d) => d, () => random.pick(["eth0", "eth1", "eth2", "docker0"]));
    const from = address(random.pick(family === 4 ? ["172.17.0.2", "10.9.0.7", "172.20.1.1"] : ["fd00:17::2", "fd00:9::7"]));
    return { flow: { ...common, from, iif }, ownSource: false };
  }
  const own = random.chance(0.25);
  const from = own ? address(family === 4 ? `10.${1 + random.below(3)}.0.10` : `fd00:${1 + random.below(3)}::10`) : undefined;
  const uid = near(t.users, inRange, () => random.pick([0, 0, 1000, 1600, 5000]));
  return { flow: { ...common, ...(from && { from }), uid }, ownSource: own };
} // prettier-ignore

function address(text: string) {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

/** The words of `ip route get`. */
function questionOf({ flow }: Query): string {
  const { to, from, mark, tos, uid, protocol, sourcePort, destinationPort } = flow;
  return [
    `route get ${formatAddress(to)}`,
    ...(from ? [`from ${formatAddress(from)}`] : []),
    ...("iif" in flow ? [`iif ${flow.iif}`] : []),
    ...(mark ? [`mark ${mark}`] : []),
    ...(tos ? [`tos 0x${tos.toString(16)}`] : []),
    `uid ${uid ?? 0} ipproto ${protocol}`,
    ...(sourcePort ? [`sport ${sourcePort}`] : []),
    ...(destinationPort ? [`dport ${destinationPort}`] : []),
  ].join(" ");
}

/** Compares what is wanted of random policies with the prover's verdict, with the kernel's answers, and with packets. */
export class Campaign {
  readonly tally: Tally = {
    policies: 0,
    hosts: 0,
    mistaken: 0,
    disproved: 0,
    queries: 0,
    decided: 0,
    packets: 0,
    differences: [],
  };
  private readonly base: LinuxState;

  constructor(private readonly site: Site) {
    const { host } = site;
    for (const name of ["all", "eth0", "eth1", "eth2", "docker0"])
      host.sysctl(`net/ipv4/conf/${name}/rp_filter`, "0");
    // Shared traffic is told apart by ports, as the program has it.
    for (const path of ["net/ipv4/fib_multipath_hash_policy", "net/ipv6/fib_multipath_hash_policy"])
      host.sysctl(path, "1");
    const ip = (...args: string[]): string => host.ok("ip", "-N", "-j", "-d", ...args);
    this.base = readDumps({
      link: ip("link"),
      addr: ip("addr"),
      rule4: ip("-4", "rule"),
      rule6: ip("-6", "rule"),
      route4: ip("-4", "route", "show", "table", "all"),
      route6: ip("-6", "route", "show", "table", "all"),
      sysctl: host.ok("sh", "-c", "cd /proc/sys/net && grep -rs . ipv4/conf ipv6/conf; true"),
    });
  }

  /** One host, with all its policies. */
  async run(seed: number): Promise<void> {
    const random = new Random(seed);
    const written = randomHost(random);
    const host = normalize(written);
    if (host.traffic.length === 0) return;
    this.tally.hosts++;
    this.tally.policies += host.traffic.length;
    const right = buildPlan(host);
    const wrong = random.chance(0.2) ? withMistake(random, right) : undefined;
    const plan = wrong ?? right;
    const proof = proveStaged(stagePlan(plan, host), { properties: ["P1", "P4", "P7", "P11"], maxWitnesses: 1 });
    const complain = (what: string): void => {
      this.tally.differences.push(`seed ${seed}: ${what}\n${JSON.stringify(written.policy)}`);
    };
    if (wrong === undefined && proof.verdict !== "proved") {
      const [witness] = proof.results.flatMap(({ witnesses }) => witnesses);
      complain(`${proof.verdict}: ${witness?.packet}: ${witness?.expected}, ${witness?.got} ${witness?.when ?? ""} ${proof.reasons.join("; ")}`);
    }
    if (wrong !== undefined) {
      this.tally.mistaken++;
      if (proof.verdict === "witness") this.tally.disproved++;
    }
    const batches = materialize(plan, 0, DEVICES);
    this.load(batches);
    const state = ([4, 6] as const).reduce(
      (made, family) => applyBatch(made, family, family === 4 ? batches.ipv4 : batches.ipv6),
      this.base,
    );
    const model = compile(state);
    const intent = { ...intentOf(host, DEVICES), connections: [] };
    const queries = Array.from({ length: 12 }, () => randomQuery(random, written));
    for (const family of [4, 6] as const) {
      const expectations = new Expectations(intent, model, family);
      const policies = new Policies(intent, family);
      const mine = queries.filter(({ flow }) => flow.to.family === family);
      const answers = this.ask(family, mine);
      mine.forEach((query, i) => {
        const { flow, ownSource } = query;
        this.tally.queries++;
        const modelled = "iif" in flow ? inputLookup(model, flow) : output(model, flow);
        const wanted = expectations.unclaimed(flow.to) || expectations.isOwn(flow.to)
          ? undefined
          : policies.wanted(flow, ownSource, expectations, new Set());
        const got = answers[i];
        if (!agrees(modelled, got)) complain(`${questionOf(query)}: the model and the kernel, ${got}, differ`);
        if (wanted === undefined) return;
        this.tally.decided++;
        const met = meets(wanted.expected, modelled) === true &&
          (wanted.error === undefined || (modelled.kind === "error" && modelled.error === wanted.error));
        if (!met && proof.verdict !== "witness") complain(`${questionOf(query)}: not what ${wanted.by} wants, and yet ${proof.verdict}; the kernel: ${got}`);
      });
    }
    if (random.chance(0.25)) await this.send(queries, model, complain);
  } // prettier-ignore

  /** Sends what can be sent by sockets of the host, and compares the links by which it leaves. */
  private async send(queries: readonly Query[], model: Model, complain: (what: string) => void): Promise<void> {
    const sent = queries.filter(({ flow }) => !("iif" in flow) && WORLD.includes(formatAddress(flow.to)));
    // The raw socket of ICMP is root's; a SYN of a number is told by ports, so each pair of them is sent once.
    const known = new Set<string>();
    const fit = sent.filter(({ flow }) => {
      const key = `${formatAddress(flow.to)} ${flow.protocol} ${flow.sourcePort} ${flow.destinationPort}`;
      if (known.has(key) || flow.protocol === 6 || ((flow.protocol === 1 || flow.protocol === 58) && flow.uid)) return false;
      return known.add(key) !== undefined;
    });
    const packets = fit.map(({ flow }): Packet => ({
      to: formatAddress(flow.to),
      ...(flow.from && { from: formatAddress(flow.from) }),
      protocol: flow.protocol === 17 ? "udp" : "icmp",
      ...(flow.sourcePort && { sourcePort: flow.sourcePort }),
      ...(flow.destinationPort && { port: flow.destinationPort }),
      ...(flow.mark && { mark: flow.mark }),
      ...(flow.tos && { tos: flow.tos }),
      ...(flow.uid && { user: flow.uid }),
    }));
    const ways = await this.site.ways(packets);
    ways.forEach((way, i) => {
      this.tally.packets++;
      const { flow } = fit[i];
      // A socket of IPv6 that is refused tries again; the model says how.
      const refused = output(model, flow as OutputFlow);
      if (flow.to.family === 6 && flow.from === undefined && refused.kind === "error") return;
      if (!leftBy(refused, way)) complain(`${questionOf(fit[i])}: the packet went ${way}`);
    });
  } // prettier-ignore

  private load({ ipv4, ipv6 }: { ipv4: string; ipv6: string }): void {
    const { host } = this.site;
    const clear = "while ip $1 rule flush protocol 77 2>/dev/null && ip $1 -N rule | grep -q 'proto 77'; do :; done; ip $1 route flush table all proto 77 2>/dev/null";
    host.ok("sh", "-c", `${clear.replaceAll("$1", "-4")}; ${clear.replaceAll("$1", "-6")}; true`);
    for (const [family, text] of [[4, ipv4], [6, ipv6]] as const) {
      const { status, stderr } = host.run(["ip", `-${family}`, "-batch", "-"], { input: text });
      if (status !== 0) throw new Error(`${stderr}${text}${host.ok("ip", `-${family}`, "rule")}`);
    }
  } // prettier-ignore

  /** The kernel's answers: "DEVICE" or the name of an error. */
  private ask(family: Family, queries: readonly Query[]): string[] {
    const lines = queries.flatMap((query) => ["link show dev lo", questionOf(query)]);
    const { stdout } = this.site.host.run(["ip", `-${family}`, "-o", "-force", "-batch", "-"], {
      input: `${lines.join("\n")}\n`,
    });
    const answers: string[] = [];
    for (const line of stdout.split("\n")) {
      if (/^\d+: lo:/.test(line)) answers.push("refused");
      else if (line !== "" && !/^(unreachable|prohibit|blackhole)/.test(line))
        answers[answers.length - 1] = / dev (\S+)/.exec(line)?.[1] ?? "?";
    }
    return answers;
  }
}

function agrees(outcome: Outcome, got: string): boolean {
  if (outcome.kind === "unknown") return true;
  if (outcome.kind === "error") return got === "refused";
  return outcome.hops.some(({ device }) => device === got);
}

const LINK: Readonly<Record<string, string>> = { eth0: "a", eth1: "b", eth2: "c" };

function leftBy(outcome: Outcome, way: string): boolean {
  if (outcome.kind === "unknown") return true;
  if (outcome.kind === "error") return way === outcome.error;
  return outcome.hops.some(({ device }) => LINK[device] === way);
}
