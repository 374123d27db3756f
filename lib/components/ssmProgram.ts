import * as pulumi from "@pulumi/pulumi";
import { SsmProgramArgs } from "../args/ssmProgram";
import { ssm } from "../clouds/aws/sdk";
import { refuse } from "../deliver/argsError";
import { Draft, Inputs, independently, isKnown, isPending, knownNow, settle } from "../deliver/known";
import { SSM_DOCUMENT_LIMIT, ssmDocument } from "../deliver/ssm";
import { Issue, shown } from "../model/issue";
import { DEFAULT_TIMEOUT, timeoutIssues } from "./timeout";

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
    const inputs = args as unknown as Inputs<PlainArgs>;
    refuse(this, subject, issues(knownNow<PlainArgs>(inputs)));
    const checked = independently(
      settle<PlainArgs, void>(inputs, (draft) => refuse(this, subject, issues(draft))),
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
const VERB = "apply --json";
const DEFAULT_WAIT = 600;

interface PlainArgs {
  program: string;
  instanceIds?: string[];
  tags?: Record<string, string>;
  scheduleExpression?: string;
  timeoutSeconds?: number;
  waitForSuccessSeconds?: number;
}

function targetsOf(ids: readonly string[] | undefined, tags: Readonly<Record<string, string>> | undefined) {
  if (ids !== undefined) return [{ key: "InstanceIds", values: [...ids] }];
  return Object.entries(tags ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key: `tag:${key}`, values: [value] }));
}

/** What is wrong with what is known. */
function issues(draft: Draft<PlainArgs>): Issue[] {
  if (isPending(draft)) return [];
  const { program, instanceIds, tags, scheduleExpression, timeoutSeconds, waitForSuccessSeconds } = draft;
  return [
    ...targetIssues(instanceIds, tags),
    ...scheduleIssues(scheduleExpression),
    ...timeoutIssues(timeoutSeconds),
    ...waitIssues(waitForSuccessSeconds),
    ...programIssues(program, typeof timeoutSeconds === "number" ? timeoutSeconds : DEFAULT_TIMEOUT),
  ];
}

/** SSM takes this many of each. */
const MOST_IDS = 50;
const MOST_TAGS = 5;

function targetIssues(
  ids: Draft<string[] | undefined>,
  tags: Draft<Record<string, string> | undefined>,
): Issue[] {
  if (ids === undefined && tags === undefined) {
    return [{ path: "", problem: "nothing says which instances get it", fix: "Give instanceIds or tags" }];
  }
  if (ids !== undefined && tags !== undefined) {
    return [{ path: "tags", problem: "are given together with instanceIds", fix: "Give one of them" }];
  }
  if (isKnown(ids) && !Array.isArray(ids)) {
    return [{ path: "instanceIds", problem: `got ${shown(ids)}`, fix: "Give a list of ids of instances" }];
  }
  if (isKnown(tags) && (typeof tags !== "object" || tags === null || Array.isArray(tags))) {
    return [{ path: "tags", problem: `got ${shown(tags)}`, fix: 'Give an object, as { "Role": "edge" }' }];
  }
  const count = isKnown(ids) ? ids.length : isKnown(tags) ? Object.keys(tags).length : 1;
  const [path, most] = ids !== undefined ? ["instanceIds", MOST_IDS] : ["tags", MOST_TAGS];
  if (count >= 1 && count <= Number(most)) return [];
  return [{ path: String(path), problem: `got ${count}`, fix: `Give 1 to ${most}` }];
}

function scheduleIssues(expression: Draft<string | undefined>): Issue[] {
  if (!isKnown(expression) || (typeof expression === "string" && /^(rate|cron|at)\(.+\)$/.test(expression)))
    return [];
  const fix = 'Give an expression of SSM, as "rate(1 day)" or "cron(0 4 * * ? *)"';
  return [{ path: "scheduleExpression", problem: `got ${shown(expression)}`, fix }];
}

function waitIssues(seconds: Draft<number | undefined>): Issue[] {
  if (!isKnown(seconds) || (Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= 3600)) return [];
  const fix = "Give a whole number of seconds from 0 to 3600";
  return [{ path: "waitForSuccessSeconds", problem: `got ${shown(seconds)}`, fix }];
}

function programIssues(program: Draft<string>, timeout: number): Issue[] {
  if (isPending(program)) return [];
  if (typeof program !== "string" || !program.startsWith("#!/bin/sh\n")) {
    const problem = program === undefined ? "is missing" : `got ${shown(program)}`;
    return [
      {
        path: "program",
        problem,
        fix: "Give the program of a MultiHomedHost, or the script of a MultiHomedFleet",
      },
    ];
  }
  if (/^PLAN='[^']*%/m.test(program) && !program.includes("\nFILL='")) {
    const problem = "is the program of a fleet, whose plan has open places";
    return [{ path: "program", problem, fix: "Give the fleet's script, which fills them in" }];
  }
  const bytes = Buffer.byteLength(ssmDocument(program, VERB, timeout));
  if (bytes <= SSM_DOCUMENT_LIMIT) return [];
  return [
    {
      path: "program",
      problem: `makes a document of ${bytes} bytes, with the program compressed in it`,
      fix: `SSM takes ${SSM_DOCUMENT_LIMIT}; give the host fewer addresses, or reach it by SSH`,
    },
  ];
}
