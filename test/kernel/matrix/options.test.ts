import { HostModel, IdentityProtocol, PolicySpec, TrafficSpec, UnmanagedRoutes } from "../../../lib/model";
import { planHost } from "../../../lib/plan";
import { renderProgram } from "../../../lib/render";
import { none } from "../peers/none";
import { FrrNamespace, canFrr } from "../support/frr";
import { Namespace, dump, monitor, settle, worldNames } from "../support/netns";
import { Candidate } from "./candidate";
import { Cloud } from "./cloud";
import { ALL_CHECKS, NINE } from "./flows";
import { Host } from "./host";
import { TWO_NETS, gateway, specOf } from "./layout";
import { Cell, measureChecks, measureNine, plugWith } from "./measure";
import { describeInCloud } from "./privilege";

/**
 * Every option is put through the same exchanges as the plan without any, alone and with the others. A world takes an
 * interface of its own, whose address is that of eth0 once more.
 */

const TRAFFIC: TrafficSpec[] = [
  { name: "bulk", to: ["198.18.0.0/15", "2001:db8:ffff::/48"], use: ["eth1", "eth0"] },
  { name: "users", users: ["60000-60999"], use: ["eth1"], otherwise: "prohibit" },
  { name: "marked", marks: ["0x10/0xf0"], use: ["eth0", "eth1"], weights: { eth0: 1, eth1: 3 } },
];
const OPTIONS: Readonly<Record<string, PolicySpec>> = {
  traffic: { traffic: TRAFFIC },
  "strong and traffic, with a virtual address": {
    hostModel: HostModel.Strong,
    virtualAddresses: ["192.0.2.77"],
    traffic: TRAFFIC,
  },
};

let worlds = 0;
const made: Namespace[] = [];

/** With one more interface, in a world of its own. */
function withWorld(host: Host, policy: PolicySpec = {}): string {
  const last = `w${++worlds}`;
  const name = worldNames("opt", [last])[last];
  made.push(new Namespace(name));
  if (!host.namespace.ip("-o link").includes(" eth2@"))
    host.namespace.ip("link add eth2 type veth peer name far2");
  const spec = specOf(host.layout, { ...policy, worlds: [{ name, kind: "netns", interfaces: ["eth2"] }] });
  const eth2 = {
    name: "eth2",
    match: { ifname: "eth2" },
    addresses: ["10.0.1.10/24"],
    gateways: ["10.0.1.1"],
  };
  return renderProgram(planHost({ ...spec, interfaces: [...spec.interfaces, eth2] }));
}

function run(host: Host, program: string, verb: string, namespace = host.namespace): void {
  const { status, stdout, stderr } = namespace.run(["sh", "-s", "--", verb], {
    input: program,
    env: {
      MULTIHOME_STATE_DIR: `${host.directory}/state`,
      MULTIHOME_RUN_DIR: `${host.directory}/run`,
      MULTIHOME_WAIT: "2",
    },
  });
  if (status !== 0) throw new Error(`${verb}: exit ${status}\n${stderr}${stdout}`);
}

const candidate = (title: string, text: (host: Host) => string): Candidate => ({
  title,
  families: [4, 6],
  apply: (host) => run(host, text(host), "apply"),
});

const plain = (policy: PolicySpec) => (host: Host) => renderProgram(planHost(specOf(host.layout, policy)));
const CANDIDATES = [
  ...Object.entries(OPTIONS).map(([title, policy]) => candidate(title, plain(policy))),
  candidate("a world", (host) => withWorld(host)),
  candidate("all of it, and a world", (host) => withWorld(host, Object.values(OPTIONS)[1])),
];
const routed: FrrNamespace[] = [];

/** An identity that FRR is to announce; nobody answers it here, and the interfaces' addresses keep their ways. */
const IDENTITY: PolicySpec["identity"] = {
  addresses: ["192.0.2.88/32", "2001:db8:88::1/128"],
  protocol: IdentityProtocol.Bgp,
  asn: 65077,
  peers: ["eth0", "eth1"].map((name, i) => ({ interface: name, asn: 65001 + i })),
};

const announced = (title: string, text: (host: Host) => string): Candidate => ({
  title,
  families: [4, 6],
  apply: async (host) => {
    const namespace = await behindFrr(host);
    routed.push(namespace);
    run(host, text(host), "apply", namespace);
  },
});

/** A host with FRR, whose other routes are behind what FRR learns, as the program asks for. */
async function behindFrr(host: Host): Promise<FrrNamespace> {
  const namespace = await FrrNamespace.in(host.namespace, host.directory);
  for (const family of [4, 6] as const) {
    const defaults = host.layout.map((nic, i): [string, number] => [
      `default via ${gateway(nic, family)} dev ${nic.device} metric`,
      100 * (i + 1),
    ]);
    host.namespace.batch(
      family,
      defaults.flatMap(([route, metric]) => [
        `route del ${route} ${metric}`,
        `route add ${route} ${200 * 2 ** 24 + metric}`,
      ]),
    );
  }
  return namespace;
}

const everything = (host: Host): string =>
  withWorld(host, { ...OPTIONS["strong and traffic, with a virtual address"], identity: IDENTITY });
