import { HostSpec, InterfaceSpec } from "../../lib/model";
import { Family, formatAddress, widthOf } from "../../lib/net";

/** A host's addresses, as they lie in a cloud. */
export interface Layout {
  readonly name: string;
  readonly spec: (family: Family) => HostSpec;
}

/** Host `host` of subnet `subnet`: 10.subnet.0.0/20, fd00:0:0:subnet::/64. */
export function addressIn(family: Family, subnet: number, host: number): string {
  return formatAddress({
    family,
    value:
      family === 4
        ? 0x0a000000n + BigInt(subnet * 65536 + host)
        : (0xfd00n << 112n) + (BigInt(subnet) << 64n) + BigInt(host),
  });
}

const lengthOf = (family: Family): number => (family === 4 ? 20 : 64);

const layout = (name: string, interfaces: (family: Family) => InterfaceSpec[]): Layout => ({
  name,
  spec: (family) => ({ name: "host", interfaces: interfaces(family) }),
});

/** k interfaces with m addresses each, at random places of one subnet: where a cloud puts them. */
export function scattered(k: number, m: number): Layout {
  return layout(`${k} x ${m} scattered`, (family) => {
    const random = generator(k * m);
    const hosts = new Set<number>();
    while (hosts.size < k * m) hosts.add(4 + Math.floor(random() * 4000));
    const all = [...hosts];
    return Array.from({ length: k }, (_, i) => ({
      name: `n${i}`,
      addresses: all.slice(i * m, (i + 1) * m).map((h) => `${addressIn(family, 0, h)}/${lengthOf(family)}`),
      gateways: [addressIn(family, 0, 1)],
    }));
  });
}

/** Every interface in a subnet of its own, its addresses three apart. */
export function ownSubnets(k: number, m: number): Layout {
  return layout(`${k} x ${m}, a subnet an interface`, (family) =>
    Array.from({ length: k }, (_, i) => ({
      name: `n${i}`,
      addresses: Array.from(
        { length: m },
        (_v, j) => `${addressIn(family, i, 10 + 3 * j)}/${lengthOf(family)}`,
      ),
      gateways: [addressIn(family, i, 1)],
    })),
  );
}

/** Delegated prefixes of 16 addresses, the interfaces' in turns. */
export function delegated(k: number, prefixes: number): Layout {
  return layout(`${k} x ${prefixes} delegated prefixes`, (family) =>
    Array.from({ length: k }, (_, i) => ({
      name: `n${i}`,
      addresses: [`${addressIn(family, 0, 4 + i)}/${lengthOf(family)}`],
      delegatedPrefixes: Array.from(
        { length: prefixes },
        (_v, j) => `${addressIn(family, 0, 256 + 16 * (j * k + i))}/${widthOf(family) - 4}`,
      ),
      gateways: [addressIn(family, 0, 1)],
    })),
  );
}

/** mulberry32: the same numbers everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
