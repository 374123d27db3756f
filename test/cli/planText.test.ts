import * as fs from "node:fs";
import * as path from "node:path";
import * as fc from "fast-check";
import { planText } from "../../lib/cli/planText";
import { HostSpec, IdentitySpec, PolicySpec, WorldKind } from "../../lib/model";
import { planHost } from "../../lib/plan";
import { costOf } from "../../lib/plan/cost";
import { materialize } from "../../lib/render";
import { specs } from "../plan/support/specs";

const GOLDEN = path.join(__dirname, "golden");
const read = (name: string): string => fs.readFileSync(path.join(GOLDEN, name), "utf8");

const big: HostSpec = {
  name: "big",
  interfaces: Array.from({ length: 15 }, (_, i) => ({
    name: `eni-${i}`,
    addresses: [
      ...Array.from({ length: 50 }, (_v, k) => `10.0.${k}.${i + 2}/16`),
      ...Array.from(
        { length: 50 },
        (_v, k) => `2001:db8:ffff:${i}:ffff:ffff:ffff:${(k * 37 + 2).toString(16)}/64`,
      ),
    ],
    gateways: ["10.0.255.1", "fe80::1"],
  })),
};

describe("a plan as text", () => {
  // After an intended change: npx multihome plan test/cli/golden/edge-1.json > test/cli/golden/edge-1.txt
  test.each([
    ["two interfaces", "edge-1"],
    ["an identity announced by OSPF", "identity-ospf"],
    ["an identity announced by BGP", "identity-bgp"],
  ])("of %s reads like this", (_, name) => {
    expect(planText(planHost(JSON.parse(read(`${name}.json`)) as HostSpec))).toBe(read(`${name}.txt`));
  });

  test("fits 80 columns of printable characters, and ends with a line feed", () => {
    const check = (spec: HostSpec): void => {
      const text = planText(planHost(spec));
      expect(text.split("\n").filter((line) => !/^[\x20-\x7e]{0,80}$/.test(line) || / $/.test(line))).toEqual(
        [],
      );
      expect(text).toMatch(/[^\n]\n$/);
      expect(text).not.toContain("\n\n\n");
    };
    check(big);
    const longest = { ...big.interfaces[0], name: "n".repeat(31) };
    check({ name: "h".repeat(31), interfaces: [longest, big.interfaces[1]] });
    fc.assert(fc.property(specs, check), { numRuns: 100 });
  });

  test("of 15 interfaces with 50 addresses each fits a few screens, and says what it leaves out", () => {
    const text = planText(planHost(big));
    expect(text.split("\n").length).toBeLessThan(750);
    expect(text).toContain("Host big: 15 interfaces, 1500 sources\n");
    expect(text).toMatch(/10\.0\.0\.2\/16 [^]*\.\.\. 10\.0\.49\.2\/16 \(50 in all\)/);
    expect(text).toMatch(/ {2}\.\.\. {3}and \d+ more, which --json lists\n/);
    const cost = costOf(planHost(big).ipv4.rules, 4);
    expect(text.replace(/\n {2}# /g, " ")).toContain(
      `a lookup walks ${cost?.owned?.average.rules} of them on average, ${cost?.owned?.worst.rules} at worst;`,
    );
    expect(text).toContain("  # eni-0, and likewise from 49 other sources\n");
    expect(text.replace(/\n {6,}/g, " ")).toMatch(
      /to 14 like 2001:db8:ffff:[^ ]+ \(subnet of another\): by eni-0 via fe80::1\n/,
    );
  });

  test("says what lookups of others cost where none of ours comes to its own rules", () => {
    const spec: HostSpec = {
      name: "h",
      interfaces: [{ name: "a", addresses: ["fd00:8::1/64"], gateways: ["fe80::1"] }],
      policy: {
        identity: {
          addresses: ["192.0.2.1/32"],
          protocol: "bgp",
          asn: 65000,
          peers: [{ interface: "a", asn: 65001 }],
          routerId: "1.1.1.1",
        },
      },
    };
    const ofIpv4 = planText(planHost(spec))
      .replace(/\n {2}# /g, " ")
      .split("IPv6: ")[0];
    expect(ofIpv4).toContain(" a lookup walks 8 while a socket has no source, 8 from sources of others ");
  });

  test("has every rule with the numbers that the kernel gets, and every route", () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const plan = planHost(spec);
        const devices = Object.fromEntries(plan.interfaces.map((i) => [i.name, i.name]));
        const { ipv4, ipv6 } = materialize(plan, 0, devices);
        const text = planText(plan).replace(/\n {6,}/g, " ");
        const shortened = text.includes("which --json lists");
        for (const line of `${ipv4}${ipv6}`.split("\n")) {
          const rule = /^rule add priority (\d+) (.*) protocol \d+$/.exec(line);
          const route = /^route add (.*) table \d+(.*) proto \d+$/.exec(line);
          if (rule && !shortened) expect(text).toContain(`  ${rule[1]}: ${rule[2]}`);
          if (route) expect(text).toContain(route[1] + route[2]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("has every answer that is expected, or says of how many one is an example", () => {
    const kinds = {
      elsewhere: "elsewhere",
      attached: "own subnet",
      "other-attached": "subnet of another",
      routed: "declared route",
    };
    const check = (spec: HostSpec): void => {
      const plan = planHost(spec);
      for (const [family, { expectations }] of [
        [4, plan.ipv4],
        [6, plan.ipv6],
      ] as const) {
        const [, part = ""] = planText(plan).split(`IPv${family}: what the kernel must answer\n`);
        const sections = `${part.split("\n\n")[0]}\n`.replace(/\n {6,}/g, " ").split(/^ {2}# /m);
        for (const { name } of plan.interfaces) {
          const rows = expectations.filter((e) => e.interface === name);
          const section = sections.find((s) => new RegExp(`^${name}(,|\n)`).test(s)) ?? "";
          const examples = [...section.matchAll(/ to (\d+) like /g)].reduce(
            (sum, m) => sum + Number(m[1]) - 1,
            0,
          );
          let written = 0;
          for (const e of rows) {
            if (!section.includes(` ${e.to} (`)) continue;
            written++;
            const by = e.via === undefined ? `by ${e.dev} directly` : `by ${e.dev} via ${e.via}`;
            const answer = e.dev === undefined ? "unreachable" : by;
            expect(section).toContain(` ${e.to} (${kinds[e.class]}): ${answer}\n`);
          }
          expect(written + examples).toBe(rows.length);
        }
      }
    };
    check(big);
    const longest = { ...big.interfaces[0], name: "n".repeat(31) };
    check({ name: "h".repeat(31), interfaces: [longest, big.interfaces[1]] });
    fc.assert(fc.property(specs, check), { numRuns: 60 });
  });

  test("says nothing of settings of a host whose interfaces are all in worlds", () => {
    const san = { name: "san", match: { ifname: "ens7" }, addresses: ["10.0.1.10/24"] };
    const worlds = [{ name: "storage", kind: WorldKind.Netns, interfaces: ["san"] }];
    const text = planText(planHost({ name: "h", interfaces: [san], policy: { worlds } }));
    expect(text).toContain("World storage: a network namespace");
    expect(text).not.toContain("sysctl");
  });

  test("says that what is not managed is ignored, and nothing of main", () => {
    const of = (policy: PolicySpec): string => {
      const a = { name: "a", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] };
      const identity: IdentitySpec = { addresses: ["192.0.2.7/32"], protocol: "ospf" };
      return planText(planHost({ name: "h", interfaces: [a], policy: { ...policy, identity } }));
    };
    const [followed, ignored] = [of({}), of({ unmanagedRoutes: "ignore" })];
    expect(ignored).toContain(
      "\n  ignored     routes of main through what is not managed: containers, tunnels\n",
    );
    expect(ignored).toContain("  # a: by its table, or nowhere\n");
    expect(ignored).not.toContain("suppress_prefixlength");
    expect(ignored).toContain("but no way of others\n");
    expect(followed).not.toContain("ignored");
    expect(followed).toContain("  # a: containers and tunnels by main, all else by its table, or nowhere\n");
    expect(followed).toContain("but no default of others\n");
  });

  test("says how each device is found, and what is delegated to it", () => {
    const text = planText(
      planHost({
        name: "h",
        interfaces: [
          {
            name: "a",
            match: { mac: "02:00:00:00:01:0a", ifname: "ens5", address: "10.0.1.10" },
            addresses: ["10.0.1.10/24"],
          },
          { name: "b", match: { ifname: "ens6" }, delegatedPrefixes: ["10.0.9.0/28"] },
        ],
        numbers: { group: 9, protocol: 200, tableBase: 300, priorityBase: 100 },
      }),
    );
    expect(text).toContain(
      "Interface a\n  device      MAC 02:00:00:00:01:0a, name ens5, address 10.0.1.10\n",
    );
    expect(text).toContain("Interface b\n  device      name ens6\n");
    expect(text).toContain("\n  delegated   10.0.9.0/28\n");
    expect(text).toContain(
      "\n  priorities  100 to 3099\n  tables      300 to 555, two an interface, used in turn\n  marks       protocol 200 on all of ours, group 9 on each interface\n",
    );
    expect(text).toContain("\n  102: goto 110\n");
    expect(text).toContain("suppress_ifgroup 9\n");
  });
});
