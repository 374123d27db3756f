import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { compressedBytes } from "../../../lib/deliver/userData";
import { FleetSpec } from "../../../lib/model/fleet";
import { SpecError } from "../../../lib/model/issue";
import { HostSpec } from "../../../lib/model/spec";
import { planHost } from "../../../lib/plan";
import { Fleet, planFleet } from "../../../lib/plan/fleet";
import { allProved, proveWorlds, stageProgram } from "../../../lib/prove/staged";
import { renderFleetProgram, renderFleetUserData } from "../../../lib/render/cloudInit/fleet";
import { payloadLines } from "../../../lib/render/payload";

const GATEWAY6 = "fe80:ec2::1";
const URL = "https://example.com/multihome/{sha256}.sh";
const FILL = path.join(__dirname, "../../../lib/render/cloudInit/fill.awk");
const AWKS: [string, string[]][] = [
  ["awk", ["awk"]],
  ["busybox awk", ["busybox", "awk"]],
];

const SPEC: FleetSpec = {
  name: "web",
  interfaces: [
    { name: "front", deviceIndex: 0, ipv6: true },
    { name: "back", subnetIds: ["subnet-0000000b", "subnet-0000000d"] },
    { name: "store", tag: "multihome-store", ipv6: true },
  ],
};

/** What the metadata service says of an interface, by key. */
type Eni = Record<string, string> & { mac: string };
const eni = (n: number, more: Record<string, string> = {}): Eni => ({
  mac: `02:00:00:00:00:0${n}`,
  "device-number": String(n),
  "interface-id": `eni-0000000${n}`,
  "subnet-id": `subnet-0000000${"abc"[n]}`,
  "local-ipv4s": `10.0.${n}.${20 + 7 * n}`,
  "subnet-ipv4-cidr-block": `10.0.${n}.0/24`,
  ...more,
});
const six = (n: number): Record<string, string> => ({
  ipv6s: `2600:1f14:abc:de0${n}:1:0:0:${n + 1}a`,
  "subnet-ipv6-cidr-blocks": `2600:1f14:abc:de0${n}::/64`,
});
const ENIS = [eni(0, six(0)), eni(1), eni(2, six(2))];

function facts(enis: readonly Eni[], { primary = ENIS[0].mac, store = "eni-00000002" } = {}): string {
  const lines = enis.flatMap(({ mac, ...values }) =>
    Object.entries(values).map(([key, value]) => `of ${mac} ${key} ${value}`),
  );
  return [`primary ${primary}`, `tag multihome-store ${store}`, ...lines].join("\n");
}

const parts = new Map<Fleet, readonly [string, string]>();
/** Its roles and its program, rendered once. */
function partsOf(fleet: Fleet): readonly [string, string] {
  let known = parts.get(fleet);
  if (known === undefined) {
    const roles = /^ROLES='([^']*)'$/m.exec(renderFleetUserData(fleet, URL))?.[1] ?? "";
    parts.set(fleet, (known = [roles, renderFleetProgram(fleet)]));
  }
  return known;
}

/** Fills in the program of a fleet; what awk prints, and whether it was done. */
function fill(fleet: Fleet, said: string, awk: readonly string[] = ["awk"]): { done: boolean; text: string } {
  const [roles, program] = partsOf(fleet);
  const [command, ...args] = [...awk, "-f", FILL];
  const { status, stdout, stderr } = spawnSync(command, args, {
    input: [roles, said, "program", program].join("\n"),
    encoding: "utf8",
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  if (stderr !== "") throw new Error(stderr);
  return { done: status === 0, text: stdout };
}

const planOf = (text: string): string[] =>
  (/^PLAN='([^']*)'$/m.exec(text)?.[1] ?? "").split("\n").filter((line) => line !== "");
/** The guard does not say which prefix holds all sources, and what covers them are the subnets. */
const uncovered = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => !/^cover[46] /.test(line))
    .map((line) => line.replace(/^(rule[46] \+0 not) from \S+ iif/, "$1 iif"))
    .sort();

