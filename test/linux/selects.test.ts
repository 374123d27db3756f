import { Flow, InputFlow, Intent, IntentTraffic, OutputFlow, compile, kernelState } from "../../lib/linux";
import { Expectations } from "../../lib/linux/prove/expect";
import { describeExpected } from "../../lib/linux/prove/expected";
import { Down, Policies, asksOf, losses, selects } from "../../lib/linux/prove/policies";
import { address, intentOf, nics, onInterface, prefix } from "./support/hosts";
import { policy } from "./verdicts/support";

/** What traffic policies select, and what they want of it. */

const out = (more: Partial<OutputFlow> = {}): OutputFlow => ({ to: address("198.51.100.7"), ...more });
const arriving = (more: Partial<InputFlow> = {}): InputFlow => ({
  to: address("198.51.100.7"),
  from: address("172.17.0.2"),
  iif: "br0",
  ...more,
});

test.each<[string, Partial<IntentTraffic>, OutputFlow | InputFlow, boolean]>([
  ["everything", {}, out(), true],
  ["a source", { from: [prefix("10.0.0.0/24")] }, out({ from: address("10.0.0.9") }), true],
  ["another source", { from: [prefix("10.0.0.0/24")] }, out({ from: address("10.0.1.9") }), false],
  [
    "one of two sources",
    { from: [prefix("10.0.0.0/24"), prefix("10.0.1.0/24")] },
    out({ from: address("10.0.1.9") }),
    true,
  ],
  ["a source that is not chosen yet", { from: [prefix("10.0.0.0/24")] }, out(), false],
  ["any source, not chosen yet", { from: [prefix("0.0.0.0/0")] }, out(), true],
  ["what IPv4 takes it for", { from: [prefix("0.0.0.0/8")] }, out(), true],
  [
    "a source of the other family",
    { from: [prefix("2001:db8::/32")] },
    out({ from: address("10.0.0.9") }),
    false,
  ],
  ["any source of the other family", { from: [prefix("::/0")] }, out(), false],
  [
    "IPv6: a source that is not chosen yet",
    { from: [prefix("::/8")] },
    out({ to: address("2001:db8::1") }),
    false,
  ],
  ["IPv6: any source, not chosen yet", { from: [prefix("::/0")] }, out({ to: address("2001:db8::1") }), true],
  ["a destination", { to: [prefix("198.51.100.0/24")] }, out(), true],
  ["another destination", { to: [prefix("198.51.101.0/24")] }, out(), false],
  ["a protocol", { protocol: 6 }, out({ protocol: 6 }), true],
  ["another protocol", { protocol: 6 }, out({ protocol: 17 }), false],
  ["no protocol", { protocol: 6 }, out(), false],
  ["protocol 0", { protocol: 0 }, out(), true],
  ["a source port", { sourcePorts: [[10, 20]] }, out({ sourcePort: 10 }), true],
  ["the last source port", { sourcePorts: [[10, 20]] }, out({ sourcePort: 20 }), true],
  ["a lower source port", { sourcePorts: [[10, 20]] }, out({ sourcePort: 9 }), false],
  ["a higher source port", { sourcePorts: [[10, 20]] }, out({ sourcePort: 21 }), false],
  ["no source port", { sourcePorts: [[0, 20]] }, out(), true],
  [
    "a destination port",
    {
      destinationPorts: [
        [10, 20],
        [30, 30],
      ],
    },
    out({ destinationPort: 30 }),
    true,
  ],
  ["another destination port", { destinationPorts: [[10, 20]] }, out({ sourcePort: 15 }), false],
  ["a mark", { marks: [{ value: 5, mask: 0xf }] }, out({ mark: 0x15 }), true],
  ["another mark", { marks: [{ value: 5, mask: 0xf }] }, out({ mark: 4 }), false],
  ["no mark", { marks: [{ value: 0, mask: 0xf }] }, out(), true],
  ["a user", { users: [[5, 6]] }, out({ uid: 6 }), true],
  ["another user", { users: [[5, 6]] }, out({ uid: 7 }), false],
  ["root", { users: [[0, 0]] }, out(), true],
  ["a user, of what arrives", { users: [[0, 0]] }, arriving(), false],
  ["a device", { incoming: ["br0"] }, arriving(), true],
  ["another device", { incoming: ["br1"] }, arriving(), false],
  ["a device, of what is sent", { incoming: ["br0"] }, out(), false],
  ["a DSCP", { dscp: [4] }, out({ tos: 0x10 }), true],
  ["a DSCP, with ECN", { dscp: [4] }, out({ tos: 0x13 }), true],
  ["another DSCP", { dscp: [4] }, out({ tos: 0x14 }), false],
  ["no DSCP", { dscp: [0] }, out(), true],
])("selected by %s", (_name, more, flow, want) => {
  expect(selects(policy("p", ["net0"], more), flow)).toBe(want);
});

