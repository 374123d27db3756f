import { Runner, inNamespace } from "../fabric/run";
import { Nic } from "./nic";

/**
 * The cloud's source check: a network interface may send only from its own addresses. What it drops is counted, and
 * is exactly what has left a host by the wrong interface.
 */

const TABLE = "netdev sources";

/** What one interface has tried to send from addresses that are not its own. */
export interface WrongPackets {
  readonly packets: number;
  /** "SOURCE > DESTINATION", distinct, at most 64. */
  readonly flows: readonly string[];
}

/** nft text that checks what comes in by `port`, the cloud's end of the interface. */
export function sourceCheck(port: string, nic: Nic): string {
  const own = (six: boolean): string =>
    [nic.ipv4, nic.ipv6, ...nic.secondary].filter((address) => address.includes(":") === six).join(", ");
  const flows = (type: string): string => `type ${type} . ${type}; size 64; flags dynamic;`;
  return `
    add table ${TABLE}
    add counter ${TABLE} ${port}
    add set ${TABLE} ${port}v4 { ${flows("ipv4_addr")} }
    add set ${TABLE} ${port}v6 { ${flows("ipv6_addr")} }
    add chain ${TABLE} ${port} { type filter hook ingress device "${port}" priority 0; }
    flush chain ${TABLE} ${port}
    add rule ${TABLE} ${port} ip saddr != { 0.0.0.0, ${own(false)} } counter name "${port}" add @${port}v4 { ip saddr . ip daddr } drop
    add rule ${TABLE} ${port} ip saddr != { 0.0.0.0, ${own(false)} } drop
    add rule ${TABLE} ${port} ip6 saddr != { ::, fe80::/10, ${own(true)} } counter name "${port}" add @${port}v6 { ip6 saddr . ip6 daddr } drop
    add rule ${TABLE} ${port} ip6 saddr != { ::, fe80::/10, ${own(true)} } drop
  `;
}

/** What the checks have dropped since their interfaces were plugged in, by port. */
export async function readWrong(namespace: string, runner: Runner): Promise<Record<string, WrongPackets>> {
  const listed = await runner.run(
    inNamespace(namespace, ["nft", "-j", "list", "table", ...TABLE.split(" ")]),
  );
  if (listed.status !== 0) return {};
  const { nftables } = JSON.parse(listed.stdout) as {
    nftables: {
      counter?: { name: string; packets: number };
      set?: { name: string; elem?: { concat: [string, string] }[] };
    }[];
  };
  const flowsOf = (port: string): string[] =>
    nftables.flatMap(({ set }) =>
      set?.name === `${port}v4` || set?.name === `${port}v6`
        ? (set.elem ?? []).map(({ concat }) => concat.join(" > "))
        : [],
    );
  return Object.fromEntries(
    nftables.flatMap(({ counter }) =>
      counter === undefined
        ? []
        : [[counter.name, { packets: counter.packets, flows: flowsOf(counter.name).sort() }] as const],
    ),
  );
}
