import { sleep } from "../lab/fabric/processes";
import { Runner, inNamespace } from "../lab/fabric/run";
import { Guest, Systems, managerFiles, whyNoSystems } from "../lab/systems";
import { labName } from "../lab/systems/names";
import { Agents } from "../lab/traffic";
import { HostSpec } from "../lib/model";
import { planHost } from "../lib/plan";
import { renderProgram } from "../lib/render";
import { BenchOptions, Goal, Section, Table } from "./support/section";

const METHOD = `A Debian 12 in systemd-nspawn with k interfaces of m IPv4 addresses each, every interface in a network of its own
whose router takes only what comes by the right one (strict reverse path). Then something changes: all rules and tables come to a
host that has addresses and a default route alone, every interface gets another gateway, or one address is added to the
last interface. It is changed by the program of the new plan; by \`networkctl reload\` and by
\`netplan apply\` of the equivalent configuration, one rule an address and a table an interface; and by a script that deletes its
rules and tables and adds them all again, one \`ip\` each. It is in force when the kernel, asked every 10 ms, answers as planned for
the last address of every interface; returned is when the command has ended, ours with all of it verified and committed, and
nothing left to clear away. Meanwhile 200 datagrams a second go from a far host to one address of the first and (where it had rules before) of the
last interface and are answered; lost is what had no answer, over as long before and 2 s after.`;

const FAR = "198.51.100.10";
const RATE = 200;

interface Outcome {
  /** Milliseconds until the kernel answers as planned. */
  readonly force: number;
  /** Milliseconds until the command has ended. */
  readonly returned: number;
  readonly sent: number;
  readonly lost: number;
  readonly gap: number;
}

/** What changes on the host. */
interface Change {
  readonly name: string;
  /** Addresses more on the last interface. */
  readonly more: number;
  /** Which of its two gateways every interface has afterwards. */
  readonly gateway: 1 | 2;
  /** The host has no rules and tables before. */
  readonly first?: boolean;
}

const CHANGES: readonly Change[] = [
  { name: "all rules and tables come", more: 0, gateway: 1, first: true },
  { name: "every interface gets another gateway", more: 0, gateway: 2 },
  { name: "one address more", more: 1, gateway: 1 },
];
const BEFORE: Change = { name: "before", more: 0, gateway: 1 };

export async function reload({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "reload", title: "A change while packets flow", method: METHOD };
  const missing = whyNoSystems();
  if (missing !== undefined) return { ...section, tables: [], charts: [], goals: [], missing: [missing] };
  const [k, m] = quick ? [3, 2] : [15, 50];
  const tables: Table[] = [];
  const goals: Goal[] = [];
  for (const change of CHANGES) {
    const outcomes = new Map<string, Outcome>();
    for (const method of METHODS) {
      process.stderr.write(`reload: ${change.name}, ${method.name}\n`);
      const host = new ReloadHost(k, m);
      try {
        outcomes.set(method.name, await host.measure(method, change));
      } finally {
        await host.destroy();
      }
    }
    tables.push({
      caption: `${k} x ${m}, ${change.name}`,
      columns: ["by", "in force, ms", "returned, ms", "sent", "lost", "longest gap ms"],
      rows: [...outcomes].map(([name, o]) => [name, o.force, o.returned, `${o.sent}`, `${o.lost}`, o.gap]),
    });
    const [ours, ...others] = [...outcomes];
    goals.push({ claim: `${change.name}: multihome loses no packet`, value: ours[1].lost, most: 0 });
    for (const [name, { force }] of others) {
      const claim = `${change.name}: time until in force, over that of ${name}`;
      goals.push({ claim, value: ours[1].force / force, most: 1 });
    }
  }
  return { ...section, tables, charts: [], goals, missing: [] };
}

interface Method {
  readonly name: string;
  /** What the host is told; where `routed` is false, of addresses and a default route alone. */
  readonly input: (spec: HostSpec, routed?: boolean) => string;
  /** It changes what is there, and has addresses by other means. */
  readonly added?: boolean;
  /** Shell that puts it there, from standard input. */
  readonly command: string;
}

const devices = (spec: HostSpec): string[] => spec.interfaces.map((_, i) => `e${i}`);
const bare = (address: string): string => address.split("/")[0];

const networkFile = (spec: HostSpec, i: number, routed = true): string => {
  const { addresses = [], gateways = [] } = spec.interfaces[i];
  return [
    `[Match]\nName=e${i}\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nConfigureWithoutCarrier=yes`,
    ...addresses.map((address) => `[Address]\nAddress=${address}`),
    ...(routed
      ? [
          ...addresses.map(
            (a) => `[RoutingPolicyRule]\nFrom=${bare(a)}/32\nTable=${8000 + i}\nPriority=${10000 + i}`,
          ),
          `[Route]\nGateway=${String(gateways[0])}\nTable=${8000 + i}`,
        ]
      : []),
    ...(i === 0 ? [`[Route]\nGateway=${String(gateways[0])}`] : []),
    "",
  ].join("\n");
};

