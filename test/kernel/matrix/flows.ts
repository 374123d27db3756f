import { Flow } from "./flow";
import { A4, A6, B4, B6, BEYOND_VPN, CONTAINER, WORLD4, WORLD6, neighbour4 } from "./layout";
import { PORTS } from "./ports";

/**
 * The nine flows that a cloud's source check tells apart. The id is "who>whom": i the Internet, a and b hosts
 * on the networks of A and B, c a container of the host; A and B are the host's addresses on eth0 and eth1; 6
 * is IPv6.
 */
export const NINE: readonly Flow[] = [
  { id: "i>A", by: "tcp", client: "world", to: A4 },
  { id: "i>B", by: "tcp", client: "world", to: B4 },
  { id: "b>A", by: "tcp", client: "b", to: A4 },
  { id: "a>B", by: "tcp", client: "a", to: B4 },
  { id: "a>A", by: "tcp", client: "a", to: A4 },
  { id: "c>A", by: "tcp", client: "container", to: A4 },
  { id: "c>B", by: "tcp", client: "container", to: B4 },
  { id: "i>B6", by: "tcp", client: "world", to: B6 },
  { id: "b>A6", by: "tcp", client: "b", to: A6 },
];

/** After eth1 went down and up: B is still an address of the host, and a program still uses it. */
export const B_STILL_USED: Flow = { id: "B>i", by: "udp", client: "host", from: B4, to: WORLD4 };

/**
 * The checks behind stateful routers, by what they ask of the routing. `by` tells those of one pair apart.
 */
export const CHECKS: Readonly<Record<string, readonly Flow[]>> = {
  "own gateway": [
    { id: "i>A tcp", by: "tcp", client: "world", to: A4 },
    { id: "i>B tcp", by: "tcp", client: "world", to: B4 },
    { id: "i>B ping", by: "ping", client: "world", to: B4 },
    { id: "i>B udp", by: "udp", client: "world", to: B4, port: PORTS.bound },
    { id: "i>A6 tcp", by: "tcp", client: "world", to: A6 },
    { id: "i>B6 tcp", by: "tcp", client: "world", to: B6 },
    { id: "B>i tcp", by: "tcp", client: "host", from: B4, to: WORLD4 },
    { id: "B6>i tcp", by: "tcp", client: "host", from: B6, to: WORLD6 },
  ],
  "across networks": [
    { id: "b>A tcp", by: "tcp", client: "b", to: A4 },
    { id: "a>B tcp", by: "tcp", client: "a", to: B4 },
    { id: "A>b tcp", by: "tcp", client: "host", from: A4, to: neighbour4("b") },
    { id: "B>a tcp", by: "tcp", client: "host", from: B4, to: neighbour4("a") },
    { id: "b>A6 tcp", by: "tcp", client: "b", to: A6 },
    { id: "A>b ping", by: "ping", client: "host", from: A4, to: neighbour4("b") },
  ],
  "own network": [
    { id: "a>A ping", by: "ping", client: "a", to: A4 },
    { id: "B>b ping", by: "ping", client: "host", from: B4, to: neighbour4("b") },
  ],
  "no source": [
    { id: "h>i tcp", by: "tcp", client: "host", to: WORLD4 },
    { id: "h>b tcp", by: "tcp", client: "host", to: neighbour4("b") },
    { id: "h>i6 tcp", by: "tcp", client: "host", to: WORLD6 },
    { id: "A>B ping", by: "ping", client: "host", from: A4, to: B4 },
  ],
  "inside the host": [
    { id: "A>c tcp", by: "tcp", client: "host", from: A4, to: CONTAINER },
    { id: "c>B ping", by: "ping", client: "container", to: B4 },
    { id: "A>vpn ping", by: "ping", client: "host", from: A4, to: BEYOND_VPN },
    { id: "vpn>B ping", by: "ping", client: "vpn", to: B4 },
  ],
  "bound to a device": [
    { id: "eth1>i ping", by: "ping", client: "host", device: "eth1", to: WORLD4 },
    { id: "eth1>i tcp", by: "tcp", client: "host", device: "eth1", to: WORLD4 },
  ],
  "to all": [
    { id: "a>net a ping", by: "ping", client: "a", to: "10.0.1.255", broadcast: true },
    { id: "a>all nodes ping", by: "ping", client: "a", to: "ff02::1%eth0" },
  ],
};

/**
 * These two belong to the strong host model alone, which discards what came in by another interface's
 * address.
 */
export const STRONG_ONLY = ["b>A by eth1 is discarded", "A forced out of eth1 is discarded"] as const;

export const ALL_CHECKS: readonly Flow[] = Object.values(CHECKS).flat();
