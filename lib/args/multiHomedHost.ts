// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- a JSDoc comment stays in the declarations: they are fine without @pulumi/aws as well
/** @ts-ignore */
import type { Subnet } from "@pulumi/aws/ec2/subnet";
import * as pulumi from "@pulumi/pulumi";
import { SshArgs, ProxyArgs } from "./connection";
import { NumbersArgs, RouteArgs, RoutingPolicyArgs } from "./routing";

/** Arguments of `MultiHomedHost`. */
export interface MultiHomedHostArgs {
  /**
   * The host's interfaces, in any order: each is known by its `name`, and has its place by its `deviceIndex`. One that is in
   * a world (`policy.worlds`) is found by its MAC, which is known when it exists.
   */
  interfaces: HostInterfaceArgs[];
  /** Adopt an instance that exists already, with the interfaces it has, in place of making one. Default: make one. */
  existing?: ExistingHostArgs;
  /** Image of the instance. Needed unless `existing`. Example: "ami-0123456789abcdef0". */
  ami?: pulumi.Input<string>;
  /** Type of the instance; decides how many interfaces and addresses it takes. Needed unless `existing`. Example: "m5.large". */
  instanceType?: pulumi.Input<string>;
  /** Name of the EC2 key pair whose holder may log in. Example: "ops". */
  keyName?: pulumi.Input<string>;
  /** User data, in any format cloud-init knows. Changing it stops and starts the instance. Default: none. */
  userData?: pulumi.Input<string>;
  /**
   * Whether a new instance has its plan in force before its services start: cloud-init gets the program as user data,
   * beside `userData`. Later changes come by SSH; the user data, your own included, stays what it was, also when the
   * instance is replaced, which SSH then puts right. With `routing: false` nothing does: the first boot is all there is.
   * Default: false.
   */
  firstBoot?: boolean;
  /** Name of the IAM instance profile. Default: none. */
  iamInstanceProfile?: pulumi.Input<string>;
  /** Security groups of every interface that lists none of its own. Default: the VPC's default group. */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
  /** How many security groups the account's quota allows an interface, up to 16. Default: 5. */
  maxSecurityGroups?: number;
  /**
   * How Pulumi reaches the host. Needed unless `routing` is false. Example: { user: "admin", privateKey, hostKey:
   * "ssh-ed25519 AAAA..." }.
   */
  connection?: pulumi.Input<HostConnectionArgs>;
  /**
   * The SSH host key that cloud-init gives a new instance, pinned by `connection`: from `hostKeyFromSeed`. It takes
   * part in the user data, which is read at the first boot alone: under another key the instance is refused until it is
   * replaced, and with `firstBoot` even then. Default: none; then `connection.hostKey` must be known in another way.
   */
  sshHostKey?: pulumi.Input<SshHostKeyArgs>;
  /** How the host routes. Default: symmetric, on-link destinations by the gateway. Example: { hostModel: "strong" }. */
  policy?: pulumi.Input<RoutingPolicyArgs>;
  /** Whether the policy is put on the host; false makes the host alone, planned but not configured. Default: true. */
  routing?: boolean;
  /** The host's name in messages and drawings. Default: the component's name. */
  hostName?: pulumi.Input<string>;
  /** Overrides for the numbers put into the kernel. */
  numbers?: pulumi.Input<NumbersArgs>;
  /** Seconds the program may take on the host, waiting for its interfaces included; 10 to 3600. Default: 300. */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * Seconds, 5 to 3600, in which a change must be confirmed, which Pulumi does over a second connection: a change that
   * locks it out is rolled back by the host, and the update fails. 0: the host's own checks decide, over one connection.
   * Default: 60.
   */
  confirmWithin?: number;
  /** Tags of everything made. `Name` is set where it is not given. Default: none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** AWS region. Default: the provider's. */
  region?: pulumi.Input<string>;
}

