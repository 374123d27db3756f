import { HostSpec } from "../../../lib/model/spec";
import { Namespace, Namespaces } from "./netns";
import { ProgramHost } from "./program";

/** Sources of two links in each family; those of IPv4 on both sides of the address of a socket without one. */
export const SOURCES = [
  ["10.1.0.10", "10.1.0.11", "fd00:1::10"],
  ["192.168.2.10", "fd00:2::10"],
] as const;
const GATEWAYS = [
  ["10.1.0.1", "fd00:1::1"],
  ["192.168.2.1", "fd00:2::1"],
];
export const SPEC: HostSpec = {
  name: "edge",
  interfaces: SOURCES.map((addresses, i) => ({
    name: `n${i}`,
    match: { ifname: `eth${i}` },
    addresses: addresses.map((a) => `${a}/${a.includes(":") ? 64 : 24}`),
    gateways: GATEWAYS[i],
  })),
};
export const FAR = { 4: "192.0.2.1", 6: "2001:db8:ffff::1" } as const;
export const FAMILIES = [4, 6] as const;

/** What ip is asked about every source of a family. */
export const asks = (f: 4 | 6): string[] =>
  SOURCES.flat()
    .filter((s) => s.includes(":") === (f === 6))
    .map((s) => `route get ${FAR[f]} from ${s}`);
/** The same as words of a shell. */
export const questions = (f: 4 | 6): string =>
  asks(f)
    .map((ask) => `'${ask}'`)
    .join(" ");
/** Asks for all sources. */
export const ASK = FAMILIES.map((f) => `printf '%s\\n' ${questions(f)} | $ip -${f} -o -force -batch -`).join(
  "\n",
);
/** Of what was answered, what went by an interface that is not the source's. */
export function wrongOf(answers: readonly string[]): string[] {
  const told = answers.filter((line) => / from \S+ .*dev |unreachable/.test(line));
  if (told.length < 100) throw new Error(`answered ${told.length} times alone:\n${answers.join("\n")}`);
  return told.filter((line) => / from (192|fd00:2).* dev eth0| from (10\.|fd00:1).* dev eth1/.test(line));
}

/** A host with two links to one router that all is behind, and main by the first. */
export class Host {
  readonly ns: Namespace;
  readonly peer: Namespace;
  readonly host: ProgramHost;

  constructor(namespaces: Namespaces) {
    this.ns = namespaces.create("host");
    this.peer = namespaces.create("peer");
    SPEC.interfaces.forEach(({ addresses }, i) => {
      namespaces.connect([this.ns, `eth${i}`], [this.peer, `far${i}`]);
      for (const a of addresses!) this.ns.ip(`addr add ${a} dev eth${i}${a.includes(":") ? " nodad" : ""}`);
      for (const a of GATEWAYS[i])
        this.peer.ip(`addr add ${a}/${a.includes(":") ? "64 nodad" : 24} dev far${i}`);
    });
    for (const far of Object.values(FAR)) this.peer.ip(`addr add ${far} dev lo`);
    this.ns.ip("route add default via 10.1.0.1 dev eth0");
    this.ns.ip("-6 route add default via fd00:1::1 dev eth0");
    this.ns.steady();
    this.peer.steady();
    this.host = new ProgramHost(this.ns);
  }

  /** Has the plan in force, and the backstop with it, as the units do. */
  keep(text: string): void {
    this.host.ok(text, "apply");
    this.ns.ip("-4 rule flush protocol 77");
    this.host.ok(text, "restore");
  }

  /** The device by which the kernel sends what has this source; "none" when it does not. */
  way(source: string): string {
    const family = source.includes(":") ? 6 : 4;
    const { status, stdout } = this.ns.run(["ip", "-o", "route", "get", FAR[family], "from", source]);
    return status === 0 ? (/ dev (\S+)/.exec(stdout)?.[1] ?? "") : "none";
  }

  /** The ways that sources have and must not have: any but their own interface's, or none. */
  wrong(): string[] {
    return SOURCES.flatMap((sources, i) =>
      sources.map((s) => [s, this.way(s)]).filter(([, way]) => way !== `eth${i}` && way !== "none"),
    ).map((pair) => pair.join(" by "));
  }

  ways(): string[] {
    return SOURCES.flat().map((source) => this.way(source));
  }

  rules(): string[] {
    return FAMILIES.flatMap((f) =>
      this.ns
        .ip(`-${f} rule show`)
        .trim()
        .split("\n")
        .map((line) => `${f} ${line.replace(/\s+/g, " ")}`),
    );
  }

  /** Takes away the rules of priority 0 that are ours. */
  withoutFront(): void {
    for (const f of FAMILIES)
      for (const what of ["unreachable", "goto 1"])
        for (const rule of this.rules().filter((r) => r.startsWith(`${f} 0:`) && r.endsWith(what)))
          this.ns.ip(`-${f} rule del priority 0 ${rule.slice(5)}`);
  }

  /** Deletes rules as `ip rule flush` does, and after each asks for all sources; the wrong ways that were seen. */
  flushOneByOne(): string[] {
    return FAMILIES.flatMap((f) => {
      const priorities = this.ns.ip(`-${f} rule show`).match(/^\d+/gm) ?? [];
      return priorities
        .filter((p) => p !== "0")
        .flatMap((p) => {
          this.ns.ip(`-${f} rule del priority ${p}`);
          return this.wrong().map((way) => `${way} after -${f} ${p}`);
        });
    });
  }

  /** What the kernel has by itself. */
  main(): void {
    for (const f of FAMILIES) this.ns.ip(`-${f} rule add priority 32766 lookup main protocol kernel`);
    this.ns.ip("-4 rule add priority 32767 lookup default protocol kernel");
  }

  destroy(): void {
    this.host.destroy();
  }
}
