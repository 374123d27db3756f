import { HostModel, HostSpec, PolicySpec } from "../../lib/model";
import { Namespace, Namespaces, describeOnKernel, dump, monitor, settle } from "./support/netns";
import { ProgramHost, program } from "./support/program";

const host = (policy: PolicySpec): HostSpec => ({
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { ifname: "eth0" },
      addresses: ["10.1.0.10/24", "fd00:a::10/64"],
      delegatedPrefixes: ["10.1.0.32/28"],
      gateways: ["10.1.0.1", "fe80::1"],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "10.2.0.11/24", "fd00:b::10/64"],
      gateways: ["10.2.0.1", "fe80::1"],
    },
  ],
  policy,
});
const STRONG = program(host({ hostModel: HostModel.Strong, virtualAddresses: ["192.0.2.77"] }));
const OTHER = program(host({ hostModel: HostModel.Strong }));
/** Where a prefix is delegated, an address on loopback may be of it. */
const UNDELEGATED = program({
  ...host({ hostModel: HostModel.Strong }),
  interfaces: host({}).interfaces.map((i) => ({ ...i, delegatedPrefixes: [] })),
});
const SYMMETRIC = program(host({}));
const WEAK = program(host({ hostModel: HostModel.Weak }));

describeOnKernel("host models", () => {
  const namespaces = new Namespaces("polm");
  let ns: Namespace;
  let machine: ProgramHost;
  let pristine: string;

  beforeAll(() => {
    ns = namespaces.create("host");
    const peer = namespaces.create("peer");
    for (const [i, letter] of ["a", "b"].entries()) {
      namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
      ns.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
      ns.ip(`addr add fd00:${letter}::10/64 dev eth${i}`);
    }
    ns.ip("route add default via 10.1.0.1");
    machine = new ProgramHost(ns);
    ns.steady();
    pristine = dump(ns);
  });
  afterAll(async () => {
    machine?.destroy();
    await namespaces.destroy();
  });
  const table = (): string => ns.run(["nft", "-s", "list", "table", "inet", "multihome"]).stdout;

  test("strong: its table is loaded, applying again writes nothing, removal leaves no trace", async () => {
    machine.ok(STRONG, "apply");
    machine.ok(STRONG, "verify");
    expect(table()).toContain("ip daddr 192.0.2.77 accept");
    expect(table()).toContain('iifname "eth0" ip daddr 10.1.0.32/28 accept');
    const before = [dump(ns), table()];
    const watcher = await monitor(ns);
    machine.ok(STRONG, "apply");
    await settle(watcher);
    expect(await watcher.stop()).toBe("");
    expect([dump(ns), table()]).toEqual(before);
    machine.ok(SYMMETRIC, "remove");
    expect(dump(ns)).toBe(pristine);
  });

  test("strong: what somebody takes out of its table is drift, and healed by the next apply", () => {
    machine.ok(STRONG, "apply");
    ns.ok("nft", "flush", "chain", "inet", "multihome", "received");
    expect(JSON.parse(machine.ok(STRONG, "status", "--json"))).toMatchObject({ drift: true });
    const { status, stdout } = machine.run(STRONG, "verify");
    expect([status, stdout]).toEqual([1, expect.stringContaining("nftables is not as it was loaded")]);
    machine.ok(STRONG, "apply");
    machine.ok(STRONG, "verify");
  });

  test("one model takes the place of another, and leaves nothing of it", () => {
    machine.ok(STRONG, "apply");
    machine.ok(OTHER, "apply");
    expect(table()).not.toContain("192.0.2.77");
    machine.ok(SYMMETRIC, "apply");
    machine.ok(SYMMETRIC, "verify");
    expect(table()).toBe("");
    machine.ok(STRONG, "apply");
    machine.ok(WEAK, "apply");
    expect(dump(ns)).toBe(pristine);
    expect(JSON.parse(machine.ok(WEAK, "verify", "--json"))).toMatchObject({ ok: true });
    expect(JSON.parse(machine.ok(WEAK, "status", "--json"))).toMatchObject({ applied: true, drift: false });
    machine.ok(WEAK, "apply");
    machine.ok(WEAK, "remove");
    expect(dump(ns)).toBe(pristine);
  });

  test.each([
    ["by its own program", SYMMETRIC, SYMMETRIC],
    ["by one of a plan without such a table", STRONG, SYMMETRIC],
  ])("a change that is rolled back %s leaves the table of the plan before", (_, change, by) => {
    machine.ok(OTHER, "apply");
    const before = [dump(ns), table()];
    expect(machine.run(change, "apply", "--confirm-within", "60").status).toBe(0);
    machine.ok(by, "rollback");
    expect([dump(ns), table()]).toEqual(before);
  });

  test("a table that there is no nft any more to remove is told, and nothing is removed", () => {
    machine.ok(OTHER, "apply");
    const before = [dump(ns), table()];
    const shell = machine.shell;
    const hide = 'mount --bind /dev/null "$(PATH=$PATH:/usr/sbin:/sbin command -v nft)"; exec "$@"';
    machine.shell = { ...shell, argv: ["unshare", "--mount", "sh", "-c", hide, "sh", ...shell.argv] };
    const outcomes = [SYMMETRIC, OTHER].map((text) => machine.run(text, "remove"));
    const applied = machine.run(SYMMETRIC, "apply");
    machine.shell = shell;
    for (const { status, stderr } of [...outcomes, applied])
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^multihome: nft .* not found in .*\n$/)]);
    expect([dump(ns), table()]).toEqual(before);
  });

  test("an nft that fails changes nothing: the plan before stays in force, with its table", () => {
    machine.ok(OTHER, "apply");
    const before = [dump(ns), table()];
    ns.ok(
      "sh",
      "-c",
      `mkdir -p "$1/bin" && printf '#!/bin/sh\\ncase "$*" in "-f -") exit 1;; esac\\nexec /usr/sbin/nft "$@"\\n' >"$1/bin/nft" && chmod +x "$1/bin/nft"`,
      "sh",
      machine.dir,
    );
    machine.env = { PATH: `${machine.dir}/bin:${process.env.PATH}` };
    const { status, stderr } = machine.run(STRONG, "apply");
    machine.env = {};
    expect([status, stderr]).toEqual([1, expect.stringContaining("nft: has failed and said nothing")]);
    expect([dump(ns), table()]).toEqual(before);
    machine.ok(OTHER, "verify");
  });

  test("a subnet that is reached directly may be unknown to main: what chooses its address then leaves as that says", () => {
    const [front, back] = host({}).interfaces;
    const beyond = ["10.9.0.0/24", "fd00:9::/64"];
    const direct = program({
      ...host({ onLink: "direct" }),
      interfaces: [front, { ...back, subnets: beyond }],
    });
    machine.ok(OTHER, "remove");
    machine.ok(direct, "apply");
    const way = (...args: string[]): string => /dev (\S+)/.exec(ns.ip(`route get ${args.join(" ")}`))![1];
    // Who asks for no address goes by main to front, and gets front's; who has it already goes straight there.
    expect([way("10.9.0.7"), way("10.9.0.7", "from", "10.1.0.10")]).toEqual(["eth0", "eth1"]);
    machine.ok(direct, "verify");
    // By neither of the two is wrong still.
    ns.ip("route add 10.9.0.0/24 dev lo src 10.1.0.10");
    expect(machine.run(direct, "verify")).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(
        /^from none to 10\.9\.0\.\d+ .*: wanted dev eth1 or dev eth0, got dev lo$/m,
      ),
    });
    ns.ip("route del 10.9.0.0/24 dev lo");
    machine.ok(direct, "remove");
    expect(dump(ns)).toBe(pristine);
  });

  test("refuses a table that is not ours, and addresses on loopback that would be cut off", () => {
    machine.ok(OTHER, "remove");
    ns.ok("nft", "add", "table", "inet", "multihome");
    expect(machine.run(STRONG, "apply").stderr).toContain("the table inet multihome of nftables is not ours");
    ns.ok("nft", "delete", "table", "inet", "multihome");
    ns.ip("addr add 192.0.2.77/32 dev lo");
    expect(machine.run(UNDELEGATED, "apply").stderr).toContain("Add it to policy.virtualAddresses");
    machine.ok(STRONG, "apply");
    machine.ok(STRONG, "remove");
    ns.ip("addr del 192.0.2.77/32 dev lo");
    expect(dump(ns)).toBe(pristine);
  });
});
