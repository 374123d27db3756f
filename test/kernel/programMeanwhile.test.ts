import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostModel, HostSpec } from "../../lib/model/spec";
import { Between } from "./support/between";
import { Namespace, Namespaces, describeOnKernel, privileged } from "./support/netns";
import { ProgramHost, Shell, program, shells, skipMissingShells } from "./support/program";

/**
 * The last look at the host, after the commit, is what the next apply finds to be the same and leaves alone. Here somebody
 * takes something away before it, for certain.
 */
const spec = (last: number, more: string[] = [], hostModel: HostModel = HostModel.Symmetric): HostSpec => ({
  name: "edge",
  policy: { hostModel },
  interfaces: [
    {
      name: "front",
      match: { ifname: "eth0" },
      addresses: ["10.1.0.10/24", "fd00:a::10/64"],
      gateways: [`10.1.0.${last}`, `fd00:a::${last}`],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "10.2.0.12/24", "fd00:b::10/64", "fd00:b::12/64", ...more],
      gateways: [`10.2.0.${last}`, `fd00:b::${last}`],
    },
  ],
});
const ONE = program(spec(1));
const TWO = program(spec(2));

/** What is taken away, and what tells whether it is there. */
interface Loss {
  readonly act: string;
  readonly told: string;
}
const both = (command: string): string => `ip -4 ${command}; ip -6 ${command}`;
const RULES: Loss = {
  act: both("rule flush protocol 77"),
  told: `(${both("rule show")}) | grep -c "proto 77"`,
};
const OF_ANY_PLAN: Readonly<Record<string, Loss>> = {
  rules: RULES,
  routes: {
    act: both("route flush table all proto 77"),
    told: `(${both("route show table all proto 77")}) | wc -l`,
  },
  "an IPv4 address that was added": {
    act: "ip addr del 10.2.0.12/32 dev eth1",
    told: "ip -4 -o addr show to 10.2.0.12",
  },
  "an IPv6 address that was added": {
    act: "ip addr del fd00:b::12/128 dev eth1",
    told: "ip -6 -o addr show to fd00:b::12",
  },
  "the group of an interface": {
    act: "ip link set dev eth1 group 0",
    told: "ip -o link show group 77 | wc -l",
  },
  "a sysctl": {
    act: "echo 0 >/proc/sys/net/ipv4/conf/eth1/arp_ignore",
    told: "cat /proc/sys/net/ipv4/conf/eth1/arp_ignore",
  },
  // The kernel takes its IPv6 addresses along; from then on they are ours to add.
  "a link": { act: "ip link set dev eth1 down", told: "ip -o link show up dev eth1 | wc -l" },
};
const TABLE = "{ nft -s list table inet multihome; true; }";
const OF_A_STRONG_HOST: Readonly<Record<string, Loss>> = {
  "the table of nftables": { act: "nft delete table inet multihome", told: TABLE },
  "rules of nftables": {
    act: `for chain in $(${TABLE} | sed -n 's/^[[:space:]]*chain \\([^ ]*\\).*/\\1/p'); do nft flush chain inet multihome $chain; done`,
    told: TABLE,
  },
};

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();
const testWithNft = spawnSync("nft", ["--version"]).status === 0 ? test : test.skip;

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "what is taken away between a commit and the last look, in $name",
  (shell: Shell) => {
    const namespaces = new Namespaces("prgmeanw");
    let ns: Namespace;
    let host: ProgramHost;

    beforeAll(() => {
      ns = namespaces.create("host");
      const peer = namespaces.create("peer");
      for (const [i, letter] of ["a", "b"].entries()) {
        namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
        ns.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
        ns.ip(`addr add fd00:${letter}::10/64 dev eth${i}`);
      }
      ns.steady();
      host = new ProgramHost(ns);
      host.shell = shell;
    });
    beforeEach(() => ns.steady());
    afterAll(async () => {
      host?.destroy();
      await namespaces.destroy();
    });

    const told = ({ told }: Loss): string => ns.ok("sh", "-c", told);
    const drift = (): unknown => JSON.parse(host.ok(ONE, "status", "--json")).drift;

    /** Runs a command that commits, loses something after the commit, and has the next command put it back. */
    function lose(loss: Loss, [text, ...args]: string[], next: string, prepare = (): void => {}): void {
      const between = new Between(host);
      const before = told(loss);
      prepare();
      between.afterCommit(1, loss.act);
      expect(host.run(text, ...args)).toMatchObject({ status: 0, stderr: "" });
      between.end();
      // It has happened, and is known.
      expect([between.met, told(loss) === before, drift()]).toEqual([true, false, true]);
      expect(host.ok(text, next)).toBe("");
      expect([told(loss), drift()]).toEqual([before, false]);
      host.ok(text, "verify");
    }

    test.each(["apply", "restore"])("rules, in an apply: the next %s has them again", (next) => {
      host.ok(ONE, "apply");
      lose(RULES, [TWO, "apply"], next);
    });

    test("nor is it lost in a small change, at a confirmation, or where what is committed is restored", () => {
      host.ok(ONE, "apply");
      lose(OF_ANY_PLAN.routes, [program(spec(1, ["10.2.0.13/24"])), "apply"], "apply");
      lose(RULES, [TWO, "confirm"], "apply", () => host.ok(TWO, "apply", "--confirm-within", "3600"));
      lose(RULES, [TWO, "restore"], "restore", () => ns.ip("-4 route flush table all proto 77"));
    });

    test("nor what holds sources back behind the plan's rules", () => {
      const behind: Loss = {
        act: both("rule del priority 9992"),
        told: `(${both("rule show priority 9992")}) | wc -l`,
      };
      host.ok(ONE, "apply");
      ns.ip("-4 rule flush protocol 77");
      host.ok(ONE, "restore");
      const before = told(behind);
      const between = new Between(host);
      ns.ip("-4 route flush table all proto 77");
      between.afterCommit(1, behind.act);
      host.ok(ONE, "restore");
      between.end();
      host.ok(ONE, "restore");
      expect([between.met, told(behind)]).toEqual([true, before]);
      host.ok(ONE, "apply");
    });

    if (shell.name !== "dash") return;

    test.each(Object.entries(OF_ANY_PLAN))("%s: the next apply has it again", (_, loss) => {
      host.ok(ONE, "apply");
      lose(loss, [TWO, "apply"], "apply");
    });

    testWithNft("rules of nftables, before it is noted how they read: the change fails", () => {
      const [one, two] = [1, 2].map((last) => program(spec(last, [], HostModel.Strong)));
      const { act, told: command } = OF_A_STRONG_HOST["rules of nftables"];
      host.ok(one, "apply");
      const before = ns.ok("sh", "-c", command);
      const between = new Between(host, "nft");
      // It is asked for once before it is loaded.
      between.beforeCommand("'-s list table inet multihome'", act, 2);
      const { status, stderr } = host.run(two, "apply");
      between.end();
      expect([between.met, status, stderr]).toEqual([
        true,
        1,
        expect.stringContaining("is not as it was loaded"),
      ]);
      expect(ns.ok("sh", "-c", command)).toBe(before);
      host.ok(one, "verify");
      expect(host.run(two, "apply").status).toBe(0);
      host.ok(two, "verify");
    });

    testWithNft.each(Object.entries(OF_A_STRONG_HOST))("%s: the next apply has them again", (_, loss) => {
      const [one, two] = [1, 2].map((last) => program(spec(last, [], HostModel.Strong)));
      host.ok(one, "apply");
      lose(loss, [two, "apply"], "apply");
    });
  },
);
