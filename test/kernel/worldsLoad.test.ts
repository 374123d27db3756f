import { HostSpec, InterfaceSpec } from "../../lib/model/spec";
import { endFlood, lost, overflows, serveEcho, startFlood } from "./support/flood";
import { Namespace, Namespaces, describeOnKernel, worldNames } from "./support/netns";
import { ProgramHost, program } from "./support/program";

/**
 * Plans alternate under load, with two worlds whose networks are the same. Every world, the host's own among them, has two
 * links to a network of its own, which answers from an address behind both; datagrams that come into a network by another
 * link than that of their source, or from another world's sources, are counted there.
 */
const APPLIES = Number(process.env.APPLIES ?? 2);
const NETWORKS = ["own", "red", "blue"] as const;
type Network = (typeof NETWORKS)[number];
const WORLDS = worldNames("wload", ["red", "blue"]);
const BEYOND = ["203.0.113.5", "fd00:f::5"] as const;

/** Where links are: the host's own networks are others than those of the worlds, which share theirs. */
const base = (network: Network, link: number): string =>
  network === "own" ? `192.168.${link}` : `10.0.${link}`;
const base6 = (network: Network, link: number): string =>
  network === "own" ? `fd00:e${link}:` : `fd00:a${link}:`;
/** What distinguishes hosts of the one network from those of its double. */
const HOST: Record<Network, number> = { own: 10, red: 20, blue: 30 };
const address = (network: Network, link: number): string => `${base(network, link)}.${HOST[network]}`;
const address6 = (network: Network, link: number): string => `${base6(network, link)}:${HOST[network]}`;
const device = (network: Network, link: number): string => `${network}${link}`;

/** Flows have addresses that both plans have; of others each plan has its own. */
function interfaceOf(network: Network, link: number, extra: boolean): InterfaceSpec {
  const [v4, v6] = [base(network, link), base6(network, link)];
  return {
    name: device(network, link),
    match: { ifname: device(network, link) },
    addresses: [
      `${address(network, link)}/24`,
      `${address6(network, link)}/64`,
      ...(extra ? [`${v4}.${HOST[network] + 1}/24`, `${v6}:99/64`] : [`${v4}.${HOST[network] + 2}/24`]),
    ],
    gateways: [`${v4}.1`, "fe80::1"],
    routes: extra === (link === 1) ? [{ to: `172.3${link}.0.0/16`, via: `${v4}.254` }] : [],
  };
}

const host = (extra: boolean): HostSpec => ({
  name: "edge",
  interfaces: NETWORKS.flatMap((network) => [1, 2].map((link) => interfaceOf(network, link, extra))),
  policy: {
    worlds: (["red", "blue"] as const).map((network) => ({
      name: WORLDS[network],
      kind: "netns",
      interfaces: [device(network, 1), device(network, 2)],
    })),
  },
});

