import { Draft, isKnown, isPending } from "../deliver/known";
import { SSM_DOCUMENT_LIMIT, ssmDocument } from "../deliver/ssm";
import { Issue, shown } from "../model/issue";
import { atNamed } from "../plan/normalize/problems";
import { DEFAULT_TIMEOUT, timeoutIssues } from "./timeout";

/** The arguments of an SsmProgram, when they are known. */
export interface PlainSsmArgs {
  program: string;
  instanceIds?: string[];
  tags?: Record<string, string>;
  scheduleExpression?: string;
  timeoutSeconds?: number;
  waitForSuccessSeconds?: number;
  region?: string;
}

/** What the program is asked to do. */
export const VERB = "apply --json";

/**
 * What is wrong with what is known.
 *
 * @param written whether it is what stands in the program alone: an id that a provider has said is not doubted, since mocks
 *   of users have ids of their own
 */
export function ssmIssues(draft: Draft<PlainSsmArgs>, written: boolean): Issue[] {
  if (isPending(draft)) return [];
  const { program, instanceIds, tags, scheduleExpression, timeoutSeconds, waitForSuccessSeconds, region } =
    draft;
  return [
    ...targetIssues(instanceIds, tags, written ? INSTANCE_ID : /./),
    ...scheduleIssues(scheduleExpression),
    ...timeoutIssues(timeoutSeconds),
    ...waitIssues(waitForSuccessSeconds),
    ...regionIssues(region),
    ...programIssues(program, typeof timeoutSeconds === "number" ? timeoutSeconds : DEFAULT_TIMEOUT),
  ];
}

/** The document is called after the component, with some random digits (SSM's CreateDocument, "Name"). */
export function documentNameIssues(name: string): Issue[] {
  if (/^[A-Za-z0-9_.-]{1,100}$/.test(name) && !/^(aws|amazon|amzn)/i.test(name)) return [];
  const problem = `got the name ${shown(name)}, after which the document is called`;
  const fix =
    'Call the component by 1 to 100 of the letters a-z, A-Z, digits, "_", "." and "-", not beginning with aws, amazon or amzn';
  return [{ path: "", problem, fix }];
}

/** SSM takes this many of each. */
const MOST_IDS = 50;
const MOST_TAGS = 5;

/** The id of an EC2 instance: 8 hexadecimal digits, or 17 since 2016 (EC2's "Resource IDs"). */
const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

type Ids = Draft<string[] | undefined>;
type Tags = Draft<Record<string, string> | undefined>;

function targetIssues(ids: Ids, tags: Tags, form: RegExp): Issue[] {
  if (ids === undefined && tags === undefined) {
    return [{ path: "", problem: "nothing says which instances get it", fix: "Give instanceIds or tags" }];
  }
  return [
    ...(ids !== undefined && tags !== undefined
      ? [{ path: "tags", problem: "are given together with instanceIds", fix: "Give one of them" }]
      : []),
    ...idIssues(ids, form),
    ...tagIssues(tags),
  ];
}

function idIssues(ids: Ids, form: RegExp): Issue[] {
  if (!isKnown(ids)) return [];
  if (!Array.isArray(ids)) {
    return [{ path: "instanceIds", problem: `got ${shown(ids)}`, fix: "Give a list of ids of instances" }];
  }
  const fix = 'Give the id of an EC2 instance, as "i-0123456789abcdef0"; to reach many there are tags';
  return [
    ...countIssues("instanceIds", ids.length, MOST_IDS),
    ...ids.flatMap((id: unknown, i) =>
      isPending(id) || (typeof id === "string" && form.test(id))
        ? []
        : [{ path: `instanceIds[${i}]`, problem: id === undefined ? "is missing" : `got ${shown(id)}`, fix }],
    ),
  ];
}

/** What SSM takes for a target (its API, "Target"), and EC2 for the value of a tag. */
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=@-]{1,128}$/u;
const TAG_VALUE = /^\P{Cc}{0,256}$/u;

function tagIssues(tags: Tags): Issue[] {
  if (!isKnown(tags)) return [];
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) {
    return [{ path: "tags", problem: `got ${shown(tags)}`, fix: 'Give an object, as { "Role": "edge" }' }];
  }
  const pairs: [string, unknown][] = Object.entries(tags);
  return [
    ...countIssues("tags", pairs.length, MOST_TAGS),
    ...pairs
      .filter(([key]) => !TAG_KEY.test(key))
      .map(([key]) => ({
        path: "tags",
        problem: `got the key ${shown(key)}`,
        fix: "Give keys of 1 to 128 letters, digits, spaces and _ . : / = - @",
      })),
    ...pairs
      .filter(([, value]) => !isPending(value) && !(typeof value === "string" && TAG_VALUE.test(value)))
      .map(([key, value]) => ({
        path: atNamed("tags", key),
        problem: `got ${shown(value)}`,
        fix: "Give text of at most 256 characters, on one line",
      })),
  ];
}

function countIssues(path: string, count: number, most: number): Issue[] {
  if (count >= 1 && count <= most) return [];
  return [{ path, problem: `got ${count}`, fix: `Give 1 to ${most}` }];
}

/** SSM's "Cron and rate expressions": what cannot be one. Which days there are, SSM says. */
const SCHEDULE =
  /^(rate\([1-9]\d{0,4} (minute|hour|day)s?\)|cron\(\S+( +\S+){4,6}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$/;

function scheduleIssues(expression: Draft<string | undefined>): Issue[] {
  if (!isKnown(expression) || (typeof expression === "string" && SCHEDULE.test(expression))) return [];
  const fix = 'Give an expression of SSM, as "rate(1 day)" or "cron(0 4 * * ? *)"';
  return [{ path: "scheduleExpression", problem: `got ${shown(expression)}`, fix }];
}

function waitIssues(seconds: Draft<number | undefined>): Issue[] {
  if (!isKnown(seconds) || (Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= 3600)) return [];
  const fix = "Give a whole number of seconds from 0 to 3600";
  return [{ path: "waitForSuccessSeconds", problem: `got ${shown(seconds)}`, fix }];
}

function regionIssues(region: Draft<string | undefined>): Issue[] {
  if (!isKnown(region) || (typeof region === "string" && /^[a-z]+(-[a-z]+)+-\d{1,2}$/.test(region)))
    return [];
  const fix = 'Give the name of a region, as "eu-west-1", or leave it out for the provider\'s';
  return [{ path: "region", problem: `got ${shown(region)}`, fix }];
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
