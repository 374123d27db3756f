import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CAPTURE_COMMAND, compile, output, prove, readCapture } from "../../lib/linux";
import { HostSpec } from "../../lib/model/spec";
import { parseAddress } from "../../lib/net/address";
import { stageHost } from "../../lib/prove/staged";
import { endFlood, serveEcho, startFlood } from "./support/flood";
import { Namespace, Namespaces, describeOnKernel, dump, privileged, sleep } from "./support/netns";
import { DASH, ProgramHost, program, shells, skipMissingShells } from "./support/program";

/** Sources of two links in each family; those of IPv4 on both sides of the address of a socket without one. */
const SOURCES = [
  ["10.1.0.10", "10.1.0.11", "fd00:1::10"],
  ["192.168.2.10", "fd00:2::10"],
] as const;
const GATEWAYS = [
  ["10.1.0.1", "fd00:1::1"],
  ["192.168.2.1", "fd00:2::1"],
];
const SPEC: HostSpec = {
  name: "edge",
  interfaces: SOURCES.map((addresses, i) => ({
    name: `n${i}`,
    match: { ifname: `eth${i}` },
    addresses: addresses.map((a) => `${a}/${a.includes(":") ? 64 : 24}`),
    gateways: GATEWAYS[i],
  })),
};
const MORE: HostSpec = {
  ...SPEC,
  interfaces: [
    { ...SPEC.interfaces[0], addresses: [...SPEC.interfaces[0].addresses!, "172.31.0.10/24"] },
    SPEC.interfaces[1],
  ],
};
const FAR = { 4: "192.0.2.1", 6: "2001:db8:ffff::1" } as const;
const FAMILIES = [4, 6] as const;
/** How often all rules are flushed under load; more in a campaign. */
const FLUSHES = Number(process.env.MULTIHOME_FLUSHES ?? 50);

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();

