import * as fs from "node:fs";
import * as path from "node:path";
import { Outcome, dump } from "../support/netns";
import { FAULTS, Fault, TOOLS, shim } from "./faults";
import { Machine, State } from "./machine";

/** What the program is about when something goes wrong. */
export type Scenario = "apply" | "first apply" | "apply to be confirmed" | "confirm" | "rollback" | "remove";

export const SCENARIOS: readonly Scenario[] = [
  "apply",
  "first apply",
  "apply to be confirmed",
  "confirm",
  "rollback",
  "remove",
];

/** What is done in a storm: which plan's program, and with what arguments. */
const STORM: readonly (readonly ["one" | "two", ...string[]])[] = [
  ["two", "apply"],
  ["one", "apply"],
  ["two", "apply", "--confirm-within", "3600"],
  ["two", "confirm"],
  ["one", "apply", "--confirm-within", "3600"],
  ["one", "rollback"],
  ["one", "apply"],
  ["two", "apply"],
];

/** What has come of faults of one kind. */
export interface Tally {
  trials: number;
  /** Faults that have happened; several in a trial where they are random. */
  faults: number;
  /** Trials after which, or during which, the operator's flow had no route. */
  lockouts: number;
  /** Trials in which an answer was of neither generation, or families were left in different states. */
  mixes: number;
  /** Trials after which the host was as before. The others left it as planned. */
  old: number;
  /** Vectors of answers looked at. */
  vectors: number;
  /** What was wrong, in words. */
  failures: string[];
}

export const newTally = (): Tally => ({
  trials: 0,
  faults: 0,
  lockouts: 0,
  mixes: 0,
  old: 0,
  vectors: 0,
  failures: [],
});

/**
 * Makes things go wrong, one trial after another, and holds every one to this:
 *
 * - All along, and afterwards, every flow is answered as by the old generation or by the new one, and the operator's
 *   has a route.
 * - The exit of the program says which: 0 the new, 1 the old.
 * - Who watches over the change, or the next command, brings back the old generation when it was not committed.
 * - The next apply puts the plan in force, and a removal leaves nothing, to the byte.
 */
export class Campaign {
  private state: State = "none";
  private trials = 0;
  private readonly bin: string;
  private readonly faults: string;

  constructor(
    private readonly machine: Machine,
    private readonly tally: (fault: Fault) => Tally,
  ) {
    this.bin = path.join(machine.host.dir, "bin");
    this.faults = path.join(machine.host.dir, "faults");
  }

  /** How many tools the scenario starts, one after another, when nothing goes wrong. */
  async starts(scenario: Scenario): Promise<number> {
    await this.trial(scenario, { name: "nothing", script: ":" }, 1e9);
    return this.calls();
  }

  /** One trial with a fault at the k-th start of a tool; false when it did not come to that. */
  async trial(scenario: Scenario, fault: Fault, k: number): Promise<boolean> {
    const { machine } = this;
    const [from, to] = this.begin(scenario);
    const id = scenario === "confirm" || scenario === "rollback" ? this.pending(to) : "";
    this.install(fault);
    const judged = fault.after !== "leak" && fault.after !== "unplug" && fault.after !== "rename";
    machine.allow(from, to);
    const text = machine.programs[to === "none" ? "one" : to];
    const outcome = machine.run(text, this.argsOf(scenario, id), this.bin, {
      AT: String(k),
      FAULTS: this.faults,
    });
    const met = this.met();
    if (met === 0 && fault.percent === undefined) {
      this.end(scenario, to);
      return false;
    }
    const tally = this.tally(fault);
    tally.trials++;
    tally.faults += met;
    const said = outcome.stderr.trim().split("\n").pop() ?? "";
    const wrong = (what: string): void => {
      if (tally.failures.length < 20)
        tally.failures.push(`${scenario}, ${fault.name}, at ${k}: ${what} (exit ${outcome.status}, ${said})`);
    };
    await this.settle(fault, scenario, outcome, wrong);
    if (judged) this.judge(fault, scenario, outcome, from, to, tally, wrong);
    this.recover(fault, scenario, to, wrong);
    const samples = await machine.samples();
    machine.allow();
    tally.vectors += samples.vectors;
    const power = fault.after === "power";
    if (samples.lost > 0 && !power) {
      tally.lockouts++;
      wrong(`the operator had no route ${samples.lost} times`);
    }
    // A host without power has no routes, and one with somebody's own rules or without an interface other ones.
    if (judged && !power && (samples.mixed > 0 || samples.switches > 8)) {
      tally.mixes++;
      wrong(`${samples.mixed} answers of neither generation: ${samples.examples.join("; ")}`);
    }
    // What is left by the interface that went with its address is not ours to compare.
    if (scenario === "first apply" || ++this.trials % 8 === 0 || fault.after === "unplug")
      this.removed(wrong);
    return true;
  }