const ANNOUNCED = [
  announced("an identity", plain({ identity: IDENTITY })),
  announced("all of it, a world and an identity", everything),
];
/** What the networks know nothing of is then asked of them, by strict filters of reverse paths too. */
const INSIDE = {
  nine: ["c>A", "c>B"],
  checks: ["A>c tcp", "A>vpn ping", "c>B ping", "vpn>B ping"],
};
const IGNORED = [{}, OPTIONS["strong and traffic, with a virtual address"]].map((policy) =>
  candidate(
    Object.keys(policy).length === 0 ? "alone" : "with all else",
    plain({ ...policy, unmanagedRoutes: UnmanagedRoutes.Ignore }),
  ),
);
const WEAK = candidate("weak", plain({ hostModel: HostModel.Weak }));

describeInCloud("every option, alone and together", () => {
  let checking: Cloud;
  let stateful: Cloud;
  beforeAll(async () => {
    checking = await Cloud.open("opta", { sourceCheck: true });
    stateful = await Cloud.open("optb", { statefulRouters: true });
  }, 60_000);
  afterAll(async () => {
    await Promise.all([checking?.destroy(), stateful?.destroy()]);
    for (const world of made) await world.destroy();
  });

  test.each(CANDIDATES.map((one) => [one.title, one] as const))(
    "%s: every flow and check passes, and it fails closed",
    async (_title, one) => {
      const [{ nine, bounced }, checks] = await Promise.all([
        measureNine(checking, one),
        measureChecks(stateful, one),
      ]);
      expect([failing(nine), failing(checks), bounced.verdict]).toEqual([[], [], "fails closed"]);
      expect([nine.size, checks.size]).toEqual([NINE.length, ALL_CHECKS.length]);
    },
    120_000,
  );

  (canFrr ? test : test.skip).each(ANNOUNCED.map((one) => [one.title, one] as const))(
    "%s: every flow and check passes, and it fails closed",
    async (_title, one) => {
      try {
        const { nine, bounced } = await measureNine(checking, one);
        const checks = await measureChecks(stateful, one, { rpFilter: 2 });
        expect([failing(nine), failing(checks), bounced.verdict]).toEqual([[], [], "fails closed"]);
      } finally {
        // The daemons would outlive the host.
        for (const namespace of routed.splice(0)) namespace.kill();
      }
    },
    120_000,
  );

  test.each(IGNORED.map((one) => [one.title, one] as const))(
    "no way of others, %s: every flow and check passes but those inside the host, and it fails closed",
    async (_title, one) => {
      const [{ nine, bounced }, checks] = await Promise.all([
        measureNine(checking, one),
        measureChecks(stateful, one),
      ]);
      expect([failing(nine).sort(), failing(checks).sort()]).toEqual([INSIDE.nine, INSIDE.checks]);
      expect(bounced.verdict).toBe("fails closed");
    },
    120_000,
  );

  test("negative control: the weak host model fails where a host without policy routing does", async () => {
    const { nine, bounced } = await measureNine(checking, WEAK);
    expect(failing(nine).sort()).toEqual([...none.fails.nine].sort());
    expect(bounced.verdict).toBe(none.fails.bounced);
  }, 60_000);

  /** What a program leaves behind it: applied once, twice, and removed. */
  async function cycle(
    host: Host,
    program: string,
    of: (namespace: Namespace) => string,
    namespace = host.namespace,
  ) {
    namespace.steady();
    const before = unordered(of(namespace));
    run(host, program, "apply", namespace);
    const applied = of(namespace);
    expect(applied).toContain("table inet multihome");
    const watcher = await monitor(namespace);
    run(host, program, "apply", namespace);
    await settle(watcher);
    expect(await watcher.stop()).toBe("");
    expect(of(namespace)).toBe(applied);
    run(host, program, "verify", namespace);
    run(host, program, "remove", namespace);
    expect(unordered(of(namespace))).toBe(before);
  }

  const bare = () =>
    plugWith(
      checking,
      candidate("nothing", () => "exit 0"),
      TWO_NETS,
    );

  test("all of it, and a world: twice is once, and removal leaves no trace", async () => {
    const host = await bare();
    await cycle(host, withWorld(host, Object.values(OPTIONS)[1]), state);
  }, 60_000);

  (canFrr ? test : test.skip)(
    "all of it, a world and an identity: twice is once, and removal leaves no trace, of FRR's files neither",
    async () => {
      const host = await bare();
      const namespace = await behindFrr(host);
      const files = (): string =>
        namespace.ok(
          "sh",
          "-c",
          "cd /etc/frr && ls -ln | sed 's/ [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]* / /' && cat *",
        );
      try {
        await cycle(host, everything(host), (one) => `${state(one)}\n${files()}`, namespace);
      } finally {
        namespace.kill();
      }
    },
    120_000,
  );
});

const failing = (cells: ReadonlyMap<string, Cell>) =>
  [...cells].filter(([, { verdict }]) => verdict === "FAIL").map(([id]) => id);

/** Without the timers of bridges, which run. */
const state = (namespace: Namespace): string => dump(namespace).replace(/_timer +[0-9.]+/g, "_timer");

/** Routes that the kernel makes by itself, and ranks alike, come in the order in which their devices came up. */
const unordered = (text: string): string => text.split("\n").sort().join("\n");
