import { sleep } from "../lab/fabric/processes";
import { Runner, inNamespace } from "../lab/fabric/run";
import { Guest, Systems, managerFiles, whyNoSystems } from "../lab/systems";
import { labName } from "../lab/systems/names";
import { Agents } from "../lab/traffic";
import { HostSpec } from "../lib/model";
import { planHost } from "../lib/plan";
import { renderProgram } from "../lib/render";
import { BenchOptions, Section } from "./support/section";

const METHOD = `A Debian 12 in systemd-nspawn with k interfaces of m IPv4 addresses each, every interface in a network of its own
whose router takes only what comes by the right one (strict reverse path). One address is added to the last interface:
by the program of the new plan; by \`networkctl reload\` and by \`netplan apply\` of the equivalent configuration, one rule an
address and a table an interface; and by a script that deletes its rules and tables and adds them all again, one \`ip\` each. Wall
time is until the new address has its rule. Meanwhile 200 datagrams a second go from a far host to one address of the first
and of the last interface and are answered; lost is what had no answer, over as long before and 2 s after.`;

const FAR = "198.51.100.10";
const RATE = 200;

interface Outcome {
  readonly wall: number;
  readonly sent: number;
  readonly lost: number;
  readonly gap: number;
}

export async function reload({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "reload", title: "A change while packets flow", method: METHOD };
  const missing = whyNoSystems();
  if (missing !== undefined) return { ...section, tables: [], charts: [], goals: [], missing: [missing] };
  const [k, m] = quick ? [3, 2] : [15, 50];
  const rows: (string | number)[][] = [];
  const outcomes = new Map<string, Outcome>();
  for (const method of METHODS) {
    process.stderr.write(`reload: ${method.name}\n`);
    const host = new ReloadHost(k, m);
    try {
      const outcome = await host.measure(method);
      outcomes.set(method.name, outcome);
      rows.push([method.name, outcome.wall, String(outcome.sent), String(outcome.lost), outcome.gap]);
    } finally {
      await host.destroy();
    }
  }
  const ours = outcomes.get("multihome") as Outcome;
  const others = [...outcomes].filter(([name]) => name !== "multihome");
  return {
    ...section,
    tables: [
      {
        caption: `${k} x ${m}, one address more`,
        columns: ["by", "wall ms", "sent", "lost", "longest gap ms"],
        rows,
      },
    ],
    charts: [],
    goals: [
      { claim: "multihome loses no packet", value: ours.lost, most: 0 },
      ...others.map(([name, { wall }]) => ({
        claim: `multihome's time, over that of ${name}`,
        value: ours.wall / wall,
        most: 1,
      })),
    ],
    missing: [],
  };
}

interface Method {
  readonly name: string;
  /** Puts a host's addresses and routing there; the second time with one address more. */
  readonly apply: (guest: Guest, spec: HostSpec) => Promise<unknown>;
}

const devices = (spec: HostSpec): string[] => spec.interfaces.map((_, i) => `e${i}`);
const bare = (address: string): string => address.split("/")[0];

const networkFile = (spec: HostSpec, i: number): string => {
  const { addresses = [], gateways = [] } = spec.interfaces[i];
  return [
    `[Match]\nName=e${i}\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nConfigureWithoutCarrier=yes`,
    ...addresses.map((address) => `[Address]\nAddress=${address}`),
    ...addresses.map(
      (a) => `[RoutingPolicyRule]\nFrom=${bare(a)}/32\nTable=${8000 + i}\nPriority=${10000 + i}`,
    ),
    `[Route]\nGateway=${String(gateways[0])}\nTable=${8000 + i}`,
    ...(i === 0 ? [`[Route]\nGateway=${String(gateways[0])}`] : []),
    "",
  ].join("\n");
};

const netplanFile = (spec: HostSpec): string =>
  ["network:", "  version: 2", "  ethernets:"]
    .concat(
      spec.interfaces.flatMap(({ addresses = [], gateways = [] }, i) => [
        `    e${i}:`,
        "      link-local: []",
        `      addresses: [${addresses.join(", ")}]`,
        "      routes:",
        `      - {to: default, via: ${String(gateways[0])}, table: ${8000 + i}}`,
        ...(i === 0 ? [`      - {to: default, via: ${String(gateways[0])}}`] : []),
        "      routing-policy:",
        ...addresses.map((a) => `      - {from: ${bare(a)}/32, table: ${8000 + i}, priority: ${10000 + i}}`),
      ]),
    )
    .join("\n") + "\n";

/** Addresses and main, as an image's DHCP leaves them, without a daemon that has them. */
const basics = (spec: HostSpec): string =>
  spec.interfaces
    .flatMap(({ addresses = [], gateways = [] }, i) => [
      ...addresses.map((address) => `addr replace ${address} dev e${i}`),
      ...(i === 0 ? [`route replace default via ${String(gateways[0])} dev e0`] : []),
    ])
    .join("\n") + "\n";

const script = (spec: HostSpec): string =>
  [
    ...spec.interfaces.flatMap((_, i) => [
      `while ip rule del priority ${10000 + i} 2>/dev/null; do :; done`,
      `ip route flush table ${8000 + i} 2>/dev/null`,
    ]),
    ...spec.interfaces.flatMap(({ addresses = [], gateways = [] }, i) => [
      ...addresses.map((address) => `ip addr replace ${address} dev e${i}`),
      `ip route replace default via ${String(gateways[0])} dev e${i} table ${8000 + i}`,
      ...addresses.map((a) => `ip rule add priority ${10000 + i} from ${bare(a)} lookup ${8000 + i}`),
    ]),
  ].join("\n");

