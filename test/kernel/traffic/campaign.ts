import { LinuxState, Model, Outcome, applyBatch, compile, readDumps } from "../../../lib/linux";
import { Expectations } from "../../../lib/linux/prove/expect";
import { Policies, Wanted } from "../../../lib/linux/prove/policies";
import { Intent, Proof } from "../../../lib/linux/prove/types";
import { Host, HostSpec } from "../../../lib/model";
import { Family } from "../../../lib/net";
import { buildPlan, normalize } from "../../../lib/plan";
import { intentOf } from "../../../lib/prove/intent";
import { StagedHost, proveStaged, stagePlan } from "../../../lib/prove/staged";
import { renderProgram } from "../../../lib/render";
import { materialize } from "../../../lib/render/materialize";
import { Random } from "../../linux/fuzz/random";
import { DEVICES, Question, becomes, modelled, packetOf, randomQuestion, wordsOf } from "./question";
import { PLACES, randomHost, withMistake } from "./randomHost";
import { Site } from "./site";

/** What a campaign has seen. */
export interface Tally {
  policies: number;
  /** Policies that decided about at least one packet. */
  reached: number;
  hosts: number;
  /** Hosts about which the prover gave up, as it says: too many classes of packets. */
  undecided: number;
  /** Hosts with a mistake put into their rules, how many of these the prover found, and witnesses the kernel confirmed. */
  mistaken: number;
  disproved: number;
  confirmed: number;
  /** Hosts on which the program itself was run and asked to verify, and on which a link was cut. */
  programs: number;
  cuts: number;
  questions: number;
  /** Questions about which a policy decides. */
  decided: number;
  packets: number;
  /** Packets about which a policy decides. */
  steered: number;
  readonly differences: string[];
}

const NOTHING_YET = {
  policies: 0, reached: 0, hosts: 0, undecided: 0, mistaken: 0, disproved: 0, confirmed: 0, programs: 0, cuts: 0, questions: 0,
  decided: 0, packets: 0, steered: 0,
}; // prettier-ignore

/** One host, as it is asked about. */
interface Trial {
  readonly intent: Intent;
  readonly proof: Proof;
  readonly questions: readonly Question[];
  complain(what: string): void;
}

const QUESTIONS_PER_POLICY = 6;
const PACKETS_PER_POLICY = 3;

/**
 * Compares, for random hosts with many policies each, what is wanted of a packet, the prover's verdict, what the kernel
 * answers about the packet, and where the packet itself goes.
 */
export class Campaign {
  readonly tally: Tally = { ...NOTHING_YET, differences: [] };
  private readonly base: LinuxState;
  private loaded = false;

  constructor(private readonly site: Site) {
    const { host } = site;
    for (const name of ["all", "eth0", "eth1", "eth2", "docker0"])
      host.sysctl(`net/ipv4/conf/${name}/rp_filter`, "0");
    // What the program sets where there are policies: shares by ports, and links without carrier that do not count.
    for (const path of ["net/ipv4/fib_multipath_hash_policy", "net/ipv6/fib_multipath_hash_policy"])
      host.sysctl(path, "1");
    for (const device of Object.values(DEVICES))
      for (const family of [4, 6])
        host.sysctl(`net/ipv${family}/conf/${device}/ignore_routes_with_linkdown`, "1");
    // Errors that the host returns are limited by the second, and nobody counts them.
    for (const network of ["198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24", "2001:db8::/32"])
      site.outside.ip(`route add local ${network} dev lo`);
    this.answerEverywhere();
    this.base = this.read();
  }

