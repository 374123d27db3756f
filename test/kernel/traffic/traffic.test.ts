import { OnLink, Otherwise, TrafficSpec } from "../../../lib/model";
import { describeOnKernel, dump, monitor, settle } from "../support/netns";
import { program } from "../support/program";
import { CLIENT, CONTAINER, Site, spec } from "./site";
import { Packet, canWire } from "./wire";

const TO = "198.51.100.1";
const TO6 = "2001:db8:f::5";
const EF = 46 << 2;

/** A selector; packets that it selects, which leave by b, and ones beside it, which leave as without it. */
const SELECTORS: readonly [
  what: string,
  policy: Partial<TrafficSpec>,
  yes: Packet[],
  no: Packet[],
  at?: "box",
][] = [
  [
    "to",
    { to: [`${TO}/32`, `${TO6}/128`] },
    [{ to: TO }, { to: TO6 }],
    [{ to: "192.0.2.1" }, { to: "2001:db8:e::1" }],
  ],
  [
    "several prefixes of one family to",
    { to: ["198.51.100.0/31", "192.0.2.1/32", "2001:db8:f::/64"], protocol: "udp" },
    [{ to: TO }, { to: "192.0.2.1" }, { to: TO6 }],
    [{ to: TO, protocol: "icmp" }, { to: "2001:db8:e::1" }],
  ],
  [
    "from, forwarded",
    { from: ["172.17.0.0/24", "fd00:17::/64"] },
    [{ to: TO }, { to: TO6 }, { to: TO, protocol: "icmp" }],
    [],
    "box",
  ],
  [
    "protocol",
    { protocol: "tcp" },
    [
      { to: TO, protocol: "tcp" },
      { to: TO6, protocol: "tcp" },
    ],
    [{ to: TO }, { to: TO, protocol: "icmp" }, { to: TO6 }],
  ],
  ["protocol by number", { protocol: "1" }, [{ to: TO, protocol: "icmp" }], [{ to: TO }]],
  [
    "destination ports",
    { protocol: "udp", destinationPorts: [53, "8000-8080"] },
    [
      { to: TO, port: 53 },
      { to: TO, port: 8000 },
      { to: TO6, port: 8080 },
    ],
    [
      { to: TO, port: 54 },
      { to: TO, port: 7999 },
      { to: TO6, port: 8081 },
      { to: TO, port: 53, protocol: "tcp" },
    ],
  ],
  [
    "source ports",
    { protocol: "udp", sourcePorts: ["4000-4999", "65000-65534"] },
    [
      { to: TO, sourcePort: 4000 },
      { to: TO6, sourcePort: 4999 },
      { to: TO, sourcePort: 65534 },
    ],
    [{ to: TO, sourcePort: 5000 }, { to: TO6, sourcePort: 3999 }, { to: TO }],
  ],
  [
    "marks",
    { marks: ["0x10/0xf0"] },
    [
      { to: TO, mark: 0x10 },
      { to: TO6, mark: 0x1f },
      { to: TO, mark: 0x10, protocol: "tcp" },
    ],
    [{ to: TO, mark: 0x20 }, { to: TO }, { to: TO6, mark: 1 }],
  ],
  [
    "users",
    { users: [1500, "2000-2999"] },
    [
      { to: TO, user: 1500 },
      { to: TO6, user: 2000 },
      { to: TO, user: 2999, protocol: "tcp" },
    ],
    [{ to: TO }, { to: TO, user: 1501 }, { to: TO6, user: 3000 }],
  ],
  ["a user who is root, and not what is forwarded", { users: [0] }, [{ to: TO }], [{ to: TO, user: 1 }]],
  ["an incoming device", { incomingDevices: ["docker0"] }, [{ to: TO }, { to: TO6 }], [], "box"],
  [
    "DSCP",
    { from: ["::/0"], dscp: [46] },
    [
      { to: TO6, tos: EF },
      { to: TO6, tos: EF + 1 },
    ],
    [{ to: TO6 }, { to: TO6, tos: 6 << 2 }, { to: TO, tos: EF }],
  ],
];

const suite = canWire() ? describeOnKernel : describe.skip;

