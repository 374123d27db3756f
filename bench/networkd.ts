import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { HostSpec } from "../lib/model";
import { planHost } from "../lib/plan";
import { naiveLines } from "./support/host";
import { addressIn, scattered } from "./support/layouts";
import { scratch } from "./support/native";
import { Namespace, createNamespace, privilegeMissing, removeAll } from "./support/netns";
import { BenchOptions, Section } from "./support/section";
import { Watch } from "./support/watch";

const METHOD = `systemd-networkd in a network and mount namespace of its own, with a D-Bus of its own for \`networkctl\`,
is given the same addresses, one rule for each, and a table for each interface, as amazon-ec2-net-utils and cloud-init
write them; IPv4. *cold*: from its start until all is there. Then \`networkctl reload\` without a change, and with one
address more on the last interface. CPU time is networkd's own; events are the addresses, routes and rules that come and go.`;

const NETWORKD = "/lib/systemd/systemd-networkd";

interface Step {
  readonly wall: number;
  readonly cpu: number;
  readonly events: number;
  readonly deleted: number;
}

export async function networkd({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "networkd", title: "What systemd-networkd needs for the same", method: METHOD };
  const missing =
    privilegeMissing() ??
    ([NETWORKD, "/usr/bin/networkctl", "/usr/bin/dbus-daemon"].every((f) => fs.existsSync(f))
      ? undefined
      : "systemd-networkd or dbus-daemon is not installed");
  if (missing !== undefined) return { ...section, tables: [], charts: [], goals: [], missing: [missing] };
  const grid: readonly [number, number][] = quick ? [[2, 1]] : [[2, 1], [4, 8], [15, 8], [15, 50]]; // prettier-ignore
  const rows: (string | number)[][] = [];
  for (const [k, m] of grid) {
    const host = new NetworkdHost(k, m);
    try {
      for (const [label, step] of await host.measure()) {
        rows.push([`${k} x ${m}`, label, step.wall, step.cpu, String(step.events), String(step.deleted)]);
      }
    } finally {
      await host.stop();
      removeAll();
    }
  }
  const columns = ["host", "step", "wall ms", "CPU ms", "events", "deleted"];
  return { ...section, tables: [{ caption: "Steps", columns, rows }], charts: [], goals: [], missing: [] };
}

class NetworkdHost {
  private readonly dir = scratch();
  private readonly namespace: Namespace;
  private readonly spec: HostSpec;
  private child: ChildProcess | undefined;

  constructor(
    private readonly k: number,
    m: number,
  ) {
    this.namespace = createNamespace();
    this.spec = scattered(k, m).spec(4);
    this.namespace.batch(
      4,
      Array.from({ length: k }, (_, i) => [
        `link add e${i} type veth peer name p${i}`,
        `link set p${i} up`,
      ]).flat(),
    );
    fs.mkdirSync(path.join(this.dir, "network"));
    for (const dir of [path.dirname(this.dir), this.dir, path.join(this.dir, "network")])
      fs.chmodSync(dir, 0o755);
  }

  async measure(): Promise<[string, Step][]> {
    const before = this.spec;
    const last = before.interfaces[this.k - 1];
    const more = { ...last, addresses: [...(last.addresses ?? []), `${addressIn(4, 0, 4090)}/20`] };
    const after = { ...before, interfaces: [...before.interfaces.slice(0, -1), more] };
    this.write(before);
    await this.start();
    const cold = await this.step(before, () => this.tell("start"));
    const reload = await this.step(before, () => this.tell("reload"));
    this.write(after);
    const added = await this.step(after, () => this.tell("reload"));
    return [
      ["cold", cold],
      ["reload, nothing to do", reload],
      ["reload, one address more", added],
    ];
  }

