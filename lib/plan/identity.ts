import { Host, HostInterface } from "../model/host";
import { Identity } from "../model/identity";
import { BAND, MAIN_MIN_PREFIX } from "../model/numbers";
import { PlanIdentity, PlanRule } from "../model/plan";
import { UnmanagedRoutes } from "../model/spec";
import { Family, formatAddress } from "../net/address";
import { formatPrefix, hostPrefix } from "../net/prefix";
import { primaryOf } from "./sources";

/** The host's identity as the plan has it. */
export function buildIdentity(host: Host): { identity?: PlanIdentity } {
  const { identity } = host;
  if (identity === undefined) return {};
  const families = identity.addresses.map((a) => a.family);
  const linkOf = (iface: HostInterface): PlanIdentity["links"][number] => ({
    interface: iface.name,
    addresses: families.flatMap((family) => primaryOf(iface, family) ?? []),
  });
  return {
    identity: {
      ...fieldsOf(identity),
      addresses: identity.addresses.map(formatAddress),
      links: host.interfaces.filter((i) => identity.interfaces.includes(i.name)).map(linkOf),
      peers: identity.peers.map(({ interface: name, asn, address, local, far }) => ({
        interface: name,
        asn,
        ...(address !== undefined && { address: formatAddress(address) }),
        ...(local !== undefined && { local: formatAddress(local) }),
        ...(far && { far }),
      })),
      routerId: formatAddress(identity.routerId),
    },
  };
}

/** Those that are text and numbers already. */
function fieldsOf({ protocol, area, stubArea, asn, keepalive, hold, bfdInterval, passwordFile }: Identity) {
  return {
    ...{ protocol, keepalive, hold },
    ...(area !== undefined && { area }),
    ...(stubArea !== undefined && { stubArea }),
    ...(asn !== undefined && { asn }),
    ...(bfdInterval !== undefined && { bfdInterval }),
    ...(passwordFile !== undefined && { passwordFile }),
  };
}

/**
 * What comes from the identity follows main, where the routing protocol puts its routes, but by no default through
 * what is not managed: when the last of the protocol's routes is gone it is refused, and does not leave by whatever
 * default the host has besides. Where what is not managed is ignored, it follows main by managed interfaces alone. The
 * rules stand after those for bound sockets, at the same priority, which is where everything goes on that has no source
 * of an interface.
 */
export function identityRules({ identity, unmanagedRoutes }: Host, family: Family): PlanRule[] {
  const address = identity?.addresses.find((a) => a.family === family);
  if (address === undefined) return [];
  const from = formatPrefix(hostPrefix(address));
  const actions: PlanRule["action"][] = [
    ...(unmanagedRoutes === UnmanagedRoutes.Follow
      ? [{ kind: "main-longer", minPrefix: MAIN_MIN_PREFIX[family] } as const]
      : []),
    { kind: "main-managed" },
    { kind: "unreachable" },
  ];
  return actions.map((action) => ({ priority: BAND.devices, from, action }));
}
