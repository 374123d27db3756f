import { CAPTURE_COMMAND, LinuxState, readCapture } from "../linux";

/** Files and directories by which programs that manage addresses and routes are known to be there. */
const TRACES = {
  networkd: "/run/systemd/netif/links",
  NetworkManager: "/run/NetworkManager",
  "nm-cloud-setup": "/etc/systemd/system/timers.target.wants/nm-cloud-setup.timer",
  "cloud-init": "/run/cloud-init/result.json",
  "ec2-net-utils": "/usr/share/amazon-ec2-net-utils",
  "cloud-netconfig": "/usr/libexec/cloud-netconfig",
  "google-guest-agent": "/run/systemd/units/invocation:google-guest-agent.service",
  "vpc-cni": "/opt/cni/bin/aws-cni",
  docker: "/run/docker.sock",
  tailscale: "/run/tailscale",
} as const;

export type Trace = keyof typeof TRACES | "networkd keeps foreign rules";

const KEEPS_FOREIGN_RULES =
  "grep -rhsi '^ManageForeignRoutingPolicyRules *= *\\(no\\|false\\|off\\|0\\)' " +
  "/etc/systemd/networkd.conf /etc/systemd/networkd.conf.d /run/systemd/networkd.conf.d /usr/lib/systemd/networkd.conf.d";

/**
 * The POSIX sh command that writes to its standard output all that `doctor` reads of a host. It is constant, reads only,
 * and needs no privilege.
 */
export const HOST_CAPTURE_COMMAND = [
  "echo '### multihome host'; (uname -n)",
  `echo '### multihome traces'; (ls -d ${Object.values(TRACES).join(" ")} 2>/dev/null; ${KEEPS_FOREIGN_RULES})`,
  CAPTURE_COMMAND,
].join("; ");

/** A host at one moment. */
export interface HostCapture {
  readonly state: LinuxState;
  /** Its own name; absent when the capture has none, or one that no host can have. */
  readonly name?: string;
  /** What was found on it besides; undefined when nobody looked. */
  readonly traces?: ReadonlySet<Trace>;
}

/** Reads what {@link HOST_CAPTURE_COMMAND} wrote. Never throws: what is wrong is in the state's gaps. */
export function readHostCapture(text: string): HostCapture {
  const name = section(text, "host")?.[0];
  const lines = section(text, "traces");
  const traces =
    lines === undefined
      ? undefined
      : new Set<Trace>([
          ...(Object.keys(TRACES) as (keyof typeof TRACES)[]).filter((key) => lines.includes(TRACES[key])),
          ...(lines.some((line) => /^ManageForeign/i.test(line))
            ? (["networkd keeps foreign rules"] as const)
            : []),
        ]);
  return {
    state: readCapture(text),
    ...(name !== undefined && /^[A-Za-z][A-Za-z0-9._-]{0,62}$/.test(name) && { name }),
    ...(traces && { traces }),
  };
}

/** The lines of one of our own sections. */
function section(text: string, name: string): string[] | undefined {
  const found = new RegExp(`^### multihome ${name}\\r?\\n([^]*?)(?=^### multihome |$(?![^]))`, "m").exec(
    text,
  );
  return found?.[1]
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
