import * as fc from "fast-check";
import { Otherwise } from "../../../lib/model";
import { Incoming, Traffic } from "../../../lib/model/traffic";
import { FAMILIES, Family } from "../../../lib/net";
import { matches } from "../../../lib/plan/traffic/flows";
import { inOrder, overlapsOf, shadowedBy } from "../../../lib/plan/traffic/order";
import { address } from "../../net/support";
import { policy, prefixes } from "./support";

const named = (name: string, fields: Partial<Traffic> = {}): Traffic => policy({ name, ...fields });

describe("policies decide", () => {
  test("in the order given, those before the rules for sources first", () => {
    const [a, b, c, d] = [true, false, true, false].map((beforeSources, i) =>
      named(`p${i}`, { beforeSources }),
    );
    expect(inOrder([b, a, d, c])).toEqual([a, c, b, d]);
  });
});

type Row = [what: string, policy: Partial<Traffic>, earlier: Partial<Traffic>[], takers: string[]];
const tcp = { protocol: 6 };
const range = (first: number, last: number) => [[first, last]] as const;

/** Earlier policies are called e0, e1, ... */
const SHADOWS: Row[] = [
  ["nothing before it", {}, [], []],
  ["all before it", tcp, [{}], ["e0"]],
  ["the same before it", tcp, [tcp], ["e0"]],
  ["less before it", {}, [tcp], []],
  ["a part of it, and the rest", { destinationPorts: range(1, 10) }, [{ destinationPorts: range(1, 4) }, { destinationPorts: range(5, 10) }], ["e0", "e1"]],
  ["a part of it, and all but one of the rest", { destinationPorts: range(1, 10) }, [{ destinationPorts: range(1, 4) }, { destinationPorts: range(6, 10) }], []],
  ["the one that takes it alone, of several that take some", { destinationPorts: range(1, 10) }, [{ destinationPorts: range(1, 4) }, { destinationPorts: range(1, 10) }], ["e1"]],
  ["only those that take some, of several", { destinationPorts: range(1, 10) }, [{ destinationPorts: range(20, 30) }, { destinationPorts: range(1, 5) }, { destinationPorts: range(3, 10) }], ["e1", "e2"]],
  ["what passes on the rest", {}, [{ otherwise: Otherwise.Next }], []],
  ["one family", {}, [{ families: [4] }], []],
  ["each family by its own", {}, [{ families: [4] }, { families: [6] }], ["e0", "e1"]],
  ["its only family", { families: [6] }, [{ families: [4] }, {}], ["e1"]],
  ["every source, but not what has none yet", { families: [6] }, [{ families: [6], from: prefixes("::/1", "8000::/1") }], []],
  ["every source that there is", { families: [6], from: prefixes("2000::/3") }, [{ families: [6], from: prefixes("2000::/4", "3000::/4") }], ["e0"]],
  ["every source of IPv4, but not what has none yet, which is an address as well", { families: [4] }, [{ families: [4], from: prefixes("0.0.0.0/1", "128.0.0.0/1") }], []],
  ["every destination in two halves", { families: [4] }, [{ families: [4], to: prefixes("0.0.0.0/1", "128.0.0.0/1") }], ["e0"]],
  ["every destination of IPv6 in two halves", { families: [6] }, [{ families: [6], to: prefixes("::/1", "8000::/1") }], ["e0"]],
  ["all destinations but one", { families: [4], to: prefixes("10.0.0.0/30") }, [{ families: [4], to: prefixes("10.0.0.0/31", "10.0.0.3/32") }], []],
  ["every protocol", {}, Array.from({ length: 256 }, (_, protocol) => ({ protocol })), Array.from({ length: 256 }, (_, i) => `e${i}`)],
  ["every protocol but the last", {}, Array.from({ length: 255 }, (_, protocol) => ({ protocol })), []],
  ["every protocol but the first", {}, Array.from({ length: 255 }, (_, protocol) => ({ protocol: protocol + 1 })), []],
  ["every port", {}, [{ sourcePorts: range(0, 65_535) }], ["e0"]],
  ["every port but the last", {}, [{ sourcePorts: range(0, 65_534) }], []],
  ["every port but the first", {}, [{ destinationPorts: range(1, 65_535) }], []],
  ["every port there can be", {}, [{ destinationPorts: range(0, 65_535) }], ["e0"]],
  ["all but the last destination port", {}, [{ destinationPorts: range(0, 65_534) }], []],
  ["source ports, though it asks for destination ports", { destinationPorts: range(5, 5) }, [{ sourcePorts: range(5, 5) }], []],
  ["every user, but not what is forwarded", {}, [{ users: range(0, 2 ** 32 - 1) }], []],
  ["every user, and all that is forwarded", { incoming: [{ interface: "a" }] }, [{ users: range(0, 2 ** 32 - 1) }, { incoming: [{ interface: "a" }] }], ["e1"]],
  ["every user that it selects", { users: range(5, 6) }, [{ users: range(5, 5) }, { users: range(6, 6) }], ["e0", "e1"]],
  ["every user but the last", { users: range(0, 2 ** 32 - 1) }, [{ users: range(0, 2 ** 32 - 2) }], []],
  ["every code point", {}, [{ dscp: Array.from({ length: 64 }, (_, i) => i) }], ["e0"]],
  ["every code point but one", {}, [{ dscp: Array.from({ length: 63 }, (_, i) => i) }], []],
  ["every code point but the first", {}, [{ dscp: Array.from({ length: 63 }, (_, i) => i + 1) }], []],
  ["the code point", { dscp: [46] }, [{ dscp: [10, 46] }], ["e0"]],
  ["both values of a bit of the mark", {}, [{ marks: [{ value: 0, mask: 1 }] }, { marks: [{ value: 1, mask: 1 }] }], ["e0", "e1"]],
  ["both values of the highest bit of the mark", {}, [{ marks: [{ value: 0, mask: 0x80000000 }, { value: 0x80000000, mask: 0x80000000 }] }], ["e0"]],
  ["three of four values of two bits of the mark", {}, [{ marks: [0, 1, 2].map((value) => ({ value, mask: 3 })) }], []],
  ["four of four values of two bits of the mark", {}, [{ marks: [0, 1, 2, 3].map((value) => ({ value, mask: 3 })) }], ["e0"]],
  ["the other value of a bit of the mark", { marks: [{ value: 4, mask: 4 }] }, [{ marks: [{ value: 0, mask: 4 }] }], []],
  ["the mark, of which it asks for more", { marks: [{ value: 5, mask: 7 }] }, [{ marks: [{ value: 4, mask: 4 }] }], ["e0"]],
  ["the mark, of which it asks for less", { marks: [{ value: 4, mask: 4 }] }, [{ marks: [{ value: 4, mask: 7 }] }], []],
  ["what comes in where it asks, and elsewhere", { incoming: [{ interface: "a" }] }, [{ incoming: [{ interface: "b" }, { interface: "a" }] }], ["e0"]],
  ["what comes in at one of two places", { incoming: [{ interface: "a" }, { device: "a" }] }, [{ incoming: [{ interface: "a" }] }], []],
  ["what comes in at each of two places, by two", { incoming: [{ interface: "a" }, { device: "a" }] }, [{ incoming: [{ interface: "a" }] }, { incoming: [{ device: "a" }] }], ["e0", "e1"]],
  ["a device that is called as an interface", { incoming: [{ interface: "a" }] }, [{ incoming: [{ device: "a" }] }], []],
  ["another interface", { incoming: [{ interface: "a" }] }, [{ incoming: [{ interface: "b" }] }], []],
  ["another device", { incoming: [{ device: "a" }] }, [{ incoming: [{ device: "b" }] }], []],
  ["everything that comes in anywhere we know of", {}, [{ incoming: [{ interface: "a" }, { device: "b" }] }, { users: range(0, 2 ** 32 - 1) }], []],
]; // prettier-ignore