  /** All places are found on every link, as they are in IPv4 without more, and routers have link-local addresses. */
  private answerEverywhere(): void {
    const { outside } = this.site;
    for (const link of ["ea", "eb", "ec"]) {
      for (const host of ["1", "50"]) outside.ip(`-6 addr replace fe80::${host}/64 dev ${link} nodad`);
      outside.sysctl(`net/ipv6/conf/${link}/proxy_ndp`, "1");
      outside.sysctl(`net/ipv6/neigh/${link}/proxy_delay`, "0");
      for (const place of PLACES[6]) outside.ip(`-6 neigh replace proxy ${place} dev ${link}`);
    }
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
    const staged = stagePlan(wrong ?? right, host);
    const complain = (what: string): void => {
      this.tally.differences.push(`seed ${seed}: ${what}\n${JSON.stringify(written.policy)}`);
    };
    const proof = this.prove(staged, wrong !== undefined, complain);
    const questions = this.questions(random, written, host);
    const intent = { ...intentOf(host, DEVICES), connections: staged.intent.connections };
    const trial: Trial = { intent, proof, questions, complain };
    const byProgram = wrong === undefined && random.chance(0.1);
    const state = byProgram ? this.apply(written, complain) : this.load(wrong ?? right);
    if (state !== undefined) {
      this.tally.reached += await this.ask(trial, state);
      if (random.chance(0.15)) await this.cut(random, trial);
    }
    if (byProgram) this.site.remove();
  }

  private prove(staged: StagedHost, mistaken: boolean, complain: Trial["complain"]): Proof {
    const proof = proveStaged(staged, {
      properties: ["P1", "P4", "P7", "P11"],
      maxWitnesses: 1,
    });
    const [witness] = proof.results.flatMap(({ witnesses }) => witnesses);
    const gaveUp =
      proof.verdict === "unknown" && proof.reasons.every((reason) => reason.startsWith("more than"));
    if (gaveUp) this.tally.undecided++;
    else if (!mistaken && proof.verdict !== "proved") {
      const what = `${witness?.packet}: ${witness?.expected}, ${witness?.got} ${witness?.when ?? ""}`;
      complain(`${proof.verdict}: ${witness?.property} ${what} ${proof.reasons.join("; ")}`);
    }
    if (mistaken) this.tally.mistaken++;
    if (mistaken && proof.verdict === "witness") this.tally.disproved++;
    return proof;
  }

  /** Some for each policy, the first of them about packets that it is to take, if any can be found. */
  private questions(random: Random, { policy, interfaces }: HostSpec, host: Host): Question[] {
    const intent = intentOf(host, DEVICES);
    const policies = { 4: new Policies(intent, 4), 6: new Policies(intent, 6) };
    return (policy?.traffic ?? []).flatMap((written) => {
      const isTaken = ({ flow, ownSource }: Question): boolean =>
        policies[flow.to.family].taker(flow, ownSource)?.name === written.name;
      return Array.from({ length: QUESTIONS_PER_POLICY }, (_, i) => {
        let question = randomQuestion(random, written, interfaces);
        for (let tries = 0; i < QUESTIONS_PER_POLICY / 2 && tries < 20 && !isTaken(question); tries++)
          question = randomQuestion(random, written, interfaces);
        return question;
      });
    });
  }

  /** Asks the kernel and sends packets; how many policies decided about one. */
  private async ask(trial: Trial, state: LinuxState, down: ReadonlySet<string> = new Set()): Promise<number> {
    const { intent, proof, questions, complain } = trial;
    const model = compile(state);
    const when = down.size === 0 ? "" : ` with ${[...down].join()} down`;
    const deciders = new Set<string>();
    const judge = new Judge(intent, model, down);
    const fair = questions.filter(({ flow }) => !("iif" in flow && down.has(flow.iif)));
    const answers = this.route(fair);
    fair.forEach((question, i) => {
      const got = answers[i];
      this.tally.questions++;
      if (!answersAs(modelled(model, question), got))
        complain(`${wordsOf(question)}${when}: the model and the kernel, ${got}, differ`);
      const wanted = judge.wanted(question);
      if (wanted === undefined) return;
      this.tally.decided++;
      if (wanted.by.startsWith("policy ")) deciders.add(wanted.by);
      if (proof.verdict !== "witness" && !isMet(wanted, got))
        complain(`${wordsOf(question)}${when}: not what ${wanted.by} wants, and yet ${proof.verdict}; the kernel: ${got}`);
    }); // prettier-ignore
    if (down.size === 0) this.confirm(trial, judge);
    await this.send(trial, fair, model, judge, when);
    return deciders.size;
  }

