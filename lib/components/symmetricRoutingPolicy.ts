import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../deliver/argsError";
import { connectionIssues } from "../deliver/connection";
import { ConnectionArgs } from "../args/connection";
import { Draft, Inputs, independently, isKnown, isPending, knownNow, settle } from "../deliver/known";
import { remoteApply } from "../deliver/remoteApply";
import { Report } from "../deliver/report";
import { Issue, shown } from "../model/issue";
import { PlanVerdict } from "../prove/verdict";
import { FieldsOf, unknownFields } from "./fields";
import { planned } from "./planned";
import { SymmetricRoutingPolicyArgs } from "../args/symmetricRoutingPolicy";
import { PlainHostArgs, hostIssues } from "./spec";
import { DEFAULT_CONFIRM_WITHIN, DEFAULT_TIMEOUT, confirmIssues, timeoutIssues } from "./timeout";

/**
 * Makes a Linux host with several interfaces route symmetrically: every packet leaves by the interface that owns its
 * source address, through that interface's own gateway. For any host that SSH reaches, whoever made it.
 *
 * A preview shows the plan line by line; an update applies it, confirms it over a second connection, and reports what
 * the host's own kernel answers; removing the component restores the host. Set the option `deletedWith` to the machine's resource,
 * so that a machine that goes anyway is not asked to restore anything.
 *
 * The host notes which component has it. Another that applies takes it over, such as the same under another name, and the
 * deletion of the first then leaves the host as it is.
 */
export class SymmetricRoutingPolicy extends pulumi.ComponentResource {
  /** The complete desired state as data (`Plan`); at a preview with pending values `{ pending: [paths] }`. */
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
   * For each source address and delegated prefix the gateway its packets leave by. Without those that have none, and
   * those in worlds, which may have the same addresses.
   */
  readonly gatewayBySource: pulumi.Output<Record<string, string>>;
  /** What the host's kernel answered after the last change. */
  readonly report: pulumi.Output<Report>;
  /** Whether the kernel answered every question as planned; false under the weak host model, which asks none. */
  readonly symmetric: pulumi.Output<boolean>;

  constructor(name: string, args: SymmetricRoutingPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    // Never `args` as a whole: what is handed up is recorded, and a key in it would be in clear.
    const { interfaces, policy, hostName, numbers, identity } = args;
    super(TYPE, name, { interfaces, policy, hostName, numbers, identity }, opts);

    const subject = `${TYPE} ${JSON.stringify(name)}`;
    const host: Inputs<PlainHostArgs> = { hostName: hostName ?? name, interfaces, policy, numbers };
    const rest: Inputs<RestArgs> = {
      connection: args.connection,
      timeoutSeconds: args.timeoutSeconds,
      identity,
    };
    refuse(this, subject, [
      ...unknownFields(args, FIELDS),
      ...hostIssues(knownNow<PlainHostArgs>(host)),
      ...restIssues(knownNow<RestArgs>(rest)),
      ...confirmIssues(args.confirmWithin),
    ]);

    const { packedProgram, ...intent } = planned(this, subject, host);
    // The rest is checked before the program is handed over: a command with a bad connection is never registered.
    const checked = independently(
      settle<RestArgs, void>(rest, (draft) => refuse(this, subject, restIssues(draft))),
    );
    const { report } = remoteApply(
      `${name}-apply`,
      {
        program: pulumi.all([checked, packedProgram]).apply(([, text]) => text),
        digest: intent.programDigest,
        connection: args.connection,
        timeoutSeconds: args.timeoutSeconds ?? DEFAULT_TIMEOUT,
        confirmWithin: args.confirmWithin ?? DEFAULT_CONFIRM_WITHIN,
        identity,
        owner: independently(this.urn),
      },
      { parent: this, dependsOn: opts?.dependsOn, deletedWith: opts?.deletedWith },
    );
    this.plan = intent.plan;
    this.program = intent.program;
    this.programDigest = intent.programDigest;
    this.gatewayBySource = intent.gatewayBySource;
    this.verdict = intent.verdict;
    this.report = report;
    this.symmetric = report.apply(({ symmetric }) => symmetric);
    // Without program and plan: the command has both in its inputs and outputs already.
    this.registerOutputs({
      programDigest: this.programDigest,
      verdict: this.verdict,
      gatewayBySource: this.gatewayBySource,
      report,
      symmetric: this.symmetric,
    });
  }
}

const TYPE = "multihome:index:SymmetricRoutingPolicy";

const FIELDS: FieldsOf<SymmetricRoutingPolicyArgs> = {
  interfaces: true,
  connection: true,
  policy: true,
  hostName: true,
  numbers: true,
  identity: true,
  timeoutSeconds: true,
  confirmWithin: true,
};

interface RestArgs {
  connection: pulumi.Unwrap<ConnectionArgs>;
  timeoutSeconds?: number;
  identity?: string;
}

function restIssues(draft: Draft<RestArgs>): Issue[] {
  if (isPending(draft)) return [];
  const { connection, timeoutSeconds, identity } = draft;
  return [
    ...connectionIssues(connection),
    ...timeoutIssues(timeoutSeconds),
    ...(!isKnown(identity) || typeof identity === "string"
      ? []
      : [
          {
            path: "identity",
            problem: `got ${shown(identity)}`,
            fix: "Give text that is another for another machine, such as an instance id",
          },
        ]),
  ];
}
