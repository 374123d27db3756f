import { PlanIdentity } from "../../model/plan";
import { Family, familyOf } from "./family";

/** What the daemons are called that a host with this identity runs besides zebra and staticd. */
export function frrDaemons(identity: PlanIdentity): string[] {
  const { protocol, addresses, bfdInterval } = identity;
  return [
    ...(bfdInterval === undefined ? [] : ["bfdd"]),
    ...(protocol === "bgp" ? ["bgpd"] : addresses.map((a) => (familyOf(a) === 4 ? "ospfd" : "ospf6d"))),
  ];
}

/** OSPF's cost of a link: high, so that nobody takes the host for a way to elsewhere; one more drains it. */
export const LINK_COST = 1000;
/** Next hops for one destination: what Linux is given at most. */
const MOST_PATHS = 64;

/**
 * The configuration of FRR (8.4 or later) that announces the identity and makes it the source of what the host sends
 * of its own accord, as lines of frr.conf: "@NAME" is the device of an interface, and the path of the password's file
 * stands for the password.
 */
export function frrLines(identity: PlanIdentity): string[] {
  return [
    "frr defaults traditional",
    "log syslog informational",
    "service integrated-vtysh-config",
    ...bfdProfile(identity),
    ...identity.addresses.flatMap((address) => [
      ...["!", `route-map IDENTITY${familyOf(address)} permit 10`, ` set src ${address}`, "exit"],
    ]),
    // What the protocol learns gets the identity as its source.
    ...identity.addresses.map((address) => {
      const family = familyOf(address);
      return `${ipOf(family)} protocol ${zebraName(identity, family)} route-map IDENTITY${family}`;
    }),
    ...(identity.protocol === "bgp" ? bgpLines(identity) : ospfLines(identity)),
  ];
}

export function bfdProfile({ bfdInterval }: PlanIdentity): string[] {
  if (bfdInterval === undefined) return [];
  return [
    ...["!", "bfd", " profile multihome", `  transmit-interval ${bfdInterval}`],
    ...[`  receive-interval ${bfdInterval}`, "  detect-multiplier 3", " exit", "exit"],
  ];
}

/**
 * How OSPF talks on a link: the same on both ends.
 *
 * OSPFv2 is given the one address that it is to speak from. Left alone it speaks from each address of the link that is no
 * secondary one, from every other as a neighbour of its own with the same router id, and the router at the other end goes
 * back and forth between them.
 *
 * @param own addresses of this end, where they are known
 */
export function ospfLink(
  identity: PlanIdentity,
  families: readonly Family[],
  own: readonly string[] = [],
  cost?: number,
): string[] {
  const { keepalive, hold, bfdInterval, passwordFile } = identity;
  return families.flatMap((family) => {
    const ospf = family === 4 ? " ip ospf" : " ipv6 ospf6";
    const speaker = family === 4 ? own.find((a) => familyOf(a) === 4) : undefined;
    return [
      `${ospf} area ${areaOf(identity, family)}${speaker === undefined ? "" : ` ${speaker}`}`,
      `${ospf} network point-to-point`,
      `${ospf} hello-interval ${keepalive}`,
      `${ospf} dead-interval ${hold}`,
      ...(cost === undefined ? [] : [`${ospf} cost ${cost}`]),
      ...(bfdInterval === undefined ? [] : [`${ospf} bfd`, `${ospf} bfd profile multihome`]),
      ...(passwordFile === undefined
        ? []
        : family === 4
          ? [`${ospf} authentication message-digest`, `${ospf} message-digest-key 1 md5 ${passwordFile}`]
          : [`${ospf} authentication key-id 1 hash-algo hmac-sha-256 key ${passwordFile}`]),
    ];
  });
}

/** The area of the host's links: a stub for OSPFv2 alone, as FRR has OSPFv3 use one of an area's borders only. */
function areaOf({ area, stubArea }: PlanIdentity, family: Family): string | undefined {
  return family === 4 ? (stubArea ?? area) : area;
}