describe("a policy is left nothing by", () => {
  test.each(SHADOWS)("%s", (_what, fields, earlier, takers) => {
    expect(
      shadowedBy(
        policy(fields),
        earlier.map((e, i) => named(`e${i}`, e)),
      ),
    ).toEqual(takers);
  });

  test("many, as long as it can be told in good time; then it is said to be left something", () => {
    // Every bit of the mark on its own, and its neighbour: no two of them make one.
    const bits = Array.from({ length: 16 }, (_, i) => 2 ** i);
    const pairs = bits.flatMap((a) => bits.filter((b) => b > a).map((b) => ({ value: a, mask: a + b })));
    const takers = pairs.map((mark, i) => named(`e${i}`, { marks: [mark] }));
    expect(shadowedBy(policy(), takers)).toEqual([]);
  });
});

describe("a policy overlaps", () => {
  const other = { use: ["b"] };
  const rows: Row[] = [
    ["those before it that decide otherwise", tcp, [other, { otherwise: Otherwise.Prohibit }, { weights: [1] }], ["e0", "e1", "e2"]],
    ["none that decides the same", tcp, [{}, { protocol: 6, beforeSources: true }], []],
    ["none whose packets are others", tcp, [{ protocol: 17, ...other }], []],
    ["one that meets it in one family alone", { families: [6] }, [{ families: [4], ...other }, { families: [4, 6], ...other }], ["e1"]],
    ["one at whose edge it lies", { destinationPorts: range(5, 9) }, [{ destinationPorts: range(1, 5), ...other }, { destinationPorts: range(9, 12), ...other }, { destinationPorts: range(1, 4), ...other }, { destinationPorts: range(10, 12), ...other }], ["e0", "e1"]],
    ["one of whose values one is its own", { to: prefixes("10.0.0.0/8", "192.0.2.0/24") }, [{ to: prefixes("198.51.100.0/24", "192.0.2.7/32"), ...other }], ["e0"]],
    ["one whose mark agrees in the bits of both", { marks: [{ value: 1, mask: 3 }] }, [{ marks: [{ value: 5, mask: 5 }], ...other }, { marks: [{ value: 2, mask: 2 }], ...other }], ["e0"]],
    ["none that comes in elsewhere", { incoming: [{ interface: "a" }] }, [{ incoming: [{ interface: "b" }], ...other }, { users: range(0, 9), ...other }, other], ["e2"]],
  ]; // prettier-ignore
  test.each(rows)("%s", (_what, fields, earlier, names) => {
    expect(
      overlapsOf(
        policy(fields),
        earlier.map((e, i) => named(`e${i}`, e)),
      ),
    ).toEqual(names);
  });
});

