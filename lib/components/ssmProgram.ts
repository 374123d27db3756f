import * as pulumi from "@pulumi/pulumi";
import { SsmProgramArgs } from "../args/ssmProgram";
import { ssm } from "../clouds/aws/sdk";
import { refuse } from "../deliver/argsError";
import { Inputs, independently, knownNow, settle } from "../deliver/known";
import { ssmDocument } from "../deliver/ssm";
import { FieldsOf, unknownFields } from "./fields";
import { PlainSsmArgs, VERB, documentNameIssues, ssmIssues } from "./ssmProgramCheck";
import { DEFAULT_TIMEOUT } from "./timeout";

/**
 * Puts a program on EC2 instances that no SSH reaches: a document of AWS Systems Manager that has the program in it,
 * and an association that has its agent run it, also on instances that come later. The agent needs to run, an instance profile
 * with AmazonSSMManagedInstanceCore, and a way to SSM's endpoints.
 *
 * The host's own checks decide whether a change stays. Deleting this takes nothing off the hosts: run
 * `sh /var/lib/multihome/run remove` on them first.
 */
export class SsmProgram extends pulumi.ComponentResource {
  /** Name of the document. */
  readonly documentName: pulumi.Output<string>;
  /** Id of the association. */
  readonly associationId: pulumi.Output<string>;

  constructor(name: string, args: SsmProgramArgs, opts?: pulumi.ComponentResourceOptions) {
    // Never `args` as a whole: what is handed up is recorded, and the program is in the document already.
    const { instanceIds, tags, scheduleExpression, timeoutSeconds, waitForSuccessSeconds, region } = args;
    super(TYPE, name, { instanceIds, tags, scheduleExpression, timeoutSeconds, waitForSuccessSeconds }, opts);
    const subject = `${TYPE} ${JSON.stringify(name)}`;
    const inputs = args as unknown as Inputs<PlainSsmArgs>;
    refuse(this, subject, [
      ...documentNameIssues(name),
      ...unknownFields(args, FIELDS),
      ...ssmIssues(knownNow<PlainSsmArgs>(inputs), true),
    ]);
    const checked = independently(
      settle<PlainSsmArgs, void>(inputs, (draft) => refuse(this, subject, ssmIssues(draft, false))),
    );
    const sdk = ssm();
    const children = { parent: this, dependsOn: opts?.dependsOn, deletedWith: opts?.deletedWith };
    const content = pulumi
      .all([args.program, timeoutSeconds, checked])
      .apply(([program, timeout]) => ssmDocument(program, VERB, timeout ?? DEFAULT_TIMEOUT));
    const document = new sdk.Document(
      name,
      { content, documentType: "Command", documentFormat: "JSON", targetType: "/AWS::EC2::Instance", region },
      children,
    );
    const association = new sdk.Association(
      name,
      {
        name: document.name,
        // A new content is a new version, and so has the association run again, and be waited for.
        documentVersion: document.latestVersion,
        targets: pulumi.all([instanceIds, tags]).apply(([ids, pairs]) => targetsOf(ids, pairs)),
        scheduleExpression,
        waitForSuccessTimeoutSeconds: pulumi
          .output(waitForSuccessSeconds)
          .apply((seconds) => (seconds === 0 ? undefined : (seconds ?? DEFAULT_WAIT))),
        region,
      },
      children,
    );
    this.documentName = document.name;
    this.associationId = association.associationId;
    this.registerOutputs({ documentName: this.documentName, associationId: this.associationId });
  }
}

const TYPE = "multihome:index:SsmProgram";

const FIELDS: FieldsOf<SsmProgramArgs> = {
  program: true,
  instanceIds: true,
  tags: true,
  scheduleExpression: true,
  timeoutSeconds: true,
  waitForSuccessSeconds: true,
  region: true,
};

const DEFAULT_WAIT = 600;

function targetsOf(ids: readonly string[] | undefined, tags: Readonly<Record<string, string>> | undefined) {
  if (ids !== undefined) return [{ key: "InstanceIds", values: [...ids] }];
  return Object.entries(tags ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key: `tag:${key}`, values: [value] }));
}