/** One interface (ENI) of a host. */
export interface HostInterfaceArgs {
  /**
   * Logical name, and identity: child resources and tables are named by it. 1 to 31 of letters, digits, ".", "_", "-",
   * a letter first. Example: "front".
   */
  name: string;
  /** Which of the instance's interfaces it is: 0 is the one the instance is launched with. For life. Example: 1. */
  deviceIndex: number;
  /** Network card, on instance types that have several. Default: 0. */
  networkCardIndex?: number;
  /** The subnet, as a resource: its blocks and zone are known as early as possible. Or give `subnetId`. */
  subnet?: Subnet;
  /** The subnet, by id; what else is needed of it is looked up. Example: "subnet-0123456789abcdef0". */
  subnetId?: pulumi.Input<string>;
  /**
   * The primary address by its number in the subnet: 10 in 10.0.1.0/24 is 10.0.1.10; with `ipv6`, the IPv6 address of
   * that number as well. Known at preview as soon as the subnet's block is. Default: the first of `privateIps`; where
   * that is absent too AWS chooses, and plan and program are known only when the interface exists.
   */
  hostNumber?: pulumi.Input<number>;
  /** Whether the interface has an IPv6 address: that of `hostNumber`, or one that AWS chooses. Default: false. */
  ipv6?: boolean;
  /** IPv4 addresses in order, after that of `hostNumber`. The first of all is the primary. Example: ["10.0.1.11"]. */
  privateIps?: pulumi.Input<pulumi.Input<string>[]>;
  /** IPv6 addresses in order, after that of `hostNumber`. Example: ["2001:db8:1::10"]. */
  ipv6Addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** /28 prefixes of the subnet that are routed to the host as a whole. Example: ["10.0.1.32/28"]. */
  ipv4Prefixes?: pulumi.Input<pulumi.Input<string>[]>;
  /** /80 prefixes of the subnet that are routed to the host as a whole. Example: ["2001:db8:1:0:a::/80"]. */
  ipv6Prefixes?: pulumi.Input<pulumi.Input<string>[]>;
  /** Security groups. Default: those of the host. */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether AWS drops what is not from or to the interface's own addresses. To be false where the policy sends from those of
   * others, as with `onLink: "direct"`, and where the host forwards. Default: true.
   */
  sourceDestCheck?: pulumi.Input<boolean>;
  /** Whether an Elastic IP is made for the primary address. Default: false. */
  publicIp?: boolean;
  /** An Elastic IP that exists already, for the primary address. Example: "eipalloc-0123456789abcdef0". */
  allocationId?: pulumi.Input<string>;
  /** Next hops. Default: the subnet's first address plus one, and fe80:ec2::1, where AWS has its routers. */
  gateways?: pulumi.Input<pulumi.Input<string>[]>;
  /** Further routes of this interface's table. Default: none. */
  routes?: pulumi.Input<pulumi.Input<RouteArgs>[]>;
  /** Description of the ENI. Default: the names of host and interface. */
  description?: pulumi.Input<string>;
}

/** An instance that exists already. Only its device indexes are asked of the arguments: the rest is looked up. */
export interface ExistingHostArgs {
  /** Its id. Example: "i-0123456789abcdef0". */
  instanceId: pulumi.Input<string>;
}

/** How Pulumi reaches the host: what is not said about where comes from the host itself. */
export interface HostConnectionArgs extends SshArgs {
  /** Address or DNS name. Default: that of `interface`. */
  host?: pulumi.Input<string>;
  /**
   * Name of the interface to connect to: by its Elastic IP, or else by its primary private address (from within the
   * network). Default: the one with a public IP, the primary interface first.
   */
  interface?: string;
  /** The machine to go through. Its host key is pinned like the host's own. Default: none. */
  proxy?: pulumi.Input<ProxyArgs>;
}

/** An SSH host key pair in OpenSSH's formats. */
export interface SshHostKeyArgs {
  /** The private half. Kept as a secret. */
  privateKey: pulumi.Input<string>;
  /** The public half. Example: "ssh-ed25519 AAAA...". */
  publicKey: pulumi.Input<string>;
}

/** An interface of a host as it is in the cloud. */
export interface HostInterface {
  /** Id of the ENI. */
  id: string;
  /** MAC address. */
  mac: string;
  /** Primary private IPv4 address. */
  privateIp: string;
  /** All addresses, the primary first, without prefix lengths. */
  addresses: string[];
  /** Elastic IP of the primary address, if it has one. */
  publicIp?: string;
  /** Id of the subnet. */
  subnetId: string;
}
