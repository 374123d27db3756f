import { spawnSync } from "node:child_process";

/** A network namespace made for a measurement. Every one made is gone when {@link removeAll} returns. */
export class Namespace {
  readonly path: string;

  constructor(readonly name: string) {
    this.path = `/run/netns/${name}`;
  }

  /** Runs a program in the namespace; it must succeed. */
  run(argv: readonly string[], input = "", env: Record<string, string> = {}): string {
    const result = this.try(argv, input, env);
    if (result.status !== 0)
      throw new Error(`${argv.join(" ").slice(0, 200)}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  try(argv: readonly string[], input = "", env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync("nsenter", [`--net=${this.path}`, "--", ...argv], {
      input,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: { ...process.env, ...env },
    });
    return { status, stdout, stderr };
  }

  /** `ip -batch`; lines of one family. */
  batch(family: 4 | 6, lines: readonly string[]): void {
    if (lines.length > 0) this.run(["ip", `-${family}`, "-batch", "-"], `${lines.join("\n")}\n`);
  }

  /** Values below /proc/sys/net. */
  sysctl(values: Readonly<Record<string, string | number>>): void {
    const writes = Object.entries(values).map(([key, value]) => `echo ${value} > /proc/sys/net/${key}`);
    this.run(["sh", "-c", writes.join("\n")]);
  }
}

const PREFIX = "mhbench";
const made: Namespace[] = [];

export function createNamespace(): Namespace {
  const namespace = new Namespace(`${PREFIX}-${process.pid}-${made.length}`);
  const { status, stderr } = spawnSync("ip", ["netns", "add", namespace.name], { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip netns add: ${stderr}`);
  made.push(namespace);
  namespace.sysctl({
    "ipv6/conf/all/accept_dad": 0,
    "ipv6/conf/default/accept_dad": 0,
    "ipv6/conf/default/accept_ra": 0,
  });
  namespace.run(["ip", "link", "set", "lo", "up"]);
  return namespace;
}

export function removeAll(): void {
  for (const { name } of made.splice(0)) spawnSync("ip", ["netns", "del", name]);
}

/** A veth pair between two namespaces, up, without ARP and neighbour discovery: both know each other's MAC. */
export function connect(
  a: { readonly netns: Namespace; readonly device: string; readonly mac: string },
  b: { readonly netns: Namespace; readonly device: string; readonly mac: string },
): void {
  a.netns.run(
    `ip link add ${a.device} address ${a.mac} type veth peer name ${b.device} address ${b.mac} netns ${b.netns.name}`.split(
      " ",
    ),
  );
  a.netns.run(["ip", "link", "set", a.device, "up"]);
  b.netns.run(["ip", "link", "set", b.device, "up"]);
}

/** Why nothing can be measured in namespaces here, or undefined. */
export function privilegeMissing(): string | undefined {
  const probe = spawnSync("ip", ["netns", "add", `${PREFIX}-probe-${process.pid}`], { encoding: "utf8" });
  if (probe.error !== undefined) return "`ip` (iproute2) is not installed";
  if (probe.status !== 0) return "network namespaces need root";
  spawnSync("ip", ["netns", "del", `${PREFIX}-probe-${process.pid}`]);
  return undefined;
}