const netplanFile = (spec: HostSpec, routed = true): string =>
  ["network:", "  version: 2", "  ethernets:"]
    .concat(
      spec.interfaces.flatMap(({ addresses = [], gateways = [] }, i) => [
        `    e${i}:`,
        "      link-local: []",
        `      addresses: [${addresses.join(", ")}]`,
        ...(routed || i === 0 ? ["      routes:"] : []),
        ...(routed ? [`      - {to: default, via: ${String(gateways[0])}, table: ${8000 + i}}`] : []),
        ...(i === 0 ? [`      - {to: default, via: ${String(gateways[0])}}`] : []),
        ...(routed ? ["      routing-policy:"] : []),
        ...addresses
          .filter(() => routed)
          .map((a) => `      - {from: ${bare(a)}/32, table: ${8000 + i}, priority: ${10000 + i}}`),
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
    input: (spec) => renderProgram(planHost(spec)),
    command: "cat >/root/program; sh /root/program apply",
    added: true,
  },
  {
    name: "networkctl reload",
    input: (spec, routed) =>
      devices(spec)
        .map((device, i) => `= 70-${device}.network\n${networkFile(spec, i, routed)}`)
        .join(""),
    // Like the tools that write these files, leaves alone what is the same.
    command: `rm -rf /tmp/n; mkdir /tmp/n; cd /tmp/n; awk '/^= /{f=$2; next} {print >f}'
      for f in *; do cmp -s $f /etc/systemd/network/$f || cp $f /etc/systemd/network; done; networkctl reload`,
  },
  {
    name: "netplan apply",
    input: netplanFile,
    command: "umask 077; cat >/etc/netplan/60-bench.yaml; netplan apply",
  },
  { name: "a script", input: script, command: "cat >/root/script; sh /root/script", added: true },
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

  async measure({ input, command, added = false }: Method, change: Change): Promise<Outcome> {
    const guest = await this.boot();
    const [before, after] = [this.spec(BEFORE), this.spec(change)];
    const text = input(after);
    if (added) await guest.sh("ip -batch -", basics(before));
    const first = change.first === true;
    if (!first || !added) await guest.sh(command, input(before, !first));
    if (!first) await this.inForce(guest, before);
    await sleep(3000);
    const last = before.interfaces[this.k - 1];
    const targets = [before.interfaces[0], ...(first ? [] : [last])].map((i) => bare(i.addresses![0]));
    for (const to of targets) {
      await this.agents.in(guest.namespace).serve("udp", to, 9);
      await this.agents.in(this.far).probe({ protocol: "udp", to, port: 9, timeout: 5000 });
    }
    const floods = targets.map((to) =>
      this.agents.in(this.far).flood({ to, port: 9, rate: RATE, duration: 120_000 }),
    );
    await sleep(1000);
    const began = performance.now();
    const ended = guest.sh(command, text).then(() => performance.now());
    const [force, returned] = await Promise.all([this.inForce(guest, after), ended]);
    await sleep(2000);
    await Promise.all(floods.map(({ halt }) => halt()));
    const reports = await Promise.all(floods.map(({ report }) => report));
    const sum = (of: (report: (typeof reports)[number]) => number): number =>
      reports.reduce((total, report) => total + of(report), 0);
    return {
      force: force - began,
      returned: returned - began,
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

  private spec({ more, gateway }: Change): HostSpec {
    return {
      name: "host",
      interfaces: Array.from({ length: this.k }, (_, i) => ({
        name: `n${i}`,
        match: { ifname: `e${i}` },
        addresses: Array.from(
          { length: this.m + (i === this.k - 1 ? more : 0) },
          (_, n) => `10.60.${i}.${10 + 3 * n}/24`,
        ),
        gateways: [`10.60.${i}.${gateway}`],
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
    const up = all.flatMap((i) => [
      `link set p${i} up`,
      ...[1, 2].map((last) => `addr add 10.60.${i}.${last}/24 dev p${i}`),
    ]);
    await this.batch(this.router, [...up, "link set far up", "addr add 198.51.100.1/24 dev far"]);
    await this.batch(this.far, [
      ...["link set lo up", "link set eth0 up", `addr add ${FAR}/24 dev eth0`],
      "route add default via 198.51.100.1",
    ]);
    return guest;
  }

  /** When the kernel answers as planned for the last address of every interface. */
  private async inForce(guest: Guest, { interfaces }: HostSpec): Promise<number> {
    const ways = interfaces.map(({ addresses = [], gateways = [] }, i) => [
      `route get ${FAR} from ${bare(addresses[addresses.length - 1])}`,
      `via ${String(gateways[0])} dev e${i} `,
    ]);
    const ask = inNamespace(guest.namespace, ["ip", "-4", "-o", "-force", "-batch", "-"]);
    const questions = ways.map(([question]) => `${question}\n`).join("");
    for (let i = 0; i < 6000; i++) {
      const { stdout } = await this.runner.run(ask, questions);
      if (ways.every(([, answer]) => stdout.includes(answer))) return performance.now();
      await sleep(10);
    }
    throw new Error("not in force after a minute");
  }

  private in(namespace: string, argv: string[]): Promise<string> {
    return this.runner.ok(inNamespace(namespace, argv));
  }

  private batch(namespace: string, lines: string[]): Promise<string> {
    return this.runner.ok(inNamespace(namespace, ["ip", "-batch", "-"]), `${lines.join("\n")}\n`);
  }
}
