import * as fs from "node:fs";
import { NO_PUBLIC_ADDRESS } from "./build/gateway";
import { CHECKS } from "./build/port";
import { flowSet } from "./build/refusal";
import { NETNS_DIRECTORY, namespaceOf, ownsNamespace } from "./names";
import { Runner, inNamespace } from "./run";
import { DropCounter, FabricOptions, LabCounters, NetworkInterfaceCounters } from "./types";

/** Reads what every check of a lab has dropped. */
export async function readCounters(lab: string, options: FabricOptions = {}): Promise<LabCounters> {
  const runner = new Runner(options.onCommand);
  const names = fs.existsSync(NETNS_DIRECTORY) ? fs.readdirSync(NETNS_DIRECTORY) : [];
  const ids = names
    .filter((name) => ownsNamespace(lab, name))
    .map((name) => name.slice(lab.length + 1))
    .sort();
  const read = async <T>(kind: string, reader: (id: string) => Promise<T>): Promise<Record<string, T>> => {
    const entries = ids
      .filter((id) => id.startsWith(`${kind}-`))
      .map(async (id) => [id, await reader(id)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  const [networkInterfaces, internetGateways] = await Promise.all([
    read("eni", (id) => readPort(lab, id, runner)),
    read("vpc", (id) => readGateway(lab, id, runner)),
  ]);
  return { networkInterfaces, internetGateways };
}

async function readPort(lab: string, id: string, runner: Runner): Promise<NetworkInterfaceCounters> {
  const table = await readTables(namespaceOf(lab, "networkInterface", id), runner);
  return {
    networkInterfaceId: id,
    sourceCheckDrops: drops(table, CHECKS.source, (flow) => {
      return `${flow} left by ${id}, which does not own the source address: source check (sourceDestCheck)`;
    }),
    destCheckDrops: drops(table, CHECKS.destination, (flow) => {
      return `${flow} was routed to ${id}, which does not own the destination: destination check (sourceDestCheck)`;
    }),
    securityGroupDrops: drops(table, CHECKS.groups, (flow) => {
      return `${flow} matched no rule of ${id}'s security groups and no connection ${id} has seen the start of`;
    }),
  };
}

async function readGateway(lab: string, id: string, runner: Runner): Promise<DropCounter> {
  const table = await readTables(namespaceOf(lab, "vpc", id), runner);
  return drops(table, NO_PUBLIC_ADDRESS, (flow) => {
    return `${flow} reached the Internet gateway of ${id} from an address with no Elastic IP`;
  });
}

/** The parts of `nft -j list ruleset` that are read here; see libnftables-json(5). */
interface NftListing {
  nftables: {
    counter?: { name: string; packets: number };
    set?: {
      name: string;
      elem?: { elem: { val: { concat: [string, string] }; counter: { packets: number } } }[];
    };
  }[];
}

async function readTables(namespace: string, runner: Runner): Promise<NftListing["nftables"]> {
  const text = await runner.ok(inNamespace(namespace, ["nft", "-j", "list", "ruleset"]));
  return (JSON.parse(text) as NftListing).nftables;
}

function drops(
  listing: NftListing["nftables"],
  check: string,
  explain: (flow: string) => string,
): DropCounter {
  const packets = listing.find(({ counter }) => counter?.name === check)?.counter?.packets ?? 0;
  const sets = ([4, 6] as const).map((family) => flowSet(check, family));
  const elements = listing.flatMap(({ set }) =>
    set !== undefined && sets.includes(set.name) ? (set.elem ?? []) : [],
  );
  const flows = elements
    .map(({ elem }) => ({
      source: elem.val.concat[0],
      destination: elem.val.concat[1],
      packets: elem.counter.packets,
    }))
    .sort(
      (a, b) =>
        b.packets - a.packets || (`${a.source} ${a.destination}` < `${b.source} ${b.destination}` ? -1 : 1),
    );
  const [most] = flows;
  const reason = most === undefined ? "" : explain(`${most.source} to ${most.destination}`);
  return { packets, flows, reason };
}
