import { InputFlow, IntentInterface, OutputFlow, Traced } from "../linux";
import { Expected } from "../linux/prove/expected";
import { Address } from "../net/address";

/**
 * A request and its answer, between a peer and the host: the unit in which people, and firewalls, think. It is
 * symmetric when what the host sends leaves by the device through which the peer's packets come in, through the gateway
 * that its owner wants, and when the host accepts what comes in.
 */
export interface Exchange {
  readonly asker: "peer" | "host";
  readonly peer: Address;
  /** Our address; absent when the host asks and leaves the choice to the kernel. */
  readonly local?: Address;
  /** The device that the host's socket is bound to (SO_BINDTODEVICE): it gets nothing that comes in by another. */
  readonly bound?: string;
  /**
   * The device by which the peer's packets come in. Default: that of the interface that owns our address, since the
   * network delivers there.
   */
  readonly arrival?: string;
  readonly protocol?: number;
  /** Port of whoever is asked; with a protocol that has ports. */
  readonly port?: number;
  /** Of the host's socket: the mark that it sets (SO_MARK), and the user whose it is. Default: 0, and root. */
  readonly mark?: number;
  readonly user?: number;
  /**
   * Whether the host's socket is connected: it then looks up twice, first for the source and then with it. Default:
   * true; false for raw sockets (ping), and for datagrams that are sent without connect(2). IPv6 makes no difference.
   */
  readonly connected?: boolean;
}

export type ExchangeVerdict =
  /** The same way in both directions, and accepted; of an identity: by any of the interfaces. */
  | "symmetric"
  /** What the host sends leaves by another device, or past its gateway, or through another. */
  | "another way"
  /** The host's own routing has no way for what it would send. */
  | "refused"
  /** The host drops what the peer sends, or sends it on, since it does not have the address. */
  | "dropped"
  /** It depends on something that is not modelled. */
  | "unknown"
  /** Nobody says which way is right: what the address is, or what lies there, belongs to no interface. */
  | "not judged";

export interface ExchangeResult {
  readonly exchange: Exchange;
  readonly verdict: ExchangeVerdict;
  /** Our address: given, or the one the kernel chose. */
  readonly local?: Address;
  /** The interface that owns our address. */
  readonly owner?: IntentInterface;
  /** The device by which the peer's packets come in. */
  readonly arrival?: string;
  /** What becomes of the peer's packet; absent when it is never sent, since the host's request does not get out. */
  readonly inward?: Traced & { readonly flow: InputFlow };
  /** What becomes of the host's packet, or would if the host had not dropped the request. */
  readonly outward: Traced & { readonly flow: OutputFlow };
  /** The way that the host's packet should take. */
  readonly expected?: Expected;
  /** The traffic policy that decides about the host's packet, if one does, and whether the packet does as it wants. */
  readonly policy?: { readonly by: string; readonly expected: Expected; readonly met: boolean };
}
