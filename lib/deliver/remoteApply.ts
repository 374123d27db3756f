import { createHash } from "node:crypto";
import { local, remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { PlainConnection, DEFAULT_USER, commandConnection } from "./connection";
import { confirmationHooks } from "./confirmation";
import { GREETING_SCRIPT, firstOf, greetingHooks } from "./greeting";
import { Inputs, fieldOf } from "./known";
import { Report, parseReport } from "./report";

/** What is put on a host, and how it is reached. */
export interface RemoteApplyArgs {
  /** The program: goes over standard input, so that a preview shows the plan's lines and an error never quotes it. */
  program: pulumi.Input<string>;
  /** Digest of the plan in the program; the report must be of the same. */
  digest: pulumi.Input<string>;
  connection: Inputs<PlainConnection>;
  /** Seconds the program may take on the host. */
  timeoutSeconds: pulumi.Input<number>;
  /** Seconds in which a change must be confirmed over a second connection; 0 commits when the host's own checks pass. */
  confirmWithin: number;
  /**
   * Which machine it is, such as an instance id. When another machine comes under the same address the program runs
   * again. It stands as a comment in the command and not in the program: an id is not known before its instance
   * exists, and would keep the whole program from being shown at the first preview.
   */
  identity?: pulumi.Input<string>;
  /** URN of the component that has the host, so that only its last owner takes anything off it. */
  owner: pulumi.Input<string>;
}

/** What was put on a host. */
export interface RemoteApply {
  readonly command: remote.Command;
  /** What the host's own kernel answered after the change. */
  readonly report: pulumi.Output<Report>;
}

/**
 * Puts a program on a host over SSH: one command a host, and one that asks before it is deleted; one connection a change,
 * or two with a confirmation, none without a change.
 *
 * What a `remote.Command` really does decides how it is used here. `triggers` would replace it, and the old one's
 * `delete` would then take away what the new one's `create` had just put there: so none, and every change is an
 * update that runs `create` again. `delete` runs the old program's `remove` and is skipped when the host itself goes
 * (`deletedWith`, for the caller to set); it leaves the host alone when another component has applied since, such as the
 * same under another name, which Pulumi makes before it deletes the first. Time is bounded on the host, since the provider waits without end; a server
 * that says nothing is found out before (greeting.ts). Logging
 * is off, since a long line would hang it.
 */
export function remoteApply(
  name: string,
  args: RemoteApplyArgs,
  opts: pulumi.CustomResourceOptions,
): RemoteApply {
  const run = (verb: string, identity?: pulumi.Input<string>): pulumi.Output<string> =>
    pulumi
      .all([userOf(args.connection), args.timeoutSeconds, args.owner, identity])
      .apply(([user, timeout, urn, machine]) =>
        commandLine(`${verb} --owner=${ownerName(urn)}`, user, timeout, machine),
      );
  const { confirmWithin } = args;
  const first = greetingHooks(name);
  const command = new remote.Command(
    name,
    {
      connection: commandConnection(args.connection),
      create: run(
        confirmWithin > 0 ? `deliver --confirm-within ${confirmWithin}` : "apply --json",
        args.identity,
      ),
      delete: run("remove"),
      stdin: args.program,
      logging: remote.Logging.None,
      addPreviousOutputInEnv: false,
    },
    pulumi.mergeOptions(opts, {
      deleteBeforeReplace: true,
      hideDiffs: ["connection"],
      hooks: {
        beforeCreate: first,
        beforeUpdate: first,
        ...(confirmWithin > 0 && { onError: confirmationHooks(name, confirmWithin) }),
      },
    }),
  );
  greetingAtDeletion(`${name}-greeting`, args.connection, pulumi.mergeOptions(opts, { dependsOn: command }));
  const report = pulumi
    .all([command.stdout, args.digest])
    .apply(([stdout, digest]) => parseReport(stdout, digest));
  return { command, report };
}

/**
 * The same before a command is deleted. Pulumi runs hooks before a deletion only in a program, which `pulumi destroy` does
 * not run. So a resource asks that does nothing else: it depends on the command, and so is deleted before it, and while it
 * cannot be, the command stays. It needs `node` where that is done.
 *
 * @param opts of the command
 */
function greetingAtDeletion(
  name: string,
  connection: Inputs<PlainConnection>,
  opts: pulumi.CustomResourceOptions,
): local.Command {
  return new local.Command(
    name,
    {
      delete: pulumi
        .output(connection as pulumi.Input<PlainConnection>)
        .apply((plain) => firstOf(plain).join(" ")),
      interpreter: ["node", "-"],
      stdin: GREETING_SCRIPT,
      logging: local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}

/**
 * The login name, known even while the address is not. Whether there is a "sudo" in the command tells nothing secret,
 * but the key beside the name would make it so.
 */
function userOf(connection: Inputs<PlainConnection>): pulumi.Output<string> {
  return pulumi.unsecret(fieldOf(connection, "user")).apply((user) => user ?? DEFAULT_USER);
}

/** What a host knows a component by: its name, for people, and a digest of its URN, which alone is unique. */
export function ownerName(urn: string): string {
  const name = urn.slice(urn.lastIndexOf("::") + 2).replace(/[^A-Za-z0-9._-]/g, "_");
  return `${name.slice(0, 64)}.${createHash("sha256").update(urn).digest("hex").slice(0, 16)}`;
}

/** The one line that the remote shell gets: short, constant, without data of the plan. */
export function commandLine(verb: string, user: string, timeoutSeconds: number, identity?: string): string {
  const sudo = user === "root" ? "" : "sudo -n ";
  const comment = identity === undefined ? "" : ` # ${identity.replace(/[^A-Za-z0-9._:/-]/g, "?")}`;
  return `${sudo}timeout -k 10 ${timeoutSeconds} sh -s -- ${verb}${comment}`;
}
