import { SLOTS } from "../model/numbers";
import { compareText } from "./order";

/**
 * Gives each name a slot, from which its table ids and block priorities follow.
 *
 * Guarantees: distinct slots; independent of the order of names; a name's slot is its hash, unless a name that sorts
 * before it has the same. Those are then given the next free slots, when all others have theirs, so an interface
 * that comes or goes can move only names that share their hash with another. A move costs nothing but a longer
 * diff: every change is built in fresh tables beside the old ones.
 *
 * @param names of interfaces, distinct
 * @param further names, of tables that are no interface's: they get what is left, and never move an interface
 * @param slots how many there are; at least as many as names. Default: {@link SLOTS}
 */
export function allocateSlots(
  names: readonly string[],
  further: readonly string[] = [],
  slots: number = SLOTS,
): Map<string, number> {
  const owners = new Map<number, string>();
  const displaced: string[] = [];
  for (const name of [...names].sort(compareText)) {
    const slot = hash(name) % slots;
    if (owners.has(slot)) displaced.push(name);
    else owners.set(slot, name);
  }
  for (const name of [...displaced, ...[...further].sort(compareText)]) {
    let slot = hash(name) % slots;
    while (owners.has(slot)) slot = (slot + 1) % slots;
    owners.set(slot, name);
  }
  return new Map([...owners].map(([slot, name]) => [name, slot]));
}

/** FNV-1a, 32 bits (draft-eastlake-fnv): short, well spread on short names, and the same everywhere. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}
