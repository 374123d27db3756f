import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CAPTURE_COMMAND, compile, output, prove, readCapture } from "../../lib/linux";
import { HostSpec } from "../../lib/model/spec";
import { parseAddress } from "../../lib/net/address";
import { stageHost } from "../../lib/prove/staged";
import { Between } from "./support/between";
import { endFlood, serveEcho, startFlood } from "./support/flood";
import { Namespaces, describeOnKernel, dump, privileged, sleep } from "./support/netns";
import { program, shells, skipMissingShells } from "./support/program";
import { ASK, FAMILIES, FAR, Host, SOURCES, SPEC, questions, wrongOf } from "./support/restored";

const MORE: HostSpec = {
  ...SPEC,
  interfaces: [
    { ...SPEC.interfaces[0], addresses: [...SPEC.interfaces[0].addresses!, "172.31.0.10/24"] },
    SPEC.interfaces[1],
  ],
};
/** How often all rules are flushed under load; more in a campaign. */
const FLUSHES = Number(process.env.MULTIHOME_FLUSHES ?? 50);

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();

const QUICK_FLUSH = "ip -4 rule flush; ip -6 rule flush";
/** As it does: by what was there when it began, but for $1 ms between one and the next. */
const SLOW_FLUSH = `
  for f in 4 6; do
    ip -$f rule show | sed -n 's/^\\([1-9][0-9]*\\):[[:space:]]*/rule del priority \\1 /; s/ proto / protocol /; /^rule/p' |
      sed 's/ \\[unresolved\\]//; s/ \\[detached\\]//' |
      while IFS= read -r line; do printf '%s\\n' "$line"; sleep 0.00$1; done | ip -$f -force -batch - 2>/dev/null
  done; true`;

/** The same as if somebody deleted then what is behind the plan's rules, one by one; and has it as it was. */
const ASK_WHILE_DELETED = FAMILIES.map(
  (f) => `
if [ "$1" = -${f} ]; then
  rules=$($ip $1 rule show | sed -n 's/ \\[unresolved\\]//; s/^\\(999[123]\\):[[:space:]]*/priority \\1 /p')
  {
    printf '%s\\n' ${questions(f)}
    [ -z "$rules" ] || printf '%s\\n' "$rules" | while read -r rule; do
      printf '%s\\n' "rule del $rule protocol kernel" ${questions(f)}
    done
    printf '%s\\n' "$rules" | sed -n 's/^priority.*/rule add & protocol kernel/p'
  } | $ip $1 -o -force -batch -
fi`,
).join("");
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
      const fronts: string[][] = [];
      for (let i = 0; i < 2; i++) {
        for (const f of FAMILIES) on.ns.ip(`-${f} rule flush`);
        expect(on.ways()).toEqual(NONE);
        on.host.ok(text, "restore");
        expect(on.ways()).toEqual(OWN);
        fronts.push(on.rules().filter((rule) => /^4 [012]:/.test(rule)));
      }
      // Another flush may still be at work, and have seen what leads past those in front.
      expect(fronts).toEqual(
        [" fwmark 0x2/0 iif lo goto 2", " iif lo goto 1"].map((past) => [
          "4 0: from all lookup local",
          `4 0: from 10.1.0.10/31${past}`,
          `4 0: from 192.168.2.10${past}`,
          `4 0: from 10.1.0.10/31${past.replace(/goto ./, "unreachable")}`,
          `4 0: from 192.168.2.10${past.replace(/goto ./, "unreachable")}`,
          `4 ${past.slice(-1)}: from all nop`,
        ]),
      );
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
      const between = new Between(on.host);
      on.ns.ip("-4 rule del priority 1");
      on.host.ok(text, "restore");
      // What is behind it of the kernel's own comes in front of it again.
      for (const f of FAMILIES) {
        on.ns.ip(`-${f} rule del priority 0 lookup local`);
        on.ns.ip(`-${f} rule add priority 0 lookup local protocol kernel`);
      }
      between.eachLine(ASK);
      on.host.ok(text, "restore");
      expect(on.rules().filter((rule) => / 0: /.test(rule))[0]).toBe("4 0: from all lookup local");
      on.host.ok(program(MORE), "apply");
      const answers = between.end();
      expect(wrongOf(answers)).toEqual([]);
      between.eachLine(ASK);
      on.host.ok(text, "remove");
      answers.push(...between.end());
      expect(answers.filter((line) => line.includes("unreachable"))).toEqual([]);
      expect(dump(on.ns)).toBe(pristine);
    });

    /** A flush that stands still: it has taken all of ours, and has to take yet what is behind, and main. */
    const standStill = (): void => {
      for (const f of FAMILIES)
        for (const [p] of on.ns.ip(`-${f} rule show`).matchAll(/^\d+/gm))
          if (Number(p) > 0 && Number(p) <= 9990) on.ns.ip(`-${f} rule del priority ${p}`);
    };

    test("leaves no source a wrong way at any step of a restoration, while a flush that stood still goes on", () => {
      const between = new Between(on.host);
      standStill();
      expect(on.ways()).toEqual(NONE);
      between.eachLine(ASK_WHILE_DELETED);
      on.host.ok(text, "restore");
      expect(wrongOf(between.end())).toEqual([]);
      expect(on.ways()).toEqual(OWN);
      expect(on.host.run(text, "verify").status).toBe(0);
    });

    test("is passed by a switch that leads past all, so that this would be seen", () => {
      const between = new Between(on.host);
      between.eachLine(ASK_WHILE_DELETED);
      on.ns.ip("rule add priority 7001 goto 9990 protocol 77");
      const before = on.rules();
      const input = "link set dev lo up\n".repeat(20);
      on.ns.run([between.file, "-4", "-batch", "-"], { input });
      expect(wrongOf(between.end())).toContainEqual(expect.stringMatching(/from 192\.168\.2\.10 .*dev eth0/));
      expect(on.rules()).toEqual(before);
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
