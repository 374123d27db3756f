import * as fc from "fast-check";
import { HostSpec, SpecError } from "../../lib/model";
import { Prefix, hostPrefix, overlaps } from "../../lib/net";
import { normalize } from "../../lib/plan";
import { address, prefix } from "../net/support";

/** Interfaces whose sources meet often: addresses of one small range, and delegated prefixes in it. */
const spec: fc.Arbitrary<HostSpec> = fc
  .array(
    fc.record({
      hosts: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
      delegated: fc.uniqueArray(fc.tuple(fc.nat(15), fc.constantFrom(28, 30, 32)), {
        maxLength: 2,
        selector: String,
      }),
      ipv6: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) => ({
    name: "h",
    interfaces: list.map(({ hosts, delegated, ipv6 }, i) => ({
      name: `n${i}`,
      match: { ifname: `eth${i}` },
      addresses: hosts.map((h) => (ipv6 ? `2001:db8::${h.toString(16)}/64` : `10.0.0.${h}/24`)),
      delegatedPrefixes: [...new Set(delegated.map(([n, length]) => delegatedText(n, length, ipv6)))],
    })),
  }))
  .filter((s) => s.interfaces.every((i) => i.addresses.length + i.delegatedPrefixes.length > 0));

/** The prefix of 2 to the (32 - length) addresses that holds the n-th group of four. */
function delegatedText(n: number, length: number, ipv6: boolean): string {
  const first = length === 28 ? 16 * Math.floor(n / 4) : 4 * n;
  if (!ipv6) return `10.0.0.${first}/${length}`;
  return `2001:db8::${first === 0 ? "" : first.toString(16)}/${length + 96}`;
}

/** By the definition: every pair of sources, one by one. */
function clashes({ interfaces }: HostSpec): boolean {
  const sources = interfaces.flatMap((i, owner) => [
    ...(i.addresses ?? []).map((a) => ({ p: hostPrefix(address(a.split("/")[0])), owner, single: true })),
    ...(i.delegatedPrefixes ?? []).map((d) => ({ p: prefix(d) as Prefix, owner, single: false })),
  ]);
  return sources.some((a, i) =>
    sources.some((b, j) => i < j && overlaps(a.p, b.p) && (a.owner !== b.owner || (a.single && b.single))),
  );
}

test("a host is refused exactly if two interfaces claim a source or an address is given twice", () => {
  let refused = 0;
  let accepted = 0;
  fc.assert(
    fc.property(spec, (s) => {
      let issues: readonly string[] = [];
      try {
        normalize(s);
      } catch (error) {
        if (!(error instanceof SpecError)) throw error;
        issues = error.issues.map((i) => i.problem);
      }
      expect(issues.length > 0).toBe(clashes(s));
      if (issues.length > 0) refused++;
      else accepted++;
    }),
    { numRuns: 1500 },
  );
  // Both must happen often enough to show something.
  expect(Math.min(refused, accepted)).toBeGreaterThan((refused + accepted) / 15);
});
