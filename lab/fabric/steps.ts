import { FabricModel, IpObject, LinkEnd, LinkModel, NamespaceModel } from "./model";
import { nftAnew, nftChange } from "./nft";

/**
 * From what is realized to what shall be: the commands, in stages. Steps of one stage are independent of each other.
 * Pure: nothing here asks the machine.
 */

export const STAGES = [
  "unlink",
  "namespaces",
  "sysctls",
  "links",
  "devices",
  "filters",
  "ipv4",
  "ipv6",
] as const;

export interface Step {
  stage: (typeof STAGES)[number];
  tool: "ip" | "ip -4" | "ip -6" | "nft" | "sysctl";
  /** Where it runs; none for the namespaces themselves. */
  namespace?: string;
  /** What the tool reads; for sysctl "PATH VALUE" with the path below /proc/sys. */
  lines: string[];
  /** Whether an object may already be as the step wants it. */
  tolerant: boolean;
}

/** A model of nothing. */
export function emptyModel(lab: string): FabricModel {
  return { schema: 1, lab, namespaces: {}, links: {}, servers: {} };
}

/** Why the record does not say what is there. Then everything is made again, tolerantly. */
export interface Repair {
  /** What the last realization wanted, if it did not end: any part of it may be there. */
  interrupted?: FabricModel;
  /** Recorded namespaces that are gone, as all are after a reboot. */
  missing: ReadonlySet<string>;
}

/** @param before what was realized last */
export function stepsOf(before: FabricModel, after: FabricModel, repair?: Repair): Step[] {
  return new Transition(before, after, repair).steps();
}

class Transition {
  private readonly repairing: boolean;
  private readonly olds: FabricModel[];
  private readonly collected = new Map<string, Step>();

  constructor(
    private readonly before: FabricModel,
    private readonly after: FabricModel,
    private readonly repair: Repair | undefined,
  ) {
    this.repairing = repair !== undefined;
    this.olds = repair?.interrupted === undefined ? [before] : [before, repair.interrupted];
  }

  steps(): Step[] {
    const unplugged = this.links();
    this.namespaces();
    for (const [name, after] of Object.entries(this.after.namespaces)) this.inside(name, after, unplugged);
    return [...this.collected.values()].sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
  }

  /** Returns the devices that go, as "NAMESPACE DEVICE". */
  private links(): Set<string> {
    const unplugged = new Set<string>();
    for (const old of this.olds) {
      for (const [key, link] of Object.entries(old.links)) {
        if (same(link, this.after.links[key]) && !link.ends.some((end) => this.isMissing(end))) continue;
        for (const end of link.ends) unplugged.add(`${end.namespace} ${end.device}`);
        this.unplug(link);
      }
    }
    for (const [key, link] of Object.entries(this.after.links)) {
      if (!this.repairing && same(link, this.before.links[key])) continue;
      const [near, far] = link.ends;
      const line = `link add name ${near.device} address ${near.mac} type veth peer name ${far.device} address ${far.mac} netns ${far.namespace}`;
      this.put("links", "ip", near.namespace, [line]);
      for (const end of link.ends) this.put("devices", "sysctl", end.namespace, sysctlLines(end.sysctls));
    }
    return unplugged;
  }

  /**
   * Explicitly, from an end that stays: the kernel takes a namespace's devices away some time after its name, and
   * their peers with them.
   */
  private unplug(link: LinkModel): void {
    const stays = (end: LinkEnd) => end.namespace in this.after.namespaces && !this.isMissing(end);
    const end = link.ends.find(stays);
    if (end !== undefined) this.put("unlink", "ip", end.namespace, [`link del ${end.device}`]);
  }

  private isMissing(end: LinkEnd): boolean {
    return this.repair?.missing.has(end.namespace) ?? false;
  }

  private namespaces(): void {
    const known = new Set(this.olds.flatMap(({ namespaces }) => Object.keys(namespaces)));
    const gone = [...known].filter((name) => !(name in this.after.namespaces));
    const made = Object.keys(this.after.namespaces).filter(
      (name) => this.repairing || !(name in this.before.namespaces),
    );
    this.put("namespaces", "ip", undefined, [
      ...gone.map((name) => `netns del ${name}`),
      ...made.map((name) => `netns add ${name}`),
    ]);
  }

  private inside(name: string, after: NamespaceModel, unplugged: Set<string>): void {
    const before = this.before.namespaces[name];
    const settings = Object.entries(after.sysctls).filter(
      ([path, value]) => this.repairing || before?.sysctls[path] !== value,
    );
    this.put("sysctls", "sysctl", name, sysctlLines(Object.fromEntries(settings)));

    const known = this.olds.flatMap((old) => Object.keys(old.namespaces[name]?.tables ?? {}));
    for (const table of new Set([...known, ...Object.keys(after.tables)])) {
      const wanted = after.tables[table];
      const change = this.repairing
        ? nftAnew(table, wanted)
        : nftChange(table, before?.tables[table], wanted);
      this.put("filters", "nft", name, change);
    }

    const stands = (object: IpObject) =>
      object.device === undefined || !unplugged.has(`${name} ${object.device}`);
    // New before old: a packet on its way finds one or the other.
    for (const [key, object] of Object.entries(after.objects)) {
      const old = before?.objects[key];
      if (!this.repairing && old !== undefined && stands(old) && same(old, object)) continue;
      this.putObject(name, object, object.add, after.shared);
    }
    for (const old of this.olds) {
      for (const [key, object] of Object.entries(old.namespaces[name]?.objects ?? {}).reverse()) {
        if (key in after.objects || object.del === undefined || !stands(object)) continue;
        this.putObject(name, object, object.del, after.shared);
      }
    }
  }

  private putObject(namespace: string, object: IpObject, line: string, shared: boolean): void {
    this.put(`ipv${object.family}`, `ip -${object.family}`, namespace, [line], shared);
  }

  private put(
    stage: Step["stage"],
    tool: Step["tool"],
    namespace: string | undefined,
    lines: string[],
    shared = false,
  ): void {
    if (lines.length === 0) return;
    const key = `${stage} ${tool} ${namespace}`;
    const step = this.collected.get(key);
    if (step !== undefined) step.lines.push(...lines);
    else
      this.collected.set(key, {
        stage,
        tool,
        namespace,
        lines: [...lines],
        tolerant: this.repairing || shared,
      });
  }
}

function sysctlLines(sysctls: Record<string, string>): string[] {
  return Object.entries(sysctls).map(([path, value]) => `${path} ${value}`);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
