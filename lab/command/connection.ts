import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckFailure } from "../rpc/resource";
import { Value, isObject } from "../rpc/values";

/** How a host is reached: the inputs of `command:remote:Connection`. */
export interface Endpoint {
  host: string;
  port: number;
  user: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  /** One line of an authorized_keys file; without it any host key is accepted. */
  hostKey?: string;
  /** Attempts that may fail; -1 is without end. */
  dialErrorLimit: number;
  /** Seconds; 0 is without end. */
  perDialTimeout: number;
}

export interface Connection extends Endpoint {
  proxy?: Endpoint;
}

const DEFAULTS = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };

const FIELDS: Record<keyof Endpoint, string> = {
  host: "string",
  port: "number",
  user: "string",
  password: "string",
  privateKey: "string",
  privateKeyPassword: "string",
  agentSocketPath: "string",
  hostKey: "string",
  dialErrorLimit: "number",
  perDialTimeout: "number",
};

/** Fills in what a connection leaves out. */
export function completeConnection(value: Value): Value {
  if (!isObject(value)) return value;
  return {
    ...DEFAULTS,
    ...value,
    ...(isObject(value.proxy) ? { proxy: { ...DEFAULTS, ...value.proxy } } : {}),
  };
}

/** What is wrong with a connection. Never quotes a value: it may be a key that was put into the wrong field. */
export function checkConnection(value: Value, path = "connection"): CheckFailure[] {
  if (!isObject(value)) return [];
  const failures = Object.entries(value).flatMap(([key, member]) => {
    if (key === "proxy" && path === "connection") return checkConnection(member, "connection.proxy");
    const type = FIELDS[key as keyof Endpoint];
    const property = `${path}.${key}`;
    if (type === undefined)
      return [{ property, reason: `unknown field; known are ${Object.keys(FIELDS).join(", ")}, proxy` }];
    const wrong = typeof member !== type && typeof member !== "symbol" && member !== undefined;
    return wrong ? [{ property, reason: `expected a ${type}` }] : [];
  });
  return value.host === undefined
    ? [...failures, { property: `${path}.host`, reason: "missing required field" }]
    : failures;
}

/** The OpenSSH client's command line for a connection, and the secret files it needs. */
export class SshClient {
  private readonly dir = mkdtempSync(join(tmpdir(), "lab-ssh-"));

  constructor(private readonly connection: Connection) {}

  /** File into which the client writes what it has to say itself. */
  get log(): string {
    return join(this.dir, "log");
  }

  /** File that is there as soon as a session was opened. */
  get opened(): string {
    return join(this.dir, "opened");
  }

  /** Arguments of `ssh` up to the host, which is the last. */
  args(extra: readonly string[] = []): string[] {
    const { proxy, host } = this.connection;
    const through = proxy ? [`ProxyCommand=${this.proxyCommand(proxy)}`] : [];
    return [
      ...this.endpointArgs(this.connection, "target", through),
      "-T",
      "-E",
      this.log,
      "-o",
      "PermitLocalCommand=yes",
      "-o",
      `LocalCommand=: > ${quote(this.opened)}`,
      ...extra,
      "--",
      host,
    ];
  }

  /** Environment of `ssh`: how it asks for passwords, if there are any. */
  env(): NodeJS.ProcessEnv {
    const { password, privateKeyPassword } = this.connection;
    const { SSH_AUTH_SOCK, ...rest } = process.env;
    const agent = this.connection.agentSocketPath ?? SSH_AUTH_SOCK;
    const base = { ...rest, ...(agent ? { SSH_AUTH_SOCK: agent } : {}) };
    if (password === undefined && privateKeyPassword === undefined) return base;
    const askpass = this.file(
      "askpass",
      '#!/bin/sh\ncase "$1" in *passphrase*) printf %s "$LAB_SSH_PASSPHRASE" ;; *) printf %s "$LAB_SSH_PASSWORD" ;; esac\n',
      0o700,
    );
    return {
      ...base,
      SSH_ASKPASS: askpass,
      SSH_ASKPASS_REQUIRE: "force",
      LAB_SSH_PASSWORD: password ?? "",
      LAB_SSH_PASSPHRASE: privateKeyPassword ?? "",
    };
  }

  /** Removes keys and all. */
  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private endpointArgs(endpoint: Endpoint, role: string, more: string[]): string[] {
    const agent = endpoint.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
    const identity = endpoint.privateKey
      ? this.file(`${role}-key`, endpoint.privateKey.replace(/\n*$/, "\n"), 0o600)
      : "none";
    const interactive = endpoint.password !== undefined || endpoint.privateKeyPassword !== undefined;
    const options = [
      `User=${endpoint.user}`,
      `Port=${endpoint.port}`,
      `BatchMode=${interactive ? "no" : "yes"}`,
      `ConnectTimeout=${endpoint.perDialTimeout > 0 ? endpoint.perDialTimeout : "none"}`,
      "ConnectionAttempts=1",
      `IdentityFile=${identity}`,
      `IdentityAgent=${agent ?? "none"}`,
      `IdentitiesOnly=${agent ? "no" : "yes"}`,
      "NumberOfPasswordPrompts=1",
      "GSSAPIAuthentication=no",
      "CheckHostIP=no",
      "UpdateHostKeys=no",
      "GlobalKnownHostsFile=/dev/null",
      ...this.hostKeyOptions(endpoint, role),
      ...more,
    ];
    return ["-F", "/dev/null", ...options.flatMap((option) => ["-o", option])];
  }

  private hostKeyOptions({ hostKey }: Endpoint, role: string): string[] {
    if (hostKey === undefined) return ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
    const [type, key] = hostKey.trim().split(/\s+/);
    if (!/^[a-z0-9@.-]+$/.test(type) || !/^[A-Za-z0-9+/]+=*$/.test(key ?? "")) {
      throw new Error("failed to parse host key: ssh: no key found");
    }
    const known = this.file(`${role}-known`, `pinned ${type} ${key}\n`, 0o600);
    // Like the real provider, only the key's own type is offered: an RSA key is then SHA-1, which sshd refuses.
    return [
      "StrictHostKeyChecking=yes",
      "HostKeyAlias=pinned",
      `UserKnownHostsFile=${known}`,
      `HostKeyAlgorithms=${type}`,
    ];
  }

  private proxyCommand(proxy: Endpoint): string {
    const words = ["ssh", ...this.endpointArgs(proxy, "proxy", []), "-W"].map((word) =>
      quote(word).replace(/%/g, "%%"),
    );
    return [...words, "%h:%p", "--", quote(proxy.host)].join(" ");
  }

  private file(name: string, text: string, mode: number): string {
    const path = join(this.dir, name);
    writeFileSync(path, text, { mode });
    return path;
  }
}

function quote(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`;
}