/** A host with two links to one router that all is behind, and main by the first. */
class Host {
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

const QUICK_FLUSH = "ip -4 rule flush; ip -6 rule flush";
/** As it does: by what was there when it began, but for $1 ms between one and the next. */
const SLOW_FLUSH = `
  for f in 4 6; do
    ip -$f rule show | sed -n 's/^\\([1-9][0-9]*\\):[[:space:]]*/rule del priority \\1 /; s/ proto / protocol /; /^rule/p' |
      sed 's/ \\[unresolved\\]//; s/ \\[detached\\]//' |
      while IFS= read -r line; do printf '%s\\n' "$line"; sleep 0.00$1; done | ip -$f -force -batch - 2>/dev/null
  done; true`;

const OWN = ["eth0", "eth0", "eth0", "eth1", "eth1"];
const NONE = OWN.map(() => "none");

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "what is kept while all rules are flushed, in $name",
  (shell) => {
    const namespaces = new Namespaces("flbackst");
    const text = program(SPEC);
    let on: Host;
    let pristine: string;

    beforeEach(() => {
      on = new Host(namespaces);
      on.host.shell = shell;
      pristine = dump(on.ns);
      on.keep(text);
    });
    afterEach(async () => {
      on.destroy();
      await namespaces.destroy();
    });

    test("is two rules in front for each prefix that holds sources, and what leads past them", () => {
      expect(on.rules().filter((rule) => /^. [01]:/.test(rule))).toEqual([
        "4 0: from all lookup local",
        "4 0: from 10.1.0.10/31 iif lo goto 1",
        "4 0: from 192.168.2.10 iif lo goto 1",
        "4 0: from 10.1.0.10/31 iif lo unreachable",
        "4 0: from 192.168.2.10 iif lo unreachable",
        "4 1: from all nop",
        "6 0: from all lookup local",
        "6 0: from fd00::/30 iif lo goto 1",
        "6 0: from fd00::/30 iif lo unreachable",
        "6 1: from all nop",
      ]);
      expect(on.ways()).toEqual(OWN);
      expect(on.host.run(text, "verify").status).toBe(0);
    });

    test("leaves no source a wrong way after any rule that the flush deletes, up to the last", () => {
      expect(on.flushOneByOne()).toEqual([]);
      expect(on.ways()).toEqual(NONE);
    });

    test("without the rules in front there is one, so that this would be seen", () => {
      on.withoutFront();
      expect(on.flushOneByOne()).toEqual(
        expect.arrayContaining([expect.stringMatching(/^192\.168\.2\.10 by eth0 after -4 9993$/)]),
      );
    });

    test("is left by a restoration as it was, though the canary was asked while all was closed", () => {
      const before = dump(on.ns);
      for (let i = 0; i < 2; i++) {
        for (const f of FAMILIES) on.ns.ip(`-${f} rule flush`);
        expect(on.ways()).toEqual(NONE);
        on.host.ok(text, "restore");
        expect(on.ways()).toEqual(OWN);
      }
      on.main();
      expect(on.host.run(text, "verify").status).toBe(0);
      // Twice, and the same generation is in force.
      expect(dump(on.ns)).toBe(before);
    });

    test("is let go by an apply on a host whose rules were flushed while nobody watched, and by remove", () => {
      for (const f of FAMILIES) on.ns.ip(`-${f} rule flush`);
      on.main();
      on.host.ok(program(MORE), "apply");
      expect(on.ways()).toEqual(OWN);
      for (const f of FAMILIES) on.ns.ip(`-${f} rule flush`);
      on.main();
      on.host.ok(program(MORE), "remove");
      expect(dump(on.ns)).toBe(pristine);
    });

    test("closes nothing while it is made, changed, made anew and taken away", () => {
      const seen = new Stepwise(on);
      on.ns.ip("-4 rule del priority 1");
      on.host.ok(text, "restore");
      // What is behind it of the kernel's own comes in front of it again.
      for (const f of FAMILIES) {
        on.ns.ip(`-${f} rule del priority 0 lookup local`);
        on.ns.ip(`-${f} rule add priority 0 lookup local protocol kernel`);
      }
      seen.begin();
      on.host.ok(text, "restore");
      expect(on.rules().filter((rule) => / 0: /.test(rule))[0]).toBe("4 0: from all lookup local");
      on.host.ok(program(MORE), "apply");
      on.host.ok(text, "remove");
      expect(seen.end()).toEqual([]);
      expect(dump(on.ns)).toBe(pristine);
    });

    test("leaves rules of others at 0 and 1 alone; one without a priority is for all but our sources", () => {
      on.host.ok(text, "remove");
      on.ns.ip("rule add priority 1 from 10.9.0.0/24 lookup 99");
      const before = dump(on.ns);
      on.keep(text);
      on.ns.ip("rule add lookup 99");
      on.ns.ip("route add unreachable default table 99");
      expect(on.rules()).toContain("4 0: from all lookup 99");
      expect(on.ways()).toEqual(OWN);
      expect(on.ns.run(["ip", "route", "get", FAR[4]]).status).not.toBe(0);
      expect(on.flushOneByOne()).toEqual([]);
      on.ns.ip("route del unreachable default table 99");
      on.main();
      on.ns.ip("rule add priority 1 from 10.9.0.0/24 lookup 99");
      on.host.ok(text, "restore");
      expect(on.ways()).toEqual(OWN);
      on.host.ok(text, "remove");
      on.ns.ip("rule del priority 0 lookup 99");
      expect(dump(on.ns)).toBe(before);
    });
  },
);

