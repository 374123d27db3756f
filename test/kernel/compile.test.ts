import { HostSpec, InterfaceSpec, Plan } from "../../lib/model";
import { Family, formatAddress, widthOf } from "../../lib/net";
import { planHost } from "../../lib/plan";
import { materialize } from "../../lib/render";
import { generator } from "../plan/compile/support";
import { Namespace, Namespaces, describeOnKernel } from "./support/netns";

/**
 * Compiled rules in the kernel: it is asked for the way of every source, and of a thousand addresses that are none,
 * both sent by the host and forwarded. Main's default leads out of a device that is not ours, so that what the rules
 * do not catch is told from what they do.
 */
const OUTSIDE = "out0";
const FOREIGN = 1000;
const TO: Readonly<Record<Family, string>> = { 4: "198.51.100.7", 6: "2001:db8:ffff::7" };

interface Layout {
  readonly name: string;
  readonly interfaces: (family: Family) => InterfaceSpec[];
}

const address = (family: Family, subnet: number, host: number): string =>
  family === 4
    ? formatAddress({ family, value: 0x0a000000n + BigInt(subnet * 65536 + host) })
    : formatAddress({ family, value: (0xfd00n << 112n) + (BigInt(subnet) << 64n) + BigInt(host) });
const length = (family: Family): number => (family === 4 ? 20 : 64);

/** k interfaces with m addresses each, at random places of one subnet. */
const scattered = (k: number, m: number): Layout => ({
  name: `${k} x ${m} scattered over one subnet`,
  interfaces: (family) => {
    const random = generator(k * m);
    const hosts = new Set<number>();
    while (hosts.size < k * m) hosts.add(4 + Math.floor(random() * 4000));
    const all = [...hosts];
    return Array.from({ length: k }, (_, i) => ({
      name: `n${i}`,
      addresses: all.slice(i * m, (i + 1) * m).map((h) => `${address(family, 0, h)}/${length(family)}`),
      gateways: [address(family, 0, 1)],
    }));
  },
});

const perInterface = (k: number, m: number): Layout => ({
  name: `${k} x ${m}, a subnet an interface`,
  interfaces: (family) =>
    Array.from({ length: k }, (_, i) => ({
      name: `n${i}`,
      addresses: Array.from({ length: m }, (_v, j) => `${address(family, i, 10 + 3 * j)}/${length(family)}`),
      gateways: [address(family, i, 1)],
    })),
});

const delegated = (k: number, m: number): Layout => ({
  name: `${k} interfaces with ${m} delegated prefixes`,
  interfaces: (family) =>
    Array.from({ length: k }, (_, i) => ({
      name: `n${i}`,
      addresses: [`${address(family, 0, 4 + i)}/${length(family)}`],
      delegatedPrefixes: Array.from(
        { length: m },
        (_v, j) => `${address(family, 0, 256 + 16 * (j * k + i))}/${widthOf(family) - 4}`,
      ),
      gateways: [address(family, 0, 1)],
    })),
});

const LAYOUTS = [
  scattered(2, 1),
  scattered(4, 8),
  scattered(15, 8),
  scattered(15, 50),
  perInterface(15, 50),
  delegated(4, 12),
];

describeOnKernel("the kernel, asked through compiled rules", () => {
  const namespaces = new Namespaces("prfk");
  afterAll(() => namespaces.destroy());

  describe.each(LAYOUTS)("$name", ({ name, interfaces }) => {
    test.each([4, 6] as const)("IPv%i: every source by its own gateway, nothing else at all", (family) => {
      const spec: HostSpec = { name: "h", interfaces: interfaces(family) };
      const plan = planHost(spec);
      const host = namespaces.create(`${LAYOUTS.findIndex((l) => l.name === name)}-${family}`);
      const { local, forwarded } = foreignOf(spec, family);
      install(host, plan, family, local);

      const sources = plan.interfaces.flatMap((i) =>
        i.sources.flatMap((s) => askedOf(s, family).map((from) => ({ from, whole: s.includes("/"), of: i }))),
      );
      const ask = (queries: readonly string[]): string[] => answers(host, family, queries);
      // What is delegated is not on the host: only a forwarded packet can come from it.
      const got = ask(sources.map(({ from, whole }) => query(family, from, whole)));
      const wrong = sources.filter(
        ({ of }, i) => !got[i].includes(` via ${of.gateways[0]} dev e${plan.interfaces.indexOf(of)} `),
      );
      expect(wrong.map((w) => w.from)).toEqual([]);

      const elsewhere = ask([
        ...local.map((from) => query(family, from, false)),
        ...forwarded.map((from) => query(family, from, true)),
        `route get ${TO[family]}`,
      ]);
      expect(elsewhere).toHaveLength(2 * FOREIGN + 1);
      expect(elsewhere.filter((a) => !a.includes(` dev ${OUTSIDE} `))).toEqual([]);
    });
  });
});

