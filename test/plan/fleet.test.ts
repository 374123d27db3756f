import * as fs from "node:fs";
import * as path from "node:path";
import { SpecError } from "../../lib/model";
import { FleetSpec } from "../../lib/model/fleet";
import { STAND_IN, planFleet, standIn } from "../../lib/plan/fleet";
import { Fields } from "./support/problems";
import { planText, textOf } from "./support/text";

const GATEWAY = "fe80:ec2::1";
const GOLDEN = path.join(__dirname, "fleet.txt");

/** A right fleet of one interface, with some of its fields, or of the interface's, replaced. */
const fleet = (fields: Fields): unknown => ({
  name: "web",
  interfaces: [{ name: "front", deviceIndex: 0 }],
  ...fields,
});
const role = (...list: Fields[]): unknown =>
  fleet({ interfaces: list.map((fields, i) => ({ name: `n${i}`, deviceIndex: i, ...fields })) });

function problemsOf(spec: unknown): string[] {
  try {
    planFleet(spec as FleetSpec, GATEWAY);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const [subject, ...lines] = error.message.split("\n");
    expect(subject).toBe(`the fleet: ${lines.length} problem${lines.length === 1 ? "" : "s"}`);
    return lines.map((line) => line.replace(/^ {2}- /, ""));
  }
}

describe("the plan of a fleet", () => {
  /** Accept a change that is meant by UPDATE_GOLDENS=1. */
  test("has stand-ins where its hosts differ, and guards that name none", () => {
    const { plan, ...rest } = planFleet(
      {
        name: "web",
        interfaces: [
          { name: "front", deviceIndex: 0, ipv6: true },
          { name: "back", deviceIndex: 1, networkCardIndex: 1, subnetIds: ["subnet-0123456789abcdef0"] },
          { name: "san", tag: "multihome-san", ipv6: false },
        ],
        policy: { hostModel: "strong", persistence: "systemd" },
        numbers: { group: 9 },
        waitSeconds: 600,
      },
      GATEWAY,
    );
    const text = `${planText(plan)}rest: ${textOf(rest)}\n`;
    if (process.env["UPDATE_GOLDENS"] === "1") fs.writeFileSync(GOLDEN, text);
    expect(text).toBe(fs.readFileSync(GOLDEN, "utf8"));
  });

  test("waits a minute when nothing is said, and has nothing of a family that no interface has", () => {
    const { plan, waitSeconds, roles } = planFleet(fleet({}) as FleetSpec, GATEWAY);
    expect(waitSeconds).toBe(60);
    expect(roles).toEqual([{ name: "front", deviceIndex: 0, place: 0 }]);
    expect(plan.ipv6).toEqual({ covers: [], routes: [], rules: [], expectations: [], flows: [] });
  });

  test("has other stand-ins at each place, each of which is known for one", () => {
    expect(standIn(0)).toEqual({
      mac: "02:4d:48:00:00:00",
      4: { address: "198.18.0.10", length: 24, subnet: "198.18.0.0/24", gateway: "198.18.0.1", other: "198.18.0.254" },
      6: { address: "2001:db8:4d48:1::10", length: 64, subnet: "2001:db8:4d48:1::/64", other: "2001:db8:4d48:1:ffff:ffff:ffff:fffe" },
    }); // prettier-ignore
    const last = standIn(127);
    expect(last).toEqual({
      mac: "02:4d:48:00:00:7f",
      4: { address: "198.18.127.10", length: 24, subnet: "198.18.127.0/24", gateway: "198.18.127.1", other: "198.18.127.254" },
      6: { address: "2001:db8:4d48:80::10", length: 64, subnet: "2001:db8:4d48:80::/64", other: "2001:db8:4d48:80:ffff:ffff:ffff:fffe" },
    }); // prettier-ignore
    for (const word of [last.mac, last[4].address, last[6].subnet]) expect(word).toMatch(STAND_IN);
    for (const word of ["02:4d:49:00:00:00", "198.19.0.1", "2001:db8:4d49::1"])
      expect(word).not.toMatch(STAND_IN);
  });
});

