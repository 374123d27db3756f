import { Family } from "../../../lib/net";
import { namespaceOf } from "../names";
import { LinkModel } from "../model";
import { FAR, NEAR, NamespaceBuilder, hop, wire } from "./namespace";

/** The Internet host: two addresses a family, so that a test can tell destinations apart (RFC 5737, RFC 3849). */
export const INTERNET_HOST: Record<Family, readonly [string, string]> = {
  4: ["203.0.113.5", "203.0.113.6"],
  6: ["2001:db8:ffff::5", "2001:db8:ffff::6"],
};

/** The operator's machine, on the Internet like the host. */
export const OPERATOR: Record<Family, string> = { 4: "192.0.2.10", 6: "2001:db8:fffe::10" };

/** Host routes have the full length. */
export const HOST_LENGTH: Record<Family, number> = { 4: 32, 6: 128 };

/** The Internet and the operator's machine; VPCs are joined to it by their gateways. */
export function buildInternet(lab: string): {
  internet: NamespaceBuilder;
  operator: NamespaceBuilder;
  link: LinkModel;
} {
  const internet = new NamespaceBuilder(namespaceOf(lab, "internet"));
  const operator = new NamespaceBuilder(namespaceOf(lab, "operator"));
  internet.forwarding(true);
  // As the clients of Go, of which the real command provider is one: a connection that is cut ends after minutes.
  const keepalive = { time: 15, intvl: 15, probes: 9 };
  for (const [name, value] of Object.entries(keepalive))
    operator.sysctls[`net/ipv4/tcp_keepalive_${name}`] = String(value);
  const link = wire(operator, "inet", internet, "op");
  for (const family of [4, 6] as const) {
    const length = HOST_LENGTH[family];
    // IPv6 chooses the source by the longest common prefix with the destination unless a route says it.
    for (const address of INTERNET_HOST[family]) internet.address(family, address, length, "lo", "");
    operator.address(family, OPERATOR[family], length, "lo", "");
    internetRoute(internet, family, `${OPERATOR[family]}/${length}`, "op");
    operator.route(family, "default", `${hop(family, FAR, "inet")} src ${OPERATOR[family]}`, "inet");
  }
  return { internet, operator, link };
}

/** A route of the Internet to what is behind one of its links, whose far end it is. */
export function internetRoute(
  internet: NamespaceBuilder,
  family: Family,
  prefix: string,
  device: string,
): void {
  internet.route(family, prefix, `${hop(family, NEAR, device)} src ${INTERNET_HOST[family][0]}`, device);
}
