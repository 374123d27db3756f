import { Candidate } from "../matrix/candidate";
import { Flow } from "../matrix/flow";
import { BEYOND_VPN, CONTAINER, WORLD4, WORLD6, isIPv6, neighbour4, neighbour6 } from "../matrix/layout";
import { Address, parseAddress } from "../../../lib/net";
import { Exchange } from "../../../lib/prove/exchange";

/** The flows of the matrix, as the doctor and the prover know them. */

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value;
}

const PEERS: Readonly<Record<string, (family: 4 | 6) => string>> = {
  world: (family) => (family === 4 ? WORLD4 : WORLD6),
  a: (family) => (family === 4 ? neighbour4("a") : neighbour6("a")),
  b: (family) => (family === 4 ? neighbour4("b") : neighbour6("b")),
  container: () => CONTAINER,
  // The tunnel's own other end; what is beyond it is asked from there.
  vpn: () => "10.99.0.1",
};

const INSIDE: Readonly<Record<string, string>> = { container: "docker0", vpn: "vpn0" };

/** A flow of the matrix as an exchange; undefined for broadcasts, of which routing between interfaces says nothing. */
export function exchangeOf(flow: Flow): Exchange | undefined {
  if (flow.broadcast || flow.to.startsWith("ff02:")) return undefined;
  const protocol = { tcp: 6, udp: 17, ping: isIPv6(flow.to) ? 58 : 1 }[flow.by];
  if (flow.client === "host") {
    const inside = flow.to === CONTAINER ? "docker0" : flow.to === BEYOND_VPN ? "vpn0" : undefined;
    return {
      asker: "host",
      peer: address(flow.to),
      ...(flow.from !== undefined && { local: address(flow.from) }),
      ...(flow.device !== undefined && { bound: flow.device }),
      ...(inside !== undefined && { arrival: inside }),
      connected: flow.by !== "ping",
      protocol,
    };
  }
  const peer = PEERS[flow.client](isIPv6(flow.to) ? 6 : 4);
  const arrival = INSIDE[flow.client];
  return {
    asker: "peer",
    peer: address(peer),
    local: address(flow.to),
    ...(arrival !== undefined && { arrival }),
    protocol,
  };
}

/** Whether a candidate configures the family of a flow at all. */
export function applies({ families }: Candidate, flow: Flow): boolean {
  return families.includes(isIPv6(flow.to) ? 6 : 4);
}
