import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Issue } from "../model/issue";
import { ConnectionArgs, ProxyArgs } from "../args/connection";
import { described } from "./described";
import { hostKeyProblem } from "./hostKey";
import { Draft, Inputs, isKnown, isPending } from "./known";

/**
 * An SSH connection, from our arguments to those of @pulumi/command. Nothing of a user's object is passed on but the
 * fields known here: an unknown field inside a connection would be printed in clear (pulumi-command issue 773).
 */

export type PlainConnection = pulumi.Unwrap<ConnectionArgs>;
type PlainProxy = pulumi.Unwrap<ProxyArgs>;

export const DEFAULT_USER = "root";
const DEFAULTS = { port: 22, dialErrorLimit: 10, perDialTimeout: 15 };

const SSH_FIELDS = [
  "host",
  "port",
  "user",
  "privateKey",
  "privateKeyPassword",
  "agentSocketPath",
  "hostKey",
  "insecureIgnoreHostKey",
  "dialErrorLimit",
  "perDialTimeout",
];

/** All that is wrong with what is known of a connection. No text of any field appears. */
export function connectionIssues(draft: Draft<PlainConnection> | undefined, path = "connection"): Issue[] {
  if (isPending(draft)) return [];
  if (typeof draft !== "object" || draft === null || Array.isArray(draft)) {
    return [
      { path, problem: "is missing", fix: "Say how to reach the host: host, user, privateKey, hostKey" },
    ];
  }
  const issues = endpointIssues(draft as Record<string, unknown>, path, [...SSH_FIELDS, "proxy"]);
  const { proxy } = draft;
  if (!isKnown(proxy)) return issues;
  if (typeof proxy !== "object" || proxy === null || Array.isArray(proxy)) {
    const fix = "Say how to reach the machine: host, user, privateKey, hostKey; or leave it out";
    return [...issues, { path: `${path}.proxy`, problem: "is no connection", fix }];
  }
  return [...issues, ...endpointIssues(proxy as Record<string, unknown>, `${path}.proxy`, SSH_FIELDS)];
}

/** The connection as @pulumi/command takes it, secret as a whole. The arguments must have no issue. */
export function commandConnection(
  connection: Inputs<PlainConnection>,
): pulumi.Output<types.input.remote.ConnectionArgs> {
  return (pulumi.secret(connection) as pulumi.Output<PlainConnection>).apply((plain) => ({
    ...endpoint(plain),
    proxy: plain.proxy === undefined ? undefined : endpoint(plain.proxy),
  }));
}

function endpoint(plain: PlainConnection | PlainProxy): types.input.remote.ProxyConnectionArgs {
  return {
    host: plain.host,
    port: plain.port ?? DEFAULTS.port,
    user: plain.user ?? DEFAULT_USER,
    privateKey: plain.privateKey,
    privateKeyPassword: plain.privateKeyPassword,
    agentSocketPath: plain.agentSocketPath,
    hostKey: plain.insecureIgnoreHostKey === true ? undefined : plain.hostKey,
    dialErrorLimit: plain.dialErrorLimit ?? DEFAULTS.dialErrorLimit,
    perDialTimeout: plain.perDialTimeout ?? DEFAULTS.perDialTimeout,
  };
}

function endpointIssues(ssh: Record<string, unknown>, path: string, fields: readonly string[]): Issue[] {
  const issues: Issue[] = [];
  const add = (field: string, problem: string, fix: string): void => {
    issues.push({ path: `${path}.${field}`, problem, fix });
  };
  for (const field of Object.keys(ssh).filter((f) => !fields.includes(f))) {
    const fix = `Known here are ${fields.join(", ")}`;
    if (/^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(field)) add(field, "unknown field", fix);
    else issues.push({ path, problem: `${described(field)} as the name of a field`, fix });
  }
  checkHost(ssh["host"], add);
  for (const [field, min, max] of RANGES) {
    const value = ssh[field];
    if (isKnown(value) && !(Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max)) {
      add(field, described(value), `Give a whole number from ${min} to ${max}`);
    }
  }
  const user = ssh["user"];
  if (isKnown(user) && !(typeof user === "string" && /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(user))) {
    add("user", described(user), "Give a login name, such as admin, ec2-user or root");
  }
  checkLogin(ssh, add);
  checkHostKey(ssh, add);
  return issues;
}

const RANGES: readonly (readonly [string, number, number])[] = [
  ["port", 1, 65535],
  ["dialErrorLimit", 1, 1000],
  ["perDialTimeout", 1, 300],
];

type Add = (field: string, problem: string, fix: string) => void;

function checkHost(host: unknown, add: Add): void {
  if (isPending(host)) return;
  if (host === undefined) add("host", "is missing", "Give the address or DNS name to connect to");
  else if (typeof host !== "string" || !/^[A-Za-z0-9_.:%-]{1,253}$/.test(host)) {
    add(
      "host",
      described(host),
      "Give an address or a DNS name alone; user and port have fields of their own",
    );
  }
}

function checkLogin(ssh: Record<string, unknown>, add: Add): void {
  const key = ssh["privateKey"];
  const agent = ssh["agentSocketPath"];
  if (key === undefined && agent === undefined) {
    // An agent that happens to run would be used without being asked for: here and not in the pipeline.
    add(
      "privateKey",
      "there is no key to log in with",
      "Give privateKey, or agentSocketPath for an SSH agent",
    );
  }
  if (isKnown(key) && !(typeof key === "string" && /^\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(key))) {
    add(
      "privateKey",
      "is not a private key in PEM or OpenSSH's format",
      'Give the content of the key file, which begins with "-----BEGIN ... PRIVATE KEY-----", not its name',
    );
  }
  const password = ssh["privateKeyPassword"];
  if (isKnown(password) && typeof password !== "string") {
    add("privateKeyPassword", "is not text", "Give the passphrase of privateKey, or leave it out");
  }
  if (isKnown(agent) && !(typeof agent === "string" && agent.startsWith("/"))) {
    add("agentSocketPath", described(agent), "Give the absolute path of the agent's socket");
  }
}

function checkHostKey(ssh: Record<string, unknown>, add: Add): void {
  const key = ssh["hostKey"];
  const ignore = ssh["insecureIgnoreHostKey"];
  if (isKnown(ignore) && typeof ignore !== "boolean") {
    add("insecureIgnoreHostKey", described(ignore), "Give true or false");
  }
  if (key === undefined && (ignore === undefined || ignore === false)) {
    add(
      "hostKey",
      "is missing: whoever answered would be taken for the host",
      'Give the host\'s public key ("ssh-ed25519 AAAA...", see ssh-keyscan -t ed25519 HOST), or insecureIgnoreHostKey: true',
    );
  }
  if (!isKnown(key)) return;
  if (ignore === true) {
    add("hostKey", "is given together with insecureIgnoreHostKey: true", "Leave one of them out");
  }
  const wrong =
    typeof key === "string" ? hostKeyProblem(key) : { problem: "is not text", fix: "Give the key" };
  if (wrong !== undefined) add("hostKey", wrong.problem, wrong.fix);
}
