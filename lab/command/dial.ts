import type { OpenSsh, Role } from "./openssh";
import type { Connection, Endpoint } from "./schema";

/** Why there was no session, in the words of Go's SSH client, and whose limit of attempts counts. */
export interface Refusal {
  reason: string;
  endpoint: Endpoint;
  /** What the provider calls the step, and how it begins the error of its failing. */
  step: "Dial" | "Dial proxy" | "Dial from proxy";
  prefix: "" | "proxy: ";
}

/** Reads a refusal out of the clients' logs. */
export function refusal(ssh: OpenSsh, connection: Connection): Refusal {
  const { proxy } = connection;
  if (!proxy) {
    return {
      reason: reasonOf(ssh.log("target"), connection),
      endpoint: connection,
      step: "Dial",
      prefix: "",
    };
  }
  if (!ssh.opened("proxy")) {
    return {
      reason: reasonOf(ssh.log("proxy"), proxy),
      endpoint: proxy,
      step: "Dial proxy",
      prefix: "proxy: ",
    };
  }
  const rejected = /open failed: connect failed: (.*)/.exec(ssh.log("proxy"));
  if (rejected) {
    const reason = `ssh: rejected: connect failed (${JSON.stringify(rejected[1])})`;
    return { reason, endpoint: connection, step: "Dial from proxy", prefix: "proxy: " };
  }
  return {
    reason: reasonOf(ssh.log("target"), connection),
    endpoint: connection,
    step: "Dial",
    prefix: "proxy: ",
  };
}

/** How a session that was open ended: undefined when by the command's own exit status. */
export function ending(ssh: OpenSsh): string | undefined {
  const log = ssh.log("target" satisfies Role);
  if (/rtype exit-status/.test(log)) return undefined;
  // The client does not tell which signal; the real provider does.
  if (/rtype exit-signal/.test(log)) return "Process exited from a signal";
  return "wait: remote command exited without exit status or exit signal";
}

function reasonOf(log: string, { host, port, privateKey, password, hostKey }: Endpoint): string {
  const address = `dial tcp ${host.includes(":") ? `[${host}]` : host}:${port}`;
  const handshake = "ssh: handshake failed: ";
  if (/Could not resolve hostname/.test(log)) return `dial tcp: lookup ${host}: no such host`;
  if (/Connection refused/.test(log)) return `${address}: connect: connection refused`;
  if (/No route to host/.test(log)) return `${address}: connect: no route to host`;
  if (/Network is unreachable/.test(log)) return `${address}: connect: network is unreachable`;
  if (/Connection timed out|Operation timed out/.test(log)) return `${address}: i/o timeout`;
  if (/Host key verification failed/.test(log)) return `${handshake}ssh: host key mismatch`;
  const offer = /no matching host key type found\. Their offer: (.*)/.exec(log);
  if (offer) {
    const ours = hostKey?.split(" ")[0] ?? "";
    const theirs = offer[1].replace(/,/g, `" "`);
    return `${handshake}ssh: no common algorithm for host key; we offered: ["${ours}"], peer offered: ["${theirs}"]`;
  }
  if (/Permission denied/.test(log)) {
    const methods = ["none", ...(privateKey ? ["publickey"] : []), ...(password ? ["password"] : [])].join(
      " ",
    );
    return `${handshake}ssh: unable to authenticate, attempted methods [${methods}], no supported methods remain`;
  }
  // The client of the target, whose time runs as well, has ended that of the proxy before it could say so.
  if (/debug1: Connecting to /.test(log) && !/Connection established/.test(log))
    return `${address}: i/o timeout`;
  return `${handshake}EOF`;
}