suite("traffic policies, in packets", () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open("traffic");
  });
  afterAll(async () => site?.close());

  describe("each selector takes what it selects, and nothing else", () => {
    test.each(SELECTORS)("%s", async (...row) => {
      const [, policy, yes, no, at] = row;
      const from = at === undefined ? site.host : site.container;
      site.remove();
      // The control: without the policy all of them leave by a.
      expect(await site.ways([...yes, ...no], from)).toEqual([...yes, ...no].map(() => "a"));
      site.apply({ traffic: [{ name: "p", use: ["b"], ...policy }] });
      expect(await site.ways([...yes, ...no], from)).toEqual([...yes.map(() => "b"), ...no.map(() => "a")]);
    });

    test("an incoming interface", async () => {
      const client: Packet[] = [{ to: CONTAINER, from: CLIENT }];
      const transit: Packet[] = [{ to: "203.0.113.77", from: CLIENT, port: 99 }];
      site.outside.ip("route replace 203.0.113.77 via 10.1.0.10");
      site.apply({ traffic: [{ name: "p", use: ["b"], incoming: ["a"] }] });
      const [b] = [await site.ways(transit, site.outside)];
      // What its connection is marked with is no mark of others.
      site.apply({ traffic: [{ name: "p", use: ["b"], incoming: ["a"], marks: ["0"] }] });
      expect(await site.ways(transit, site.outside)).toEqual(["b"]);
      site.apply({ traffic: [{ name: "p", use: ["b"], incoming: ["c"] }] });
      const [a] = [await site.ways(transit, site.outside)];
      // What is for a container stays with it.
      expect(await site.ways(client, site.outside)).toEqual(["nowhere"]);
      expect([b, a]).toEqual([["b"], ["a"]]);
      site.outside.ip("route del 203.0.113.77");
    });
  });

  test("a source of the host keeps its way, unless the policy comes before the rules for sources", async () => {
    const packets: Packet[] = [{ to: TO, from: "10.1.0.10" }, { to: TO6, from: "fd00:1::10" }, { to: TO }];
    site.apply({ traffic: [{ name: "p", use: ["b"] }] });
    expect(await site.ways(packets)).toEqual(["a", "a", "b"]);
    site.apply({ traffic: [{ name: "p", use: ["b"], beforeSources: true }] });
    expect(await site.ways(packets)).toEqual(["b", "b", "b"]);
    site.apply({ traffic: [{ name: "p", use: ["b"], from: ["10.1.0.0/24"], beforeSources: true }] });
    expect(await site.ways(packets)).toEqual(["b", "a", "a"]);
  });

  test("what is given to the first policy is not the second's, and next goes on to it", async () => {
    const traffic: TrafficSpec[] = [
      { name: "narrow", to: [`${TO}/32`], use: ["b"], otherwise: Otherwise.Next },
      { name: "wide", use: ["c"], otherwise: Otherwise.Prohibit },
    ];
    site.apply({ traffic });
    expect(await site.ways([{ to: TO }, { to: "192.0.2.1" }])).toEqual(["b", "c"]);
    site.carrier("b", false);
    expect(await site.ways([{ to: TO }, { to: "192.0.2.1" }])).toEqual(["c", "c"]);
    site.carrier("c", false);
    expect(await site.ways([{ to: TO }, { to: "192.0.2.1" }])).toEqual(["EACCES", "EACCES"]);
    site.carrier("b", true);
    site.carrier("c", true);
    expect(await site.ways([{ to: TO }, { to: "192.0.2.1" }])).toEqual(["b", "c"]);
  });

  describe("without a link, otherwise is as told", () => {
    const told: [Otherwise, string][] = [
      [Otherwise.Unreachable, "ENETUNREACH"],
      [Otherwise.Prohibit, "EACCES"],
      [Otherwise.Blackhole, "EINVAL"],
      [Otherwise.Next, "a"],
    ];
    test.each(told)("%s: %s", async (otherwise, answer) => {
      const packets: Packet[] = [{ to: TO }, { to: TO, protocol: "tcp" }];
      site.apply({ traffic: [{ name: "p", use: ["b"], otherwise }] });
      expect(await site.ways(packets)).toEqual(["b", "b"]);
      site.carrier("b", false);
      expect(await site.ways(packets)).toEqual([answer, answer]);
      // Forwarded: the sender learns of it by ICMP only later.
      const forwarded = await site.ways([{ to: TO }, { to: TO6 }], site.container);
      expect(forwarded).toEqual(otherwise === Otherwise.Next ? ["a", "a"] : ["nowhere", "nowhere"]);
      site.carrier("b", true);
      expect(await site.ways(packets)).toEqual(["b", "b"]);
    });

    test("an administrator who takes the link down counts as well, until we are applied again", async () => {
      site.apply({ traffic: [{ name: "p", use: ["b"], otherwise: Otherwise.Prohibit }] });
      site.host.ip("link set eth1 down");
      expect(await site.ways([{ to: TO }])).toEqual(["EACCES"]);
      site.host.ip("link set eth1 up");
      site.host.ip("addr replace fd00:2::10/64 dev eth1 nodad");
      site.host.steady();
      site.apply({ traffic: [{ name: "p", use: ["b"], otherwise: Otherwise.Prohibit }] });
      expect(await site.ways([{ to: TO }])).toEqual(["b"]);
    });

    test("IPv6 tries again with a source that the kernel chooses: a socket without one leaves by that one's own link", async () => {
      site.apply({ traffic: [{ name: "p", use: ["b"] }] });
      site.carrier("b", false);
      const [way] = await site.ways([{ to: TO6 }]);
      expect(["a", "c"]).toContain(way);
      site.apply({ traffic: [{ name: "p", to: [`${TO6}/128`], use: ["b"], beforeSources: true }] });
      expect(await site.ways([{ to: TO6 }])).toEqual(["ENETUNREACH"]);
      site.carrier("b", true);
    });
  });

  test("the interfaces are used in their order, each when those before it have no link", async () => {
    const packets: Packet[] = [{ to: TO }, { to: TO6 }, { to: TO, user: 1000, protocol: "tcp" }];
    const by = (link: string): string[] => packets.map(() => link);
    site.apply({ traffic: [{ name: "p", use: ["c", "b", "a"] }] });
    expect(await site.ways(packets)).toEqual(by("c"));
    site.carrier("c", false);
    expect(await site.ways(packets)).toEqual(by("b"));
    site.carrier("b", false);
    expect(await site.ways(packets)).toEqual(by("a"));
    site.carrier("c", true);
    expect(await site.ways(packets)).toEqual(by("c"));
    site.carrier("b", true);
  });

  test("a plan is applied and verified while a link of its policies has no carrier", async () => {
    site.apply({ traffic: [{ name: "p", use: ["c", "b"] }] });
    site.carrier("c", false);
    site.apply({ traffic: [{ name: "p", use: ["c", "b"], otherwise: Otherwise.Prohibit }] });
    expect(await site.ways([{ to: TO }])).toEqual(["b"]);
    site.carrier("c", true);
  });

  describe("a plan is put in force, since the kernel answers as the plan expects,", () => {
    test("where a policy sends to a neighbour of another link, which is reached directly", async () => {
      site.apply({
        onLink: OnLink.Direct,
        traffic: [{ name: "p", to: ["10.3.0.0/25", "203.0.113.0/24"], use: ["b"] }],
      });
      expect(await site.ways([{ to: "10.3.0.50" }, { to: "203.0.113.5" }])).toEqual(["c", "b"]);
    });

    test("where a mark has all bits, also that by which a new generation is asked", async () => {
      site.apply({ traffic: [{ name: "p", marks: ["0x10"], use: ["b"] }] });
      const marked = (mark: number): Packet => ({ to: TO, mark });
      expect(await site.ways([marked(0x10), marked(0x11)])).toEqual(["b", "a"]);
    });

    test("where an address goes again about which it would be asked else", async () => {
      const [a, b, c] = spec({}).interfaces;
      const traffic = [{ name: "p", to: ["10.2.0.0/24"], use: ["a"] }];
      const more = { ...b, addresses: [...b.addresses!, "10.2.0.254/24"] };
      site.machine.ok(program({ ...spec({ traffic }), interfaces: [a, more, c] }), "apply");
      site.apply({ traffic });
      expect(await site.ways([{ to: "10.2.0.50" }])).toEqual(["a"]);
    });

    test("where a policy takes what is delegated to another link as it comes in", async () => {
      site.host.ip("route add 10.1.7.0/28 dev docker0");
      site.container.ip("addr add 10.1.7.2/32 dev eth0");
      const incoming = { name: "p", incomingDevices: ["docker0"], use: ["b"], beforeSources: true };
      const [a, ...others] = spec({}).interfaces;
      const interfaces = [{ ...a, delegatedPrefixes: ["10.1.7.0/28"] }, ...others];
      for (const [traffic, way] of [
        [[], "a"],
        [[incoming], "b"],
      ] as const) {
        const text = program({ ...spec({ traffic: [...traffic] }), interfaces });
        site.machine.ok(text, "apply");
        site.machine.ok(text, "verify");
        expect(await site.ways([{ to: TO, from: "10.1.7.2" }], site.container)).toEqual([way]);
      }
      site.container.ip("addr del 10.1.7.2/32 dev eth0");
      site.host.ip("route del 10.1.7.0/28 dev docker0");
    });
  });

  test("weights: flows are shared in proportion, each of one way, and by what is left without a link", async () => {
    const flows: Packet[] = Array.from({ length: 600 }, (_, i) => ({ to: TO, sourcePort: 20_000 + i }));
    site.apply({ traffic: [{ name: "p", use: ["b", "c"], weights: { b: 3, c: 1 } }] });
    const first = await site.ways(flows);
    const second = await site.ways(flows);
    expect(second).toEqual(first);
    const share = first.filter((way) => way === "b").length / flows.length;
    console.log(`weights 3:1: ${(100 * share).toFixed(1)} % of ${flows.length} flows by the first`);
    expect(share).toBeGreaterThan(0.68);
    expect(share).toBeLessThan(0.82);
    expect(new Set(first)).toEqual(new Set(["b", "c"]));
    site.carrier("b", false);
    expect(new Set(await site.ways(flows.slice(0, 50)))).toEqual(new Set(["c"]));
    site.carrier("b", true);
  });

  test("applying again writes nothing, and removal leaves no trace", async () => {
    site.remove();
    const pristine = dump(site.host);
    for (const policy of [
      { name: "p", use: ["b", "c"], weights: { b: 3, c: 1 } },
      { name: "q", users: [7], use: ["b", "a"], otherwise: Otherwise.Next },
    ]) {
      site.apply({ traffic: [policy] });
      const before = dump(site.host);
      expect(before).not.toBe(pristine);
      const watcher = await monitor(site.host);
      site.apply({ traffic: [policy] });
      await settle(watcher);
      expect(await watcher.stop()).toBe("");
      expect(dump(site.host)).toBe(before);
    }
    site.remove();
    expect(dump(site.host)).toBe(pristine);
  });
});
