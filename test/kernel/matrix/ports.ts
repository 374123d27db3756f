/** Ports of the servers. */
export const PORTS = {
  /** TCP and UDP, on every address. */
  echo: 9001,
  http: 9080,
  /** UDP on the host, bound to eth1's address alone. */
  bound: 9002,
} as const;

/**
 * Source ports: above the range from which the kernel takes its own, so that a flow is known by its ports.
 */
export const FIRST_SOURCE_PORT = 61_000;
