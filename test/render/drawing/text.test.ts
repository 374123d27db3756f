import { IdentitySpec } from "../../../lib/model";
import { planHost } from "../../../lib/plan";
import { drawMermaid } from "../../../lib/render/drawing/mermaid";
import { drawSvg } from "../../../lib/render/drawing/svg";
import { drawText } from "../../../lib/render/drawing/text";

const manySources = Array.from({ length: 40 }, (_, i) => `10.0.3.${i + 10}/24`);

test("shows each interface with the sources it owns and the gateway they leave by", () => {
  const plan = planHost({
    name: "edge-1",
    interfaces: [
      {
        name: "front",
        addresses: ["10.0.1.10/24", "10.0.1.11/24", "2001:db8:1::10/64"],
        gateways: ["10.0.1.1", "fe80::1"],
      },
      { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
      { name: "san", addresses: ["10.9.0.10/24"] },
    ],
  });
  expect(drawText(plan)).toBe(`\
             ┌─ edge-1 ───────────────────┐
  10.0.2.1 ◀─┤ back   10.0.2.10           │
             ├────────────────────────────┤
  10.0.1.1 ◀─┤ front  10.0.1.10 10.0.1.11 │
   fe80::1 ◀─┤        2001:db8:1::10      │
             ├────────────────────────────┤
no gateway   ┤ san    10.9.0.10           │
             └────────────────────────────┘
`);
});

test("shows an identity, which leaves by all links", () => {
  const link = (n: number) => ({
    name: `link${n}`,
    addresses: [`10.${n}.0.10/24`],
    gateways: [`10.${n}.0.1`],
  });
  const plan = (links: number[]) =>
    planHost({
      name: "edge-1",
      interfaces: [...links.map(link), { name: "v6", addresses: ["2001:db8:a::10/64"] }],
      policy: { identity: { addresses: ["192.0.2.77/32"], protocol: "ospf" } },
    });
  expect(drawText(plan([1, 2]))).toMatch(/^link1 \+ link2 ◀─┤ identity \(OSPF\) {2}192\.0\.2\.77 +│$/m);
  expect(drawText(plan([1, 2, 3]))).toMatch(/^ +3 links ◀─┤ identity \(OSPF\) {2}192\.0\.2\.77 +│$/m);
  expect(drawSvg(plan([1, 2]))).toContain("link1 + link2  →  everywhere else");
  expect(drawMermaid(plan([1, 2]))).toContain('l3["identity (OSPF) (IPv4)<br>192.0.2.77"]');
});

test("never passes 80 columns, and counts the sources it leaves out", () => {
  const plan = planHost({
    name: "a-host-with-a-name-of-31-letter",
    interfaces: [
      { name: "an-interface-with-31-characters", addresses: manySources, gateways: ["10.0.3.1"] },
      {
        name: "six",
        addresses: ["2001:db8:1111:2222:3333:4444:5555:6666/64"],
        gateways: ["fe80::1111:2222:3333:4444"],
      },
    ],
  });
  const lines = drawText(plan).split("\n");
  expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
  expect(lines.join("\n")).toContain("… 33 more");
  expect(new Set(lines.slice(0, -1).map((line) => [...line].length)).size).toBe(1);
});

test("never passes 80 columns with link-local gateways of full length, or links of long names", () => {
  const link = (name: string, n: number) => ({
    name,
    addresses: [`2001:db8:1111:2222:3333:4444:5555:${n}/64`, `10.${n}.0.10/24`],
    gateways: [`fe80::1111:2222:3333:${n}`, `10.${n}.0.1`],
  });
  const identity = {
    addresses: ["2001:db8:77:2222:3333:4444:5555:6666/128", "192.0.2.7/32"],
    protocol: "ospf",
  };
  for (const [one, other] of [
    ["management", "san"],
    ["an-interface-with-31-characters", "another-one-with-31-characters-"],
    ["uplink-to-spine-1", "uplink-to-spine-2"],
  ]) {
    const plan = planHost({
      name: "edge-1",
      interfaces: [link(one, 1), link(other, 2)],
      policy: { identity: identity as IdentitySpec },
    });
    const lines = drawText(plan).split("\n");
    expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
    for (const shown of [one, "identity (OSPF)", "2 links ◀─┤", identity.addresses[0].split("/")[0]]) {
      if (shown.startsWith("2 links") && one === "management") continue;
      expect(lines.join("\n")).toContain(shown);
    }
  }
});

test("a host of the weak model shows its gateways, and that nothing holds its packets to them", () => {
  const plan = planHost({
    name: "edge-1",
    interfaces: [
      { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
      { name: "san", addresses: ["10.9.0.10/24"] },
    ],
    policy: { hostModel: "weak" },
  });
  const text = drawText(plan);
  expect(text).toContain("10.0.1.1 ◀┄┤ front  10.0.1.10");
  expect(text).toContain("no gateway   ┤ san    10.9.0.10");
  expect(text).toMatch(/^Weak host model: nothing of ours\./m);
  expect(text.split("\n").filter((line) => [...line].length > 80)).toEqual([]);
  const svg = drawSvg(plan);
  expect(svg).toContain("10.0.1.1  →  where main says so");
  expect(svg).toContain("IPv4, table main");
  expect(svg).toContain("Weak host model: nothing of ours.");
  const mermaid = drawMermaid(plan);
  expect(mermaid).toContain('-. "table main" .-> g0(["10.0.1.1<br>where main says so"])');
  expect(mermaid).toContain('note["Weak host model: nothing of ours.');
});