  /** What the prover shows of a mistake has to be so in the kernel. */
  private confirm({ proof, complain }: Trial, judge: Judge): void {
    for (const { property, flow, when } of proof.results.flatMap(({ witnesses }) => witnesses)) {
      if (property !== "P11" || flow === undefined || when !== undefined) continue;
      const ownSource = flow.from !== undefined && judge.owns(flow.from);
      const question: Question = { flow, ownSource };
      const wanted = judge.wanted(question);
      // The kernel is asked as the host is, which need not have an address that stands for others.
      if (wanted === undefined || (!("iif" in flow) && flow.from !== undefined && !ownSource)) continue;
      const [got] = this.route([question]);
      if (isMet(wanted, got) && wanted.error === undefined)
        complain(`${wordsOf(question)}: a witness, and yet the kernel, ${got}, does what ${wanted.by} wants`);
      else this.tally.confirmed++;
    }
  }

  private async send(trial: Trial, asked: readonly Question[], model: Model, judge: Judge, when: string): Promise<void> {
    const { proof, complain } = trial;
    // A SYN of a number is told by ports, so each pair of them is sent once.
    const known = new Set<string>();
    const fit = asked.filter(({ flow }, i) => {
      if (i % QUESTIONS_PER_POLICY >= PACKETS_PER_POLICY) return false;
      const key = `${flow.to.value} ${flow.sourcePort} ${flow.destinationPort}`;
      if (flow.protocol === 6 && known.has(key)) return false;
      return known.add(key) !== undefined;
    });
    const sent = fit.filter(({ flow }) => !("iif" in flow));
    const put = fit.filter(({ flow }) => "iif" in flow);
    const ways = [
      ...(await this.site.ways(sent.map((one) => packetOf(one).packet))),
      ...(await this.site.transit(put.map((one) => packetOf(one).packet), put.map((one) => packetOf(one).into!))),
    ];
    [...sent, ...put].forEach((question, i) => {
      this.tally.packets++;
      const way = ways[i];
      const outcome = becomes(model, question);
      if (!goesAs(outcome, way, "iif" in question.flow))
        complain(`${wordsOf(question)}${when}: the packet went ${way}, not as the model has it`);
      const wanted = judge.wanted(question);
      if (wanted === undefined) return;
      this.tally.steered++;
      // A socket of IPv6 that is refused tries again with a source; and what TCP of IPv4 looks up first has none yet.
      const { flow } = question;
      const again = !("iif" in flow) && flow.from === undefined && (flow.to.family === 6 ? wanted.error !== undefined : flow.protocol === 6);
      if (again || proof.verdict === "witness") return;
      const link = LINK_DEVICE[way] ?? way;
      if (!isMet(wanted, link in DEVICE_LINK ? link : "refused"))
        complain(`${wordsOf(question)}${when}: the packet went ${way}, not as ${wanted.by} wants`);
    });
  } // prettier-ignore

  /** The same with the carrier of one link lost, as the kernel then is. */
  private async cut(random: Random, trial: Trial): Promise<void> {
    this.tally.cuts++;
    const link = random.pick(["a", "b", "c"] as const);
    this.site.carrier(link, false);
    await this.ask(trial, this.read(), new Set([DEVICES[link]]));
    this.site.carrier(link, true);
    this.answerEverywhere();
  }

  /** By the program itself, which also has to find everything right; undefined when it does not. */
  private apply(written: HostSpec, complain: Trial["complain"]): LinuxState | undefined {
    this.tally.programs++;
    this.clear();
    const text = renderProgram(buildPlan(normalize(written)));
    for (const verb of ["apply", "verify"]) {
      const { status, stderr } = this.site.machine.run(text, verb);
      if (status === 0) continue;
      complain(`${verb}: exit ${status}: ${stderr}`);
      return undefined;
    }
    return this.read();
  }

  /** By the text that the program gives to `ip`. */
  private load(plan: Parameters<typeof materialize>[0]): LinuxState {
    this.clear();
    const { ipv4, ipv6 } = materialize(plan, 0, DEVICES);
    this.site.host.batch(4, [ipv4.trimEnd()]);
    this.site.host.batch(6, [ipv6.trimEnd()]);
    this.loaded = true;
    return applyBatch(applyBatch(this.base, 4, ipv4), 6, ipv6);
  }

