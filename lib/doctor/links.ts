import { Link, LinuxState } from "../linux";
import { Survey } from "./survey";

/** Kinds of devices that lead to a network by a link of their own; a bridge without a port in it has no carrier either. */
const LINKED: ReadonlySet<string | undefined> = new Set([undefined, "veth", "bond", "team", "vlan"]);

/**
 * Links that carry nothing now: the host's interfaces, and devices with addresses that would be such. Routing may be right
 * all the same, or wrong for no other reason: the kernel takes the routes of a link that is down away.
 */
export function linkNotes(state: LinuxState, { intent }: Pick<Survey, "intent">): string[] {
  const counts = ({ name, kind, master, loopback }: Link): boolean =>
    intent.interfaces.some(({ device }) => device === name) ||
    (LINKED.has(kind) &&
      !loopback &&
      master === undefined &&
      state.addresses.some(({ link }) => link === name));
  return state.links.filter(counts).flatMap((link) => {
    if (!link.up)
      return `${link.name} is down, and the kernel has taken its routes away: nothing comes or goes by it until it is set up (ip link set ${link.name} up) and has its routes again`;
    if (!link.carrier)
      return `${link.name} has no carrier: nothing comes or goes by it now, whatever is said of its routing here (ip -s link show ${link.name})`;
    return [];
  });
}