  /** Command after command while everything goes wrong; only in the end nothing does. */
  async storm(fault: Fault, k: number): Promise<void> {
    const { machine } = this;
    if (this.state === "none") this.apply("one");
    const tally = this.tally(fault);
    const wrong = (what: string): void => void tally.failures.push(`${fault.name}, ${k}: ${what}`);
    machine.allow("one", "two");
    for (let i = 0; i < STORM.length; i++) {
      const [plan, ...args] = STORM[(i * 7 + k) % STORM.length];
      this.install(fault);
      const env = { AT: String(k * STORM.length + i), FAULTS: this.faults };
      const { status, stderr } = machine.run(machine.programs[plan], args, this.bin, env);
      tally.trials++;
      tally.faults += this.met();
      const now = machine.states();
      for (const family of [4, 6] as const) {
        if (now[family] === "one" || now[family] === "two") continue;
        tally.mixes++;
        wrong(`${args[0]}, exit ${status}, leaves IPv${family} in state ${now[family]}: ${stderr}`);
      }
    }
    this.recover(fault, "confirm", k % 2 === 0 ? "one" : "two", wrong);
    const { vectors, lost, mixed, examples } = await machine.samples();
    machine.allow();
    tally.vectors += vectors;
    if (lost > 0) tally.lockouts++;
    if (mixed > 0) tally.mixes++;
    if (lost + mixed > 0)
      wrong(`no route ${lost} times, of neither generation ${mixed}: ${examples.join("; ")}`);
    if (k % 4 === 0) this.removed(wrong);
  }

  /** Brings the host into the state that the scenario starts from; from which state to which it leads. */
  private begin(scenario: Scenario): [State, State] {
    if (scenario === "first apply") {
      if (this.state !== "none") this.remove();
      return ["none", "one"];
    }
    if (this.state === "none") this.apply("one");
    if (scenario === "remove") return [this.state, "none"];
    return [this.state, this.state === "one" ? "two" : "one"];
  }

  private argsOf(scenario: Scenario, id: string): string[] {
    if (scenario === "apply to be confirmed") return ["apply", "--confirm-within", "3600"];
    if (scenario === "confirm" || scenario === "rollback") return [scenario, id];
    return [scenario === "remove" ? "remove" : "apply"];
  }

  /** Leaves a change to this state pending; its id. */
  private pending(to: State): string {
    const { status, stdout, stderr } = this.machine.run(this.machine.programs[to as "one"], [
      "apply",
      "--confirm-within",
      "3600",
    ]);
    const id = /^pending (\S+)/.exec(stdout)?.[1];
    if (status !== 0 || id === undefined) throw new Error(`no change is pending: ${stderr}`);
    return id;
  }

  private install(fault: Fault): void {
    for (const dir of [this.bin, this.faults]) {
      fs.rmSync(dir, { recursive: true, force: true });
      fs.mkdirSync(dir);
    }
    for (const tool of fault.tools ?? TOOLS) {
      const real = realTool(tool);
      if (real !== undefined) fs.writeFileSync(path.join(this.bin, tool), shim(real, fault), { mode: 0o755 });
    }
    fs.writeFileSync(path.join(this.faults, "calls"), "");
  }

  /** How many tools have been started. */
  private calls(): number {
    return fs.statSync(path.join(this.faults, "calls")).size;
  }

  private met(): number {
    const file = path.join(this.faults, "met");
    return fs.existsSync(file) ? Math.max(1, fs.statSync(file).size) : 0;
  }

