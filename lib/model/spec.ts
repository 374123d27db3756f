/**
 * A host as its owner writes it: the content of HOST.json, and the plain half of the components' arguments.
 * `schema/host.schema.json` describes the same; a test holds the two together.
 */

export interface HostSpec {
  /** The host's name; appears in messages and drawings. 1 to 31 of letters, digits, ".", "_", "-", a letter first. */
  name: string;
  /** The interfaces we route. What is not listed (containers, tunnels) is left to the host. */
  interfaces: InterfaceSpec[];
  policy?: PolicySpec;
  /** Overrides for the numbers we put into the kernel. Default: {@link DEFAULT_NUMBERS}. */
  numbers?: NumbersSpec;
}

export interface InterfaceSpec {
  /** Logical name, and identity: the table id and every generated name come from it, never from order. */
  name: string;
  /** How the interface is found on the host. Default: by its first address. */
  match?: MatchSpec;
  /** Addresses the host may send from, each with its prefix length. The first of a family is the primary. */
  addresses?: string[];
  /** Prefixes routed to the host as a whole (AWS: /28 and /80), for containers or further addresses. */
  delegatedPrefixes?: string[];
  /** Next hops, at most one a family. Without one a family reaches its attached subnets alone. */
  gateways?: (string | GatewaySpec)[];
  /** Attached subnets that the prefix lengths of the addresses do not say (/32 clouds). */
  subnets?: string[];
  /** Further routes of this interface's table. */
  routes?: RouteSpec[];
}

export interface MatchSpec {
  /** Link-layer address, `02:00:00:00:01:0a`. */
  mac?: string;
  /** Device name on the host. Names can change with the kernel; prefer another. */
  ifname?: string;
  /** An address that the device carries before we come. */
  address?: string;
}

export interface GatewaySpec {
  address: string;
  /** The gateway is on this link although no attached subnet holds it. Default: false. */
  onLink?: boolean;
}

export interface RouteSpec {
  to: string;
  /** Next hop. Default: the destination is attached to the link. */
  via?: string;
}

export const HostModel = { Symmetric: "symmetric", Strong: "strong", Weak: "weak" } as const;
export type HostModel = (typeof HostModel)[keyof typeof HostModel];

export const OnLink = { Gateway: "gateway", Direct: "direct" } as const;
export type OnLink = (typeof OnLink)[keyof typeof OnLink];

export interface PolicySpec {
  /** Default: "symmetric". */
  hostModel?: HostModel;
  /**
   * How an address of one interface reaches hosts on a subnet attached to another: by its own gateway, or directly
   * out of the other interface. Default: "gateway".
   */
  onLink?: OnLink;
  /** Pairs that go directly in spite of `onLink: "gateway"`: isolated subnets whose gateways do not route to each other. */
  directPairs?: DirectPairSpec[];
  /** Not available in this version; refused by name. */
  traffic?: unknown;
  /** Not available in this version; refused by name. */
  worlds?: unknown;
  /** Not available in this version; refused by name. */
  identity?: unknown;
}

export interface DirectPairSpec {
  /** Name of the interface that owns the source address. */
  from: string;
  /** Name of the interface whose attached subnets are reached directly. */
  to: string;
}

export interface NumbersSpec {
  protocol?: number;
  group?: number;
  tableBase?: number;
  priorityBase?: number;
  canaryMark?: number;
}