  /** Everything of systemd's is private to a mount namespace; /sys is read-only, so that it does not wait for udev. */
  private async start(): Promise<void> {
    const script = `
      mount --make-rprivate / && mount -t tmpfs run /run && umount -l /sys; mount -t sysfs -o ro sysfs /sys
      mkdir -p /run/systemd/network /run/dbus /run/systemd/netif/links /run/systemd/netif/leases
      chmod 755 /run /run/systemd; chown -R systemd-network:systemd-network /run/systemd/netif
      mount --bind "$1/network" /run/systemd/network
      dbus-daemon --system --nofork --nopidfile & bus=$!
      networkd=
      echo ready
      while read -r what; do
        case $what in
          start) ${NETWORKD} & networkd=$!; echo "pid $networkd" ;;
          reload) networkctl reload; echo reloaded ;;
          stop) break ;;
        esac
      done
      kill $networkd $bus`;
    const args = [
      `--net=${this.namespace.path}`,
      "--",
      "unshare",
      "--mount",
      "sh",
      "-c",
      script,
      "sh",
      this.dir,
    ];
    this.child = spawn("nsenter", args, { stdio: ["pipe", "pipe", "ignore"] });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.said += text));
    await this.until("ready");
    await sleep(500);
  }

  private said = "";
  private pid = 0;

  private async tell(what: "start" | "reload"): Promise<void> {
    this.said = "";
    this.child?.stdin?.write(`${what}\n`);
    await this.until(what === "start" ? "pid " : "reloaded");
    if (what === "start") this.pid = Number(/pid (\d+)/.exec(this.said)?.[1]);
  }

  private async until(word: string): Promise<void> {
    for (let i = 0; !this.said.includes(word); i++) {
      if (i > 3000) throw new Error(`systemd-networkd: no "${word.trim()}" in 30 s`);
      await sleep(10);
    }
  }

  private async step(spec: HostSpec, work: () => Promise<void>): Promise<Step> {
    const watch = await Watch.start(this.namespace);
    const [cpu, start] = [this.cpu(), process.hrtime.bigint()];
    await work();
    await this.settled(spec);
    const wall = Number(process.hrtime.bigint() - start) / 1e6;
    await sleep(500);
    const events = await watch.end();
    return {
      wall,
      cpu: this.cpu() - cpu,
      events: events.length,
      deleted: events.filter((e) => /\bDeleted\b/.test(e)).length,
    };
  }

  /** Milliseconds of CPU time so far. */
  private cpu(): number {
    if (this.pid === 0) return 0;
    const fields = fs.readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  }

  private async settled({ interfaces }: HostSpec): Promise<void> {
    const wanted = interfaces.reduce((sum, i) => sum + (i.addresses?.length ?? 0), 0);
    for (let i = 0; i < 1500; i++) {
      const rules = this.namespace.run(["ip", "-4", "rule"]).split("lookup 70").length - 1;
      const addresses = this.namespace.run(["ip", "-4", "-o", "address"]).split("\n").length - 2;
      const routes =
        this.namespace.run(["ip", "-4", "route", "show", "table", "all"]).split(/ table 70\d\d/).length - 1;
      if (rules >= wanted && addresses >= wanted && routes >= 2 * this.k) return;
      await sleep(20);
    }
    throw new Error("systemd-networkd has not settled in 30 s");
  }

  private write(spec: HostSpec): void {
    const plan = planHost(spec);
    const devices = plan.interfaces.map((_, i) => `e${i}`);
    const lines = naiveLines(plan, 4, "per address", devices);
    plan.interfaces.forEach((iface, i) => {
      const [rules, routes] = ["rule", "route"].map((what) =>
        lines.filter((l) => l.startsWith(`${what} `) && l.endsWith(` ${7000 + i}`)),
      );
      const word = (line: string, after: string): string =>
        line.split(" ")[line.split(" ").indexOf(after) + 1];
      const text = [
        `[Match]\nName=e${i}\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nDHCP=no\nConfigureWithoutCarrier=yes`,
        ...iface.addresses.map((a, n) => `[Address]\nAddress=${a.split("/")[0]}/${n === 0 ? 20 : 32}`),
        ...rules.map(
          (r) =>
            `[RoutingPolicyRule]\nFrom=${word(r, "from")}/32\nTable=${7000 + i}\nPriority=${word(r, "priority")}`,
        ),
        ...routes.map((r) =>
          r.includes(" default ")
            ? `[Route]\nGateway=${word(r, "via")}\nGatewayOnLink=yes\nTable=${7000 + i}`
            : `[Route]\nDestination=${word(r, "add")}\nScope=link\nTable=${7000 + i}`,
        ),
      ];
      const file = path.join(this.dir, "network", `70-e${i}.network`);
      // Like the tools that write these files, leaves alone what is the same.
      const content = `${text.join("\n")}\n`;
      if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== content) fs.writeFileSync(file, content);
    });
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    child.stdin?.end("stop\n");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      child.on("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