describe("the program of a fleet, filled in by what the metadata service says", () => {
  const fleet = planFleet(SPEC, GATEWAY6);
  const specOf = (addresses: string[][]): HostSpec => ({
    name: "web",
    interfaces: ["front", "back", "store"].map((name, n) => ({
      name,
      match: { mac: ENIS[n].mac },
      addresses: addresses[n],
      gateways: [`${addresses[n][0].replace(/\.\d+\/\d+$/, ".1")}`, ...(n === 1 ? [] : [GATEWAY6])],
    })),
  });

  test.each(AWKS)("is the one that is planned for a host with these addresses, by %s", (_, awk) => {
    const { done, text } = fill(fleet, facts(ENIS), awk);
    const spec = specOf([
      ["10.0.0.20/24", "2600:1f14:abc:de00:1::1a/64"],
      ["10.0.1.27/24"],
      ["10.0.2.34/24", "2600:1f14:abc:de02:1::3a/64"],
    ]);
    expect([done, uncovered(planOf(text))]).toEqual([true, uncovered(payloadLines(planHost(spec)))]);
    expect(planOf(text).filter((line) => /^cover[46] /.test(line))).toEqual([
      ...["cover4 10.0.0.0/24", "cover4 10.0.1.0/24", "cover4 10.0.2.0/24"],
      ...["cover6 2600:1f14:abc:de00::/64", "cover6 2600:1f14:abc:de02::/64"],
    ]);
    // All but the plan is as it was.
    expect(text.slice(text.indexOf("\nBODY="))).toBe(
      renderFleetProgram(fleet).slice(renderFleetProgram(fleet).indexOf("\nBODY=")),
    );
    expect(allProved(proveWorlds(stageProgram(text)))).toBe(true);
  });

  test.each(AWKS)("is proved with further addresses, in one subnet and in nested ones, by %s", (_, awk) => {
    const cases: [string, Eni[]][] = [
      ["further addresses", [eni(0, { ...six(0), "local-ipv4s": "10.0.0.20 10.0.0.21 10.0.0.200" }), eni(1), eni(2, { ...six(2), ipv6s: "2600:1f14:abc:de02::9 2600:1f14:abc:de02:0:0:1:8" })]],
      ["one subnet", [ENIS[0], eni(1, { "local-ipv4s": "10.0.0.254", "subnet-ipv4-cidr-block": "10.0.0.0/24" }), eni(2, { ...six(0), ipv6s: "2600:1f14:abc:de00:ffff:ffff:ffff:fffe", "local-ipv4s": "10.0.0.9 10.0.0.253", "subnet-ipv4-cidr-block": "10.0.0.0/24" })]],
      ["nested subnets", [eni(0, { ...six(0), "local-ipv4s": "10.0.99.5", "subnet-ipv4-cidr-block": "10.0.0.0/16" }), ENIS[1], ENIS[2]]],
      ["a subnet of 16", [eni(0, { ...six(0), "local-ipv4s": "10.0.0.20", "subnet-ipv4-cidr-block": "10.0.0.16/28" }), ENIS[1], ENIS[2]]],
      ["the highest addresses", [eni(0, { ...six(0), "local-ipv4s": "223.255.255.200", "subnet-ipv4-cidr-block": "223.255.255.0/24" }), ENIS[1], ENIS[2]]],
      ["a subnet whose fourth group is 0", [eni(0, { ipv6s: "2600:1f14:abc:0:0:0:0:5", "subnet-ipv6-cidr-blocks": "2600:1f14:abc::/64" }), ENIS[1], ENIS[2]]],
    ]; // prettier-ignore
    for (const [name, enis] of cases) {
      const { done, text } = fill(fleet, facts(enis), awk);
      expect([name, done, done || text]).toEqual([name, true, true]);
      const proofs = proveWorlds(stageProgram(text));
      expect([name, allProved(proofs)]).toEqual([name, true]);
      // No question is about somebody's address.
      const lines = planOf(text).map((line) => line.split(" "));
      const owned = lines.filter(([key]) => key === "address").map((words) => words[2]);
      const asked = lines.filter(([key]) => /^expect/.test(key)).map((words) => words[2]);
      expect(asked.filter((to) => owned.includes(to))).toEqual([]);
    }
  });

  test("writes IPv6 as the kernel does", () => {
    const texts = [
      ["2600:1F14:0ABC:DE00:0001:0000:0000:001A", "2600:1f14:abc:de00:1::1a"],
      ["2600:1f14:abc:de00:0:0:1:0", "2600:1f14:abc:de00::1:0"],
      ["2600:1f14:abc:de00:1:0:2:3", "2600:1f14:abc:de00:1:0:2:3"],
      ["2600:1f14:abc:de00::", "2600:1f14:abc:de00::"],
    ];
    for (const [given, written] of texts) {
      const { text } = fill(fleet, facts([eni(0, { ...six(0), ipv6s: given }), ENIS[1], ENIS[2]]));
      expect(planOf(text)).toContain(`address front ${written}`);
    }
  });

  test("leaves interfaces alone that no role is about", () => {
    const { done, text } = fill(fleet, facts([...ENIS, { ...eni(1), mac: "02:00:00:00:00:09", "device-number": "3", "subnet-id": "subnet-0000000e" }])); // prettier-ignore
    expect([done, text.includes("00:09")]).toEqual([true, false]);
  });

  const without = (of: Eni, ...keys: string[]): Eni =>
    Object.fromEntries(Object.entries(of).filter(([key]) => !keys.includes(key))) as Eni;
  const front = (more: Record<string, string>): Eni[] => [eni(0, { ...six(0), ...more }), ENIS[1], ENIS[2]];
  const back = (more: Record<string, string>): Eni[] => [ENIS[0], eni(1, more), ENIS[2]];
  const REFUSED: [string, string, RegExp][] = [
    ["nothing at all", "", /front: the metadata service tells of no interface of device 0 card 0; back: .*no interface of subnet/],
    ["an interface that is not there yet", facts([ENIS[0], ENIS[2]]), /^back: the metadata service tells of no interface/],
    ["two interfaces in the role's subnets", facts([...ENIS, { ...eni(1), mac: "02:00:00:00:00:09", "subnet-id": "subnet-0000000d", "device-number": "4" }]), /back: .*several interfaces of subnet subnet-0000000b subnet subnet-0000000d/],
    ["a tag that is of nothing", facts(ENIS, { store: "eni-99999999" }), /^store: .*no interface of tag multihome-store/],
    ["no tag", facts(ENIS, { store: "" }), /^store: .*no interface/],
    ["one interface for two roles", facts(ENIS, { store: "subnet-0000000b" }), /^store: 02:00:00:00:00:01 is back too/],
    ["a primary that is another", facts(ENIS, { primary: ENIS[1].mac }), /^front: .*no interface of device 0/],
    ["a device number that is not known yet", facts([without(eni(0, six(0)), "device-number"), ENIS[1], ENIS[2]]), /^front: .*no interface/],
    ["no IPv4 address yet", facts(back({ "local-ipv4s": "" })), /^back: it has no IPv4 address yet/],
    ["no IPv6 address yet", facts([without(ENIS[0], "ipv6s"), ENIS[1], ENIS[2]]), /^front: it has no IPv6 address yet/],
    ["no IPv6 subnet yet", facts([without(ENIS[0], "subnet-ipv6-cidr-blocks"), ENIS[1], ENIS[2]]), /^front: its IPv6 subnet is ""/],
    ["IPv6 where the policy has none", facts(back(six(1))), /^back: it has IPv6 addresses, and its policy does not say ipv6/],
    ["no subnet yet", facts([ENIS[0], without(ENIS[1], "subnet-ipv4-cidr-block"), ENIS[2]]), /^back: its IPv4 subnet is ""/],
    ["a subnet that is too small", facts(back({ "subnet-ipv4-cidr-block": "10.0.1.0/29" })), /^back: its IPv4 subnet is/],
    ["a subnet with host bits", facts(back({ "subnet-ipv4-cidr-block": "10.0.1.4/24" })), /^back: its IPv4 subnet is/],
    ["a subnet that is none", facts(back({ "subnet-ipv4-cidr-block": "10.0.1.0/24/1" })), /^back: its IPv4 subnet is/],
    ["an IPv6 subnet that is longer", facts(front({ "subnet-ipv6-cidr-blocks": "2600:1f14:abc:de00::/80" })), /^front: its IPv6 subnet is/],
    ["two IPv6 subnets", facts(front({ "subnet-ipv6-cidr-blocks": "2600:1f14:abc:de00::/64 2600:1f14:abc:de01::/64" })), /^front: its IPv6 subnet is/],
    ["an address outside", facts(back({ "local-ipv4s": "10.0.2.9" })), /^back: its address "10.0.2.9" is none of 10.0.1.0\/24/],
    ["the router's address", facts(back({ "local-ipv4s": "10.0.1.1" })), /^back: its address/],
    ["the last address", facts(back({ "local-ipv4s": "10.0.1.255" })), /^back: its address/],
    ["an address that is none", facts(back({ "local-ipv4s": "10.0.1.256" })), /^back: its address/],
    ["an address with zeros in front", facts(back({ "local-ipv4s": "10.0.1.010" })), /^back: its address/],
    ["a word that is for a shell", facts(back({ "local-ipv4s": "10.0.1.9';reboot" })), /^back: its address "10.0.1.9';reboot" is none of/],
    ["a word that is for a terminal", facts(back({ "local-ipv4s": "10.0.1.9\u001b[2J" })), /^back: its address "10.0.1.9\?\[2J"/],
    ["an IPv6 address outside", facts(front({ ipv6s: "2600:1f14:abc:de01::5" })), /^front: its address/],
    ["an IPv6 address with two gaps", facts(front({ ipv6s: "2600:1f14:abc:de00::1::2" })), /^front: its address/],
    ["an IPv6 address that is too long", facts(front({ ipv6s: "2600:1f14:abc:de00:1:2:3:4:5" })), /^front: its address/],
    ["an IPv6 address with a group of five digits", facts(front({ ipv6s: "2600:1f14:abc:de00::12345" })), /^front: its address/],
    ["an address twice", facts(back({ "local-ipv4s": "10.0.1.9 10.0.1.9" })), /^back: its address 10.0.1.9 is that of back too/],
    ["a prefix delegated", facts(back({ "ipv4-prefix": "10.0.1.32/28" })), /^back: a prefix is delegated to it/],
    ["an IPv6 prefix delegated", facts(front({ "ipv6-prefix": "2600:1f14:abc:de00:1::/80" })), /^front: a prefix is delegated/],
    ["a MAC that is none", facts([{ ...ENIS[0], mac: "02:00:00:00:00" }, ENIS[1], ENIS[2]], { primary: "02:00:00:00:00" }), /^front: its MAC is/],
  ]; // prettier-ignore
  describe.each(AWKS)("by %s, is not made of", (_, awk) => {
    test.each(REFUSED)("%s", (_name, said, message) => {
      const { done, text } = fill(fleet, said, awk);
      expect([done, text.trimEnd().split("\n").length]).toEqual([false, 1]);
      expect(text).toMatch(message);
    });
  });

  test("does nothing before it is filled in", () => {
    const { status, stderr } = spawnSync("sh", ["-s", "--", "apply"], {
      input: renderFleetProgram(fleet),
      env: { PATH: process.env.PATH, MULTIHOME_STATE_DIR: "/nowhere/state", MULTIHOME_RUN_DIR: "/nowhere/run" },
      encoding: "utf8",
    }); // prettier-ignore
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/the plan is damaged|CAP_NET_ADMIN|cannot write/);
  });

  test("a template whose open place nobody knows is refused", () => {
    const damaged = { ...fleet, roles: fleet.roles.slice(0, 2) };
    const lines = () => renderFleetProgram(damaged);
    expect(lines).toThrow(/left in/);
  });
});

