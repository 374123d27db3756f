import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection, Endpoint } from "./schema";

/** One of the one or two SSH clients of a connection: to the host, or to its proxy. */
export type Role = "target" | "proxy";

/**
 * The OpenSSH client's command line for a connection, and the files it needs: keys, pins, and where it writes what it
 * has to say, apart from what the command prints.
 */
export class OpenSsh {
  private readonly dir = mkdtempSync(join(tmpdir(), "lab-ssh-"));

  constructor(private readonly connection: Connection) {}

  /** Arguments of `ssh` up to the host, which is the last. */
  args(extra: readonly string[] = []): string[] {
    const { proxy, host } = this.connection;
    const through = proxy ? ["-o", `ProxyCommand=${this.proxyCommand(proxy)}`] : [];
    return [...this.endpointArgs(this.connection, "target"), ...through, "-T", ...extra, "--", host];
  }

  /** Environment of `ssh`: how it asks for passwords, if there are any. */
  env(): NodeJS.ProcessEnv {
    const secrets = [this.connection, this.connection.proxy].flatMap((endpoint) =>
      endpoint ? [endpoint.password, endpoint.privateKeyPassword] : [],
    );
    if (secrets.every((secret) => secret === undefined)) return { ...process.env };
    return { ...process.env, SSH_ASKPASS: this.askpass(), SSH_ASKPASS_REQUIRE: "force" };
  }

  /** Whether the client got as far as a session. */
  opened(role: Role): boolean {
    return existsSync(this.path(role, "opened"));
  }

  /** What the client wrote itself. */
  log(role: Role): string {
    const path = this.path(role, "log");
    return existsSync(path) ? readFileSync(path, "utf8").replace(/\r/g, "") : "";
  }

  /** Removes keys and all. */
  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private endpointArgs(endpoint: Endpoint, role: Role): string[] {
    const agent = endpoint.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
    const interactive = endpoint.password !== undefined || endpoint.privateKeyPassword !== undefined;
    const options = [
      `User=${endpoint.user}`,
      `Port=${endpoint.port}`,
      `BatchMode=${interactive ? "no" : "yes"}`,
      `ConnectTimeout=${endpoint.perDialTimeout > 0 ? endpoint.perDialTimeout : "none"}`,
      "ConnectionAttempts=1",
      `IdentityFile=${this.identity(endpoint, role)}`,
      `IdentityAgent=${agent ?? "none"}`,
      `IdentitiesOnly=${agent ? "no" : "yes"}`,
      "NumberOfPasswordPrompts=1",
      "GSSAPIAuthentication=no",
      // What the real provider's client takes first as well, and half the time of OpenSSH's own first choice.
      "KexAlgorithms=^curve25519-sha256",
      "CheckHostIP=no",
      "UpdateHostKeys=no",
      "GlobalKnownHostsFile=/dev/null",
      ...this.hostKeyOptions(endpoint, role),
      // At this level the log tells how the session ended: by the command's status, by a signal, or not at all.
      "LogLevel=DEBUG1",
      "PermitLocalCommand=yes",
      `LocalCommand=: > ${quote(this.path(role, "opened")).replace(/%/g, "%%")}`,
    ];
    return ["-F", "/dev/null", "-E", this.path(role, "log"), ...options.flatMap((option) => ["-o", option])];
  }

  private identity({ privateKey }: Endpoint, role: Role): string {
    if (privateKey === undefined) return "none";
    if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(privateKey)) throw new Error("ssh: no key found");
    return this.file(role, "key", privateKey.replace(/\n*$/, "\n"));
  }

  private hostKeyOptions({ hostKey }: Endpoint, role: Role): string[] {
    if (hostKey === undefined) return ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
    const [type, key] = hostKey.trim().split(/\s+/);
    if (!/^[a-z0-9@.-]+$/.test(type) || !/^[A-Za-z0-9+/]+=*$/.test(key ?? "")) {
      throw new Error("failed to parse host key: ssh: no key found");
    }
    const known = this.file(role, "known", `pinned ${type} ${key}\n`);
    // Like the real provider, only the key's own type is offered: an RSA key is then SHA-1, which sshd refuses.
    return [
      "StrictHostKeyChecking=yes",
      "HostKeyAlias=pinned",
      `UserKnownHostsFile=${known}`,
      `HostKeyAlgorithms=${type}`,
    ];
  }

  private proxyCommand(proxy: Endpoint): string {
    const words = ["ssh", ...this.endpointArgs(proxy, "proxy"), "-W"];
    const quoted = words.map((word) => quote(word).replace(/%/g, "%%"));
    return [...quoted, "%h:%p", "--", quote(proxy.host)].join(" ");
  }

  /** A program that answers the client's prompts. They name the key file, or user and host. */
  private askpass(): string {
    const { proxy, ...target } = this.connection;
    const answers = (
      [
        ["proxy", proxy],
        ["target", target],
      ] as const
    ).flatMap(([role, endpoint]) => [
      ...answer(`*${this.path(role, "key")}*`, endpoint?.privateKeyPassword),
      ...answer(endpoint ? `*${endpoint.user}@${endpoint.host}*` : "", endpoint?.password),
    ]);
    const script = `#!/bin/sh\ncase "$1" in\n${answers.join("")}*) exit 1 ;;\nesac\n`;
    return this.file("target", "askpass", script, 0o700);
  }

  private path(role: Role, name: string): string {
    return join(this.dir, `${role}-${name}`);
  }

  private file(role: Role, name: string, text: string, mode = 0o600): string {
    writeFileSync(this.path(role, name), text, { mode });
    return this.path(role, name);
  }
}

function answer(pattern: string, secret: string | undefined): string[] {
  if (secret === undefined) return [];
  return [
    `${pattern
      .split("*")
      .map((part) => (part === "" ? "" : quote(part)))
      .join("*")}) printf %s ${quote(secret)} ;;\n`,
  ];
}

function quote(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`;
}
