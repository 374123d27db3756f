import * as pulumi from "@pulumi/pulumi";
import { HostInterface, MultiHomedHostArgs } from "../args/multiHomedHost";
import { adoptHost } from "../clouds/aws/adoptHost";
import { createHost } from "../clouds/aws/createHost";
import { HostParts, InterfaceParts, byDevice } from "../clouds/aws/hostParts";
import { hostFacts, interfaceInputs } from "../clouds/aws/inputs";
import { refuse } from "../deliver/argsError";
import { Inputs, independently, settle } from "../deliver/known";
import { Report } from "../deliver/report";
import { Issue } from "../model/issue";
import { PlanVerdict } from "../prove/verdict";
import { UserDataFacts, instanceUserData, userDataBytes } from "./firstBoot";
import { PlainHostConnection, managementAddress, managementConnection } from "./management";
import { HostCheck, checkIssues, constructorIssues } from "./multiHomedHostCheck";
import { planned } from "./planned";
import { warnOfSourceChecks } from "./sourceCheck";
import { PlainHostArgs } from "./spec";
import { SymmetricRoutingPolicy } from "./symmetricRoutingPolicy";

/**
 * An AWS host with several network interfaces that routes symmetrically: every packet leaves by the interface that
 * owns its source address, through that interface's own gateway.
 *
 * Makes the interfaces with their addresses, Elastic IPs, the instance and the attachments, or adopts an instance that
 * exists, and puts a `SymmetricRoutingPolicy` on it. What AWS would refuse minutes into an update fails at preview,
 * with the fix.
 *
 * The options `protect`, `provider`, `dependsOn`, `aliases` and `transforms` hold for all that it makes: an alias renames a
 * host without replacing it, a transform changes what there is no argument for.
 *
 * @example
 * new MultiHomedHost("edge", args, {
 *   protect: true,
 *   aliases: [{ name: "gateway" }],
 *   transforms: [
 *     ({ type, props, opts }) =>
 *       type === "aws:ec2/instance:Instance"
 *         ? { props: { ...props, rootBlockDevice: { volumeSize: 40, encrypted: true } }, opts }
 *         : undefined,
 *   ],
 * });
 */
export class MultiHomedHost extends pulumi.ComponentResource {
  /** Id of the instance. */
  readonly instanceId: pulumi.Output<string>;
  /** The interfaces as they are in the cloud, by name. */
  readonly interfaces: pulumi.Output<Record<string, HostInterface>>;
  /** Primary private addresses, by interface name. */
  readonly privateIps: pulumi.Output<Record<string, string>>;
  /** The primary private address of the primary interface, or else of the first by network card and device index. */
  readonly privateIp: pulumi.Output<string>;
  /** Public IPs, by name of the interface that has one. */
  readonly publicIps: pulumi.Output<Record<string, string>>;
  /** The first public IP, in the order of network cards and device indexes; absent when no interface has one. */
  readonly publicIp: pulumi.Output<string | undefined>;
  /** The complete desired state of the host's routing as data (`Plan`); while values are pending `{ pending: [paths] }`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema has no type for it
  readonly plan: pulumi.Output<any>;
  /** The program that puts the plan on the host: POSIX sh. */
  readonly program: pulumi.Output<string>;
  /** Digest of the plan. */
  readonly programDigest: pulumi.Output<string>;
  /**
   * What is proved of the plan, known at every preview: "proved" for every packet there can be, "proved schematically"
   * while values are pending, or "unknown". A plan that is disproved fails, and shows the packet.
   */
  readonly verdict: pulumi.Output<PlanVerdict>;
  /**
   * For each source address and delegated prefix the gateway its packets leave by under the plan. Without those that have
   * none, and those in worlds, which may have the same addresses.
   */
  readonly gatewayBySource: pulumi.Output<Record<string, string>>;
  /** What the host's kernel answered after the last change; absent with `routing: false`. */
  readonly report: pulumi.Output<Report | undefined>;
  /** Whether the kernel answered every question as planned; false with `routing: false`, and under the weak host model. */
  readonly symmetric: pulumi.Output<boolean>;