describe("the user data of a fleet", () => {
  test("leaves most of EC2's 16 kB to others, and has the digest of the program it fetches", () => {
    const text = renderFleetUserData(planFleet(SPEC, GATEWAY6), URL);
    expect(compressedBytes(text)).toBeLessThan(4_500);
    const [, digest] = /^DIGEST=([0-9a-f]{64})$/m.exec(text) ?? [];
    expect(text).toContain(`URL='https://example.com/multihome/${digest}.sh'`);
  });

  test("has a URL that no shell reads otherwise", () => {
    for (const url of [
      "https://e.com/'$(reboot)",
      "ftp://e.com/x",
      "https://e.com/a b",
      "https://e.com/{a,b}",
    ]) {
      expect(() => renderFleetUserData(planFleet(SPEC, GATEWAY6), url)).toThrow(
        /programUrl: got text \(\d+ characters\)/,
      );
    }
  });
});

describe("a fleet that cannot be right", () => {
  const issuesOf = (spec: unknown): string[] => {
    try {
      planFleet(spec as FleetSpec, GATEWAY6);
      return [];
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      return error.issues.map(({ path }) => path);
    }
  };
  test.each([
    ["null", null, [""]],
    ["no interfaces", { name: "web", interfaces: [] }, ["interfaces"]],
    ["interfaces that are none", { name: "web", interfaces: 5 }, ["interfaces"]],
    ["an unknown field", { ...SPEC, colour: 1 }, ["colour"]],
    ["no way to find an interface", { name: "web", interfaces: [{ name: "a" }] }, ["interfaces[0]"]],
    ["a card without a device", { name: "web", interfaces: [{ name: "a", networkCardIndex: 1, tag: "x" }] }, ["interfaces[0].networkCardIndex"]],
    ["the same place twice", { name: "web", interfaces: [{ name: "a", deviceIndex: 1 }, { name: "b", deviceIndex: 1, networkCardIndex: 0 }] }, ["interfaces[1]"]],
    ["the same name twice", { name: "web", interfaces: [{ name: "a", deviceIndex: 1 }, { name: "a", deviceIndex: 2 }] }, ["interfaces[1].name"]],
    ["a bad name", { name: "web", interfaces: [{ name: "1'", deviceIndex: 1 }] }, ["interfaces[0].name"]],
    ["a bad index", { name: "web", interfaces: [{ name: "a", deviceIndex: 64 }] }, ["interfaces[0].deviceIndex"]],
    ["a bad subnet", { name: "web", interfaces: [{ name: "a", subnetIds: ["subnet-1'"] }] }, ["interfaces[0].subnetIds[0]"]],
    ["no subnets", { name: "web", interfaces: [{ name: "a", subnetIds: [] }] }, ["interfaces[0].subnetIds"]],
    ["a bad tag", { name: "web", interfaces: [{ name: "a", tag: "a b" }] }, ["interfaces[0].tag"]],
    ["IPv6 that is neither", { name: "web", interfaces: [{ name: "a", deviceIndex: 1, ipv6: "yes" }] }, ["interfaces[0].ipv6"]],
    ["the weak host model", { ...SPEC, policy: { hostModel: "weak" } }, ["policy.hostModel"]],
    ["a policy that is not for fleets", { ...SPEC, policy: { onLink: "direct" } }, ["policy.onLink"]],
    ["a wait without end", { ...SPEC, waitSeconds: 601 }, ["waitSeconds"]],
    ["bad numbers and a bad name, both told", { ...SPEC, name: "", numbers: { group: 0 } }, ["name", "numbers.group"]],
  ])("is refused: %s", (_, spec, paths) => expect(issuesOf(spec)).toEqual(paths)); // prettier-ignore
});