function query(family: Family, from: string, forwarded: boolean): string {
  return `route get ${TO[family]} from ${from}${forwarded ? ` iif ${OUTSIDE}` : ""}`;
}

function answers(host: Namespace, family: Family, queries: readonly string[]): string[] {
  const { status, stdout, stderr } = host.run(["ip", `-${family}`, "-o", "-batch", "-"], {
    input: queries.join("\n") + "\n",
  });
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(queries.length);
  return lines;
}

/** The address itself; of a prefix both ends and one between. */
function askedOf(source: string, family: Family): string[] {
  if (!source.includes("/")) return [source];
  const [head] = source.split("/");
  const last = family === 4 ? head.replace(/\d+$/, (n) => String(Number(n) + 15)) : head.replace(/0$/, "f");
  const middle = family === 4 ? head.replace(/\d+$/, (n) => String(Number(n) + 6)) : head.replace(/0$/, "6");
  return [head, middle, last];
}

/**
 * Addresses that are no source: next to sources, and anywhere in the subnets. Half are the host's own on loopback,
 * half are forwarded.
 */
function foreignOf(spec: HostSpec, family: Family): { local: string[]; forwarded: string[] } {
  const random = generator(family);
  const taken = new Set(planHost(spec).interfaces.flatMap((i) => [...i.sources, ...i.gateways]));
  const inPrefix = (host: number): boolean =>
    spec.interfaces.some((i) => i.delegatedPrefixes) && host >= 256 && host < 256 + 16 * 64;
  const found = new Set<string>();
  while (found.size < 2 * FOREIGN) {
    const subnet = random() < 0.5 ? 0 : Math.floor(random() * 16);
    const host = 2 + Math.floor(random() * 4080);
    const text = address(family, subnet, host);
    if (!taken.has(text) && !(subnet === 0 && inPrefix(host))) found.add(text);
  }
  const all = [...found];
  return { local: all.slice(0, FOREIGN), forwarded: all.slice(FOREIGN) };
}

function install(host: Namespace, plan: Plan, family: Family, local: readonly string[]): void {
  const devices = Object.fromEntries(plan.interfaces.map((i, n) => [i.name, `e${n}`]));
  const nodad = family === 6 ? " nodad" : "";
  host.sysctl("net/ipv4/ip_forward", "1");
  host.sysctl("net/ipv6/conf/all/forwarding", "1");
  const links = [OUTSIDE, ...Object.values(devices)];
  host.batch(4, [
    ...links.flatMap((d) => [
      `link add ${d} type veth peer name p${d}`,
      `link set ${d} up`,
      `link set p${d} up`,
    ]),
  ]);
  host.sysctl("net/ipv4/conf/all/rp_filter", "0");
  host.batch(family, [
    `address add ${family === 4 ? "172.30.0.2/24" : "fd99::2/64"} dev ${OUTSIDE}${nodad}`,
    `route add default via ${family === 4 ? "172.30.0.1" : "fd99::1"} dev ${OUTSIDE}`,
    ...plan.interfaces.flatMap((i) =>
      i.addresses.map((a) => `address add ${a} dev ${devices[i.name]} noprefixroute${nodad}`),
    ),
    ...local.map((a) => `address add ${a}/${widthOf(family)} dev lo${nodad}`),
  ]);
  const { ipv4, ipv6 } = materialize(plan, 0, devices);
  host.batch(4, ipv4.trimEnd().split("\n"));
  if (ipv6 !== "") host.batch(6, ipv6.trimEnd().split("\n"));
}