  /** Lets happen what follows from the fault by itself, and undoes what was done to the host besides. */
  private async settle(
    fault: Fault,
    scenario: Scenario,
    { status }: Outcome,
    wrong: (what: string) => void,
  ): Promise<void> {
    const { machine } = this;
    const { ns } = machine;
    // A confirmation that was killed leaves the change pending.
    const pending = scenario === "confirm" || (status === 0 && scenario === "apply to be confirmed");
    if (fault.kills && !fault.blinds && !pending && this.trials % 8 === 0) {
      // Every so often whoever watches is left to it; else the next command is quicker.
      if (!(await machine.rolledBack(20_000))) wrong("nobody has rolled it back");
    }
    if (fault.after === "disk") {
      ns.run([...machine.inside, "sh", "-c", 'mount -o remount,rw "$1"; rm -f "$1/filler"', "sh", this.disk]);
    }
    if (fault.after === "rule" || fault.after === "leak") ns.run(["ip", "rule", "del", "priority", "100"]);
    if (fault.after === "unplug" || fault.after === "rename") {
      if (fault.after === "rename") ns.run(["ip", "link", "del", "net9"]);
      machine.plug(1);
      ns.steady();
    }
    if (fault.after === "power") this.boot();
  }

  private get disk(): string {
    return path.dirname(this.machine.host.stateDir);
  }

  /** What a boot leaves of rules, routes, links, sysctls and $RUN; then what the unit at boot does. */
  private boot(): void {
    const { machine } = this;
    const { ns, host } = machine;
    ns.ok("sh", "-c", FORGET);
    for (const i of [1, 0] as const) ns.ip(`link del eth${i}`);
    for (const i of [0, 1] as const) machine.plug(i);
    ns.steady();
    fs.rmSync(host.runDir, { recursive: true, force: true });
    // As a boot has another id, records of the last one count for nothing.
    const restore = path.join(host.stateDir, "restore");
    ns.ok(
      ...machine.inside,
      "sh",
      "-c",
      '[ ! -e "$1" ] || sed -i "s/^boot .*/boot before/" "$1"',
      "sh",
      restore,
    );
    const unit = `[ -e "$1/committed" ] || exit 0
      read -r _ generation <"$1/committed"
      exec dash "$1/program.$generation" apply`;
    const { status, stderr } = ns.run([...machine.inside, "sh", "-c", unit, "sh", host.stateDir], {
      env: host.environment(),
    });
    if (status !== 0) throw new Error(`the unit at boot: ${stderr}`);
  }

  private judge(
    fault: Fault,
    scenario: Scenario,
    { status }: Outcome,
    from: State,
    to: State,
    tally: Tally,
    wrong: (what: string) => void,
  ): void {
    const now = this.machine.states();
    if (now[4] !== now[6] || (now[4] !== from && now[4] !== to)) {
      // Where it was killed and nobody has cleared up yet each family is still one or the other.
      const whole = [now[4], now[6]].every((state) => state === from || state === to);
      if (!whole || !fault.kills) {
        tally.mixes++;
        wrong(`it is left in state ${now[4]} for IPv4, ${now[6]} for IPv6`);
      }
      return;
    }
    if (now[4] === from) tally.old++;
    if (fault.kills) return;
    const changed = scenario === "rollback" ? from : to;
    const kept = scenario === "rollback" || scenario === "confirm" ? to : from;
    if (status === 0 && now[4] !== changed) wrong(`it says it is done, and ${now[4]} is in force`);
    if (status === 1 && scenario !== "remove" && now[4] !== kept && now[4] !== from)
      wrong(`it says it has failed, and ${now[4]} is in force`);
    // A program whose text could not be read has none, and has done nothing.
    const unread = this.calls() === 1;
    const before = scenario === "rollback" || scenario === "confirm" ? to : from;
    if (status > 2 && !(unread && now[4] === before)) wrong("its exit is none of its own");
  }

  /** The next command, with nothing wrong any more. */
  private recover(fault: Fault, scenario: Scenario, to: State, wrong: (what: string) => void): void {
    const { machine } = this;
    const now = machine.states();
    const whole = now[4] === now[6] && now[4] !== undefined && now[4] !== "none";
    if (scenario === "apply" && whole && !fault.kills && fault.after === undefined && this.trials % 4 !== 0) {
      // The next trial is the next apply as well.
      this.state = now[4] as State;
      return;
    }
    const first = to === "none" ? "one" : to;
    if (scenario === "apply to be confirmed" || scenario === "confirm" || scenario === "rollback") {
      // What is pending, and is watched over, has to be ended first.
      const { status, stderr } = machine.run(machine.programs[first], ["rollback"]);
      if (status > 1) wrong(`rollback afterwards: exit ${status}, ${stderr}`);
    }
    if (to === "none") return this.removed(wrong);
    const { status, stderr } = machine.run(machine.programs[first], ["apply"]);
    const then = machine.states();
    if (status !== 0 || then[4] !== to || then[6] !== to)
      wrong(`the next apply: exit ${status}, ${stderr.trim()}, in force is ${then[4]}, ${then[6]}`);
    this.state = to;
  }

