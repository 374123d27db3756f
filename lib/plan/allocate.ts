import { SLOTS } from "../model/numbers";
import { compareText } from "./normalize/policy";

/**
 * Gives each interface name a slot, from which its table ids and block priorities follow.
 *
 * Guarantees: distinct slots; independent of the order of names; a name's slot comes from the name alone unless
 * two names hash to one slot. Then the one that sorts first keeps it and the other takes the next free slot, so an
 * interface that comes or goes can move at most those that collide with it. A move costs nothing but a longer
 * diff: every change is built in fresh tables beside the old ones.
 *
 * @param names distinct; at most {@link SLOTS}
 */
export function allocateSlots(names: readonly string[]): Map<string, number> {
  const taken = new Set<number>();
  const slots = new Map<string, number>();
  for (const name of [...names].sort(compareText)) {
    let slot = hash(name) % SLOTS;
    while (taken.has(slot)) slot = (slot + 1) % SLOTS;
    taken.add(slot);
    slots.set(name, slot);
  }
  return slots;
}

/** FNV-1a, 32 bits (draft-eastlake-fnv): short, well spread on short names, and the same everywhere. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}
