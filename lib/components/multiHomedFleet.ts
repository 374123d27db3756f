import * as pulumi from "@pulumi/pulumi";
import { MultiHomedFleetArgs } from "../args/multiHomedFleet";
import { IPV6_GATEWAY } from "../clouds/aws/subnet";
import { issuesOf, refuse } from "../deliver/argsError";
import {
  Draft,
  Inputs,
  independently,
  isKnown,
  isPending,
  knownNow,
  pendingPaths,
  settle,
} from "../deliver/known";
import { USER_DATA_LIMIT, composeUserData, compressedBytes, compressedUserData } from "../deliver/userData";
import { FleetSpec } from "../model/fleet";
import { Issue } from "../model/issue";
import { planFleet } from "../plan/fleet";
import { FieldsOf, unknownFields } from "./fields";
import { ofHostName } from "./spec";
import {
  fleetProgramDigest,
  fleetUrlIssue,
  renderFleetProgram,
  renderFleetScript,
  renderFleetUserData,
} from "../render/cloudInit/fleet";

/**
 * What the hosts of an EC2 Auto Scaling group are launched with to route symmetrically, although nobody knows their
 * addresses before they run: which interface is which is said here, and each host completes its plan by the metadata
 * service at its first boot, before its services start.
 *
 * Put `program` where `programUrl` says, and give `userDataBase64` to the launch template. Nothing is made.
 */
export class MultiHomedFleet extends pulumi.ComponentResource {
  /** The program, with open places where hosts have addresses: the content of what `programUrl` leads to. */
  readonly program: pulumi.Output<string>;
  /** SHA-256 of the program, in hexadecimal: a good name for it. */
  readonly programSha256: pulumi.Output<string>;
  /** The program in a script that fills it in on the host it is run on: for `SsmProgram`. */
  readonly script: pulumi.Output<string>;
  /** User data for the launch template, compressed, in base64. Secret when your own part of it is. */
  readonly userDataBase64: pulumi.Output<string>;

  constructor(name: string, args: MultiHomedFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    // Never `args` as a whole: what is handed up is recorded, and user data would be in clear.
    const { interfaces, programUrl, policy, hostName, numbers, waitSeconds, userData } = args;
    super(TYPE, name, { interfaces, programUrl, policy, hostName, numbers, waitSeconds }, opts);
    const subject = `${TYPE} ${JSON.stringify(name)}`;
    const inputs: Inputs<PlainFleet> = {
      spec: { name: hostName ?? name, interfaces, policy, numbers, waitSeconds },
      programUrl,
      userData,
    };
    refuse(this, subject, [...unknownFields(args, FIELDS), ...fleetIssues(knownNow<PlainFleet>(inputs))]);
    const checked = independently(
      settle<PlainFleet, void>(inputs, (draft) => refuse(this, subject, fleetIssues(draft))),
    );
    const fleet = pulumi
      .all([checked, inputs.spec])
      .apply(([, spec]) => planFleet(spec as FleetSpec, IPV6_GATEWAY));
    this.program = fleet.apply(renderFleetProgram);
    this.script = fleet.apply(renderFleetScript);
    this.programSha256 = fleet.apply(fleetProgramDigest);
    this.userDataBase64 = pulumi
      .all([checked, inputs])
      .apply(([, plain]) => compressedUserData(userDataOf(plain as PlainFleet)));
    this.registerOutputs({ programSha256: this.programSha256, userDataBase64: this.userDataBase64 });
  }
}

const TYPE = "multihome:index:MultiHomedFleet";

const FIELDS: FieldsOf<MultiHomedFleetArgs> = {
  interfaces: true,
  programUrl: true,
  userData: true,
  policy: true,
  hostName: true,
  numbers: true,
  waitSeconds: true,
};

interface PlainFleet {
  spec: FleetSpec;
  programUrl: string;
  userData?: string;
}

function userDataOf({ spec, programUrl, userData }: PlainFleet): string {
  const firstBoot = renderFleetUserData(planFleet(spec, IPV6_GATEWAY), programUrl);
  return composeUserData({ firstBoot, own: userData }) as string;
}

/** What is wrong with what is known. */
function fleetIssues(draft: Draft<PlainFleet>): readonly Issue[] {
  if (isPending(draft)) return [];
  const { spec, programUrl, userData } = draft;
  const issues = specIssues(spec).map(ofHostName);
  const wrongUrl = isPending(programUrl) ? undefined : fleetUrlIssue(programUrl);
  if (wrongUrl !== undefined) issues.push({ path: "programUrl", ...wrongUrl });
  if (isKnown(userData) && typeof userData !== "string") {
    issues.push({
      path: "userData",
      problem: "is not text",
      fix: "Give text, in any format cloud-init knows",
    });
  }
  if (issues.length > 0 || pendingPaths(draft).length > 0) return issues;
  const bytes = compressedBytes(userDataOf(draft as PlainFleet));
  if (bytes <= USER_DATA_LIMIT) return [];
  return [
    {
      path: "userData",
      problem: `the user data has ${bytes} bytes, with ours in it and compressed`,
      fix: `EC2 takes ${USER_DATA_LIMIT}; shorten your own, or let it fetch the rest`,
    },
  ];
}

/** What is wrong with a fleet of which at most ids of subnets are pending, as they are before the subnets exist. */
function specIssues(draft: Draft<FleetSpec>): readonly Issue[] {
  const spec = isPending(draft) ? draft : { ...draft, interfaces: withSubnets(draft.interfaces) };
  if (pendingPaths(spec).length > 0) return [];
  return issuesOf(() => planFleet(spec as FleetSpec, IPV6_GATEWAY));
}

/** Interfaces with ids in place of those that are pending, each another. */
function withSubnets(interfaces: unknown): unknown {
  if (!Array.isArray(interfaces)) return interfaces;
  let count = 0;
  const id = (): string => `subnet-${(count++).toString(16).padStart(32, "f")}`;
  return interfaces.map((iface: unknown) => {
    if (typeof iface !== "object" || iface === null || Array.isArray(iface)) return iface;
    const { subnetIds, ...rest } = iface as { readonly subnetIds?: unknown };
    if (subnetIds === undefined) return iface;
    const ids = isPending(subnetIds) ? [subnetIds] : subnetIds;
    return { ...rest, subnetIds: Array.isArray(ids) ? ids.map((one) => (isPending(one) ? id() : one)) : ids };
  });
}
