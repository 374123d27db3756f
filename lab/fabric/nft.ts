import { NftSet, NftTable } from "./model";

/**
 * Changes of an nft table as the text of one transaction (`nft -f -`): a packet meets the old table or the new one.
 * What did not change is not touched, so counters, remembered flows and tracked connections go on.
 */

/** @param name "FAMILY NAME", such as "inet port" */
export function nftChange(name: string, before: NftTable | undefined, after: NftTable | undefined): string[] {
  if (after === undefined) return before === undefined ? [] : [`delete table ${name}`];
  const old: NftTable = before ?? { counters: [], sets: {}, chains: {} };
  const lines = before === undefined ? [`add table ${name}`] : [];
  for (const counter of after.counters) {
    if (!old.counters.includes(counter)) lines.push(`add counter ${name} ${counter}`);
  }
  for (const [set, value] of Object.entries(after.sets))
    lines.push(...setChange(name, set, old.sets[set], value));

  const changed = Object.entries(after.chains).filter(([chain, value]) => !same(old.chains[chain], value));
  // All chains first: rules jump to them.
  for (const [chain, { hook }] of changed) {
    if (old.chains[chain] !== undefined) lines.push(`flush chain ${name} ${chain}`);
    else lines.push(`add chain ${name} ${chain}${hook === undefined ? "" : ` { ${hook} }`}`);
  }
  for (const [chain, { rules }] of changed)
    lines.push(...rules.map((rule) => `add rule ${name} ${chain} ${rule}`));

  // What nothing refers to any more goes last.
  for (const chain of missing(old.chains, after.chains)) {
    lines.push(`flush chain ${name} ${chain}`, `delete chain ${name} ${chain}`);
  }
  for (const set of missing(old.sets, after.sets)) lines.push(`delete ${old.sets[set].kind} ${name} ${set}`);
  for (const counter of old.counters.filter((c) => !after.counters.includes(c))) {
    lines.push(`delete counter ${name} ${counter}`);
  }
  return lines;
}

/** The table anew, or none, whatever there is now. Loses its counts. */
export function nftAnew(name: string, table: NftTable | undefined): string[] {
  // nft 1.0 deletes only what is there.
  return [`add table ${name}`, `delete table ${name}`, ...nftChange(name, undefined, table)];
}

function setChange(table: string, name: string, before: NftSet | undefined, after: NftSet): string[] {
  if (same(before, after)) return [];
  const lines =
    before === undefined
      ? [`add ${after.kind} ${table} ${name} { ${after.spec} }`]
      : [`flush ${after.kind} ${table} ${name}`];
  if (after.elements.length > 0) lines.push(`add element ${table} ${name} { ${after.elements.join(", ")} }`);
  return lines;
}

function missing(before: object, after: object): string[] {
  return Object.keys(before).filter((key) => !(key in after));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
