import { applyBatch, compile, kernelState } from "../../lib/linux";
import { Step } from "../../lib/linux/model";
import { Asks, Fields, fieldClasses, markClasses } from "../../lib/linux/prove/classes";
import { Random } from "./fuzz/random";

describe("classes of marks", () => {
  const steps = (...predicates: (readonly [mark: number, mask: number])[]): Step[] =>
    predicates.map(([mark, mask]) => ({ mark, mask }) as Step);
  const answers = (list: readonly Step[], mark: number): string =>
    list.map((step) => (((mark ^ step.mark) & step.mask) === 0 ? "1" : "0")).join("");

  test("there is one for each combination of answers that some mark gives, and no more", () => {
    const random = new Random(5);
    for (let round = 0; round < 300; round++) {
      const list = steps(
        ...Array.from({ length: 1 + random.below(5) }, () => [random.below(256), random.below(256)] as const),
      );
      const possible = new Set(Array.from({ length: 256 }, (_x, mark) => answers(list, mark)));
      const found = markClasses(list)!.map((mark) => answers(list, mark));
      expect(new Set(found)).toEqual(possible);
      expect(found).toHaveLength(possible.size);
    }
  });

  test("the unmarked packet comes first, and eight bits of one mask are two classes", () => {
    expect(markClasses(steps([0x55, 0xff]))).toEqual([0, 0x55]);
    expect(markClasses(steps())).toEqual([0]);
    expect(markClasses(steps([0, 0xf], [0x80000000, 0x80000000]))).toHaveLength(4);
  });

  test("too many are refused, not sampled", () => {
    const bits = Array.from({ length: 20 }, (_x, i) => [1 << i, 1 << i] as const);
    expect(markClasses(steps(...bits))).toBeUndefined();
  });
});

test("fields are cut where rules cut them, and what one of them rules out is cut no further", () => {
  const host = applyBatch(
    kernelState([]),
    4,
    [
      "rule add priority 10 ipproto tcp dport 80-443 lookup 7",
      "rule add priority 20 uidrange 1000-2000 lookup 7",
      "rule add priority 30 fwmark 0x1/0x1 lookup 7",
      "rule add priority 40 tos 0x10 lookup 7",
    ].join("\n"),
  );
  const { steps } = compile(host)[4];
  const classes = fieldClasses(steps, [], [])!;
  // Other protocols have no ports to tell apart, and users below and above are alike.
  expect(classes).toHaveLength(2 * 2 * 2 * (1 + 2));
  expect(classes[0]).toEqual({ mark: 0, tos: 0, uid: 0, protocol: 0 });
  expect(new Set(classes.map(({ destinationPort }) => destinationPort))).toEqual(new Set([undefined, 0, 80]));
  expect(new Set(classes.map(({ uid }) => uid))).toEqual(new Set([0, 1000]));
  expect(fieldClasses(steps, [], [{ value: 1, mask: 1 }])!.every(({ mark }) => !mark)).toBe(true);
});

const NOTHING: Asks = {
  mark: 0, mask: 0, tos: 0, uidLow: 0, uidHigh: 0xffffffff, protocol: 0, hasPorts: false, sportLow: 0, sportHigh: 0xffff,
  dportLow: 0, dportHigh: 0xffff,
}; // prettier-ignore

describe("what one rule asks cuts one field", () => {
  test.each<[string, Partial<Asks>, object[]]>([
    ["nothing", {}, [{}]],
    ["a mark", { mark: 5, mask: 0xff }, [{ mark: 0 }, { mark: 5 }]],
    ["a mark with bits outside of its mask", { mark: 0x105, mask: 0xff }, [{ mark: 0 }, { mark: 5 }]],
    [
      "the highest bit of a mark",
      { mark: -0x80000000, mask: -0x80000000 },
      [{ mark: 0 }, { mark: 0x80000000 }],
    ],
    ["no mark at all", { mark: 0, mask: 0xff }, [{ mark: 0 }, { mark: 1 }]],
    ["a mark, but no bit of it", { mark: 5, mask: 0 }, [{}]],
    ["a TOS", { tos: 16 }, [{ tos: 0 }, { tos: 16 }]],
    ["a user", { uidLow: 5, uidHigh: 5 }, [{ uid: 0 }, { uid: 5 }]],
    ["all users but root", { uidLow: 1 }, [{ uid: 0 }, { uid: 1 }]],
    ["root and some", { uidHigh: 9 }, [{ uid: 0 }, { uid: 10 }]],
    ["the last user", { uidLow: 0xfffffffe, uidHigh: 0xfffffffe }, [{ uid: 0 }, { uid: 0xfffffffe }]],
    ["a protocol", { protocol: 6 }, [{ protocol: 0 }, { protocol: 6 }]],
    ["a source port", { hasPorts: true, sportLow: 7, sportHigh: 9 }, [{ sourcePort: 0 }, { sourcePort: 7 }]],
    [
      "the last port",
      { hasPorts: true, dportLow: 0xffff },
      [{ destinationPort: 0 }, { destinationPort: 0xffff }],
    ],
    ["ports that it does not ask for", { sportLow: 7, sportHigh: 9, dportLow: 7, dportHigh: 9 }, [{}]],
  ])("%s", (_name, asks, want) => {
    expect(fieldClasses([{ ...NOTHING, ...asks }], [], [])).toEqual(want);
  });
});

