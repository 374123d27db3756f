import { HostModel, HostSpec, Otherwise, PolicySpec, UnmanagedRoutes } from "../../lib/model/spec";
import { endFlood, lost, overflows, serveEcho, startFlood } from "./support/flood";
import { Background, Namespace, Namespaces, describeOnKernel, sleep } from "./support/netns";
import { ProgramHost, program } from "./support/program";

/**
 * Plans alternate under load. Two links lead to one peer, which answers from an address behind both; a packet that
 * leaves by the wrong link is counted by nftables, one that finds no route or no answer is counted by its sender.
 */
const APPLIES = 50;

const host = (extra: boolean, policy: PolicySpec = {}): HostSpec => ({
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { ifname: "eth0" },
      addresses: ["10.1.0.10/24", "fd00:a::10/64", ...(extra ? ["10.1.0.11/24", "fd00:a::11/64"] : [])],
      gateways: ["10.1.0.1", "fe80::1"],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "fd00:b::10/64", ...(extra ? [] : ["10.2.0.12/24"])],
      gateways: ["10.2.0.1", "fe80::1"],
      routes: extra ? [{ to: "172.31.0.0/16", via: "10.2.0.254" }] : [],
    },
  ],
  policy,
});

/** What more there can be, in turn with a plan without. */
const STRONG: PolicySpec = {
  hostModel: HostModel.Strong,
  virtualAddresses: ["192.0.2.77"],
  traffic: [
    { name: "bulk", to: ["198.18.0.0/15"], use: ["back", "front"] },
    { name: "users", users: ["60000-60999"], use: ["front", "back"], weights: { front: 1, back: 3 } },
  ],
};

const WEAK: PolicySpec = { hostModel: HostModel.Weak };
/** Each of them alone; the sockets without an address are what the policies take. */
const ALONE: Readonly<Record<string, PolicySpec>> = {
  "the strong host model": { hostModel: HostModel.Strong },
  "no way of others": { unmanagedRoutes: UnmanagedRoutes.Ignore },
  ...Object.fromEntries(
    Object.values(Otherwise).map((otherwise) => [
      `a traffic policy, otherwise ${otherwise}`,
      { traffic: [{ name: "peer", to: ["203.0.113.5/32", "fd00:f::5/128"], use: ["back"], otherwise }] },
    ]),
  ),
};

/** What scripts commonly do: flush, then add again. */
const NAIVE = `
ip rule del priority 100 2>/dev/null; ip rule del priority 101 2>/dev/null
ip route flush table 100 2>/dev/null; ip route flush table 101 2>/dev/null
ip rule add priority 100 from 10.1.0.10 lookup 100; ip rule add priority 101 from 10.2.0.10 lookup 101
ip route add default via 10.1.0.1 dev eth0 table 100; ip route add default via 10.2.0.1 dev eth1 table 101`;

