import * as pulumi from "@pulumi/pulumi";
import { ConnectionArgs } from "./connection";
import { NumbersArgs, RoutedInterfaceArgs, RoutingPolicyArgs } from "./routing";

/** Arguments of `SymmetricRoutingPolicy`. */
export interface SymmetricRoutingPolicyArgs {
  /** The interfaces to route. What is not listed (containers, tunnels) is left to the host. */
  interfaces: pulumi.Input<pulumi.Input<RoutedInterfaceArgs>[]>;
  /** How to reach the host, over SSH. */
  connection: pulumi.Input<ConnectionArgs>;
  /** How the host routes. Default: symmetric, on-link destinations by the gateway. Example: { hostModel: "strong" }. */
  policy?: pulumi.Input<RoutingPolicyArgs>;
  /** The host's name in messages and drawings. Default: the component's name. */
  hostName?: pulumi.Input<string>;
  /** Overrides for the numbers put into the kernel. */
  numbers?: pulumi.Input<NumbersArgs>;
  /**
   * Which machine it is, such as an instance id: when it changes, the policy is applied again although nothing else
   * changed. Default: the machine is never replaced under the same address.
   */
  identity?: pulumi.Input<string>;
  /** Seconds the program may take on the host, waiting for its interfaces included; 10 to 3600. Default: 300. */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * Seconds, 5 to 3600, in which a change must be confirmed, which Pulumi does over a second connection: a change that
   * locks it out is rolled back by the host, and the update fails. 0: the host's own checks decide, over one connection.
   * Default: 60.
   */
  confirmWithin?: number;
}