/** Packets at every edge that a list of policies has, by the definition of a match. */
function packetsAt(list: readonly Traffic[], family: Family): Parameters<typeof matches>[1][] {
  const edges = (values: readonly number[]): number[] =>
    [...new Set(values)].filter((v) => v >= 0 && v <= 65_535);
  const ports = edges([
    0,
    ...list.flatMap((t) => t.destinationPorts.flatMap(([a, b]) => [a - 1, a, b, b + 1])),
  ]);
  const marks = [0, 1, 2, 3];
  const places: (Incoming | undefined)[] = [undefined, { interface: "a" }, { device: "a" }, { device: "zz" }];
  const protocols = [6, 17, 99];
  const texts = family === 4 ? ["10.0.0.1", "10.0.1.1", "9.0.0.1"] : ["fd00::1", "fd00:1::1", "fc00::1"];
  const destinations = texts.map(address);
  return ports.flatMap((destinationPort) =>
    marks.flatMap((mark) =>
      places.flatMap((incoming) =>
        protocols.flatMap((protocol) =>
          destinations.map((to) => ({
            ...{ family, to, destinationPort, mark, protocol },
            ...{ sourcePort: 0, user: 0, dscp: 0 },
            ...(incoming && { incoming }),
          })),
        ),
      ),
    ),
  );
}

const traffic: fc.Arbitrary<Partial<Traffic>> = fc.record(
  {
    families: fc.constantFrom<readonly Family[]>([4], [6], [4, 6]),
    to: fc.constantFrom(prefixes("10.0.0.0/24", "fd00::/32"), prefixes("10.0.0.0/8", "fd00::/16"), []),
    protocol: fc.constantFrom(6, 17),
    destinationPorts: fc.constantFrom(range(1, 5), range(3, 9), range(0, 65_535), [[1, 2], [4, 5]] as const),
    marks: fc.uniqueArray(
      fc.constantFrom(1, 2, 3).chain((mask) => fc.nat(3).map((v) => ({ value: v & mask, mask }))),
      { minLength: 1, maxLength: 2, selector: ({ value, mask }) => `${value}/${mask}` },
    ),
    incoming: fc.constantFrom<readonly Incoming[]>([{ interface: "a" }], [{ device: "a" }], []),
  },
  { requiredKeys: [] },
); // prettier-ignore

test("what is said of random policies is what asking every packet at their edges says", () => {
  let shadowed = 0;
  let overlapping = 0;
  fc.assert(
    fc.property(traffic, fc.array(traffic, { minLength: 1, maxLength: 4 }), (last, others) => {
      const policies = others.map((o, i) => named(`e${i}`, { use: [`b${i}`], ...o }));
      const one = policy(last);
      const all = FAMILIES.flatMap((family) => packetsAt([one, ...policies], family));
      const own = all.filter((p) => matches(one, p));
      const taken = own.every((p) => policies.some((t) => matches(t, p)));
      const takers = shadowedBy(one, policies);
      expect(takers.length > 0).toBe(taken && own.length > 0);
      // Those named are enough.
      const enough = policies.filter((t) => takers.includes(t.name));
      if (taken && own.length > 0) expect(own.every((p) => enough.some((t) => matches(t, p)))).toBe(true);
      const meeting = policies.filter((t) => own.some((p) => matches(t, p))).map((t) => t.name);
      expect(overlapsOf(one, policies)).toEqual(meeting);
      if (taken) shadowed++;
      if (meeting.length > 0) overlapping++;
    }),
    { numRuns: 200 },
  );
  // Both must happen often enough to show something.
  expect(shadowed).toBeGreaterThan(0);
  expect(overlapping).toBeGreaterThan(0);
});