describeOnKernel("changes under load", () => {
  const namespaces = new Namespaces("prgload");
  let ns: Namespace;
  let peer: Namespace;
  let machine: ProgramHost;

  beforeAll(async () => {
    [ns, peer] = [namespaces.create("host"), namespaces.create("peer")];
    machine = new ProgramHost(ns);
    for (const [i, letter] of ["a", "b"].entries()) {
      namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
      ns.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
      ns.ip(`addr add fd00:${letter}::10/64 dev eth${i}`);
      peer.ip(`addr add 10.${i + 1}.0.1/24 dev eth${i}`);
      peer.ip(`addr add fd00:${letter}::1/64 dev eth${i}`);
      peer.ip(`addr add fe80::1/64 dev eth${i}`);
      ns.ip(`route add default via 10.${i + 1}.0.1 metric ${i + 1}`);
      ns.ip(`-6 route add default via fe80::1 dev eth${i} metric ${i + 1}`);
    }
    peer.ip("addr add 203.0.113.5/32 dev lo");
    peer.ip("addr add fd00:f::5/128 dev lo");
    // A datagram for 10.2.0.10 that comes in by eth0 would be lost for another reason.
    ns.sysctl("net/ipv4/conf/all/rp_filter", "0");
    ns.run(["nft", "-f", "-"], {
      input: `table inet watch {
        counter wrong { }
        chain out {
          type filter hook postrouting priority 0;
          oifname "eth0" ip saddr 10.2.0.0/24 counter name wrong
          oifname "eth1" ip saddr 10.1.0.0/24 counter name wrong
          oifname "eth0" ip6 saddr fd00:b::/64 counter name wrong
          oifname "eth1" ip6 saddr fd00:a::/64 counter name wrong
        }
      }`,
    });
    ns.steady();
    peer.steady();
    await serveEcho(peer);
  }, 30_000);
  afterAll(async () => {
    machine?.destroy();
    await namespaces.destroy();
  });

  const wrong = (): number =>
    Number(/packets (\d+)/.exec(ns.ok("nft", "list", "counter", "inet", "watch", "wrong"))?.[1]);
  const overflowed = (): number => overflows(ns, peer);
  const flood = (sources: string[]): Promise<Background> =>
    startFlood(ns, ["203.0.113.5", "fd00:f::5"], sources);

  test(`${APPLIES} applies in turn of two plans: no packet of any source lost, none by the wrong interface`, async () => {
    const plans = [program(host(false)), program(host(true))];
    machine.ok(plans[0], "apply");
    const [wrongBefore, overflowBefore] = [wrong(), overflowed()];
    const flows = await flood(["10.1.0.10", "10.2.0.10", "fd00:a::10", "fd00:b::10"]);
    for (let i = 1; i <= APPLIES; i++) {
      machine.ok(plans[i % 2], "apply");
      await sleep(1);
    }
    const result = await endFlood(flows);
    for (const { sent, refused } of Object.values(result)) {
      expect(sent).toBeGreaterThan(1000);
      expect(refused).toBe(0);
    }
    expect(lost(result) - (overflowed() - overflowBefore)).toBe(0);
    expect(wrong() - wrongBefore).toBe(0);
    machine.ok(plans[0], "verify");
  }, 120_000);

  /** What all sources suffer, and sockets without one, while a plan and one with a policy alternate. */
  async function suffered(policy: PolicySpec, applies: number, extra = false) {
    const plans = [program(host(false)), program(host(extra, policy))];
    machine.ok(plans[0], "apply");
    const before = { wrong: wrong(), overflowed: overflowed() };
    const flows = await flood(["10.1.0.10", "10.2.0.10", "fd00:a::10", "fd00:b::10", "0.0.0.0", "::"]);
    for (let i = 1; i <= applies; i++) machine.ok(plans[i % 2], "apply");
    const result = await endFlood(flows);
    const all = Object.values(result);
    expect(Math.min(...all.map(({ sent }) => sent))).toBeGreaterThan(300);
    return {
      sent: all.reduce((sum, { sent }) => sum + sent, 0),
      refused: all.reduce((sum, { refused }) => sum + refused, 0),
      lost: lost(result) - (overflowed() - before.overflowed),
      wrong: wrong() - before.wrong,
    };
  }

  test.each(Object.entries(ALONE))("nor when it comes and goes: %s", async (title, policy) => {
    const result = await suffered(policy, 4);
    tell(title, 4, result);
    expect(result).toMatchObject({ refused: 0, lost: 0, wrong: 0 });
  });

  test("nor when the strong host model and traffic policies come and go", async () => {
    const result = await suffered(STRONG, APPLIES / 5, true);
    tell("the strong host model and traffic policies", APPLIES / 5, result);
    expect(result).toMatchObject({ refused: 0, lost: 0, wrong: 0 });
  }, 120_000);

  test("the weak host model loses nothing, and, as a control, sends by the wrong interface", async () => {
    const result = await suffered(WEAK, 4);
    tell("the weak host model", 4, result);
    expect(result).toMatchObject({ refused: 0, lost: 0 });
    expect(result.wrong).toBeGreaterThan(100);
  });

  test("the first apply and the removal lose nothing either", async () => {
    const plan = program(host(true));
    machine.ok(plan, "remove");
    const overflowBefore = overflowed();
    const flows = await flood(["10.1.0.10", "10.2.0.10", "fd00:a::10", "fd00:b::10"]);
    for (let i = 0; i < 5; i++) {
      machine.ok(plan, "apply");
      machine.ok(plan, "remove");
    }
    expect(lost(await endFlood(flows)) - (overflowed() - overflowBefore)).toBe(0);
  }, 60_000);

  test("control: flushing and adding again loses packets or sends them by the wrong interface", async () => {
    ns.ok("sh", "-c", NAIVE);
    const [wrongBefore, overflowBefore] = [wrong(), overflowed()];
    const flows = await flood(["10.1.0.10", "10.2.0.10"]);
    for (let i = 0; i < 10; i++) ns.ok("sh", "-c", NAIVE);
    const result = await endFlood(flows);
    expect(lost(result) - (overflowed() - overflowBefore) + wrong() - wrongBefore).toBeGreaterThan(0);
  }, 60_000);
});

function tell(title: string, applies: number, result: { sent: number; lost: number; wrong: number }): void {
  const { sent, lost, wrong } = result;
  process.stdout.write(
    `under load, ${applies} applies, ${title}: ${lost} of ${sent} datagrams lost, ${wrong} by the wrong interface\n`,
  );
}
