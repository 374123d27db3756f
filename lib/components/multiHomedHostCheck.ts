import * as pulumi from "@pulumi/pulumi";
import { HostInterfaceArgs, MultiHomedHostArgs, SshHostKeyArgs } from "../args/multiHomedHost";
import { awsIssues } from "../clouds/aws/check";
import { HostFacts } from "../clouds/aws/facts";
import { interfaceSpec } from "../clouds/aws/toSpec";
import { issuesOf } from "../deliver/argsError";
import { Draft, Inputs, PENDING, isKnown, isPending, knownNow } from "../deliver/known";
import { USER_DATA_LIMIT } from "../deliver/userData";
import { Issue, shown } from "../model/issue";
import { planHost } from "../plan";
import { FieldsOf, unknownFields } from "./fields";
import { PlainHostConnection, managementIssues } from "./management";
import { ownUserDataIssues, shapeIssues, soundLists, sshHostKeyIssues } from "./multiHomedHostShape";
import { PlainHostArgs, hostIssues } from "./spec";
import { confirmIssues, timeoutIssues } from "./timeout";

/** All of a new host that can be checked, before any of it is made. */
export interface HostCheck {
  facts: HostFacts;
  host: Omit<PlainHostArgs, "interfaces">;
  connection?: PlainHostConnection;
  timeoutSeconds?: number;
  userData?: string;
  userDataBytes?: number;
  sshHostKey?: pulumi.Unwrap<SshHostKeyArgs>;
}

/** What is wrong with the arguments as they are now, in the constructor; nothing is made when there is an issue. */
export function constructorIssues(args: MultiHomedHostArgs, host: Inputs<HostCheck["host"]>): Issue[] {
  const shape = shapeIssues(args);
  if (shape.length > 0) return shape;
  const interfaces = args.interfaces.map((iface) => ({
    ...iface,
    // What a subnet is, is an output: looked at later.
    subnet: pulumi.output({}),
    securityGroupIds: iface.securityGroupIds ?? args.securityGroupIds,
  }));
  const { instanceType, maxSecurityGroups = 5, connection, timeoutSeconds, userData, sshHostKey } = args;
  const draft = knownNow<HostCheck>({
    facts: { instanceType, maxSecurityGroups, interfaces } as Inputs<HostFacts>,
    host,
    connection: connection as Inputs<PlainHostConnection>,
    timeoutSeconds,
    userData,
    userDataBytes:
      typeof userData === "string" && args.firstBoot !== true ? Buffer.byteLength(userData) : undefined,
    sshHostKey: sshHostKey as Inputs<HostCheck["sshHostKey"]>,
  });
  return distinct([
    ...unknownFields(args, FIELDS),
    ...args.interfaces.flatMap((iface, i) => unknownFields(iface, INTERFACE_FIELDS, `interfaces[${i}]`)),
    ...nameIssues(args.interfaces),
    ...modeIssues(args),
    ...checkIssues(draft, args),
    ...confirmIssues(args.confirmWithin),
  ]);
}

/** What is wrong with what is known of a host; once more in the output, with all that the engine knows. */
export function checkIssues(draft: Draft<HostCheck>, args: MultiHomedHostArgs): Issue[] {
  if (isPending(draft) || isPending(draft.facts)) return [];
  const { facts, issues } = soundLists(draft.facts);
  const aws = [...issues, ...(args.existing === undefined ? awsIssues(facts) : [])];
  const interfaces = isPending(facts.interfaces) ? [] : facts.interfaces;
  // An interface with an issue is left out of the plan: the same would be found there again, in other words.
  const routed = interfaces.map((iface, i) =>
    args.existing !== undefined ||
    isPending(iface) ||
    aws.some(({ path }) => path.startsWith(`interfaces[${i}].`))
      ? PENDING
      : interfaceSpec(iface, {
          privateIp: PENDING,
          ipv6Addresses: PENDING,
          // In place of the one that it will have.
          ...(iface.apart === true && { mac: `02:00:00:00:ff:${i.toString(16).padStart(2, "0")}` }),
        }),
  );
  const host = isPending(draft.host) ? { hostName: PENDING } : draft.host;
  return [
    ...aws,
    ...hostIssues({ ...host, interfaces: routed } as Draft<PlainHostArgs>),
    ...(args.routing === false
      ? []
      : managementIssues(draft.connection, candidates(args), args.sshHostKey !== undefined)),
    ...timeoutIssues(draft.timeoutSeconds),
    ...ownUserDataIssues(draft.userData),
    ...userDataIssues(draft.userDataBytes, args.firstBoot === true),
    ...sshHostKeyIssues(draft.sshHostKey),
  ];
}

