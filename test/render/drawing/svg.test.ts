import { planHost } from "../../../lib/plan";
import { drawMermaid } from "../../../lib/render/drawing/mermaid";
import { drawSvg } from "../../../lib/render/drawing/svg";
import { drawText } from "../../../lib/render/drawing/text";

const plan = planHost({
  name: "edge-1",
  interfaces: [
    {
      name: "front",
      addresses: ["10.0.1.10/24"],
      gateways: ["10.0.1.1"],
      routes: [{ to: "172.31.0.0/16", via: "10.0.1.254" }],
    },
    { name: "san", addresses: Array.from({ length: 40 }, (_, i) => `10.0.3.${i + 10}/24`) },
  ],
  policy: { directPairs: [{ from: "front", to: "san" }] },
});

test("an SVG drawing shows sources, tables, and where each interface leads", () => {
  const svg = drawSvg(plan);
  for (const shown of [
    "edge-1",
    "10.0.1.10",
    "10.0.1.1  →  everywhere else",
    "10.0.1.254  →  172.31.0.0/16",
  ]) {
    expect(svg).toContain(shown);
  }
  expect(svg).toContain("10.0.3.0/24  by san");
  expect(svg).toContain("… 31 more");
  expect(svg).toContain("nothing else");
});

test("traffic policies are drawn with what they select, and by which interfaces, in every format", () => {
  const withPolicies = planHost({
    name: "edge-1",
    interfaces: [
      { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
      { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
    ],
    policy: {
      traffic: [
        { name: "backups", to: ["192.0.2.0/24"], use: ["back", "front"], otherwise: "prohibit" },
        { name: "bulk", marks: ["0x10/0xf0"], use: ["front", "back"], weights: { front: 3, back: 1 } },
      ],
    },
  });
  const [svg, mermaid, text] = [drawSvg, drawMermaid, drawText].map((draw) => draw(withPolicies));
  for (const shown of ["backups", "to 192.0.2.0/24", "by back", "else by front", "else prohibited"])
    for (const drawn of [svg, mermaid, text]) expect(drawn).toContain(shown);
  expect(svg).toContain("by front (3) and back (1)");
  expect(mermaid).toContain('p0["backups<br>to 192.0.2.0/24"]');
  expect(text.split("\n").filter((line) => [...line].length > 80)).toEqual([]);
});

test("an SVG drawing holds no script and loads nothing", () => {
  expect(drawSvg(plan)).not.toMatch(/<script|href|url\(|@import/);
});

test("an SVG drawing is as wide as what stands in it, and puts no title over what is said of it", () => {
  const host = (name: string, gateway: string) =>
    drawSvg(
      planHost({ name: "h", interfaces: [{ name, addresses: ["2001:db8:1::10/64"], gateways: [gateway] }] }),
    );
  const [narrow, wide] = [host("front", "fe80::1"), host("front", "fe80::1111:2222:3333:4444")];
  const widthOf = (svg: string) => Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  expect(widthOf(narrow)).toBe(884);
  // In the fonts that are named a character of 13 pixels is 7.8 wide, and ways begin at 568.
  expect(widthOf(wide)).toBeGreaterThanOrEqual(
    568 + 7.8 * "fe80::1111:2222:3333:4444  →  everywhere else".length,
  );
  const heightOf = (svg: string, text: string) =>
    Number(new RegExp(`y="([\\d.]+)"[^>]*>${text}`).exec(svg)?.[1]);
  const long = "an-interface-with-31-characters";
  expect(heightOf(narrow, "IPv6, table")).toBe(heightOf(narrow, "front"));
  expect(heightOf(host(long, "fe80::1"), "IPv6, table")).toBeGreaterThan(
    heightOf(host(long, "fe80::1"), long),
  );
});

test("a Mermaid drawing has a node an interface and family, and an edge to each gateway", () => {
  const lines = drawMermaid(plan).split("\n");
  expect(lines[0]).toBe("flowchart LR");
  expect(lines.filter((l) => l.includes("(IPv4)"))).toHaveLength(2);
  expect(lines.filter((l) => l.includes("everywhere else"))).toHaveLength(1);
  expect(lines).toContainEqual(expect.stringContaining('"172.31.0.0/16<br>via 10.0.1.254"'));
});
