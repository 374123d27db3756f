import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { HostSpec } from "../../lib/model/spec";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { compressed } from "../../lib/render/compress";
import { programBody } from "../../lib/render/program";
import { planLines, unpacked } from "./packedText";

const SPEC: HostSpec = {
  name: "edge",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24", "2001:db8:1::10/64"], gateways: ["10.0.1.1", "fe80::1"] },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};
const plan = planHost(SPEC);
const more = planHost({
  ...SPEC,
  interfaces: [SPEC.interfaces[0], { ...SPEC.interfaces[1], addresses: ["10.0.2.10/24", "10.0.2.11/24"] }],
});

describe("a packed program", () => {
  const text = renderProgram(plan, { packed: true });

  test("is the plain one, with the plan in plain lines and nothing else changed by a change of the plan", () => {
    expect(unpacked(text)).toBe(renderProgram(plan));
    expect(planLines(text)).toEqual(planLines(renderProgram(plan)));
    const before = new Set(text.split("\n"));
    const added = renderProgram(more, { packed: true })
      .split("\n")
      .filter((line) => !before.has(line));
    expect(added).toContain("address back 10.0.2.11");
    for (const line of added) expect(line).toMatch(/^address back |^rule4 .* from 10\./);
  });

  test("ends with the identity, as the plain one does, and may be the short form", () => {
    const options = { identity: "i-0123456789abcdef0", short: true };
    const short = renderProgram(plan, { ...options, packed: true });
    expect(short.endsWith("\n# for i-0123456789abcdef0\n")).toBe(true);
    expect(unpacked(short)).toBe(renderProgram(plan, options));
  });

  test("has nothing in it that JSON writes longer, but line ends and the plan's blanks", () => {
    // It is kept in the state of every host, twice.
    expect(text.length).toBeLessThan(33_600);
    expect(JSON.stringify(text).length - text.length).toBeLessThan(200);
  });
});

describe("compressed text", () => {
  // These digests change when another version of the compressor chooses other bytes. Then every host's program, and the user
  // data of every host of a fleet, is another text after the update: say so in CHANGELOG.md.
  const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

  test("has the same bytes on every machine, and under every Node", () => {
    expect(compressed("multihome\n").toString("hex")).toBe(
      "1f8b08000000000002ffcb2dcd29c9ccc8cf4de50200248b68bf0a000000",
    );
    let seed = 7;
    const words = Array.from({ length: 20_000 }, () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return ["ip", "rule", "add", "from", "lookup", String(seed % 997)][seed % 6];
    }).join(" ");
    expect(digest(compressed(words))).toBe(
      "5308f4cdce1d0c611a6306d292609169a1279f76df8a298d37e8a5bef0be259c",
    );
  });

  test("is the text", () => {
    for (const input of ["", "é€😀\0", programBody(plan)]) {
      expect(gunzipSync(compressed(input)).toString("utf8")).toBe(input);
    }
  });
});
