import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { HostSpec, Plan } from "../../lib/model";
import { JOIN } from "../../lib/model/numbers";
import { Family, parseAddress, widthOf } from "../../lib/net";
import { planHost } from "../../lib/plan";
import { materialize } from "../../lib/render";
import { payloadLines } from "../../lib/render/payload";
import { Namespace, connect, createNamespace } from "./netns";

/** How a host routes by source. */
export type Structure =
  /** Not at all: no rule was ever added. What a single-homed host is. */
  | "single"
  /** As multihome plans it, complete: switch, guard, compiled dispatch, blocks, devices, join. */
  | "multihome"
  /** The same for a host that has no containers and tunnels, and says so: without the lookup of main in the blocks. */
  | "multihome, alone"
  /** The same with the rules that hold its sources back while those are gone, as where systemd keeps it. */
  | "multihome, kept"
  /** One rule for each address to its interface's table: amazon-ec2-net-utils, cloud-init. */
  | "per address"
  /** One rule for each interface's subnet; possible where every interface has its own. */
  | "per subnet";

export interface BenchHost {
  readonly netns: Namespace;
  /** Where its interfaces' other ends are: gateways, and a far host. */
  readonly peer: Namespace;
  readonly plan: Plan;
  readonly devices: readonly string[];
}

/** The far host, in no subnet of ours; its address is on the peer. */
export const FAR: Readonly<Record<Family, string>> = { 4: "198.51.100.7", 6: "2001:db8:ffff::7" };

/**
 * A host with all its addresses, whose main table has the connected routes and a default by the first interface.
 * Neighbours are permanent, reverse path filters off and forwarding on, the same for all structures.
 */
export function benchHost(spec: HostSpec, family: Family, structure: Structure): BenchHost {
  const [netns, peer] = [createNamespace(), createNamespace()];
  const plan = planHost(structure === "multihome, alone" ? aloneOf(spec) : spec);
  const devices = plan.interfaces.map((_, i) => `e${i}`);
  for (const namespace of [netns, peer]) {
    namespace.sysctl({
      "ipv4/ip_forward": 1,
      "ipv6/conf/all/forwarding": 1,
      "ipv6/conf/default/forwarding": 1,
      "ipv4/conf/all/rp_filter": 0,
      "ipv4/conf/default/rp_filter": 0,
    });
  }
  devices.forEach((device, i) =>
    connect({ netns, device, mac: macOf(1, i) }, { netns: peer, device: `p${i}`, mac: macOf(2, i) }),
  );
  const nodad = family === 6 ? " nodad" : "";
  const width = widthOf(family);
  netns.batch(family, [
    ...plan.interfaces.flatMap((iface, i) => [
      ...iface.addresses.map((a) => `address add ${a.split("/")[0]}/${width} dev ${devices[i]}${nodad}`),
      ...subnetsOf(plan, family, i).map((s) => `route append ${s} dev ${devices[i]} metric ${100 + i}`),
      ...iface.gateways.map(
        (g) => `neighbour add ${g} lladdr ${macOf(2, i)} nud permanent dev ${devices[i]}`,
      ),
    ]),
    `route add default via ${plan.interfaces[0].gateways[0]} dev ${devices[0]}`,
  ]);
  peer.batch(family, [
    `address add ${FAR[family]}/${width} dev lo${nodad}`,
    ...plan.interfaces.flatMap((iface, i) =>
      iface.sources.flatMap((s) => [
        `route add ${s.includes("/") ? s : `${s}/${width}`} dev p${i}`,
        ...(s.includes("/") ? [] : [`neighbour add ${s} lladdr ${macOf(1, i)} nud permanent dev p${i}`]),
      ]),
    ),
  ]);
  addRules(netns, plan, family, structure, devices);
  return { netns, peer, plan, devices };
}

function aloneOf(spec: HostSpec): HostSpec {
  return { ...spec, policy: { ...spec.policy, unmanagedRoutes: "ignore" } };
}

/** Whether it has the rules of a plan. */
export function isPlanned(structure: Structure): boolean {
  return structure.startsWith("multihome");
}

function addRules(
  netns: Namespace,
  plan: Plan,
  family: Family,
  structure: Structure,
  devices: readonly string[],
): void {
  if (structure === "per address" || structure === "per subnet") {
    netns.batch(family, naiveLines(plan, family, structure, devices));
  } else if (isPlanned(structure)) {
    const byName = Object.fromEntries(plan.interfaces.map((iface, i) => [iface.name, devices[i]]));
    const { ipv4, ipv6 } = materialize(plan, 0, byName);
    netns.batch(4, lines(ipv4));
    netns.batch(6, lines(ipv6));
    if (structure === "multihome, kept") netns.batch(family, backstopLines(plan, family));
  }
}

/** By the program's own text. */
function backstopLines(plan: Plan, family: Family): string[] {
  const text = fs.readFileSync(path.join(__dirname, "../../lib/render/program/backstop.awk"), "utf8");
  const numbers = { f: family, want: 1, join: plan.numbers.priorityBase + JOIN };
  const variables = Object.entries(numbers).flatMap(([name, value]) => ["-v", `${name}=${value}`]);
  const input = payloadLines(plan).join("\n");
  const { status, stdout, stderr } = spawnSync("awk", [...variables, text], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`awk: ${stderr}`);
  return lines(stdout);
}

/** Tables and rules as the peers install them, as commands for `ip`. */
export function naiveLines(
  plan: Plan,
  family: Family,
  structure: "per address" | "per subnet",
  devices: readonly string[],
): string[] {
  const tableOf = (i: number): number => 7000 + i;
  const routes = plan.interfaces.flatMap((iface, i) => [
    ...subnetsOf(plan, family, i).map((s) => `route add ${s} dev ${devices[i]} table ${tableOf(i)}`),
    ...iface.gateways.map((g) => `route add default via ${g} dev ${devices[i]} table ${tableOf(i)}`),
  ]);
  const rules = plan.interfaces.flatMap((iface, i) =>
    (structure === "per subnet" ? subnetsOf(plan, family, i) : iface.sources).map(
      (source) => `rule add priority ${10_000 + i} from ${source} lookup ${tableOf(i)}`,
    ),
  );
  return [...routes, ...rules];
}

/** The attached subnets of an interface. */
function subnetsOf(plan: Plan, family: Family, index: number): string[] {
  const routes = (family === 4 ? plan.ipv4 : plan.ipv6).routes;
  const { name } = plan.interfaces[index];
  return routes
    .filter((r) => r.table === name && r.dev === name && r.via === undefined && r.to !== "fe80::/64")
    .map((r) => r.to);
}

/** Every address of the plan, and the first of every delegated prefix; in the order of the interfaces. */
export function sourcesOf(plan: Plan): string[] {
  return plan.interfaces.flatMap((i) => i.sources.map((s) => s.split("/")[0]));
}

/** In ascending order. */
export function ascending(sources: readonly string[]): string[] {
  const value = (text: string): bigint => {
    const parsed = parseAddress(text);
    if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
    return parsed.value.value;
  };
  return sources
    .map((text) => ({ text, value: value(text) }))
    .sort((a, b) => (a.value < b.value ? -1 : 1))
    .map(({ text }) => text);
}

function macOf(side: number, index: number): string {
  return `02:00:00:00:0${side}:${index.toString(16).padStart(2, "0")}`;
}

function lines(text: string): string[] {
  return text === "" ? [] : text.trimEnd().split("\n");
}