const METHODS: readonly Method[] = [
  {
    name: "multihome",
    apply: async (guest, spec) => {
      await guest.sh("cat >/root/program", renderProgram(planHost(spec)));
      await guest.sh("sh /root/program apply");
    },
  },
  {
    name: "networkctl reload",
    apply: async (guest, spec) => {
      for (const [i, device] of devices(spec).entries()) {
        const file = `/etc/systemd/network/70-${device}.network`;
        // Like the tools that write these files, leaves alone what is the same.
        await guest.sh(`cat >/tmp/f; cmp -s /tmp/f ${file} || cp /tmp/f ${file}`, networkFile(spec, i));
      }
      await guest.sh("networkctl reload");
    },
  },
  {
    name: "netplan apply",
    apply: (guest, spec) =>
      guest.sh("umask 077; cat >/etc/netplan/60-bench.yaml; netplan apply", netplanFile(spec)),
  },
  { name: "a script", apply: (guest, spec) => guest.sh(script(spec)) },
];

/** A guest whose interfaces lead to a router, and a far host behind that. */
class ReloadHost {
  private readonly router = labName("benchr");
  private readonly far = labName("benchf");
  private readonly runner = new Runner(undefined);
  private readonly agents = new Agents();
  private systems: Systems | undefined;

  constructor(
    private readonly k: number,
    private readonly m: number,
  ) {}

  async measure({ name, apply }: Method): Promise<Outcome> {
    const guest = await this.boot();
    const [before, after] = [this.spec(0), this.spec(1)];
    if (name === "multihome" || name === "a script") await guest.sh("ip -batch -", basics(before));
    await apply(guest, before);
    await this.settled(guest, bare(before.interfaces[this.k - 1].addresses!.at(-1)!));
    await sleep(3000);
    const targets = [before.interfaces[0], before.interfaces[this.k - 1]].map((i) => bare(i.addresses![0]));
    for (const to of targets) {
      await this.agents.in(guest.namespace).serve("udp", to, 9);
      await this.agents.in(this.far).probe({ protocol: "udp", to, port: 9, timeout: 5000 });
    }
    const floods = targets.map((to) =>
      this.agents.in(this.far).flood({ to, port: 9, rate: RATE, duration: 120_000 }),
    );
    await sleep(1000);
    const began = process.hrtime.bigint();
    await apply(guest, after);
    await this.settled(guest, bare(after.interfaces[this.k - 1].addresses!.at(-1)!));
    const wall = Number(process.hrtime.bigint() - began) / 1e6;
    await sleep(2000);
    await Promise.all(floods.map(({ halt }) => halt()));
    const reports = await Promise.all(floods.map(({ report }) => report));
    const sum = (of: (report: (typeof reports)[number]) => number): number =>
      reports.reduce((total, report) => total + of(report), 0);
    return {
      wall,
      sent: sum(({ sent }) => sent),
      lost: sum(({ lost }) => lost),
      gap: Math.max(...reports.map(({ longestGap }) => longestGap)),
    };
  }

  async destroy(): Promise<void> {
    await this.agents.close();
    await this.systems?.destroy();
    for (const namespace of [this.far, this.router]) await this.runner.run(["ip", "netns", "del", namespace]);
  }

  private spec(more: number): HostSpec {
    return {
      name: "host",
      interfaces: Array.from({ length: this.k }, (_, i) => ({
        name: `n${i}`,
        match: { ifname: `e${i}` },
        addresses: Array.from(
          { length: this.m + (i === this.k - 1 ? more : 0) },
          (_, n) => `10.60.${i}.${10 + 3 * n}/24`,
        ),
        gateways: [`10.60.${i}.1`],
      })),
    };
  }

  private async boot(): Promise<Guest> {
    this.systems = await Systems.create();
    const guest = this.systems.guest("host");
    guest.write(managerFiles("networkd", []));
    await guest.boot([]);
    for (const namespace of [this.router, this.far]) await this.runner.ok(["ip", "netns", "add", namespace]);
    await this.in(this.router, ["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=1"]);
    const all = Array.from({ length: this.k }, (_, i) => i);
    for (const i of all) {
      const peer = ["peer", "name", `p${i}`, "netns", this.router];
      await this.in(guest.namespace, ["ip", "link", "add", `e${i}`, "type", "veth", ...peer]);
      await this.in(guest.namespace, ["ip", "link", "set", `e${i}`, "up"]);
    }
    await this.in(this.router, [
      "ip",
      "link",
      "add",
      "far",
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      this.far,
    ]);
    const up = all.flatMap((i) => [`link set p${i} up`, `addr add 10.60.${i}.1/24 dev p${i}`]);
    await this.batch(this.router, [...up, "link set far up", "addr add 198.51.100.1/24 dev far"]);
    await this.batch(this.far, [
      ...["link set lo up", "link set eth0 up", `addr add ${FAR}/24 dev eth0`],
      "route add default via 198.51.100.1",
    ]);
    return guest;
  }

  /** Until the kernel has a rule for the address. */
  private async settled(guest: Guest, address: string): Promise<void> {
    for (let i = 0; i < 3000; i++) {
      const rules = await this.in(guest.namespace, ["ip", "rule"]);
      // Of ours a decision tree leads there; the program ends when all is in force.
      if (rules.includes(`from ${address} `) || rules.includes("proto 77")) return;
      await sleep(10);
    }
    throw new Error(`no rule for ${address} in 30 s`);
  }

  private in(namespace: string, argv: string[]): Promise<string> {
    return this.runner.ok(inNamespace(namespace, argv));
  }

  private batch(namespace: string, lines: string[]): Promise<string> {
    return this.runner.ok(inNamespace(namespace, ["ip", "-batch", "-"]), `${lines.join("\n")}\n`);
  }
}