describe("a fleet is refused", () => {
  const rows: [string, unknown, string[]][] = [
    [
      "when it is no object",
      null,
      ['got null. Give an object with "name", "interfaces", "policy", "numbers", "waitSeconds".'],
    ],
    [
      "with an unknown field",
      fleet({ addresses: [] }),
      ['addresses: unknown field. Known here are "name", "interfaces", "policy", "numbers", "waitSeconds".'],
    ],
    [
      "without anything",
      {},
      [
        "name: got nothing. Give a name.",
        "interfaces: there is no interface. List the interfaces to route; one is enough to begin with.",
      ],
    ],
    [
      "without interfaces",
      fleet({ interfaces: [] }),
      ["interfaces: there is no interface. List the interfaces to route; one is enough to begin with."],
    ],
    [
      "with interfaces that are none",
      fleet({ interfaces: ["eth0", null] }),
      [
        'interfaces[0]: got "eth0" (string). Give an object with "name", "deviceIndex", "networkCardIndex", "subnetIds", "tag", "ipv6".',
        'interfaces[1]: got null. Give an object with "name", "deviceIndex", "networkCardIndex", "subnetIds", "tag", "ipv6".',
        "interfaces: there is no interface. List the interfaces to route; one is enough to begin with.",
      ],
    ],
    [
      "with an unknown field of an interface",
      role({ mac: "02:00:00:00:00:01" }),
      [
        'interfaces[0].mac: unknown field. Known here are "name", "deviceIndex", "networkCardIndex", "subnetIds", "tag", "ipv6".',
      ],
    ],
    [
      "of a name that is none",
      fleet({ name: "a b" }),
      [
        'name: got the name "a b". Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.',
      ],
    ],
    [
      "with an interface of a name that is none",
      role({ name: "1" }),
      [
        'interfaces[0].name: got the name "1". Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.',
      ],
    ],
    [
      "with two interfaces of one name",
      role({ name: "a" }, { name: "a" }),
      ['interfaces[1].name: the name "a" is that of interfaces[0].name too. Each may be given once.'],
    ],
    [
      "with an interface about which nothing is said",
      fleet({
        interfaces: [
          { name: "a" },
          { name: "b", ipv6: true },
          { name: "c", networkCardIndex: 1 },
          { name: "d", deviceIndex: undefined, tag: undefined },
        ],
      }),
      [
        "interfaces[0]: nothing says which interface it is. Give deviceIndex, subnetIds or tag.",
        "interfaces[1]: nothing says which interface it is. Give deviceIndex, subnetIds or tag.",
        "interfaces[2]: nothing says which interface it is. Give deviceIndex, subnetIds or tag.",
        "interfaces[2].networkCardIndex: is given without deviceIndex. Give both.",
        "interfaces[3]: nothing says which interface it is. Give deviceIndex, subnetIds or tag.",
      ],
    ],
    [
      "with a card and no index",
      fleet({ interfaces: [{ name: "a", networkCardIndex: 1, tag: "x" }] }),
      ["interfaces[0].networkCardIndex: is given without deviceIndex. Give both."],
    ],
    [
      "with indexes out of range",
      role({ deviceIndex: -1 }, { deviceIndex: 64 }, { networkCardIndex: 64 }, { deviceIndex: "1" }),
      [
        "interfaces[0].deviceIndex: got -1 (number). Give a whole number from 0 to 63.",
        "interfaces[1].deviceIndex: got 64 (number). Give a whole number from 0 to 63.",
        "interfaces[2].networkCardIndex: got 64 (number). Give a whole number from 0 to 63.",
        'interfaces[3].deviceIndex: got "1" (string). Give a whole number from 0 to 63.',
      ],
    ],
    [
      "with interfaces that are found alike",
      role(
        { deviceIndex: 1, networkCardIndex: 0 },
        { deviceIndex: 1 },
        { deviceIndex: 1, networkCardIndex: 1 },
        { deviceIndex: 1, tag: "x" },
      ),
      ["interfaces[1]: is found in the same way as interfaces[0]. Give each interface another place."],
    ],
    [
      "with no subnets",
      role({ subnetIds: [] }),
      ["interfaces[0].subnetIds: got an empty list. Give the ids of one subnet or more, or leave it out."],
    ],
    [
      "with subnets in no list",
      role({ subnetIds: "subnet-0123456789abcdef0" }),
      ['interfaces[0].subnetIds: got "subnet-0123456789abcdef0" (string). Give a list of subnet ids.'],
    ],
    [
      "with subnets that are none",
      role({
        subnetIds: [
          "subnet-0123456",
          "subnet-0123456789abcdef0123456789abcdef0",
          "Subnet-01234567",
          "subnet-0123456g",
          1,
          " subnet-01234567",
          "subnet-01234567 ",
        ],
      }),
      [
        'interfaces[0].subnetIds[0]: got "subnet-0123456". Give the id of a subnet, as subnet-0123456789abcdef0.',
        'interfaces[0].subnetIds[1]: got "subnet-0123456789abcdef0123456789abcdef0". Give the id of a subnet, as subnet-0123456789abcdef0.',
        'interfaces[0].subnetIds[2]: got "Subnet-01234567". Give the id of a subnet, as subnet-0123456789abcdef0.',
        'interfaces[0].subnetIds[3]: got "subnet-0123456g". Give the id of a subnet, as subnet-0123456789abcdef0.',
        "interfaces[0].subnetIds[4]: got 1 (number). Give the id of a subnet, as subnet-0123456789abcdef0.",
        'interfaces[0].subnetIds[5]: got " subnet-01234567". Give the id of a subnet, as subnet-0123456789abcdef0.',
        'interfaces[0].subnetIds[6]: got "subnet-01234567 ". Give the id of a subnet, as subnet-0123456789abcdef0.',
      ],
    ],
    [
      "with tags that are none",
      fleet({
        interfaces: [
          { name: "a", tag: "" },
          { name: "b", tag: "a b" },
          { name: "c", tag: 1 },
          { name: "d", tag: "x".repeat(129) },
          { name: "e", tag: "$(id)" },
        ],
      }),
      [
        'interfaces[0].tag: got "". Give the key of a tag, of 1 to 128 letters, digits, ".", "_", ":", "+", "=", "@" and "-".',
        'interfaces[1].tag: got "a b". Give the key of a tag, of 1 to 128 letters, digits, ".", "_", ":", "+", "=", "@" and "-".',
        'interfaces[2].tag: got 1 (number). Give the key of a tag, of 1 to 128 letters, digits, ".", "_", ":", "+", "=", "@" and "-".',
        'interfaces[3].tag: got "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.... Give the key of a tag, of 1 to 128 letters, digits, ".", "_", ":", "+", "=", "@" and "-".',
        'interfaces[4].tag: got "$(id)". Give the key of a tag, of 1 to 128 letters, digits, ".", "_", ":", "+", "=", "@" and "-".',
      ],
    ],
    [
      "with ipv6 that is no truth value",
      role({ ipv6: "yes" }),
      ['interfaces[0].ipv6: got "yes" (string). Give true or false.'],
    ],
    [
      "with a policy that is none",
      fleet({ policy: 1 }),
      ['policy: got 1 (number). Give an object with "hostModel", "persistence".'],
    ],
    [
      "with a policy of which fleets have nothing",
      fleet({ policy: { traffic: [] } }),
      ['policy.traffic: unknown field. Known here are "hostModel", "persistence".'],
    ],
    [
      "with the weak host model",
      fleet({ policy: { hostModel: "weak" } }),
      [
        'policy.hostModel: got "weak", with which a host routes as Linux does by itself. Use "symmetric" or "strong", or launch the hosts without this user data.',
      ],
    ],
    [
      "with another host model",
      fleet({ policy: { hostModel: "x", persistence: "y" } }),
      [
        'policy.hostModel: got "x" (string). Give one of "symmetric", "strong", "weak".',
        'policy.persistence: got "y" (string). Give one of "auto", "systemd", "none", "volatile".',
      ],
    ],
    [
      "with numbers that are none",
      fleet({ numbers: { group: 0 } }),
      ["numbers.group: got 0 (number). Give a whole number from 1 to 2147483647."],
    ],
    [
      "that waits too short",
      fleet({ waitSeconds: 9 }),
      ["waitSeconds: got 9 (number). Give a whole number from 10 to 600."],
    ],
    [
      "that waits too long",
      fleet({ waitSeconds: 601 }),
      ["waitSeconds: got 601 (number). Give a whole number from 10 to 600."],
    ],
  ];
  test.each(rows)("%s", (_what, spec, problems) => {
    expect(problemsOf(spec)).toEqual(problems);
  });

  test.each<[string, unknown]>([
    [
      "at its bounds",
      fleet({ waitSeconds: 10, interfaces: [{ name: "a", deviceIndex: 63, networkCardIndex: 63 }] }),
    ],
    ["with the longest wait", fleet({ waitSeconds: 600 })],
    [
      "with the shortest and the longest id of a subnet",
      role({ subnetIds: ["subnet-01234567", `subnet-${"a".repeat(32)}`] }),
    ],
    ["with every letter of a tag", role({ tag: "aZ09._:+=@-" }, { tag: "x".repeat(128) })],
  ])("but not %s", (_what, spec) => {
    expect(problemsOf(spec)).toEqual([]);
  });
});
