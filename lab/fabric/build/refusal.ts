import { Family } from "../../../lib/net";
import { NftTable } from "../model";

/** How many pairs of addresses a check remembers of those it has dropped; packets are counted beyond that too. */
export const REMEMBERED_FLOWS = 64;

/** The set that remembers a check's dropped flows of one family. */
export function flowSet(name: string, family: Family): string {
  return `${name}${family}`;
}

/**
 * A chain that drops what jumps to it, counts it by name, and remembers from where to where it wanted.
 *
 * @param name of the chain and its counter, such as "source_check"
 */
export function refusal(name: string, families: readonly Family[]): NftTable {
  const remember = families.map((family) => {
    const header = family === 4 ? "ip" : "ip6";
    return `update @${flowSet(name, family)} { ${header} saddr . ${header} daddr }`;
  });
  return {
    counters: [name],
    sets: Object.fromEntries(
      families.map((family) => {
        const type = family === 4 ? "ipv4_addr" : "ipv6_addr";
        const spec = `type ${type} . ${type}; size ${REMEMBERED_FLOWS}; flags dynamic; counter;`;
        return [flowSet(name, family), { kind: "set" as const, spec, elements: [] }];
      }),
    ),
    // A statement that fails, as an update of a full set does, ends its rule: so the drop is a rule of its own.
    chains: { [name]: { rules: [`counter name ${name}`, ...remember, "drop"] } },
  };
}