  /** A removal must leave the host as it was, to the byte. */
  private removed(wrong: (what: string) => void): void {
    const { machine } = this;
    const { status, stderr } = machine.run(machine.programs.one, ["remove"]);
    this.state = "none";
    if (status !== 0) wrong(`remove: exit ${status}, ${stderr.trim()}`);
    const [before, now] = [plain(machine.pristine), plain(dump(machine.ns))];
    if (now !== before) wrong(`a removal does not leave it as it was: ${unlike(before, now)}`);
    if (machine.littered() || fs.readdirSync(machine.host.dir).includes("run"))
      wrong("a removal leaves files");
  }

  /** After a trial without a fault. */
  private end(scenario: Scenario, to: State): void {
    if (scenario === "apply to be confirmed" || scenario === "rollback") {
      const { status, stderr } = this.machine.run(this.machine.programs.one, ["rollback"]);
      if (status !== 0) throw new Error(`rollback: ${stderr}`);
      return;
    }
    this.state = to;
  }

  private apply(to: "one" | "two"): void {
    const { status, stderr } = this.machine.run(this.machine.programs[to], ["apply"]);
    if (status !== 0) throw new Error(`apply: ${stderr}`);
    this.state = to;
  }

  private remove(): void {
    this.machine.host.ok(this.machine.programs.one, "remove");
    this.state = "none";
  }
}

/** Rules and routes and tables are gone, as after a boot. */
const FORGET = `
  for f in -4 -6; do
    ip $f rule flush
    ip $f rule add priority 32766 lookup main protocol kernel
    [ $f = -6 ] || ip $f rule add priority 32767 lookup default protocol kernel
    for t in $(ip $f -o -N route show table all proto 77 | sed -n 's/.* table \\([0-9]*\\).*/\\1/p' | sort -u); do
      ip $f route flush table $t
    done
  done
  ! command -v nft >/dev/null || nft flush ruleset`;

/** Numbers of devices are others after one was unplugged. */
const plain = (text: string): string =>
  text
    .replace(/^\d+: /gm, "")
    .replace(/@if\d+/g, "")
    .split("\n")
    .sort()
    .join("\n");

/** The lines that only one of two texts has. */
function unlike(before: string, now: string): string {
  const [old, current] = [before, now].map((text) => text.split("\n"));
  const only = (these: string[], those: string[], sign: string): string[] =>
    these.filter((line) => !those.includes(line)).map((line) => `${sign} ${line}`);
  return [...only(old, current, "-"), ...only(current, old, "+")].join("; ");
}

const tools = new Map<string, string | undefined>();

function realTool(name: string): string | undefined {
  if (!tools.has(name)) {
    const dirs = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
    tools.set(
      name,
      dirs.map((dir) => path.join(dir, name)).find((file) => fs.existsSync(file)),
    );
  }
  return tools.get(name);
}

/** One thing that goes wrong, once. */
export interface Case {
  readonly scenario: Scenario;
  readonly fault: Fault;
  readonly k: number;
}

/** How many times random faults are tried in each scenario, and storms. */
const ROUNDS = 40;

/** Every fault at every place of every scenario, in an order that the seed says. */
export async function cases(campaign: Campaign, seed: number): Promise<Case[]> {
  const all: Case[] = [];
  for (const scenario of SCENARIOS) {
    const starts = await campaign.starts(scenario);
    for (const fault of FAULTS) {
      // Of five tools that are started one is ip; a place that is not met is no trial.
      const places =
        fault.percent !== undefined ? ROUNDS : fault.tools === undefined ? starts : Math.ceil(starts / 4);
      for (let k = fault.first ?? 1; k <= places; k++) all.push({ scenario, fault, k });
    }
  }
  // Fisher and Yates, with a linear congruential generator (Numerical Recipes).
  let state = seed >>> 0;
  for (let i = all.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}
