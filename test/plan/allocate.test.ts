import * as fc from "fast-check";
import { SLOTS } from "../../lib/model";
import { allocateSlots } from "../../lib/plan";

const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,30}$/), {
  minLength: 1,
  maxLength: 40,
});
/** The slot that a name has when it is alone: its hash. */
const home = (name: string): number => allocateSlots([name]).get(name) as number;

describe("slots", () => {
  test("are distinct and in range, up to as many names as there are slots", () => {
    fc.assert(
      fc.property(names, (list) => {
        const slots = [...allocateSlots(list).values()];
        expect(new Set(slots).size).toBe(list.length);
        expect(slots.every((s) => Number.isInteger(s) && s >= 0 && s < SLOTS)).toBe(true);
      }),
    );
    const full = Array.from({ length: SLOTS }, (_, i) => `eni-${i}`);
    const slots = allocateSlots(full);
    expect([...slots.keys()].sort()).toEqual([...full].sort());
    expect([...slots.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: SLOTS }, (_, i) => i));
  });

  test("do not depend on the order of names", () => {
    fc.assert(
      fc.property(
        names.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          for (const name of list)
            expect(allocateSlots(shuffled).get(name)).toBe(allocateSlots(list).get(name));
        },
      ),
    );
  });

  test("come from the name alone, unless a name that sorts before it has the same hash", () => {
    fc.assert(
      fc.property(names, (list) => {
        const slots = allocateSlots(list);
        for (const name of list) {
          if (list.some((other) => other < name && home(other) === home(name))) continue;
          expect(slots.get(name)).toBe(home(name));
        }
      }),
    );
  });

  test("stay when another name comes or goes, apart from names that share their hash with one", () => {
    fc.assert(
      fc.property(names, (list) => {
        const [coming, ...others] = list;
        const before = allocateSlots(others);
        const after = allocateSlots(list);
        for (const name of others) {
          if (before.get(name) === after.get(name)) continue;
          expect(list.some((other) => other !== name && home(other) === home(name))).toBe(true);
        }
        expect(after.has(coming)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("of names with one hash go to the first by code unit, and to the next free ones", () => {
    // Found by trying: all three have the same hash modulo the number of slots.
    const same = Array.from({ length: 2000 }, (_, i) => `n${i}`)
      .filter((n) => home(n) === home("n0"))
      .slice(0, 3);
    expect(same).toHaveLength(3);
    const [a, b, c] = [...same].sort();
    const next = (home(a) + 1) % SLOTS;
    const owner = Array.from({ length: 2000 }, (_, i) => `m${i}`).find((n) => home(n) === next) as string;
    const slots = allocateSlots([c, b, a, owner]);
    expect(slots.get(a)).toBe(home(a));
    expect(slots.get(owner)).toBe(next);
    expect(slots.get(b)).toBe((next + 1) % SLOTS);
    expect(slots.get(c)).toBe((next + 2) % SLOTS);
  });

  test("wrap around at the end of the window", () => {
    const last = Array.from({ length: 9000 }, (_, i) => `n${i}`)
      .filter((n) => home(n) === SLOTS - 1)
      .slice(0, 2);
    const [a, b] = [...last].sort();
    expect([...allocateSlots([a, b]).entries()]).toEqual([
      [a, SLOTS - 1],
      [b, 0],
    ]);
  });

  test("are for ever these: a change would move the tables of every host", () => {
    const slots = { a: 44, back: 34, ens5: 74, eth0: 36, front: 88, mgmt: 124, "wan-1": 47 };
    expect(Object.fromEntries(allocateSlots(Object.keys(slots)))).toEqual(slots);
  });
});
