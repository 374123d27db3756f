import { Plan, PlanIdentity } from "../../model/plan";
import { familyOf } from "./family";
import { bfdProfile, ipOf, ospfLink, speaks } from "./host";

/**
 * What to ask of those who run the routers at the other end of each link: their half of the configuration, in FRR's
 * words, which are those of most routers. What only they know stands in capitals.
 *
 * @returns undefined for a host without an identity
 */
export function neighboursText(plan: Plan): string | undefined {
  const { identity, host } = plan;
  if (identity === undefined) return undefined;
  const { addresses, stubArea, keepalive, hold, bfdInterval, passwordFile } = identity;
  const head = [
    `! For the routers next to the host ${host}, which announces ${addresses.join(" and ")} over each of its links.`,
    "! DEVICE-TO-NAME is the router's own device towards the host's interface NAME. In turn the host needs a route from",
    "! each router to everywhere it is to send to, mostly a default route.",
    `! Timers must agree: signs of life every ${keepalive} s, given up after ${hold} s` +
      (bfdInterval === undefined ? "." : `; BFD every ${bfdInterval} ms, three missing are a loss.`),
    ...(stubArea === undefined
      ? []
      : [
          `! Area ${stubArea} is a stub, of IPv4 alone: each of these routers is in area 0.0.0.0 too, and gives the host a`,
          "! default route of its own.",
        ]),
    ...(passwordFile === undefined
      ? []
      : [`! PASSWORD is what the host reads from ${passwordFile}; it is told by other ways than this.`]),
  ];
  const theirs = passwordFile === undefined ? identity : { ...identity, passwordFile: "PASSWORD" };
  const parts = identity.protocol === "bgp" ? bgpParts(plan, theirs) : ospfParts(plan, theirs);
  return `${[...head, ...parts].join("\n")}\n`;
}

function ospfParts({ host }: Plan, identity: PlanIdentity): string[] {
  return identity.links.flatMap(({ interface: name, addresses }) => [
    ...["!", `! --- the router at ${name} of ${host} (${addresses.join(", ")})`],
    ...bfdProfile(identity),
    ...["!", `interface DEVICE-TO-${name}`],
    ...ospfLink(identity, addresses.map(familyOf)),
    "exit",
    ...(identity.stubArea !== undefined && addresses.some((a) => familyOf(a) === 4)
      ? ["!", "router ospf", ` area ${identity.stubArea} stub no-summary`, "exit"]
      : []),
  ]);
}

function bgpParts({ host }: Plan, identity: PlanIdentity): string[] {
  const { addresses, asn, peers, keepalive, hold, bfdInterval, passwordFile } = identity;
  return peers.flatMap((peer) => {
    const { interface: name, address, local, far } = peer;
    const us = local ?? `DEVICE-TO-${name}`;
    const told = addresses.filter((a) => speaks(peer, familyOf(a)));
    const lists = told.flatMap((a) => {
      const family = familyOf(a);
      const list = `${ipOf(family)} prefix-list HOST-${host}-IPV${family}`;
      return [
        `${list} seq 5 permit ${a}/${family === 4 ? 32 : 128}`,
        `${list}-OUT seq 5 permit ${family === 4 ? "0.0.0.0" : "::"}/0`,
      ];
    });
    return [
      ...["!", `! --- the router ${address ?? "(unnumbered)"} at ${name} of ${host}`],
      ...bfdProfile(identity),
      ...["!", ...lists, "!", `router bgp ${peer.asn}`],
      " bgp bestpath as-path multipath-relax",
      ` neighbor ${us}${local === undefined ? " interface" : ""} remote-as ${asn}`,
      ...(address === undefined ? [] : [` neighbor ${us} update-source ${address}`]),
      ...(far === true ? [` neighbor ${us} ebgp-multihop 2`] : []),
      ` neighbor ${us} timers ${keepalive} ${hold}`,
      ...(bfdInterval === undefined ? [] : [` neighbor ${us} bfd`, ` neighbor ${us} bfd profile multihome`]),
      ...(passwordFile === undefined ? [] : [` neighbor ${us} password ${passwordFile}`]),
      ...told
        .map(familyOf)
        .flatMap((family) => [
          ` address-family ipv${family} unicast`,
          "  maximum-paths 64",
          `  neighbor ${us} activate`,
          `  neighbor ${us} prefix-list HOST-${host}-IPV${family} in`,
          `  neighbor ${us} prefix-list HOST-${host}-IPV${family}-OUT out`,
          `  neighbor ${us} default-originate`,
          " exit-address-family",
        ]),
      "exit",
    ];
  });
}