  private clear(): void {
    if (!this.loaded) return;
    this.loaded = false;
    const clear = (family: string): string =>
      `while ip ${family} rule flush protocol 77 2>/dev/null && ip ${family} -N rule | grep -q 'proto 77'; do :; done; ` +
      `ip ${family} route flush table all proto 77 2>/dev/null`;
    const groups = Object.values(DEVICES).map((device) => `ip link set ${device} group 0`);
    this.site.host.ok("sh", "-c", [clear("-4"), clear("-6"), ...groups].join("; "));
  }

  private read(): LinuxState {
    const { host } = this.site;
    const ip = (...args: string[]): string => host.ok("ip", "-N", "-j", "-d", ...args);
    return readDumps({
      link: ip("link"),
      addr: ip("addr"),
      rule4: ip("-4", "rule"),
      rule6: ip("-6", "rule"),
      route4: ip("-4", "route", "show", "table", "all"),
      route6: ip("-6", "route", "show", "table", "all"),
      sysctl: host.ok("sh", "-c", "cd /proc/sys/net && grep -rs . ipv4/conf ipv6/conf; true"),
    });
  }

  /** The kernel's answers, in one process a family: "DEVICE", or "refused". */
  private route(questions: readonly Question[]): string[] {
    const answers = new Map<Question, string>();
    for (const family of [4, 6] as const) {
      const mine = questions.filter(({ flow }) => flow.to.family === family);
      this.answersOf(family, mine).forEach((answer, i) => answers.set(mine[i], answer));
    }
    return questions.map((question) => answers.get(question)!);
  }

  private answersOf(family: Family, questions: readonly Question[]): string[] {
    const lines = questions.flatMap((question) => ["link show dev lo", wordsOf(question)]);
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

/** What the policies of a host want, with some of its links down. */
class Judge {
  private readonly of: Readonly<Record<Family, { expectations: Expectations; policies: Policies }>>;

  constructor(
    intent: Intent,
    model: Model,
    private readonly down: ReadonlySet<string>,
  ) {
    const make = (family: Family) => ({
      expectations: new Expectations(intent, model, family),
      policies: new Policies(intent, family),
    });
    this.of = { 4: make(4), 6: make(6) };
  }

  wanted({ flow, ownSource }: Question): Wanted | undefined {
    const { expectations, policies } = this.of[flow.to.family];
    if (expectations.unclaimed(flow.to) || expectations.isOwn(flow.to)) return undefined;
    // Only an answer has the mark of a connection, and an answer has a source.
    if (flow.from === undefined && policies.marked(flow) !== undefined) return undefined;
    return policies.wanted(flow, ownSource, expectations, this.down);
  }

  owns(source: NonNullable<Question["flow"]["from"]>): boolean {
    return this.of[source.family].expectations.ownerOf(source) !== undefined;
  }
}

const DEVICE_LINK: Readonly<Record<string, string>> = { eth0: "a", eth1: "b", eth2: "c" };
const LINK_DEVICE: Readonly<Record<string, string>> = { a: "eth0", b: "eth1", c: "eth2" };

/** Whether a device, or "refused", is what a policy wants. */
function isMet({ expected }: Wanted, got: string): boolean {
  if (expected.kind !== "by") return true;
  return got === "refused" ? expected.refusal : expected.hops.some(({ device }) => device === got);
}

/** Whether the kernel's answer is the outcome. */
function answersAs(outcome: Outcome, got: string): boolean {
  if (outcome.kind === "unknown") return true;
  if (outcome.kind === "error") return got === "refused";
  return outcome.hops.some(({ device }) => device === got);
}

/** Whether a packet that left by a link, or with an error, did as the outcome says; nobody is told of what is forwarded. */
function goesAs(outcome: Outcome, way: string, forwarded: boolean): boolean {
  if (outcome.kind === "unknown") return true;
  if (outcome.kind === "error") return way === (forwarded ? "nowhere" : outcome.error);
  return outcome.hops.some(({ device }) => DEVICE_LINK[device] === way);
}
