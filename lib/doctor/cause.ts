import { Intent, Outcome, Routed, Table, describeRoute, describeRule } from "../linux";
import { contains } from "../net/prefix";
import { Finding } from "./findings";

/** Why a flow takes the way it takes. */
export type Cause =
  /** A default route decides, that of another interface. */
  | "default route"
  /** The host is attached to the destination's network by another interface, and goes there directly. */
  | "short cut"
  /** The address's own table knows nothing of the containers or tunnels, and sends what is for them to a gateway. */
  | "forgotten inside"
  /** The owner wants containers and tunnels ignored, and one asks. */
  | "ignored inside"
  /** No route at all: the kernel takes the destination for attached, since the socket is bound to the device. */
  | "no next hop"
  /** A tunnel's default, or halves of one, takes what belongs to an interface. */
  | "captured by a tunnel"
  /** The right interface, past its gateway or through another. */
  | "another gateway"
  /** Some other route. */
  | "another route"
  /** The host has no way at all. */
  | "no way"
  /** Which way it takes depends on something that is not modelled. */
  | "unknown way"
  /** The right way; it is the packet that comes in which the host does not take. */
  | "only refused on arrival"
  /** The right way; whether the host takes the packet that comes in depends on something that is not modelled. */
  | "unknown on arrival"
  /** What comes in is a packet that no host sends, and no host takes. */
  | "invalid on arrival";

export function causeOf({ example, owner, peer }: Finding, intent: Intent): Cause {
  const { outcome } = example.outward;
  const arriving = example.inward?.outcome;
  if (arriving?.kind === "error" && arriving.error === "EINVAL" && arriving.rule === undefined)
    return "invalid on arrival";
  if (outcome.kind === "unknown") return "unknown way";
  if (outcome.kind === "error") return "no way";
  if (outcome.pretended) return "no next hop";
  const { route } = outcome;
  const isManaged = (device: string): boolean => intent.interfaces.some((iface) => iface.device === device);
  if (takesRightWay(example))
    return arriving?.kind === "unknown" ? "unknown on arrival" : "only refused on arrival";
  const asks = example.arrival !== undefined && !isManaged(example.arrival);
  if (asks && intent.unmanagedRoutes === "ignore") return "ignored inside";
  if (peer.kind === "inside") return "forgotten inside";
  if (!outcome.hops.every((hop) => isManaged(hop.device))) return "captured by a tunnel";
  if (outcome.hops.every((hop) => hop.device === owner?.device)) return "another gateway";
  if (route !== undefined && route.to.length === 0) return "default route";
  const attached = intent.interfaces.some(
    ({ device, subnets }) =>
      device === outcome.hops[0].device && subnets.some((subnet) => route && contains(subnet, route.to)),
  );
  return attached && outcome.hops[0].via === undefined ? "short cut" : "another route";
}

/** Whether what the host sends would go where it should. */
export function takesRightWay({ outward: { outcome }, expected }: Finding["example"]): boolean {
  if (outcome.kind !== "route" || expected?.kind !== "by") return false;
  return outcome.hops.every((hop) =>
    expected.hops.some(
      (wanted) =>
        wanted.device === hop.device && (wanted.anyGateway === true || wanted.via?.value === hop.via?.value),
    ),
  );
}

/** The rule and the route that decided, in the words of ip(8). */
export function decisive(outcome: Outcome): string {
  if (outcome.kind === "unknown") return outcome.because;
  const rule = outcome.rule === undefined ? undefined : `rule ${describeRule(outcome.rule)}`;
  const route = outcome.route === undefined ? undefined : describeRoute(outcome.route);
  const check = outcome.kind === "error" ? outcome.check : undefined;
  return [rule, route, check].filter((text) => text !== undefined).join("; ") || "no rule is left";
}

export function isMain({ table }: Routed): boolean {
  return table === Table.main;
}