describeOnKernel("changes of worlds under load", () => {
  const namespaces = new Namespaces("wldload");
  const peers = {} as Record<Network, Namespace>;
  let machine: ProgramHost;
  let inside: Record<Network, Namespace>;

  beforeAll(async () => {
    const h = namespaces.create("h");
    h.sysctl("net/ipv4/conf/all/rp_filter", "0");
    inside = { own: h, red: new Namespace(WORLDS.red), blue: new Namespace(WORLDS.blue) };
    machine = new ProgramHost(h);
    for (const network of NETWORKS) {
      const peer = (peers[network] = namespaces.create(network));
      for (const link of [1, 2]) {
        namespaces.connect([h, device(network, link)], [peer, `eth${link}`]);
        peer.ip(`addr add ${base(network, link)}.1/24 dev eth${link}`);
        peer.ip(`addr add ${base6(network, link)}:1/64 dev eth${link}`);
        peer.ip(`addr add fe80::1/64 dev eth${link}`);
        if (network !== "own") continue;
        h.ip(`addr add ${address(network, link)}/24 dev ${device(network, link)}`);
        h.ip(`addr add ${address6(network, link)}/64 dev ${device(network, link)}`);
      }
      peer.ip(`addr add ${BEYOND[0]}/32 dev lo`);
      peer.ip(`addr add ${BEYOND[1]}/128 dev lo`);
      const right = [1, 2].map(
        (link) => `iifname "eth${link}" ip saddr ${address(network, link)} udp dport 7 accept
          iifname "eth${link}" ip6 saddr ${address6(network, link)} udp dport 7 accept`,
      );
      const { status, stderr } = peer.run(["nft", "-f", "-"], {
        input: `table inet watch {
          counter wrong { }
          chain in { type filter hook input priority 0; ${right.join("\n")}
            udp dport 7 counter name wrong
          }
        }`,
      });
      if (status !== 0) throw new Error(stderr);
      peer.steady();
      await serveEcho(peer);
    }
    h.steady();
    machine.ok(program(host(false)), "apply");
  }, 60_000);
  afterAll(async () => {
    machine?.run(program(host(false)), "remove");
    for (const network of ["red", "blue"] as const) await inside[network].destroy();
    machine?.destroy();
    await namespaces.destroy();
  });

  const wrong = (): number =>
    Object.values(peers).reduce(
      (sum, peer) =>
        sum + Number(/packets (\d+)/.exec(peer.ok("nft", "list", "counter", "inet", "watch", "wrong"))?.[1]),
      0,
    );

  /** What flows in all worlds suffer while it goes on: datagrams sent, lost, and come into a wrong network or by a wrong link. */
  async function suffered(change: () => void) {
    const all = [...Object.values(inside), ...Object.values(peers)];
    const before = [wrong(), overflows(...all)];
    const floods = await Promise.all(
      NETWORKS.map((network) =>
        startFlood(
          inside[network],
          BEYOND,
          [1, 2].flatMap((link) => [address(network, link), address6(network, link)]),
        ),
      ),
    );
    try {
      change();
    } catch (error) {
      await Promise.all(floods.map((flood) => flood.stop()));
      throw error;
    }
    const results = await Promise.all(floods.map(endFlood));
    const flows = results.flatMap((result) => Object.values(result));
    return {
      flows: flows.length,
      sent: flows.reduce((sum, { sent }) => sum + sent, 0),
      least: Math.min(...flows.map(({ sent }) => sent)),
      refused: flows.reduce((sum, { refused }) => sum + refused, 0),
      lost: results.reduce((sum, one) => sum + lost(one), 0) - (overflows(...all) - before[1]),
      wrong: wrong() - before[0],
    };
  }

  test(`${APPLIES} applies in turn of two plans: nothing lost in any world, nothing in the wrong network`, async () => {
    const plans = [program(host(false)), program(host(true))];
    const result = await suffered(() => {
      for (let i = 1; i <= APPLIES; i++) machine.ok(plans[i % 2], "apply");
    });
    process.stdout.write(
      `worlds under load: ${APPLIES} applies, ${result.sent} datagrams in ${result.flows} flows, ` +
        `${result.lost} lost, ${result.wrong} in the wrong network\n`,
    );
    expect([result.flows, result.refused, result.lost, result.wrong]).toEqual([12, 0, 0, 0]);
    expect(result.least).toBeGreaterThan(300);
    machine.ok(plans[0], "verify");
  }, 120_000);

  test("when the first address of its network goes, the others stay", () => {
    const spec = host(false);
    const more = (own: InterfaceSpec): InterfaceSpec => ({
      ...own,
      addresses: [`${base("red", 1)}.${HOST.red + 2}/24`, ...own.addresses!.filter((a) => !a.includes("."))],
    });
    const changed = (how: typeof more): HostSpec => ({
      ...spec,
      interfaces: spec.interfaces.map((one) => (one.name === device("red", 1) ? how(one) : one)),
    });
    const plan = program(changed(more));
    const before = inside.red.ip(`-4 -o addr show dev ${device("red", 1)} primary`);
    expect(before).toContain(`${address("red", 1)}/24`);
    machine.ok(plan, "apply");
    machine.ok(plan, "verify");
    expect(inside.red.ip("-4 -o addr show").match(/10\.0\.1\.\d+\/24/g)).toEqual([
      `${base("red", 1)}.${HOST.red + 2}/24`,
    ]);
  });

  test("control: flushing and adding again loses packets of a world, and a table too early misleads them", async () => {
    const { red } = inside;
    machine.ok(program(host(false)), "apply");
    const naive = await suffered(() => {
      const [dev, own] = [device("red", 1), address("red", 1)];
      for (let i = 0; i < 10; i++)
        red.ok("sh", "-c", `ip -4 addr flush dev ${dev}; ip addr add ${own}/24 dev ${dev}`);
    });
    expect(naive.lost).toBeGreaterThan(0);
    machine.ok(program(host(false)), "apply");
    const misled = await suffered(() => {
      red.ip(`route add default via ${base("red", 1)}.1 dev ${device("red", 1)} table 9`);
      red.ip("rule add priority 1 lookup 9");
      red.ok("sleep", "0.1");
      red.ip("rule del priority 1 lookup 9");
    });
    expect(misled.wrong).toBeGreaterThan(0);
  }, 60_000);
});