describeOnKernel("rules that are flushed under load", () => {
  const namespaces = new Namespaces("flbackst");
  const text = program(SPEC);
  let on: Host;

  beforeEach(() => {
    on = new Host(namespaces);
    on.keep(text);
  });
  afterEach(async () => {
    on.destroy();
    await namespaces.destroy();
  });

  /** Packets of all sources that have come to the router, by a wrong interface and by the right one, over some work. */
  async function counted(work: () => Promise<void>) {
    on.peer.ok(
      "nft",
      "add table inet seen; delete table inet seen; add table inet seen { chain in { type filter hook prerouting priority -400; }; }",
    );
    SOURCES.forEach((sources, i) =>
      sources.forEach((s) =>
        [1 - i, i].forEach((by) => {
          const from = `${s.includes(":") ? "ip6" : "ip"} saddr ${s}`;
          on.peer.ok("nft", `add rule inet seen in iifname far${by} ${from} udp dport 7 counter`);
        }),
      ),
    );
    const echo = await serveEcho(on.peer);
    const flood = await startFlood(on.ns, [FAR[4], FAR[6]], SOURCES.flat());
    await work();
    const flows = await endFlood(flood);
    await echo.stop();
    const counters = on.peer.ok("nft", "list table inet seen").match(/packets \d+/g) ?? [];
    const [wrong, right] = [0, 1].map((odd) =>
      counters.filter((_, i) => i % 2 === odd).reduce((sum, n) => sum + Number(n.slice(8)), 0),
    );
    return { wrong, right, flows: Object.values(flows) };
  }

  test(`leave none of 1000 packets a second and source to a wrong interface, ${FLUSHES} times running`, async () => {
    const { wrong, right, flows } = await counted(async () => {
      for (let i = 0; i < FLUSHES; i++) {
        for (const f of FAMILIES) on.ns.ip(`-${f} rule flush`);
        on.host.ok(text, "restore");
        on.main();
      }
    });
    expect(wrong).toBe(0);
    expect(right).toBeGreaterThan(100 * FLUSHES);
    expect(flows.every(({ refused }) => refused > 0)).toBe(true);
  }, 600_000);

  test("leave none either when the flush stands still between rules, and is overtaken by what restores", async () => {
    // Without the rules in front that leaks.
    const control = await counted(async () => {
      on.withoutFront();
      await on.ns.start(["sh", "-c", SLOW_FLUSH, "sh", "2"]).end();
    });
    expect(control.wrong).toBeGreaterThan(0);
    on.main();
    on.host.ok(text, "restore");
    const { wrong, right } = await counted(async () => {
      for (let i = 0; i < FLUSHES / 5; i++) {
        const slow = on.ns.start(["sh", "-c", SLOW_FLUSH, "sh", String((i % 5) + 1)]);
        // Now and then somebody comes with another.
        const quick = on.ns.start(["sh", "-c", `sleep 0.2; ${i % 3 === 0 ? QUICK_FLUSH : ""}`]);
        await sleep(40 * (i % 7));
        // What fails while its rules are taken from it is tried again.
        on.host.run(text, "restore");
        await Promise.all([slow.end(), quick.end()]);
        on.host.ok(text, "restore");
        on.main();
        expect(on.ways()).toEqual(OWN);
      }
    });
    expect(wrong).toBe(0);
    expect(right).toBeGreaterThan(20 * FLUSHES);
  }, 600_000);

  test("are what a capture of the host is read to: proved while they are there, closed once they are not", () => {
    const capture = () => readCapture(on.ns.ok("sh", "-c", CAPTURE_COMMAND));
    const { intent } = stageHost(SPEC);
    const named = {
      ...intent,
      interfaces: intent.interfaces.map((one, i) => ({ ...one, device: `eth${i}` })),
    };
    const whole = capture();
    expect(whole.gaps).toEqual([]);
    expect(prove(whole, named).results.filter(({ verdict }) => verdict === "witness")).toEqual([]);
    for (const f of FAMILIES) on.ns.ip(`-${f} rule flush`);
    on.main();
    const model = compile(capture());
    for (const source of SOURCES.flat()) {
      const to = FAR[source.includes(":") ? 6 : 4];
      const flow = { from: address(source), to: address(to) };
      expect([source, output(model, flow).kind, on.way(source)]).toEqual([source, "error", "none"]);
    }
  });
});

const address = (text: string) => {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

/** Has every line about rules of protocol kernel done by itself, and all sources asked for after each. */
class Stepwise {
  private readonly log: string;

  constructor(private readonly on: Host) {
    this.log = path.join(on.host.dir, "log");
  }

  begin(): void {
    const bin = path.join(this.on.host.dir, "bin");
    fs.mkdirSync(bin);
    const asked = SOURCES.flat().map((s) => `${FAR[s.includes(":") ? 6 : 4]} from ${s}`);
    const ask = asked.map(
      (to) => `$real -o route get ${to} >>$log 2>&1 || echo "closed: ${to}, $1 $line" >>$log`,
    );
    const shim = `#!/bin/sh
real=$(PATH=/usr/sbin:/sbin:/usr/bin:/bin command -v ip) log=${this.log}
case "$*" in -[46]' -batch -') ;; *) exec $real "$@" ;; esac
text=$(cat)
case $text in *'rule '*'protocol kernel'*) ;; *) printf '%s\\n' "$text" | $real "$@"; exit ;; esac
printf '%s\\n' "$text" | while IFS= read -r line; do
  $real "$1" $line || exit
  ${ask.join("\n  ")}
done`;
    fs.writeFileSync(path.join(bin, "ip"), shim, { mode: 0o755 });
    this.on.host.env = { PATH: `${bin}:${process.env.PATH}` };
    // busybox has a path of its own.
    this.on.host.shell = DASH;
  }

  /** What was closed, and what went a wrong way; it must have been asked for. */
  end(): string[] {
    this.on.host.env = {};
    const lines = fs
      .readFileSync(this.log, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
    if (lines.length < 100) throw new Error(`asked for ${lines.length} times alone`);
    return lines.filter((line) => line.startsWith("closed") || / from (192|fd00:2).* dev eth0/.test(line));
  }
}
