import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostModel, HostSpec } from "../../lib/model/spec";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { Between } from "./support/between";
import { Namespace, Namespaces, describeOnKernel, dump, privileged, worldNames } from "./support/netns";
import { DASH, ProgramHost, program, shells, skipMissingShells } from "./support/program";

/**
 * What somebody takes away from a world while it is made, or between the commit and the last look at it, is not taken for
 * what belongs there. Here it happens for certain.
 */
const { red: RED } = worldNames("wmean", ["red"]);
const spec = (last: number, hostModel: HostModel = HostModel.Symmetric): HostSpec => ({
  name: "edge",
  interfaces: [
    { name: "front", match: { ifname: "eth0" }, addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] },
    {
      name: "red",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "10.2.0.12/24", "fd00:b::10/64", "fd00:b::12/64"],
      gateways: [`10.2.0.${last}`, "fe80::1"],
      routes: [{ to: "172.31.0.0/16", via: "10.2.0.254" }],
    },
  ],
  policy: {
    hostModel,
    worlds: [{ name: RED, kind: "netns", interfaces: ["red"], resolver: { nameservers: ["10.2.0.2"] } }],
  },
});
const ONE = program(spec(1));
const TWO = program(spec(3));

/** What is taken away, and what tells whether it is there. */
interface Loss {
  readonly act: string;
  readonly told: string;
}
const in4 = `ip -n ${RED} -4`;
const in6 = `ip -n ${RED} -6`;
const RESOLVER = `/etc/netns/${RED}/resolv.conf`;
const inWorld = (command: string): string => `ip netns exec ${RED} sh -c '${command}'`;
const LOSSES: Readonly<Record<string, (home: string) => Loss>> = {
  "its interface": (home) => ({
    act: `ip -n ${RED} link set dev eth1 netns ${home}`,
    told: `ip -n ${RED} -o link show | grep -c " eth1@"`,
  }),
  // The kernel gives a device that is not virtual back by itself.
  "the namespace": (home) => ({
    act: `ip -n ${RED} link set dev eth1 netns ${home}; ip netns del ${RED}`,
    told: `ip netns list | grep -c "^${RED}"`,
  }),
  "an IPv4 address": () => ({
    act: `${in4} addr del 10.2.0.12/24 dev eth1`,
    told: `${in4} -o addr show to 10.2.0.12 | grep -o "inet 10.2.0.12/24"`,
  }),
  "an IPv6 address": () => ({
    act: `${in6} addr del fd00:b::12/64 dev eth1`,
    told: `${in6} -o addr show to fd00:b::12 | grep -o "inet6 fd00:b::12/64"`,
  }),
  "the IPv4 default route of main": () => ({
    act: `${in4} route del default`,
    told: `${in4} route show default`,
  }),
  "the IPv6 default route of main": () => ({
    act: `${in6} route del default proto 77`,
    told: `${in6} route show default`,
  }),
  "a declared route of main": () => ({
    act: `${in4} route del 172.31.0.0/16`,
    told: `${in4} route show 172.31.0.0/16`,
  }),
  "the routes of its tables": () => ({
    act: `for t in $(${in4} -N route show table all proto 77 | sed -n "s/.* table \\(7[0-9]*\\).*/\\1/p" | sort -u); do
      ${in4} route flush table $t; ${in6} route flush table $t; done`,
    told: `(${in4} -N route show table all; ${in6} -N route show table all) | grep -c " table 7[0-9]* "`,
  }),
  "its rules": () => ({
    act: `${in4} rule flush protocol 77; ${in6} rule flush protocol 77`,
    told: `(${in4} rule show; ${in6} rule show) | grep -c "proto 77"`,
  }),
  "a sysctl": () => ({
    act: inWorld("echo 0 >/proc/sys/net/ipv4/conf/eth1/arp_ignore"),
    told: inWorld("cat /proc/sys/net/ipv4/conf/eth1/arp_ignore"),
  }),
  "a link": () => ({
    act: `ip -n ${RED} link set dev eth1 down`,
    told: `ip -n ${RED} -o link show up | grep -c " eth1@"`,
  }),
  "its loopback": () => ({
    act: `ip -n ${RED} link set dev lo down`,
    told: `ip -n ${RED} -o link show up | grep -c " lo:"`,
  }),
  "the group of its interface": () => ({
    act: `ip -n ${RED} link set dev eth1 group 0`,
    told: `ip -n ${RED} -o link show group 77 | wc -l`,
  }),
  "its resolver": () => ({ act: `rm ${RESOLVER}`, told: `cat ${RESOLVER}` }),
};
const TABLE: Loss = {
  act: inWorld("nft delete table inet multihome"),
  told: inWorld("nft -s list table inet multihome"),
};
const testWithNft = spawnSync("nft", ["--version"]).status === 0 ? test : test.skip;

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));
skipMissingShells();
const there = privileged ? shells(tools) : [];
const SHELLS = there.length > 0 ? there : [DASH];
/** Each with one of the shells, of which each has some. */
const inTurn = (losses: readonly string[]) =>
  losses.map((what, i) => ({ what, shell: SHELLS[i % SHELLS.length] }));

const unordered = (ns: Namespace): string => dump(ns).split("\n").sort().join("\n");

/** Of what may be taken away, and before which start of ip in an apply, so many of all; evenly. */
const STARTS = Array.from({ length: 70 }, (_, k) => k + 1);
const cases = Object.keys(LOSSES).flatMap((what) => STARTS.map((k) => ({ what, k })));
const TIMES = Number(process.env.MEANWHILE ?? 8);
const drawn = Array.from({ length: TIMES }, (_, i) => cases[Math.floor(((i + 0.5) * cases.length) / TIMES)]);