  constructor(name: string, args: MultiHomedHostArgs, opts?: pulumi.ComponentResourceOptions) {
    // Never `args` as a whole: what is handed up is recorded, and keys and user data would be in clear.
    const { interfaces, existing, instanceType, policy, hostName, numbers, routing } = args;
    super(TYPE, name, { interfaces, existing, instanceType, policy, hostName, numbers, routing }, opts);

    const subject = `${TYPE} ${JSON.stringify(name)}`;
    const fail = (issues: readonly Issue[]): void => refuse(this, subject, issues);
    const host = { hostName: hostName ?? name, policy, numbers };
    fail(constructorIssues(args, host));

    const parts =
      existing === undefined
        ? newHost(this, name, args, host, fail, opts)
        : adoptHost(name, args, fail, { parent: this, dependsOn: opts?.dependsOn });
    const applied = routing === false ? undefined : applyTo(this, name, args, parts, fail, opts);
    const routed = routedOf(parts) as Inputs<PlainHostArgs["interfaces"]>;
    const intent = applied ?? planned(this, subject, { ...host, interfaces: routed });
    if (existing === undefined) warnOfSourceChecks(this, args, intent.plan);

    this.instanceId = parts.instanceId;
    this.interfaces = byName(parts, ({ info }) => info);
    this.privateIps = byName(parts, ({ privateIp }) => privateIp);
    this.privateIp = byDevice(parts)[0].privateIp;
    this.publicIps = byName(parts, ({ publicIp }) => publicIp);
    this.publicIp = firstPublicIp(parts);
    this.plan = intent.plan;
    this.program = intent.program;
    this.programDigest = intent.programDigest;
    this.gatewayBySource = intent.gatewayBySource;
    this.verdict = intent.verdict;
    this.report = applied?.report ?? pulumi.output(undefined);
    this.symmetric = applied?.symmetric ?? pulumi.output(false);
    // Without the program: the command below has it in its inputs and outputs already.
    this.registerOutputs({
      instanceId: this.instanceId,
      interfaces: this.interfaces,
      privateIps: this.privateIps,
      privateIp: this.privateIp,
      publicIps: this.publicIps,
      publicIp: this.publicIp,
      plan: this.plan,
      programDigest: this.programDigest,
      verdict: this.verdict,
      gatewayBySource: this.gatewayBySource,
      report: this.report,
      symmetric: this.symmetric,
    });
  }
}

const TYPE = "multihome:index:MultiHomedHost";

type Fail = (issues: readonly Issue[]) => void;

/** Makes the host once everything that can be known of it has been found right. */
function newHost(
  parent: pulumi.Resource,
  name: string,
  args: MultiHomedHostArgs,
  host: Inputs<HostCheck["host"]>,
  fail: Fail,
  opts: pulumi.ComponentResourceOptions | undefined,
): HostParts {
  const inputs = args.interfaces.map((iface) => interfaceInputs(iface, args, { parent }));
  const facts = hostFacts(args, inputs, { parent });
  const told: Inputs<UserDataFacts> = { facts, host, hostKey: args.sshHostKey, own: args.userData };
  const check: Inputs<HostCheck> = {
    facts,
    host,
    connection: args.connection as Inputs<PlainHostConnection>,
    timeoutSeconds: args.timeoutSeconds,
    userData: args.userData,
    sshHostKey: args.sshHostKey as Inputs<HostCheck["sshHostKey"]>,
    userDataBytes: userDataBytes(args, told),
  };
  const checked = independently(settle<HostCheck, void>(check, (draft) => fail(checkIssues(draft, args))));
  const made = { parent, dependsOn: opts?.dependsOn };
  return createHost(name, args, inputs, checked, made, (interfaces) =>
    instanceUserData(args, host, interfaces),
  );
}

/** Puts the policy on the host, over the connection that the host itself completes. */
function applyTo(
  parent: pulumi.Resource,
  name: string,
  args: MultiHomedHostArgs,
  parts: HostParts,
  fail: Fail,
  opts: pulumi.ComponentResourceOptions | undefined,
): SymmetricRoutingPolicy {
  return new SymmetricRoutingPolicy(
    `${name}-routing`,
    {
      interfaces: routedOf(parts),
      connection: managementConnection(args, (chosen) => managementAddress(parts, chosen, fail)),
      policy: args.policy,
      hostName: pulumi.all([parts.checked, args.hostName ?? name]).apply(([, known]) => known),
      numbers: args.numbers,
      identity: parts.identity,
      timeoutSeconds: args.timeoutSeconds,
      confirmWithin: args.confirmWithin,
    },
    pulumi.mergeOptions(
      { parent, dependsOn: [...parts.ready], deletedWith: parts.instance ?? opts?.deletedWith },
      { dependsOn: opts?.dependsOn },
    ),
  );
}

function routedOf(parts: HostParts): InterfaceParts["routed"][] {
  return parts.interfaces.map(({ routed }) => routed);
}

/** A value of each interface that has it, by the interface's name. */
function byName<T>(
  parts: HostParts,
  value: (iface: InterfaceParts) => pulumi.Output<T | undefined>,
): pulumi.Output<Record<string, T>> {
  const sorted = [...parts.interfaces].sort((a, b) => (a.name < b.name ? -1 : 1));
  return (pulumi.all(sorted.map(value)) as pulumi.Output<(T | undefined)[]>).apply((values) =>
    Object.fromEntries(
      sorted.flatMap(({ name }, i) => (values[i] === undefined ? [] : [[name, values[i] as T] as const])),
    ),
  );
}

function firstPublicIp(parts: HostParts): pulumi.Output<string | undefined> {
  return pulumi
    .all(byDevice(parts).map(({ publicIp }) => publicIp))
    .apply((ips) => ips.find((ip) => ip !== undefined));
}
