import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { planDigest } from "../../lib/render";
import { planHost } from "../../lib/plan";
import { Namespace, Namespaces, describeOnKernel, dump, monitor, privileged, settle } from "./support/netns";
import { ProgramHost, program, shells, skipMissingShells } from "./support/program";

/** Two links, both families; a secondary address that is not on the host yet; a delegated prefix of each family. */
const SPEC: HostSpec = {
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { mac: "02:00:00:00:01:0a" },
      addresses: ["10.1.0.10/24", "10.1.0.11/24", "fd00:a::10/64", "fd00:a::11/64"],
      delegatedPrefixes: ["10.1.0.32/28", "fd00:a:0:7::/80"],
      gateways: ["10.1.0.1", "fe80::1"],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "fd00:b::10/64"],
      gateways: ["10.2.0.1", "fe80::1"],
      routes: [{ to: "172.31.0.0/16", via: "10.2.0.254" }],
    },
  ],
};
const OTHER: HostSpec = {
  name: "edge",
  interfaces: [{ ...SPEC.interfaces[0], addresses: ["10.1.0.10/24", "fd00:a::10/64"] }],
};

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "program in $name",
  (shell) => {
    const namespaces = new Namespaces("prgbase");
    let ns: Namespace;
    let host: ProgramHost;
    let pristine: string;
    const plan = program(SPEC);
    const other = program(OTHER);

    beforeAll(() => {
      ns = namespaces.create("host");
      const peer = namespaces.create("peer");
      namespaces.connect([ns, "eth0", "02:00:00:00:01:0a"], [peer, "eth0"]);
      namespaces.connect([ns, "eth1"], [peer, "eth1"]);
      ns.ip("addr add 10.1.0.10/24 dev eth0");
      ns.ip("addr add fd00:a::10/64 dev eth0");
      ns.ip("addr add 10.2.0.10/24 dev eth1");
      ns.ip("addr add fd00:b::10/64 dev eth1");
      ns.ip("route add default via 10.1.0.1 metric 100");
      ns.ip("route add default via 10.2.0.1 metric 200");
      ns.ip("-6 route add default via fe80::1 dev eth0 metric 100");
      ns.sysctl("net/ipv4/ip_forward", "1");
      host = new ProgramHost(ns);
      host.shell = shell;
      ns.steady();
      pristine = dump(ns);
    });
    afterAll(async () => {
      host?.destroy();
      await namespaces.destroy();
    });

    test("apply puts every flow on its own interface, for every source and a representative of each prefix", () => {
      expect(host.ok(plan, "apply")).toBe("");
      const report = JSON.parse(host.ok(plan, "verify", "--json"));
      // IPv4: front has 4 classes of destinations for 3 sources, back has 4 for 1. IPv6: 3 for 3, 3 for 1.
      expect(report).toEqual({
        ok: true,
        checked: report.checked,
        generation: 0,
        digest: planDigest(planHost(SPEC)),
        failed: [],
      });
      const rows = planHost(SPEC);
      // Each class from every source and from a socket bound to the device, and coming in for an address; what comes from
      // elsewhere for each.
      const count = (name: string, sources: number, addresses: number, family: "ipv4" | "ipv6"): number =>
        (sources + 1 + 1) * rows[family].expectations.filter((e) => e.interface === name).length +
        (addresses - 1);
      const expected =
        count("front", 3, 2, "ipv4") +
        count("back", 1, 1, "ipv4") +
        count("front", 3, 2, "ipv6") +
        count("back", 1, 1, "ipv6");
      // Three classes a family for which the kernel chooses an address.
      expect(report.checked).toBe(expected + 3 + 3);
    });

    test("applying again writes nothing: no event in the kernel, no file touched, no word", async () => {
      const files = (): string =>
        ns.ok(
          "sh",
          "-c",
          'cd "$1" && ls -lR --time-style=full-iso . 2>/dev/null || ls -lR .',
          "sh",
          host.dir,
        );
      host.run(plan, "status");
      const before = [dump(ns), files()];
      const watcher = await monitor(ns);
      const seen = host.run(plan, "apply");
      await settle(watcher);
      expect(seen).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(await watcher.stop()).toBe("");
      expect(dump(ns)).toBe(before[0]);
      const strip = (text: string): string => text.replace(/^.* program$/m, "");
      expect(strip(files())).toBe(strip(before[1]));
    });

    test("the text works on standard input, as it is delivered, and is saved whole", () => {
      expect(host.pipe(plan, "apply")).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(fs.readFileSync(path.join(host.stateDir, "program.0"), "utf8")).toBe(plan);
      expect(host.pipe(plan, "verify").stdout).toMatch(/^\d+ flows are as planned\n$/);
    });

    test("another plan takes its place in the other band, and what it no longer wants is put back", () => {
      // What has been made is asked about at once, as a component does.
      expect(JSON.parse(host.ok(other, "apply", "--json"))).toMatchObject({ ok: true, generation: 1 });
      expect(JSON.parse(host.ok(other, "verify", "--json"))).toMatchObject({ ok: true, generation: 1 });
      expect(ns.ip("-d -N link show dev eth1")).toContain(" group 0 ");
      expect(ns.ip("addr show dev eth0")).not.toContain("10.1.0.11");
      expect(ns.sysctl("net/ipv4/conf/eth1/arp_ignore")).toBe("0");
      expect(ns.sysctl("net/ipv4/conf/eth0/arp_ignore")).toBe("1");
      const { status, stdout } = host.run(plan, "verify");
      expect([status, stdout]).toEqual([1, expect.stringContaining("another plan is in force")]);
      host.ok(plan, "apply");
      expect(JSON.parse(host.ok(plan, "apply", "--json"))).toMatchObject({ ok: true, generation: 0 });
    });

    test("an address goes as it came, though it is the one that is asked about where it is not the host's", () => {
      const [front] = OTHER.interfaces;
      const highest = ["10.1.0.254/24", "fd00:a::ffff:ffff:ffff:fffe/64"];
      const more = { ...OTHER, interfaces: [{ ...front, addresses: [...front.addresses!, ...highest] }] };
      host.ok(program(more), "apply");
      expect(ns.ip("addr show dev eth0")).toContain("10.1.0.254");
      host.ok(other, "apply");
      expect(ns.ip("addr show dev eth0")).not.toMatch(/10\.1\.0\.254|fd00:a::ffff/);
      host.ok(other, "verify");
      host.ok(plan, "apply");
    });

    test("what somebody takes away is drift, fails closed, and is healed by the next apply", () => {
      expect(JSON.parse(host.ok(plan, "status", "--json"))).toMatchObject({ applied: true, drift: false });
      ns.ip("route flush table all proto 77");
      expect(ns.run(["ip", "route", "get", "203.0.113.5", "from", "10.2.0.10"]).status).not.toBe(0);
      expect(JSON.parse(host.ok(plan, "status", "--json"))).toMatchObject({ applied: true, drift: true });
      const { status, stdout } = host.run(plan, "verify");
      expect(status).toBe(1);
      expect(stdout).toMatch(
        /^from 10\.2\.0\.10 to .* \(elsewhere\): wanted dev eth1 via 10\.2\.0\.1, got unreachable$/m,
      );
      host.ok(plan, "apply");
      host.ok(plan, "verify");
      ns.sysctl("net/ipv4/conf/eth0/arp_announce", "0");
      ns.ip("-6 rule flush protocol 77");
      host.ok(plan, "apply");
      host.ok(plan, "verify");
      expect(ns.sysctl("net/ipv4/conf/eth0/arp_announce")).toBe("2");
    });

    test("a rule that somebody adds in front of ours is seen by verify", () => {
      ns.ip("rule add priority 100 from 10.2.0.10 lookup main");
      const { status, stdout } = host.run(plan, "verify", "--json");
      expect(status).toBe(1);
      expect(JSON.parse(stdout).failed).toContainEqual({
        from: "10.2.0.10",
        to: expect.any(String),
        class: "elsewhere",
        want: "dev eth1 via 10.2.0.1",
        got: "dev eth0 via 10.1.0.1",
      });
      ns.ip("rule del priority 100");
    });

    test("who was followed by another owner takes nothing off the host, and nothing that he says is taken for more", async () => {
      host.ok(plan, "apply", "--owner=first.1");
      // The same under another name: Pulumi makes it, with nothing to do on the host, and then deletes the first.
      const watcher = await monitor(ns);
      host.ok(plan, "apply", "--json", "--owner=second.2");
      host.ok(plan, "apply", "--json", "--owner=second.2");
      expect(host.run(plan, "remove", "--owner=first.1")).toEqual({
        status: 0,
        stdout: "",
        stderr: "multihome: second.2 has applied since, so nothing is removed\n",
      });
      await settle(watcher);
      expect(await watcher.stop()).toBe("");
      host.ok(plan, "verify");
      // Who does not say is asked nothing, and changes nothing about it.
      host.ok(other, "apply");
      expect(host.run(plan, "remove", "--owner=first.1").stderr).toMatch(
        /^multihome: second\.2 has applied since/,
      );
      for (const [verb, ...args] of [
        ["remove", "--owner="],
        ["remove", "--owner"],
        ["verify", "--owner=second.2"],
      ]) {
        expect(host.run(plan, verb, ...args)).toMatchObject({
          status: 2,
          stderr: expect.stringContaining("usage: "),
        });
      }
      host.ok(other, "verify");
      host.ok(plan, "remove", "--owner=second.2");
      expect(dump(ns)).toBe(pristine);
      expect(fs.readdirSync(host.dir).filter((name) => name !== "program")).toEqual([]);
      // Of what was applied by nobody in particular, everybody is the owner; and of nothing.
      host.ok(plan, "remove", "--owner=first.1");
      host.ok(plan, "apply");
      host.ok(plan, "remove", "--owner=first.1");
      expect(dump(ns)).toBe(pristine);
      host.ok(plan, "apply");
    });

    test("remove, by a program of any plan, leaves all as it was before, to the byte, and no file", () => {
      host.ok(other, "remove");
      expect(dump(ns)).toBe(pristine);
      expect(fs.readdirSync(host.dir).filter((name) => name !== "program")).toEqual([]);
      host.ok(plan, "remove");
      expect(dump(ns)).toBe(pristine);
      expect(host.run(plan, "verify")).toEqual({ status: 1, stdout: "nothing is applied\n", stderr: "" });
      expect(host.ok(plan, "status")).toBe("nothing is applied\n");
    });
  },
);
