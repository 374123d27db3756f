import * as fc from "fast-check";
import { Address, Family, Parsed, Prefix, parseAddress, parsePrefix, prefixOf, widthOf } from "../../lib/net";

/** Reads text that the test knows to be right; each once, since properties read the same ones over and over. */
function reader<T>(parse: (text: string) => Parsed<T>): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      const parsed = parse(text);
      if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
      value = parsed.value;
      known.set(text, value);
    }
    return value;
  };
}

export const address = reader<Address>(parseAddress);
export const prefix = reader<Prefix>(parsePrefix);

export const families: fc.Arbitrary<Family> = fc.constantFrom<Family>(4, 6);

/** Any address; often one near an end, or with long runs of zeros, where text is shortened. */
export function addresses(family?: Family): fc.Arbitrary<Address> {
  return (family === undefined ? families : fc.constant(family)).chain((f) => {
    const max = (1n << BigInt(widthOf(f))) - 1n;
    const group = fc.oneof(fc.constant(0n), fc.bigInt(0n, 0xffffn));
    const groups = fc.array(group, { minLength: f === 4 ? 2 : 8, maxLength: f === 4 ? 2 : 8 });
    return fc
      .oneof(
        fc.bigInt(0n, max),
        groups.map((list) => list.reduce((sum, g) => (sum << 16n) | g, 0n)),
      )
      .map((value) => ({ family: f, value }));
  });
}

export function prefixes(family?: Family): fc.Arbitrary<Prefix> {
  return addresses(family).chain((a) => fc.nat(widthOf(a.family)).map((length) => prefixOf(a, length)));
}

/** A prefix within 16 neighbouring addresses, so that lists of them touch, repeat and nest. */
export const smallPrefixes: fc.Arbitrary<Prefix> = fc
  .tuple(fc.nat(15), fc.integer({ min: 28, max: 32 }))
  .map(([offset, length]) => prefixOf({ family: 4, value: 0x0a000000n + BigInt(offset) }, length));
