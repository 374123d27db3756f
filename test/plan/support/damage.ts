import * as fc from "fast-check";
import { specs } from "./specs";

/** Any value at all, also such as JSON cannot say. */
export const anything: fc.Arbitrary<unknown> = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  key: fc.oneof(
    fc.constantFrom(
      "name",
      "interfaces",
      "addresses",
      "match",
      "policy",
      "__proto__",
      "constructor",
      "toString",
      "toJSON",
    ),
    fc.string(),
  ),
});

/** Text that looks as if it belonged into a spec. */
const almost: fc.Arbitrary<string> = fc.constantFrom(
  "", " ", "a", "front", "10.0.1.10", "10.0.1.10/24", "10.0.1.0/24", "0.0.0.0/0", "255.255.255.255/32", "127.0.0.1/8",
  "::/0", "::", "fe80::1", "fe80::/10", "2001:db8::1/64", "::ffff:10.0.0.1/128", "10.0.1.010/24", "ff02::1/64",
  "02:00:00:00:00:01", "direct", "gateway", "strong", "symmetric", "\n", "$(id)", "\u0000", "\u202e", "__proto__",
); // prettier-ignore

/** Places in a value, as paths; the value itself is the empty one. */
function placesOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Array.isArray(value)
    ? value.flatMap((v, i) => placesOf(v, [...path, i]))
    : Object.entries(value).flatMap(([k, v]) => placesOf(v, [...path, k]));
  return [path, ...below];
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  if (path.length === 0) return by;
  const [step, ...rest] = path;
  const copy: Record<string | number, unknown> = Array.isArray(value)
    ? (Object.assign([], value) as never)
    : { ...(value as object) };
  copy[step] = replaced(copy[step], rest, by);
  return copy;
}

/** A right spec, or another value, with one to three places replaced by something else, and perhaps a further field. */
export function damaged(
  leaf: fc.Arbitrary<unknown>,
  right: fc.Arbitrary<unknown> = specs,
): fc.Arbitrary<unknown> {
  const change = fc.tuple(fc.nat(), fc.oneof(almost, leaf, fc.constant(undefined)), fc.boolean());
  return fc.tuple(right, fc.array(change, { minLength: 1, maxLength: 3 })).map(([spec, changes]) =>
    changes.reduce<unknown>((value, [n, by, more]) => {
      const places = placesOf(value);
      const place = places[n % places.length];
      return replaced(value, more && place.length % 2 === 0 ? [...place, "extra"] : place, by);
    }, spec),
  );
}
