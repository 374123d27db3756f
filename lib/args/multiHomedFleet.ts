import * as pulumi from "@pulumi/pulumi";
import { HostModel, Persistence } from "../model/spec";
import { NumbersArgs } from "./routing";

/** Arguments of `MultiHomedFleet`. */
export interface MultiHomedFleetArgs {
  /**
   * The interfaces that are routed, and how a host tells them apart. Those of a host that are not described here are
   * left to it.
   */
  interfaces: pulumi.Input<pulumi.Input<FleetInterfaceArgs>[]>;
  /**
   * Where hosts fetch the `program` at their first boot: https, http, or file when the image has it. "{sha256}" stands
   * for its digest, so that a fleet whose hosts have different programs can have them all. The user data has the digest,
   * and hosts take no other program. Example: "https://assets.example.com/multihome/{sha256}.sh".
   */
  programUrl: pulumi.Input<string>;
  /** User data of your own, beside ours, in any format cloud-init knows. Default: none. */
  userData?: pulumi.Input<string>;
  /** How the hosts route. Default: symmetric. */
  policy?: pulumi.Input<FleetPolicyArgs>;
  /** The hosts' name in messages. Default: the component's name. */
  hostName?: pulumi.Input<string>;
  /** Overrides for the numbers put into the kernel. */
  numbers?: pulumi.Input<NumbersArgs>;
  /** Seconds a host waits at its first boot for metadata that come late; 10 to 600. Default: 60. */
  waitSeconds?: pulumi.Input<number>;
}

/** An interface, by what EC2's metadata service says of it. All that is given must hold, and of one interface alone. */
export interface FleetInterfaceArgs {
  /**
   * Logical name, and identity: tables are named by it. 1 to 31 of letters, digits, ".", "_", "-", a letter first.
   * Example: "front".
   */
  name: pulumi.Input<string>;
  /** Its device index: 0 is the interface that the instance is launched with. Example: 1. */
  deviceIndex?: pulumi.Input<number>;
  /** Its network card, together with `deviceIndex`. Default: 0. */
  networkCardIndex?: pulumi.Input<number>;
  /** It is in one of these subnets. Example: ["subnet-0123456789abcdef0"]. */
  subnetIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Key of a tag of the instance whose value is the id of the interface or of its subnet. Needs
   * `instanceMetadataTags: "enabled"`. Example: "multihome-back".
   */
  tag?: pulumi.Input<string>;
  /** Whether it has IPv6 addresses, which then are waited for. Default: false. */
  ipv6?: pulumi.Input<boolean>;
}

/** How the hosts of a fleet route. */
export interface FleetPolicyArgs {
  /** "symmetric" or "strong". Default: "symmetric". */
  hostModel?: pulumi.Input<HostModel>;
  /** What keeps the plan in force. Default: "auto". */
  persistence?: pulumi.Input<Persistence>;
}