describe("which policy decides", () => {
  const LIST = nics(3, 1);
  const intent = (...traffic: IntentTraffic[]): Intent => intentOf(LIST, { traffic });
  const early = policy("early", ["net0"], { beforeSources: true, protocol: 6 });
  const late = policy("late", ["net1"]);

  test("those before the sources come first, and alone see what has a source of ours", () => {
    const policies = new Policies(intent(late, early, policy("six", ["net0"], { families: [6] })), 4);
    expect(policies.inOrder.map(({ name }) => name)).toEqual(["early", "late"]);
    const taker = (flow: Partial<Flow>, own: boolean): string | undefined =>
      policies.taker(out(flow), own)?.name;
    expect([taker({}, false), taker({}, true), taker({ protocol: 6 }, false), taker({ protocol: 6 }, true)]).toEqual([
      "late", undefined, "early", "early",
    ]); // prettier-ignore
    expect(policies.decidesEarly).toBe(true);
    expect(new Policies(intent(late), 4).decidesEarly).toBe(false);
    expect(new Policies(intentOf(LIST), 4)).toMatchObject({ inOrder: [], connections: [] });
  });

  test("a mark is that of an interface's connections, but not of its requests", () => {
    const connections = [
      { interface: "net0", mark: 0x100, mask: 0xf00 },
      { interface: "gone", mark: 0x300, mask: 0xf00 },
      { interface: "net1", mark: 0x200, mask: 0xf00 },
    ];
    const policies = new Policies(intentOf(LIST, { connections }), 4);
    const marked = (flow: OutputFlow | InputFlow): string | undefined => policies.marked(flow)?.name;
    expect(marked(out({ mark: 0x1ff }))).toBe("net0");
    expect(marked(out({ mark: 0x200 }))).toBe("net1");
    expect(marked(out({ mark: 0x300 }))).toBeUndefined();
    expect(marked(out())).toBeUndefined();
    expect(marked(arriving({ mark: 0x200 }))).toBe("net1");
    expect(marked(arriving({ mark: 0x200, iif: "eth1" }))).toBeUndefined();
    expect(marked(arriving({ mark: 0x200, iif: "eth0" }))).toBe("net1");
  });

  const HOST = compile(
    kernelState([
      ...LIST.map(({ device, addresses }) => ({ name: device, addresses: addresses.map(onInterface) })),
      { name: "br0", addresses: [onInterface("172.17.0.1/16")] },
    ]),
  );
  const wanted = (list: IntentTraffic[], down: Down, flow: Partial<Flow> = {}, own = false): string => {
    const of = intent(...list);
    const found = new Policies(of, 4).wanted(out(flow), own, new Expectations(of, HOST, 4), down);
    return found === undefined
      ? "nothing"
      : `${found.by}: ${describeExpected(found.expected)} ${found.error ?? ""}`.trim();
  };
  const down = (...devices: string[]): Down => new Set(devices);

  test.each<[string, IntentTraffic[], Down, string]>([
    ["its first interface", [policy("p", ["net1", "net0"])], down(), "policy p: by eth1 via 10.0.1.1"],
    [
      "its second, without the first",
      [policy("p", ["net1", "net0"])],
      down("eth1"),
      "policy p: by eth0 via 10.0.0.1",
    ],
    [
      "nothing, without both",
      [policy("p", ["net1", "net0"])],
      down("eth1", "eth0"),
      "policy p: refused ENETUNREACH",
    ],
    [
      "nothing, with all tables empty",
      [policy("p", ["net1", "net0"])],
      "all",
      "policy p: refused ENETUNREACH",
    ],
    ["a prohibition", [policy("p", ["net1"], { otherwise: "prohibit" })], "all", "policy p: refused EACCES"],
    ["silence", [policy("p", ["net1"], { otherwise: "blackhole" })], "all", "policy p: refused EINVAL"],
    [
      "the next policy",
      [policy("p", ["net1"], { otherwise: "next" }), policy("q", ["net0"])],
      down("eth1"),
      "policy q: by eth0 via 10.0.0.1",
    ],
    ["no policy", [policy("p", ["net1"], { otherwise: "next" })], down("eth1"), "nothing"],
    [
      "all of them together",
      [policy("p", ["net1", "net0"], { shared: true })],
      down(),
      "policy p: by eth1 via 10.0.1.1, or by eth0 via 10.0.0.1",
    ],
    [
      "those that are up",
      [policy("p", ["net1", "net0"], { shared: true })],
      down("eth1"),
      "policy p: by eth0 via 10.0.0.1",
    ],
    [
      "none of them",
      [policy("p", ["net1", "net0"], { shared: true })],
      "all",
      "policy p: refused ENETUNREACH",
    ],
    ["an interface that is not there", [policy("p", ["gone"])], down(), "policy p: refused ENETUNREACH"],
  ])("wants %s", (_name, list, lost, want) => {
    expect(wanted(list, lost)).toBe(want);
  });

  test("what lies near, and what lies behind what is not managed", () => {
    const near = { to: address("10.0.1.77") };
    expect(wanted([policy("p", ["net1", "net0"])], down(), near)).toBe("policy p: by eth1 directly");
    expect(wanted([policy("p", ["net1", "net0"])], down("eth1"), near)).toBe(
      "policy p: by eth0 via 10.0.0.1",
    );
    expect(wanted([policy("p", ["net0", "net1"], { shared: true })], down(), near)).toBe(
      "policy p: by eth1 directly",
    );
    expect(wanted([policy("p", ["net0", "net1"], { shared: true })], down("eth1"), near)).toBe(
      "policy p: by eth0 via 10.0.0.1",
    );
    const behind = { to: address("172.17.0.9") };
    expect(wanted([policy("p", ["net0"])], "all", behind)).toBe("policy p: by br0");
    expect(wanted([policy("p", ["net0"], { to: [prefix("172.17.0.0/16")] })], down(), behind)).toBe(
      "policy p: by eth0 via 10.0.0.1",
    );
  });

  test("of what has a source of ours, policies before the sources alone", () => {
    expect(wanted([policy("p", ["net1"])], down(), {}, true)).toBe("nothing");
    expect(wanted([policy("p", ["net1"], { beforeSources: true })], down(), {}, true)).toBe(
      "policy p: by eth1 via 10.0.1.1",
    );
  });

  test("of the answer of a connection its interface, whatever policies say", () => {
    const of: Intent = {
      ...intent(policy("p", ["net0"])),
      connections: [{ interface: "net1", mark: 1, mask: 1 }],
    };
    const ask = (to: string, lost: Down, family: 4 | 6 = 4): string | undefined => {
      const found = new Policies(of, family).wanted(
        { to: address(to), mark: 1 },
        false,
        new Expectations(of, HOST, family),
        lost,
      );
      return found === undefined ? undefined : `${found.by}: ${describeExpected(found.expected)}`;
    };
    expect(ask("198.51.100.7", down())).toBe("connections of net1: by eth1 via 10.0.1.1");
    expect(ask("198.51.100.7", down("eth1"))).toBe("connections of net1: refused");
    expect(ask("10.0.1.77", down())).toBe("connections of net1: by eth1 directly");
    expect(ask("172.17.0.9", down())).toBe("connections of net1: by br0");
    expect(ask("2001:db8::1", down(), 6)).toBeUndefined();
  });

  test("a delegated prefix alone makes an interface one of the family", () => {
    const list = [{ ...LIST[0], addresses: [], delegated: ["10.8.0.0/16"] }];
    const of = intentOf(list, { traffic: [policy("p", ["net0"])] });
    const ask = (family: 4 | 6, to: string): string | undefined => {
      const found = new Policies(of, family).wanted(
        { to: address(to) },
        false,
        new Expectations(of, HOST, family),
        down(),
      );
      return found && describeExpected(found.expected);
    };
    expect(ask(4, "198.51.100.7")).toBe("by eth0 via 10.0.0.1");
    expect(ask(6, "2001:db8::1")).toBe("refused");
  });

  test("the links that may be lost: every combination of up to three, beyond that each and in their order", () => {
    const shown = (...list: IntentTraffic[]): string[] =>
      losses(new Policies(intent(...list), 4), intent(...list), HOST).map((one) =>
        one === "all" ? one : [...one].join(" "),
      );
    expect(shown(policy("p", ["net1"]))).toEqual(["", "eth1", "all"]);
    expect(shown(policy("p", ["net1", "net0"]))).toEqual(["", "eth1", "eth0", "eth0 eth1", "all"]);
    expect(shown(policy("p", ["net2", "net1"]), policy("q", ["net0", "net1"]))).toEqual([
      "", "eth2", "eth1", "eth1 eth2", "eth0", "eth0 eth2", "eth0 eth1", "eth0 eth1 eth2", "all",
    ]); // prettier-ignore
    const many = intentOf(nics(5, 1), {
      traffic: [policy("p", ["net2", "net0", "net1"]), policy("q", ["net4", "net1", "net3"])],
    });
    const names = losses(
      new Policies(many, 4),
      many,
      compile(kernelState(nics(5, 1).map((nic) => ({ name: nic.device, addresses: [] })))),
    );
    expect(names.map((one) => (one === "all" ? one : [...one].join(" ")))).toEqual([
      "", "eth2", "eth0", "eth1", "eth4", "eth3", "eth0 eth2", "eth0 eth1 eth2", "eth1 eth4", "eth1 eth3 eth4", "eth0 eth1 eth2 eth3 eth4", "all",
    ]); // prettier-ignore
    expect(losses(new Policies(many, 4), many, HOST)).toHaveLength(7);
    expect(shown(policy("p", ["gone"]))).toEqual(["", "all"]);
  });

  test("what they ask is asked even if no rule asks it", () => {
    const nothing = {
      mark: 0, mask: 0, tos: 0, uidLow: 0, uidHigh: 0xffffffff, protocol: 0, hasPorts: false, sportLow: 0, sportHigh: 0xffff, dportLow: 0,
      dportHigh: 0xffff,
    }; // prettier-ignore
    const of = intentOf(LIST, {
      connections: [{ interface: "net0", mark: 0x100, mask: 0xf00 }],
      traffic: [
        policy("p", ["net0"], {
          marks: [{ value: 1, mask: 3 }],
          dscp: [4],
          users: [[5, 6]],
          protocol: 6,
          sourcePorts: [[7, 8]],
          destinationPorts: [[9, 10]],
        }),
        policy("q", ["net0"]),
      ],
    });
    const asked = asksOf(new Policies(of, 4)).map(({ holds: _holds, ...asks }) => asks);
    expect(asked).toEqual([
      { ...nothing, mark: 0x100, mask: 0xf00 },
      { ...nothing, mark: 1, mask: 3 },
      { ...nothing, tos: 16 },
      { ...nothing, uidLow: 5, uidHigh: 6 },
      { ...nothing, protocol: 6 },
      { ...nothing, hasPorts: true, sportLow: 7, sportHigh: 8 },
      { ...nothing, hasPorts: true, dportLow: 9, dportHigh: 10 },
    ]);
  });
});
