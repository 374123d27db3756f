import * as fc from "fast-check";
import { BAND, DEFAULT_NUMBERS, HostSpec, Plan, PlanFamily, SLOTS } from "../../lib/model";
import {
  FAMILIES,
  Family,
  contains,
  firstAddress,
  formatAddress,
  formatPrefix,
  lastAddress,
  minimalCover,
  widthOf,
} from "../../lib/net";
import { allocateSlots, normalize, planHost } from "../../lib/plan";
import { address, addresses, prefix } from "../net/support";
import { ask, destination, lookUp } from "./support/kernel";
import { specs } from "./support/specs";

const half = (plan: Plan, family: Family): PlanFamily => (family === 4 ? plan.ipv4 : plan.ipv6);
const isOf =
  (family: Family) =>
  (text: string): boolean =>
    text.includes(":") === (family === 6);
const asPrefix = (text: string): string =>
  text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`;

interface Case {
  readonly spec: HostSpec;
  readonly plan: Plan;
}
const cases: fc.Arbitrary<Case> = specs.map((spec) => ({ spec, plan: planHost(spec) }));

/** Runs a check on both families of many plans. */
function always(check: (family: PlanFamily, f: Family, c: Case) => void): void {
  fc.assert(
    fc.property(cases, (c) => {
      for (const f of FAMILIES) check(half(c.plan, f), f, c);
    }),
    { numRuns: 100 },
  );
}

/** The ends of every source of an interface. */
function sourceEnds(plan: Plan, name: string, f: Family): string[] {
  const iface = plan.interfaces.find((i) => i.name === name);
  return (iface?.sources ?? []).filter(isOf(f)).flatMap((text) => {
    const p = prefix(asPrefix(text));
    return [firstAddress(p), lastAddress(p)].map(formatAddress);
  });
}

describe("the plan as data", () => {
  test("is the same for every order of interfaces, fields and secondary addresses", () => {
    const shuffled = specs.chain((spec) =>
      fc
        .tuple(
          fc.shuffledSubarray(spec.interfaces, { minLength: spec.interfaces.length }),
          fc.infiniteStream(fc.nat()),
        )
        .map(([interfaces, random]) => {
          const next = (): number => random.next().value as number;
          const shuffle = <T>(list: readonly T[]): T[] =>
            list
              .map((v) => [next(), v] as const)
              .sort((a, b) => a[0] - b[0])
              .map(([, v]) => v);
          const fields = <T extends object>(o: T): T => Object.fromEntries(shuffle(Object.entries(o))) as T;
          const secondariesShuffled = (list: readonly string[]): string[] => {
            const split = FAMILIES.map((f) => list.filter(isOf(f)));
            // The primary of each family stays first of its family; everything else may go anywhere.
            const order = split.map(([head, ...tail]) =>
              head === undefined ? [] : [head, ...shuffle(tail)],
            );
            return next() % 2 === 0 ? [...order[1], ...order[0]] : [...order[0], ...order[1]];
          };
          return [
            spec,
            fields({
              ...spec,
              interfaces: interfaces.map((i) =>
                fields({
                  ...i,
                  ...(i.addresses && { addresses: secondariesShuffled(i.addresses) }),
                  ...(i.delegatedPrefixes && { delegatedPrefixes: shuffle(i.delegatedPrefixes) }),
                  ...(i.gateways && { gateways: shuffle(i.gateways) }),
                  ...(i.subnets && { subnets: shuffle(i.subnets) }),
                  ...(i.routes && { routes: shuffle(i.routes).map(fields) }),
                  ...(i.match && { match: fields(i.match) }),
                }),
              ),
              ...(spec.policy && {
                policy: fields({
                  ...spec.policy,
                  ...(spec.policy.directPairs && {
                    directPairs: shuffle(spec.policy.directPairs).map(fields),
                  }),
                }),
              }),
            }),
          ] as const;
        }),
    );
    fc.assert(
      fc.property(shuffled, ([spec, other]) => {
        expect(JSON.stringify(planHost(other))).toBe(JSON.stringify(planHost(spec)));
      }),
      { numRuns: 200 },
    );
  });

  test("survives JSON, and building it leaves the spec as it was", () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const before = JSON.stringify(spec);
        const plan = planHost(spec);
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        expect(JSON.stringify(spec)).toBe(before);
      }),
      { numRuns: 100 },
    );
  });

  test("holds canonical text alone, and nothing of a user's but names that passed the check", () => {
    fc.assert(
      fc.property(cases, ({ plan }) => {
        for (const f of FAMILIES) {
          const { routes, rules, expectations } = half(plan, f);
          const names = new Set(plan.interfaces.map((i) => i.name));
          for (const r of routes) {
            if (r.to !== "default") expect(formatPrefix(prefix(r.to))).toBe(r.to);
            for (const a of [r.via, r.src]) if (a !== undefined) expect(formatAddress(address(a))).toBe(a);
            for (const n of [r.table, r.dev]) if (n !== undefined) expect(names).toContain(n);
          }
          for (const r of rules) if (r.from !== undefined) expect(formatPrefix(prefix(r.from))).toBe(r.from);
          for (const e of expectations) expect(formatAddress(address(e.to))).toBe(e.to);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("lists interfaces by name, each with its own slot, and two ARP settings apiece", () => {
    fc.assert(
      fc.property(cases, ({ spec, plan }) => {
        const names = spec.interfaces.map((i) => i.name).sort((a, b) => (a < b ? -1 : 1));
        expect(plan.interfaces.map((i) => i.name)).toEqual(names);
        expect(new Map(plan.interfaces.map((i) => [i.name, i.slot]))).toEqual(allocateSlots(names));
        expect(plan.sysctls).toEqual(
          names.flatMap((n) => [
            { interface: n, key: "ipv4/conf/@/arp_announce", atLeast: 2 },
            { interface: n, key: "ipv4/conf/@/arp_ignore", atLeast: 1 },
          ]),
        );
        expect(plan.numbers).toEqual({ ...DEFAULT_NUMBERS, ...spec.numbers });
        expect(plan.host).toBe(spec.name);
        expect(plan.schema).toBe(1);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the rules of a plan", () => {
  test("stand in the order of their priorities, each in its part of the band", () => {
    always(({ rules }) => {
      const priorities = rules.map((r) => r.priority);
      expect([...priorities].sort((a, b) => a - b)).toEqual(priorities);
      for (const { priority, action, from, iif, oif } of rules) {
        const part =
          oif !== undefined || (iif !== undefined && priority > BAND.dispatch) ? [BAND.devices, BAND.devices]
          : action.kind === "nop" || iif !== undefined ? [BAND.anchor, BAND.anchor]
          : from !== undefined && action.kind === "goto" ? [BAND.anchor, BAND.dispatchEnd]
          : action.kind !== "goto" ? [BAND.blocks, BAND.blocks + 3 * SLOTS - 1]
          : action.priority === "join" ? [BAND.exit, BAND.exit]
          : [BAND.dispatch, BAND.skip]; // prettier-ignore
        expect(priority).toBeGreaterThanOrEqual(part[0]);
        expect(priority).toBeLessThanOrEqual(part[1]);
      }
      expect(BAND.blocks + 3 * SLOTS - 1).toBeLessThan(BAND.devices);
    });
  });

  test("begin with the anchor and end with the exit, or there are none when the family has no source", () => {
    always(({ rules, routes, expectations }, f, { plan }) => {
      if (plan.interfaces.every((i) => !i.sources.some(isOf(f)))) {
        expect([rules, routes, expectations]).toEqual([[], [], []]);
        return;
      }
      expect(rules[0].priority).toBe(BAND.anchor);
      expect(rules[rules.length - 1]).toEqual({
        priority: BAND.exit,
        action: { kind: "goto", priority: "join" },
      });
    });
  });

  test("go forward only, to a rule that exists, so that no lookup runs in circles", () => {
    always(({ rules }) => {
      rules.forEach(({ action, priority }) => {
        if (action.kind !== "goto" || action.priority === "join") return;
        expect(action.priority).toBeGreaterThan(priority);
        expect(rules.map((r) => r.priority)).toContain(action.priority);
      });
    });
  });

  test("dispatch every source into its own interface's block, and nothing else", () => {
    always(({ rules }, f, { plan }) => {
      const ours = plan.interfaces.flatMap((i) => i.sources.filter(isOf(f)).map((s) => prefix(asPrefix(s))));
      const neighbours = minimalCover(ours).flatMap((p) => [
        { ...firstAddress(p), value: firstAddress(p).value - 1n },
        { ...lastAddress(p), value: lastAddress(p).value + 1n },
      ]);
      const to = f === 4 ? "192.0.2.1" : "2001:db8:ffff::1";
      // With the blocks alone behind it, the answer names the block.
      const routes = plan.interfaces.map((i) => ({
        table: i.name,
        type: "unicast",
        to: "default",
        dev: i.name,
      }));
      const family = { rules, routes, expectations: [] } as unknown as PlanFamily;
      for (const iface of plan.interfaces) {
        for (const from of sourceEnds(plan, iface.name, f))
          expect(ask(plan, family, { from, to })).toBe(`out ${iface.name}`);
      }
      for (const next of neighbours.filter((n) => !ours.some((o) => contains(o, n))))
        expect(ask(plan, family, { from: formatAddress(next), to })).toBe("join");
    });
  });

  test("make of each block: main but for defaults and managed interfaces unless ignored, the own table, unreachable", () => {
    always(({ rules }, f, { plan, spec }) => {
      const ignored = spec.policy?.unmanagedRoutes === "ignore";
      for (const iface of plan.interfaces) {
        if (!iface.sources.some(isOf(f))) continue;
        const block = BAND.blocks + 3 * iface.slot;
        const actions = [
          ...(ignored ? [] : [{ kind: "main", minPrefix: f === 4 ? 1 : 3 }]),
          { kind: "table", table: iface.name },
          { kind: "unreachable" },
        ];
        expect(rules.filter((r) => r.priority >= block && r.priority < block + 3)).toEqual(
          actions.map((action, i) => ({ priority: block + i, action })),
        );
      }
    });
  });

  test("fail closed: with every table flushed and any main, no source leaves by a managed interface", () => {
    fc.assert(
      fc.property(cases, addresses(), ({ plan }, to) => {
        const family = { ...half(plan, to.family), routes: [] };
        const main = plan.interfaces.flatMap((i) => [
          { to: to.family === 4 ? "0.0.0.0/0" : "::/0", dev: i.name },
          { to: `${formatAddress(to)}/${widthOf(to.family)}`, dev: i.name },
        ]);
        for (const i of plan.interfaces) {
          for (const from of sourceEnds(plan, i.name, to.family)) {
            expect(ask(plan, family, { from, to: formatAddress(to) }, main)).toBe("unreachable");
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test("leave all sources that are not ours, and unset ones, to main", () => {
    fc.assert(
      fc.property(cases, addresses(), addresses(), ({ plan }, a, b) => {
        if (a.family !== b.family) return;
        const ours = plan.interfaces.flatMap((i) => i.sources.map((s) => prefix(asPrefix(s))));
        if (ours.some((p) => contains(p, a))) return;
        const to = formatAddress(b);
        expect(ask(plan, half(plan, a.family), { from: formatAddress(a), to })).toBe("join");
        expect(ask(plan, half(plan, a.family), { to })).toBe("join");
      }),
      { numRuns: 200 },
    );
  });

  test("take a socket bound to a device alone to the device's table, and an own source never there", () => {
    always((family, f, { plan }) => {
      const far = f === 4 ? "9.9.9.9" : "2620:fe::fe";
      for (const iface of plan.interfaces) {
        if (!iface.sources.some(isOf(f))) continue;
        const own = family.routes.find(
          (r) => r.table === iface.name && r.to === "default" && r.via !== undefined,
        );
        const answer = own === undefined ? "unreachable" : `out ${iface.name} via ${own.via}`;
        expect(ask(plan, family, { to: far, oif: iface.name })).toBe(answer);
        for (const other of plan.interfaces) {
          for (const from of sourceEnds(plan, iface.name, f)) {
            expect(ask(plan, family, { from, to: far, oif: other.name })).toBe(answer);
          }
        }
      }
      expect(ask(plan, family, { to: far, oif: "docker0" })).toBe("join");
    });
  });

  test("let every source reach containers and tunnels by main unless ignored, but follow neither its defaults nor our interfaces", () => {
    always((family, f, { plan, spec }) => {
      const ignored = spec.policy?.unmanagedRoutes === "ignore";
      const [to, specific, halfDefault] =
        f === 4 ? ["172.17.0.2", "172.17.0.0/16", "128.0.0.0/1"] : ["fd17::2", "fd17::/64", "e000::/3"];
      for (const iface of plan.interfaces) {
        for (const from of sourceEnds(plan, iface.name, f)) {
          const byOwn = ask(plan, family, { from, to });
          expect(ask(plan, family, { from, to }, [{ to: specific, dev: "docker0" }])).toBe(
            ignored ? byOwn : "out docker0",
          );
          expect(ask(plan, family, { from, to }, [{ to: halfDefault, dev: "tun0" }])).toBe(byOwn);
          expect(ask(plan, family, { from, to }, [{ to: specific, dev: plan.interfaces[0].name }])).toBe(
            byOwn,
          );
          expect(byOwn).not.toBe("join");
        }
      }
    });
  });
});

describe("the tables of a plan", () => {
  test("each have the interface's own gateway as their default, and a device-less last resort after it", () => {
    always(({ routes }, f, { plan, spec }) => {
      for (const iface of plan.interfaces) {
        const table = routes.filter((r) => r.table === iface.name);
        if (!iface.sources.some(isOf(f))) {
          expect(table).toEqual([]);
          continue;
        }
        const given = spec.interfaces.find((i) => i.name === iface.name)?.gateways ?? [];
        const texts = given.map((g) => (typeof g === "string" ? g : g.address)).filter(isOf(f));
        const defaults = table.filter((r) => r.to === "default");
        expect(defaults.map((r) => [r.type, r.via, r.dev])).toEqual([
          ...texts.map((t) => ["unicast", formatAddress(address(t)), iface.name]),
          ["unreachable", undefined, undefined],
        ]);
        expect(table[table.length - 1]).toEqual({
          table: iface.name,
          type: "unreachable",
          to: "default",
          metric: 4278198272,
        });
        expect(iface.gateways.filter(isOf(f))).toEqual(texts.map((t) => formatAddress(address(t))));
      }
    });
  });

  test("hold no route twice, and a next hop only after the subnet that holds it", () => {
    always(({ routes }) => {
      const seen = new Set<string>();
      for (const [i, r] of routes.entries()) {
        const key = `${r.table} ${r.to} ${r.metric ?? 0}`;
        expect(seen).not.toContain(key);
        seen.add(key);
        if (r.via === undefined || r.onLink) continue;
        const via = address(r.via);
        const before = routes
          .slice(0, i)
          .filter((b) => b.table === r.table && b.via === undefined && b.to !== "default");
        expect(before.some((b) => contains(prefix(b.to), via))).toBe(true);
      }
    });
  });

  test("send sources by their own interface alone, apart from subnets that are reached directly", () => {
    always(({ routes }, f, { plan, spec }) => {
      const { onLink, directPairs = [] } = spec.policy ?? {};
      const host = normalize(spec);
      for (const r of routes) {
        if (r.dev === undefined || r.dev === r.table) continue;
        expect(onLink === "direct" || directPairs.some((p) => p.from === r.table && p.to === r.dev)).toBe(
          true,
        );
        const other = host.interfaces.find((i) => i.name === r.dev);
        expect(other?.subnets.map(formatPrefix)).toContain(r.to);
        expect([r.via, r.src, r.onLink]).toEqual([undefined, undefined, undefined]);
      }
      expect(plan.interfaces.length).toBe(host.interfaces.length);
      expect(f).toBeDefined();
    });
  });

  test("name as source an address of the interface: one in the subnet where there is one, else the primary", () => {
    always(({ routes }, f, { plan }) => {
      for (const r of routes.filter((x) => x.dev === x.table && x.to !== "fe80::/64")) {
        const own = plan.interfaces.find((i) => i.name === r.table)?.addresses.filter(isOf(f)) ?? [];
        const list = own.map((a) => a.split("/")[0]);
        const inside =
          r.via === undefined ? list.filter((a) => contains(destination(r.to, address(a)), address(a))) : [];
        expect(r.src).toBe(inside[0] ?? list[0]);
      }
      expect(routes.filter((r) => r.to === "fe80::/64").every((r) => r.src === undefined && f === 6)).toBe(
        true,
      );
    });
  });
});

describe("expectations", () => {
  test("are what the rules and routes make the kernel answer, from every source", () => {
    always((family, f, { plan }) => {
      for (const e of family.expectations) {
        const want =
          e.dev === undefined ? "unreachable" : `out ${e.dev}${e.via === undefined ? "" : ` via ${e.via}`}`;
        for (const from of sourceEnds(plan, e.interface, f)) {
          expect([e, ask(plan, family, { from, to: e.to })]).toEqual([e, want]);
        }
      }
    });
  });

  test("ask about each destination once, never about one of ours, and always about an address outside of everything", () => {
    always(({ expectations, routes }, f, { plan }) => {
      const sources = plan.interfaces.flatMap((i) => i.sources.map((s) => prefix(asPrefix(s))));
      for (const iface of plan.interfaces.filter((i) => i.sources.some(isOf(f)))) {
        const rows = expectations.filter((e) => e.interface === iface.name);
        expect(new Set(rows.map((e) => e.to)).size).toBe(rows.length);
        expect(rows.filter((e) => e.class === "elsewhere")).toHaveLength(1);
      }
      for (const e of expectations) {
        const to = address(e.to);
        expect(sources.some((s) => contains(s, to))).toBe(false);
        const near = routes.some((r) => r.to !== "default" && contains(prefix(r.to), to));
        if (e.class === "elsewhere") expect(near).toBe(false);
      }
    });
  });

  /** Looks at the ends of every block that any prefix of the plan cuts out: every class of destinations shows there. */
  function boundaries(plan: Plan, f: Family): string[] {
    const { routes } = half(plan, f);
    const texts = [
      ...routes.map((r) => r.to),
      ...plan.interfaces.flatMap((i) => i.sources.filter(isOf(f)).map(asPrefix)),
    ];
    const max = (1n << BigInt(widthOf(f))) - 1n;
    return texts
      .filter((t) => t !== "default" && t !== "fe80::/64")
      .map(prefix)
      .flatMap((p) => [
        p.value - 2n,
        p.value - 1n,
        p.value,
        p.value + 1n,
        lastAddress(p).value - 1n,
        lastAddress(p).value + 1n,
      ])
      .filter((value) => value >= 0n && value <= max)
      .map((value) => formatAddress({ family: f, value }));
  }

  test("leave no class of destinations out: every route that decides for some foreign address is asked about", () => {
    always((family, f, { plan }) => {
      const sources = minimalCover(
        plan.interfaces.flatMap((i) => i.sources.filter(isOf(f)).map((s) => prefix(asPrefix(s)))),
      );
      const subnets = family.routes.filter(
        (r) => r.dev === r.table && r.via === undefined && r.to !== "fe80::/64",
      );
      const edges = subnets
        .flatMap((r) => [firstAddress(prefix(r.to)), lastAddress(prefix(r.to))])
        .map((a) => a.value);
      for (const iface of plan.interfaces) {
        const table = family.routes.filter((r) => r.table === iface.name);
        if (table.length === 0) continue;
        const asked = new Set(
          family.expectations
            .filter((e) => e.interface === iface.name)
            .map((e) => lookUp(table, address(e.to))?.to),
        );
        for (const text of boundaries(plan, f)) {
          const to = address(text);
          if (sources.some((s) => contains(s, to)) || edges.includes(to.value)) continue;
          const decides = lookUp(table, to)?.to;
          if (!asked.has(decides)) throw new Error(`${iface.name} to ${text}: nothing asks about ${decides}`);
        }
      }
    });
  });
});