test("the pieces that ranges cut are in order, whatever the order of the rules; of those alike, the first", () => {
  const ranges = [[20, 30], [5, 6], [25, 40]] as const; // prettier-ignore
  const asks = ranges.map(([sportLow, sportHigh]) => ({ ...NOTHING, hasPorts: true, sportLow, sportHigh }));
  expect(fieldClasses(asks, [], [])).toEqual([0, 5, 20, 25, 31].map((sourcePort) => ({ sourcePort })));
});

test("a TOS that routes ask for is a class of its own, once", () => {
  expect(fieldClasses([{ ...NOTHING, tos: 8 }], [16, 8], [])).toEqual([{ tos: 0 }, { tos: 8 }, { tos: 16 }]);
});

test("as many combinations as are looked at, and one more", () => {
  const ports = (count: number): Asks[] =>
    Array.from({ length: count }, (_x, i) => [
      { ...NOTHING, hasPorts: true, sportLow: i + 1 },
      { ...NOTHING, hasPorts: true, dportLow: i + 1 },
    ]).flat();
  const marks = [{ ...NOTHING, mark: 1, mask: 1 }];
  // 100 x 100 x 2, and a protocol more.
  expect(fieldClasses([...ports(99), ...marks], [], [])).toHaveLength(20_000);
  expect(fieldClasses([...ports(99), ...marks, { ...NOTHING, protocol: 6 }], [], [])).toBeUndefined();
  expect(fieldClasses([...ports(100), ...marks], [], [])).toBeUndefined();
});

test("whatever packet there is, one of a class gets the same answers from all rules", () => {
  const random = new Random(7);
  const range = (max: number): [number, number] => {
    const low = random.below(max);
    return [low, low + random.below(max - low)];
  };
  const randomAsks = (): Asks => {
    const [uidLow, uidHigh] = random.chance(0.4) ? range(8) : [0, 0xffffffff];
    const hasPorts = random.chance(0.6);
    const [sportLow, sportHigh] = hasPorts && random.chance(0.6) ? range(8) : [0, 0xffff];
    const [dportLow, dportHigh] = hasPorts && random.chance(0.8) ? range(8) : [0, 0xffff];
    const mask = random.pick([0, 0, 1, 3, 6]);
    const [protocol, tos] = [random.pick([0, 6, 17]), random.pick([0, 0, 4, 8])];
    return { mark: random.below(8) & mask, mask, tos, uidLow, uidHigh, protocol, hasPorts, sportLow, sportHigh, dportLow, dportHigh };
  };
  const answers = (list: readonly Asks[], packet: Fields): string => {
    const { mark = 0, tos = 0, uid = 0, protocol = 0, sourcePort = 0, destinationPort = 0 } = packet;
    const isIn = (n: number, low: number, high: number): boolean => n >= low && n <= high;
    const matches = (one: Asks): boolean =>
      ((mark ^ one.mark) & one.mask) === 0 &&
      (one.tos === 0 || one.tos === tos) &&
      isIn(uid, one.uidLow, one.uidHigh) &&
      (one.protocol === 0 || one.protocol === protocol) &&
      isIn(sourcePort, one.sportLow, one.sportHigh) &&
      isIn(destinationPort, one.dportLow, one.dportHigh);
    return list.map((one) => Number(matches(one))).join("");
  };
  let most = 0;
  for (let round = 0; round < 200; round++) {
    const list = Array.from({ length: 1 + random.below(7) }, randomAsks);
    const classes = fieldClasses(list, [], [])!.map((fields) => answers(list, fields));
    for (let i = 0; i < 200; i++) {
      const packet = {
        mark: random.below(8),
        tos: random.pick([0, 4, 8, 12]),
        uid: random.below(10),
        protocol: random.pick([0, 1, 6, 17]),
        sourcePort: random.below(10),
        destinationPort: random.below(10),
      };
      const found = answers(list, packet);
      if (!classes.includes(found)) throw new Error(`${JSON.stringify({ list, packet })}: ${found}`);
    }
    most = Math.max(most, new Set(classes).size);
  }
  expect(most).toBeGreaterThan(20);
}); // prettier-ignore

test("a search among marks that cannot end is given up", () => {
  // As many marks as there are pigeons, of which no two may share a hole.
  const bit = (pigeon: number, hole: number): number => 1 << (pigeon * 5 + hole);
  const clauses: [number, number][] = [];
  for (let pigeon = 0; pigeon < 6; pigeon++)
    clauses.push([0, [0, 1, 2, 3, 4].reduce((m, hole) => m | bit(pigeon, hole), 0)]);
  for (let hole = 0; hole < 5; hole++)
    for (let a = 0; a < 6; a++)
      for (let b = a + 1; b < 6; b++)
        clauses.push([bit(a, hole) | bit(b, hole), bit(a, hole) | bit(b, hole)]);
  expect(markClasses(clauses.map(([mark, mask]) => ({ mark, mask })))).toBeUndefined();
});

test("all marks may be taken by others", () => {
  expect(fieldClasses([{ ...NOTHING, mark: 1, mask: 1 }], [], [{ value: 0, mask: 1 }])).toEqual([
    { mark: 1 },
  ]);
  expect(fieldClasses([{ ...NOTHING, mark: 1, mask: 1 }], [], [{ value: 0, mask: 0 }])).toEqual([]);
});
