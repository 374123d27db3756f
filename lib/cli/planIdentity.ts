import { PlanIdentity } from "../model/plan";
import { IdentityProtocol } from "../model/spec";
import { few, field } from "./layout";

/** An identity as a person reads it: what it is, who is told of it, and how soon a loss is seen. */
export function identityLines(identity: PlanIdentity): string[] {
  const { addresses, protocol, links, peers, routerId, keepalive, hold, bfdInterval, passwordFile } =
    identity;
  const sign = protocol === IdentityProtocol.Bgp ? "keepalive" : "hello";
  return [
    `Identity ${addresses.join(" ")}`,
    ...field("is on", ["lo, and is the source of what the routes of FRR in main lead to"]),
    ...field("told by", [howTold(identity)]),
    ...field("over", few(links.map((link) => link.interface))),
    ...peers.flatMap((peer, i) => field(i === 0 ? "neighbours" : "", [peerText(peer)])),
    ...field("router id", [routerId]),
    ...field("loss", [
      ...(bfdInterval === undefined ? [] : [`seen by BFD in ${3 * bfdInterval} ms,`]),
      `${bfdInterval === undefined ? "seen" : "or"} after ${hold} s without a ${sign}, which comes every ${keepalive} s`,
    ]),
    ...(passwordFile === undefined ? [] : field("password", [`in ${passwordFile} on the host`])),
  ];
}

function howTold({ addresses, protocol, area, stubArea, asn }: PlanIdentity): string {
  if (protocol === IdentityProtocol.Bgp) return `BGP as AS ${asn}`;
  return addresses
    .map((address) =>
      address.includes(":")
        ? `OSPFv3 in area ${area}`
        : `OSPFv2 in ${stubArea === undefined ? `area ${area}` : `the stub area ${stubArea}`}`,
    )
    .join(", ");
}

function peerText({ interface: name, asn, address, far }: PlanIdentity["peers"][number]): string {
  const who = address ?? "the one at the other end, found by its link-local address";
  return `AS ${asn} by ${name}: ${who}${far === true ? ", beyond the link" : ""}`;
}