function ospfLines(identity: PlanIdentity): string[] {
  const { addresses, links, stubArea, routerId } = identity;
  const families = addresses.map(familyOf);
  const router = (family: Family): string[] => [
    "!",
    family === 4 ? "router ospf" : "router ospf6",
    family === 4 ? ` ospf router-id ${routerId}` : ` ospf6 router-id ${routerId}`,
    ...(family === 4 && stubArea !== undefined ? [` area ${stubArea} stub`] : []),
    ` maximum-paths ${MOST_PATHS}`,
    " timers throttle spf 0 50 500",
    // Routers accept one a second; the default of 5 s makes a link that is back wait.
    ...(family === 4 ? [" timers throttle lsa all 1000"] : []),
    "exit",
  ];
  return [
    ...links.flatMap((link) => [
      ...["!", `interface @${link.interface}`],
      ...ospfLink(identity, link.addresses.map(familyOf), link.addresses, LINK_COST),
      "exit",
    ]),
    ...["!", "interface lo"],
    ...addresses.flatMap((address) =>
      familyOf(address) === 4
        ? [` ip ospf area ${areaOf(identity, 4)} ${address}`, " ip ospf passive"]
        : [` ipv6 ospf6 area ${areaOf(identity, 6)}`, " ipv6 ospf6 passive"],
    ),
    "exit",
    ...families.flatMap(router),
  ];
}

/**
 * BGP announces the identity and nothing else, so that the host is no way to elsewhere. The route-maps whose names begin
 * with DRAIN are for whoever takes a link out of use: see docs/identity.md. They make its way longer by just one, so that
 * the router at its other end still delivers what it gets, in place of sending it back.
 */
function bgpLines(identity: PlanIdentity): string[] {
  const { addresses, peers, asn, routerId } = identity;
  const names = peers.map((peer) => peer.address ?? `@${peer.interface}`);
  return [
    ...addresses.flatMap((address) => {
      const family = familyOf(address);
      const list = `${ipOf(family)} prefix-list IDENTITY${family}`;
      const match = ` match ${ipOf(family)} address prefix-list IDENTITY${family}`;
      return [
        ...["!", `${list} seq 5 permit ${address}/${family === 4 ? 32 : 128}`],
        ...[`route-map ANNOUNCE${family} permit 10`, match, "exit"],
        ...[`route-map DRAIN${family} permit 10`, match, ` set as-path prepend ${asn}`, "exit"],
      ];
    }),
    ...[
      "!",
      "route-map LEARN permit 10",
      "exit",
      "route-map DRAIN permit 10",
      " set local-preference 50",
      "exit",
    ],
    ...["!", `router bgp ${asn}`, ` bgp router-id ${routerId}`],
    ...[" no bgp default ipv4-unicast", " bgp bestpath as-path multipath-relax"],
    ...peers.flatMap((peer, i) => peerLines(identity, peer, names[i])),
    ...addresses.flatMap((address) => {
      const family = familyOf(address);
      const told = names.filter((_, i) => speaks(peers[i], family));
      return [
        ...[` address-family ipv${family} unicast`, `  network ${address}/${family === 4 ? 32 : 128}`],
        `  maximum-paths ${MOST_PATHS}`,
        ...told.flatMap((name) => [
          `  neighbor ${name} activate`,
          `  neighbor ${name} route-map LEARN in`,
          `  neighbor ${name} route-map ANNOUNCE${family} out`,
        ]),
        " exit-address-family",
      ];
    }),
    "exit",
  ];
}

function peerLines(
  { keepalive, hold, bfdInterval, passwordFile }: PlanIdentity,
  { asn, address, local, far }: PlanIdentity["peers"][number],
  name: string,
): string[] {
  return [
    ` neighbor ${name}${address === undefined ? " interface" : ""} remote-as ${asn}`,
    ...(local === undefined ? [] : [` neighbor ${name} update-source ${local}`]),
    ...(far === true ? [` neighbor ${name} ebgp-multihop 2`] : []),
    ` neighbor ${name} timers ${keepalive} ${hold}`,
    ` neighbor ${name} timers connect ${keepalive}`,
    ...(bfdInterval === undefined
      ? []
      : [` neighbor ${name} bfd`, ` neighbor ${name} bfd profile multihome`]),
    ...(passwordFile === undefined ? [] : [` neighbor ${name} password ${passwordFile}`]),
  ];
}

/** Whether a neighbour is told of a family: an unnumbered one of both (RFC 8950). */
export function speaks(peer: PlanIdentity["peers"][number], family: Family): boolean {
  return peer.address === undefined || familyOf(peer.address) === family;
}

export function ipOf(family: Family): "ip" | "ipv6" {
  return family === 4 ? "ip" : "ipv6";
}

function zebraName({ protocol }: PlanIdentity, family: Family): string {
  return protocol === "bgp" ? "bgp" : family === 4 ? "ospf" : "ospf6";
}
