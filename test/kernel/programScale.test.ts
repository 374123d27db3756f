import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, dump, monitor, settle } from "./support/netns";
import { ProgramHost, program } from "./support/program";

/** Every tool the program may start, each counting itself. */
const TOOLS = [
  "ip",
  "awk",
  "sed",
  "cat",
  "tr",
  "rm",
  "mv",
  "mkdir",
  "rmdir",
  "sha256sum",
  "cksum",
  "sleep",
  "grep",
];

/** Interfaces with so many addresses of each family, scattered over a subnet an interface. */
function host(interfaces: number, addresses: number): HostSpec {
  return {
    name: "big",
    interfaces: Array.from({ length: interfaces }, (_, i) => ({
      name: `eni-${i}`,
      match: { ifname: `eth${i}` },
      addresses: Array.from({ length: addresses }, (_, j) => [
        `10.${i}.${j % 4}.${3 + ((j * 37) % 250)}/22`,
        `fd00:${i}::${(j * 1031 + 16).toString(16)}/64`,
      ]).flat(),
      gateways: [`10.${i}.0.1`, "fe80::1"],
    })),
  };
}

describeOnKernel("a host of 15 interfaces with 50 addresses of each family on each", () => {
  const namespaces = new Namespaces("prgscale");
  let ns: Namespace;
  let machine: ProgramHost;
  let pristine: string;
  const big = host(15, 50);
  const plan = program(big);

  beforeAll(() => {
    ns = namespaces.create("host");
    const peer = namespaces.create("peer");
    machine = new ProgramHost(ns);
    big.interfaces.forEach((_, i) => namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]));
    ns.steady();
    pristine = dump(ns);
    const bin = path.join(machine.dir, "bin");
    fs.mkdirSync(bin);
    for (const tool of TOOLS) {
      const real = ns.ok("sh", "-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`).trim();
      fs.writeFileSync(path.join(bin, tool), `#!/bin/sh\necho ${tool} >>"$LOG"\nexec ${real} "$@"\n`, {
        mode: 0o755,
      });
    }
  }, 60_000);
  afterAll(async () => {
    machine?.destroy();
    await namespaces.destroy();
  }, 30_000);

  /** Runs with every tool counted; how often each was started. */
  function counted(text: string, verb: string): Record<string, number> {
    const log = path.join(machine.dir, "log");
    fs.writeFileSync(log, "");
    machine.env = { PATH: `${path.join(machine.dir, "bin")}:${process.env["PATH"]}`, LOG: log };
    machine.ok(text, verb);
    machine.env = {};
    const counts: Record<string, number> = {};
    for (const tool of fs.readFileSync(log, "utf8").trim().split("\n"))
      // Those who watch over the change sleep as long as it takes.
      if (tool !== "sleep") counts[tool] = (counts[tool] ?? 0) + 1;
    return counts;
  }

  test("apply, verify, apply again without a write, remove", async () => {
    const applied = counted(plan, "apply");
    const report = JSON.parse(machine.ok(plan, "verify", "--json"));
    expect(report).toMatchObject({ ok: true, failed: [] });
    // Elsewhere, attached, and attached to each other interface, from every address and from a socket bound to the device;
    // the same coming in for one address, and from elsewhere for every one. Main has no routes to choose an address by.
    const classes = 1 + 1 + 14;
    expect(report.checked).toBe(2 * 15 * (50 * classes + classes + classes + 49));

    const watcher = await monitor(ns);
    const idle = counted(plan, "apply");
    await settle(watcher);
    expect(await watcher.stop()).toBe("");
    expect(Object.values(idle).reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(8);

    counted(plan, "remove");
    expect(dump(ns)).toBe(pristine);

    // As many processes for one address of each family as for fifty.
    const small = program(host(15, 1));
    let [many, few] = [applied, counted(small, "apply")];
    // What has not come true yet is asked for again, while the kernel takes its time over a new address: in no apply for sure.
    for (let i = 0; i < 3 && !isDeepStrictEqual(many, few); i++) {
      counted(small, "remove");
      many = counted(plan, "apply");
      counted(plan, "remove");
      few = counted(small, "apply");
    }
    expect(few).toEqual(many);
    expect(counted(small, "apply")).toEqual(idle);
    console.info(
      `processes of the first apply: ${JSON.stringify(few)}; of one without a change: ${JSON.stringify(idle)}`,
    );
    machine.ok(small, "remove");
    expect(dump(ns)).toBe(pristine);
  }, 120_000);

  test("what is forwarded is led past the rules for bound sockets, and past no policy", () => {
    const forwarded = (iif: string): string =>
      /dev (\S+)/.exec(ns.ip(`route get 198.51.100.7 from 172.20.0.9 iif ${iif}`))?.[1] ?? "";
    const traffic = [{ name: "by-eni-3", incoming: ["eni-3"], use: ["eni-9"] }];
    const [plain, steering] = [host(15, 1), { ...host(15, 1), policy: { traffic } }].map((one) =>
      program(one),
    );
    ns.sysctl("net/ipv4/ip_forward", "1");
    machine.ok(plain, "apply");
    ns.ip("route add default via 10.7.0.1 dev eth7");
    // Bound sockets never come as far as main.
    const bound = (): string => ns.ip("route get 198.51.100.7 oif eth5");
    expect([forwarded("eth3"), forwarded("eth4")]).toEqual(["eth7", "eth7"]);
    expect(bound()).toContain("via 10.5.0.1 dev eth5");
    machine.ok(steering, "apply");
    expect([forwarded("eth3"), forwarded("eth4")]).toEqual(["eth9", "eth7"]);
    expect(bound()).toContain("via 10.5.0.1 dev eth5");
    machine.ok(steering, "remove");
  }, 60_000);
});
