import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHostArgs } from "../args/multiHomedHost";
import { HostFacts, InterfaceFacts } from "../clouds/aws/facts";
import { hostKeyProblem } from "../deliver/hostKey";
import { Draft, PENDING, Pending, isKnown, isPending } from "../deliver/known";
import { Issue, shown } from "../model/issue";

/**
 * Values of a wrong type, which TypeScript keeps out, and plain JavaScript and other languages do not. The checks of what
 * values mean count on their types.
 */

/** What is wrong with what must be plain: it decides which resources there are. */
export function shapeIssues(args: MultiHomedHostArgs): Issue[] {
  const { routing, firstBoot, maxSecurityGroups, existing } = args;
  const interfaces: unknown = args.interfaces;
  if (pulumi.Output.isInstance(interfaces)) {
    const problem = "is an output, but resources are named by the interfaces";
    const fix = "Give the list itself; the fields in it may be outputs, such as subnetId";
    return [{ path: "interfaces", problem, fix }];
  }
  if (!Array.isArray(interfaces) || interfaces.length === 0) {
    const fix = "List the interfaces by name and deviceIndex";
    return [{ path: "interfaces", problem: "there is no interface", fix }];
  }
  return [
    ...flagIssues("routing", routing),
    ...flagIssues("firstBoot", firstBoot),
    ...groupCountIssues(maxSecurityGroups),
    ...(existing === undefined ? [] : instanceIssues(existing)),
    ...interfaces.flatMap((iface: unknown, i) => interfaceIssues(`interfaces[${i}]`, iface)),
  ];
}

function interfaceIssues(path: string, iface: unknown): Issue[] {
  if (pulumi.Output.isInstance(iface)) return [isOutput(path)];
  if (typeof iface !== "object" || iface === null || Array.isArray(iface)) {
    return [
      {
        path,
        problem: iface === undefined ? "is missing" : `got ${shown(iface)}`,
        fix: "Give an object with name, deviceIndex and subnet",
      },
    ];
  }
  const fields = iface as Readonly<Record<string, unknown>>;
  const missing = {
    problem: "is missing",
    fix: "Give 0 to the interface the instance is launched with, 1 to the next",
  };
  const { subnet } = fields;
  const noSubnet = {
    problem: `got ${shown(subnet)}`,
    fix: "Give the subnet as a resource, or its id by subnetId",
  };
  return [
    ...["name", "deviceIndex", "networkCardIndex"]
      .filter((field) => pulumi.Output.isInstance(fields[field]))
      .map((field) => isOutput(`${path}.${field}`)),
    ...(fields["deviceIndex"] === undefined ? [{ path: `${path}.deviceIndex`, ...missing }] : []),
    ...flagIssues(`${path}.ipv6`, fields["ipv6"]),
    ...flagIssues(`${path}.publicIp`, fields["publicIp"]),
    // From another language a resource may arrive as its id alone.
    ...(subnet === undefined || typeof subnet === "string" || (typeof subnet === "object" && subnet !== null)
      ? []
      : [{ path: `${path}.subnet`, ...noSubnet }]),
  ];
}

function isOutput(path: string): Issue {
  const problem = "is an output, but it decides which resources there are";
  return { path, problem, fix: "Give a plain value, such as one of the stack's configuration" };
}

function flagIssues(path: string, value: unknown): Issue[] {
  if (value === undefined || typeof value === "boolean") return [];
  if (pulumi.Output.isInstance(value)) return [isOutput(path)];
  return [{ path, problem: `got ${shown(value)}`, fix: "Give true or false" }];
}

/** VPC quotas: at most 16 groups an interface. */
function groupCountIssues(count: unknown): Issue[] {
  const path = "maxSecurityGroups";
  if (count === undefined || (Number.isSafeInteger(count) && Number(count) >= 1 && Number(count) <= 16))
    return [];
  if (pulumi.Output.isInstance(count)) return [isOutput(path)];
  return [{ path, problem: `got ${shown(count)}`, fix: "Give a whole number from 1 to 16" }];
}

function instanceIssues(existing: unknown): Issue[] {
  const path = "existing.instanceId";
  const id = (existing as { readonly instanceId?: unknown } | null)?.instanceId;
  if (pulumi.Output.isInstance(id) || id instanceof Promise) return [];
  if (typeof id === "string" && /^i-[0-9a-z]+$/.test(id)) return [];
  const problem = id === undefined ? "is missing" : `got ${shown(id)}`;
  return [{ path, problem, fix: 'Give the id of an instance, as "i-0123456789abcdef0"' }];
}

const LISTS = [
  "privateIps",
  "ipv6Addresses",
  "ipv4Prefixes",
  "ipv6Prefixes",
  "securityGroupIds",
  "gateways",
] as const satisfies readonly (keyof InterfaceFacts)[];

/** The facts with {@link PENDING} for lists that are none, which nothing more can be said of; and these as issues. */
export function soundLists(facts: Exclude<Draft<HostFacts>, Pending>): {
  facts: Exclude<Draft<HostFacts>, Pending>;
  issues: Issue[];
} {
  if (isPending(facts.interfaces)) return { facts, issues: [] };
  const issues: Issue[] = [];
  const interfaces = facts.interfaces.map((iface, i) => {
    if (isPending(iface)) return iface;
    const wrong = LISTS.filter((field) => isKnown(iface[field]) && !Array.isArray(iface[field]));
    const fix = "Give a list, in brackets even with one element";
    wrong.forEach((field) => {
      issues.push({ path: `interfaces[${i}].${field}`, problem: `got ${shown(iface[field])}`, fix });
    });
    return { ...iface, ...Object.fromEntries(wrong.map((field) => [field, PENDING])) };
  });
  return { facts: { ...facts, interfaces }, issues };
}

/** What is wrong with the user's own part of the user data. */
export function ownUserDataIssues(userData: unknown): Issue[] {
  if (!isKnown(userData) || typeof userData === "string") return [];
  return [{ path: "userData", problem: "is not text", fix: "Give text, in any format cloud-init knows" }];
}

/** What is wrong with a host key that a new instance is to be given; no text of it is told. */
export function sshHostKeyIssues(key: unknown): Issue[] {
  if (!isKnown(key)) return [];
  const fix = "Give the result of hostKeyFromSeed, or { privateKey, publicKey } in OpenSSH's formats";
  if (typeof key !== "object" || key === null)
    return [{ path: "sshHostKey", problem: "is no key pair", fix }];
  const { privateKey, publicKey } = key as Readonly<Record<string, unknown>>;
  const issues: Issue[] = [];
  const isPrivate = (text: unknown): boolean =>
    typeof text === "string" && text.startsWith("-----BEGIN OPENSSH PRIVATE KEY-----");
  if (!isPending(privateKey) && !isPrivate(privateKey)) {
    issues.push({ path: "sshHostKey.privateKey", problem: "is no private key in OpenSSH's format", fix });
  }
  if (!isPending(publicKey)) {
    const isEd25519 = typeof publicKey === "string" && publicKey.startsWith("ssh-ed25519 ");
    const problem = isEd25519
      ? hostKeyProblem(publicKey)?.problem
      : "is no ed25519 key, the kind that cloud-init is given";
    if (problem !== undefined) issues.push({ path: "sshHostKey.publicKey", problem, fix });
  }
  return issues;
}