function candidates(
  args: MultiHomedHostArgs,
): { name: string; deviceIndex: number; isPublic: Draft<boolean> }[] {
  return args.interfaces.map(({ name, deviceIndex, publicIp, allocationId }) => ({
    name,
    deviceIndex,
    isPublic: args.existing === undefined ? publicIp === true || allocationId !== undefined : PENDING,
  }));
}

/** The planner's own verdict on the names, before anything is named by them. */
function nameIssues(interfaces: readonly HostInterfaceArgs[]): readonly Issue[] {
  const named = interfaces.map(({ name }, i) => ({ name, addresses: [`198.18.${i >> 8}.${i & 255}/32`] }));
  return issuesOf(() => planHost({ name: "names", interfaces: named }));
}

const FIELDS: FieldsOf<MultiHomedHostArgs> = {
  interfaces: true,
  existing: true,
  ami: true,
  instanceType: true,
  keyName: true,
  userData: true,
  firstBoot: true,
  iamInstanceProfile: true,
  securityGroupIds: true,
  maxSecurityGroups: true,
  connection: true,
  sshHostKey: true,
  policy: true,
  routing: true,
  hostName: true,
  numbers: true,
  timeoutSeconds: true,
  confirmWithin: true,
  tags: true,
  region: true,
};

const INTERFACE_FIELDS: FieldsOf<HostInterfaceArgs> = {
  name: true,
  deviceIndex: true,
  networkCardIndex: true,
  subnet: true,
  subnetId: true,
  hostNumber: true,
  ipv6: true,
  privateIps: true,
  ipv6Addresses: true,
  ipv4Prefixes: true,
  ipv6Prefixes: true,
  securityGroupIds: true,
  sourceDestCheck: true,
  publicIp: true,
  allocationId: true,
  gateways: true,
  routes: true,
  description: true,
};

/** Of an interface that exists. What is in neither list is no field at all. */
const EXISTING_FIELDS = ["name", "deviceIndex", "networkCardIndex", "gateways", "routes"];

/** A host is either made or adopted, and each wants other fields. */
function modeIssues(args: MultiHomedHostArgs): Issue[] {
  if (args.existing !== undefined) {
    const host = [
      "ami",
      "instanceType",
      "keyName",
      "userData",
      "iamInstanceProfile",
      "sshHostKey",
      "firstBoot",
      "securityGroupIds",
      "maxSecurityGroups",
      "tags",
    ] as const;
    return [
      ...host.filter((field) => args[field] !== undefined).map((field) => superfluous(field)),
      ...args.interfaces.flatMap((iface, i) =>
        Object.entries(iface)
          .filter(([, value]) => value !== undefined)
          .filter(([field]) => Object.hasOwn(INTERFACE_FIELDS, field) && !EXISTING_FIELDS.includes(field))
          .map(([field]) => superfluous(`interfaces[${i}].${field}`)),
      ),
    ];
  }
  return [
    ...(["ami", "instanceType"] as const)
      .filter((field) => (args[field] ?? undefined) === undefined)
      .map((path) => ({ path, problem: "is missing", fix: "Give it, or adopt an instance by `existing`" })),
    ...args.interfaces.flatMap(({ subnet, subnetId, publicIp, allocationId }, i) => {
      const issues: Issue[] = [];
      if ((subnet === undefined) === (subnetId === undefined)) {
        const problem = subnet === undefined ? "is missing" : "is given together with subnetId";
        const fix = "Give the subnet as a resource (subnet), or by id (subnetId)";
        issues.push({ path: `interfaces[${i}].subnet`, problem, fix });
      }
      if (publicIp === true && allocationId !== undefined) {
        const problem = "an Elastic IP is to be made, and one is given by allocationId";
        issues.push({ path: `interfaces[${i}].publicIp`, problem, fix: "Leave one of them out" });
      }
      return issues;
    }),
  ];
}

function superfluous(path: string): Issue {
  return {
    path,
    problem: "is given for an instance that exists already",
    fix: "Leave it out: what routing needs to know is looked up, and nothing of the instance is changed",
  };
}

function userDataIssues(bytes: Draft<number | undefined>, firstBoot: boolean): Issue[] {
  if (!isKnown(bytes) || bytes <= USER_DATA_LIMIT) return [];
  const [path, problem, fix] = firstBoot
    ? [
        "firstBoot",
        `the user data has ${shown(bytes)} bytes, with the program in it and compressed`,
        "shorten userData, or leave firstBoot out: then the program comes by SSH alone",
      ]
    : ["userData", `is ${shown(bytes)} bytes long`, "fetch the rest from elsewhere at boot"];
  return [{ path, problem, fix: `EC2 takes ${USER_DATA_LIMIT}; ${fix}` }];
}

function distinct(issues: readonly Issue[]): Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ path, problem }) => {
    const key = `${path}\n${problem}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