describeOnKernel("what is taken away from a world", () => {
  const namespaces = new Namespaces("wldmean");
  const world = new Namespace(RED);
  let ns: Namespace;
  let host: ProgramHost;
  let bare: string;
  let whole: (readonly [string, string])[];

  beforeAll(() => {
    ns = namespaces.create("host");
    const peer = namespaces.create("peer");
    for (const device of ["eth0", "eth1"]) namespaces.connect([ns, device], [peer, device]);
    ns.ip("addr add 10.1.0.10/24 dev eth0");
    // What the interface has before it is moved.
    ns.ip("addr add 10.2.0.77/24 dev eth1");
    ns.ip("route add 172.20.0.0/16 via 10.2.0.1 dev eth1 metric 50");
    ns.sysctl("net/ipv4/conf/eth1/rp_filter", "2");
    ns.steady();
    peer.steady();
    host = new ProgramHost(ns);
    bare = unordered(ns);
    host.ok(ONE, "apply");
    whole = all();
    for (const [what, text] of whole)
      expect([what, text]).toEqual([what, expect.not.stringMatching(/^(0\n)?$/)]);
  });
  afterAll(async () => {
    host?.run(ONE, "remove");
    host?.destroy();
    await world.destroy();
    await namespaces.destroy();
  });

  const told = ({ told }: Loss): string => ns.run(["sh", "-c", told]).stdout;
  const all = () => Object.entries(LOSSES).map(([what, loss]) => [what, told(loss(ns.name))] as const);
  const drift = (): unknown => JSON.parse(host.ok(ONE, "status", "--json")).drift;
  const removed = (): void => {
    host.ok(ONE, "remove");
    ns.steady();
    expect(unordered(ns)).toBe(bare);
    expect(fs.existsSync(world.path)).toBe(false);
  };

  /** Loses something between the commit of the second plan and its last look, and has the next command put it back. */
  function lose(loss: Loss, next: string, [one, two] = [ONE, TWO]): void {
    host.ok(one, "apply");
    const before = told(loss);
    const between = new Between(host);
    between.afterCommit(1, loss.act);
    expect(host.run(two, "apply")).toMatchObject({ status: 0, stderr: "" });
    between.end();
    // It has happened, and is known.
    expect([between.met, told(loss) === before, drift()]).toEqual([true, false, true]);
    expect(host.ok(two, next)).toBe("");
    host.ok(two, "verify");
    expect([told(loss).replaceAll("10.2.0.3 ", "10.2.0.1 "), drift()]).toEqual([before, false]);
  }

  test.each(inTurn(Object.keys(LOSSES)))(
    "after the commit, $what: the next apply has it again, in $shell.name",
    ({ what, shell }) => {
      host.shell = shell;
      lose(LOSSES[what](ns.name), "apply");
    },
  );

  test.each(inTurn(["its interface", "the namespace", "an IPv4 address", "its rules"]))(
    "after the commit, $what: the next restoration has it again, in $shell.name",
    ({ what, shell }) => {
      host.shell = shell;
      lose(LOSSES[what](ns.name), "restore");
    },
  );

  test("what the interface was before its first move is given back all the same", removed);

  test("the short form of the program, which knows no last look, puts worlds in force as well", () => {
    host.ok(renderProgram(planHost(spec(1)), { short: true }), "apply");
    host.ok(ONE, "verify");
    host.ok(ONE, "apply");
    expect(drift()).toBe(false);
  });

  test("an address that somebody else gives the interface in its world first is no obstacle", () => {
    removed();
    const between = new Between(host);
    between.beforeCommand(`"-n ${RED} -4 -batch -"`, `$ip -n ${RED} addr add 10.2.0.12/24 dev eth1`);
    host.ok(ONE, "apply");
    expect([between.end(), between.met, all()]).toEqual([[], true, whole]);
  });

  test("an address that somebody gives the interface as it comes home keeps nothing else from it", () => {
    host.ok(ONE, "apply");
    const between = new Between(host);
    // As a network daemon that sees it come.
    between.eachLine(`[ "$line" != "link set dev eth1 group 0" ] || $ip addr add 10.2.0.77/24 dev eth1`);
    removed();
    expect(between.end()).toEqual([]);
  });

  test("a namespace of its name that somebody makes just before is left to them", () => {
    removed();
    const between = new Between(host);
    between.beforeCommand(`"netns add ${RED}"`, `$ip netns add ${RED}`);
    const { status, stderr } = host.run(ONE, "apply");
    between.end();
    expect([between.met, status, stderr]).toEqual([true, 1, expect.stringContaining("File exists")]);
    ns.steady();
    expect(unordered(ns)).toBe(bare);
    expect(fs.existsSync(world.path)).toBe(true);
    ns.ip(`netns del ${RED}`);
  });

  testWithNft("after the commit, its table of nftables: the next apply has it again", () => {
    const strong = [1, 3].map((last) => program(spec(last, HostModel.Strong)));
    lose(TABLE, "apply", [strong[0], strong[1]]);
    removed();
  });

  test.each(drawn)(
    "while it is made, before start $k of ip, $what: it fails and leaves nothing, or all is there",
    ({ k, what }) => {
      const { act } = LOSSES[what](ns.name);
      host.ok(ONE, "remove");
      const between = new Between(host);
      between.beforeStart(k, act);
      const { status, stderr } = host.run(ONE, "apply");
      between.end();
      if (status === 0) {
        host.ok(ONE, "apply");
        expect(drift()).toBe(false);
        expect(all()).toEqual(whole);
        removed();
      } else {
        expect([status, stderr]).toEqual([1, expect.stringMatching(/multihome: .+\n$/)]);
        ns.steady();
        expect(unordered(ns)).toBe(bare);
      }
    },
  );
});
