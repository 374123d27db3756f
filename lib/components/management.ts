import * as pulumi from "@pulumi/pulumi";
import { HostParts, InterfaceParts, byDevice } from "../clouds/aws/hostParts";
import { ConnectionArgs } from "../args/connection";
import { HostConnectionArgs, MultiHomedHostArgs } from "../args/multiHomedHost";
import { PlainConnection, connectionIssues } from "../deliver/connection";
import { described } from "../deliver/described";
import { Draft, Inputs, PENDING, fieldOf, isKnown, isPending } from "../deliver/known";
import { Issue, shown } from "../model/issue";

/** The way by which Pulumi reaches a host: through which of its interfaces, at which address. */

export type PlainHostConnection = pulumi.Unwrap<HostConnectionArgs>;

/** An interface by which a host might be reached. */
export interface Candidate {
  readonly name: string;
  readonly deviceIndex: number;
  /** Whether it has a public IP; pending while that must be looked up. */
  readonly isPublic: Draft<boolean>;
}

/** Attempts to connect that a new instance is given: it boots for a minute or two, and then answers at once. */
const NEW_HOST_DIALS = { dialErrorLimit: 60, perDialTimeout: 10 };

/** What is wrong with what is known of the connection to a host with these interfaces. */
export function managementIssues(
  draft: Draft<PlainHostConnection> | undefined,
  candidates: readonly Candidate[],
  pinned: boolean,
): Issue[] {
  if (isPending(draft)) return [];
  if (typeof draft !== "object" || draft === null) return connectionIssues(undefined);
  const { interface: chosen, ...ssh } = draft;
  const issues = connectionIssues({
    ...ssh,
    host: ssh.host ?? PENDING,
    ...(ssh.hostKey === undefined && pinned && ssh.insecureIgnoreHostKey !== true && { hostKey: PENDING }),
  } as Draft<PlainConnection>);
  return [...issues, ...addressIssues(ssh.host, chosen, candidates)];
}

function addressIssues(
  host: Draft<string | undefined>,
  chosen: Draft<string | undefined>,
  candidates: readonly Candidate[],
): Issue[] {
  if (host !== undefined) return [];
  // A name that is none is told elsewhere.
  const names = candidates.flatMap(({ name }) => (typeof name === "string" ? shown(name) : [])).join(", ");
  if (isKnown(chosen) && !candidates.some(({ name }) => name === chosen)) {
    const problem = `${described(chosen)}, which is no interface here`;
    return [{ path: "connection.interface", problem, fix: `Known are ${names}` }];
  }
  if (chosen !== undefined || candidates.some(({ isPublic }) => isPublic !== false)) return [];
  return [
    {
      path: "connection.host",
      problem:
        "nothing says how to reach the host: no interface has an Elastic IP, and AWS keeps no other public address on a host with several interfaces",
      fix: `Set publicIp: true on one of ${names}; or name one in connection.interface, for its private address; or give connection.host`,
    },
  ];
}

/** The address to connect to: of the chosen interface, or of the first that has a public IP, the primary one before all. */
export function managementAddress(
  parts: HostParts,
  chosen: string | undefined,
  fail: (issues: readonly Issue[]) => void,
): pulumi.Output<string> {
  const sorted = byDevice(parts);
  return pulumi.all(sorted.map(({ isPublic }) => isPublic)).apply((isPublic) => {
    const found =
      chosen === undefined ? sorted.find((_, i) => isPublic[i]) : sorted.find(({ name }) => name === chosen);
    const candidates = sorted.map(({ name, deviceIndex }, i) => ({
      name,
      deviceIndex,
      isPublic: isPublic[i],
    }));
    if (found === undefined) fail(addressIssues(undefined, chosen, candidates));
    const { publicIp, privateIp } = found as InterfaceParts;
    return isPublic[sorted.indexOf(found as InterfaceParts)]
      ? (publicIp as pulumi.Output<string>)
      : privateIp;
  });
}

/** The connection to a host: the arguments' own, completed by what the host is found or made to be. */
export function managementConnection(
  args: MultiHomedHostArgs,
  address: (chosen: string | undefined) => pulumi.Output<string>,
): ConnectionArgs {
  const connection = args.connection as Inputs<PlainHostConnection>;
  const field = <K extends keyof PlainHostConnection>(key: K): pulumi.Output<PlainHostConnection[K]> =>
    fieldOf<PlainHostConnection, K>(connection, key);
  const dials =
    args.existing === undefined ? NEW_HOST_DIALS : { dialErrorLimit: undefined, perDialTimeout: undefined };
  return {
    host: pulumi
      .all([field("host"), field("interface")])
      .apply(([host, chosen]) => (host === undefined ? address(chosen) : pulumi.output(host))),
    port: field("port"),
    user: field("user"),
    privateKey: field("privateKey"),
    privateKeyPassword: field("privateKeyPassword"),
    agentSocketPath: field("agentSocketPath"),
    hostKey: pulumi
      .all([field("hostKey"), field("insecureIgnoreHostKey"), publicKey(args)])
      .apply(([own, ignore, pinned]) => own ?? (ignore === true ? undefined : pinned)),
    insecureIgnoreHostKey: field("insecureIgnoreHostKey"),
    dialErrorLimit: field("dialErrorLimit").apply((n) => n ?? dials.dialErrorLimit),
    perDialTimeout: field("perDialTimeout").apply((n) => n ?? dials.perDialTimeout),
    proxy: field("proxy"),
  } as ConnectionArgs;
}

/** The public half of the host key a new instance is given; the half beside it is what is secret. */
function publicKey(args: MultiHomedHostArgs): pulumi.Output<string | undefined> {
  if (args.sshHostKey === undefined) return pulumi.output(undefined);
  return pulumi.unsecret(fieldOf<{ publicKey: string }, "publicKey">(args.sshHostKey, "publicKey"));
}
