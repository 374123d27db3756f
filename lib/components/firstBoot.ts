import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHostArgs } from "../args/multiHomedHost";
import { HostFacts } from "../clouds/aws/facts";
import { MadeInterface, RoutedInterface, UserData } from "../clouds/aws/hostParts";
import { interfaceSpec } from "../clouds/aws/toSpec";
import { SshHostKey } from "../deliver/hostKey";
import { Draft, Inputs, PENDING, isPending, pendingPaths, settle } from "../deliver/known";
import { composeUserData, compressedBytes, compressedUserData } from "../deliver/userData";
import { SpecError } from "../model/issue";
import { planHost } from "../plan";
import { renderCloudInit } from "../render/cloudInit";
import { PlainHostArgs, hostSpec } from "./spec";

/** The user data of a new instance: with `firstBoot` its plan as well, compressed. */

export type HostRest = Omit<PlainHostArgs, "interfaces">;

/** What the instance is launched with. */
export function instanceUserData(
  args: MultiHomedHostArgs,
  host: Inputs<HostRest>,
  interfaces: readonly MadeInterface[],
): UserData {
  const { sshHostKey, userData: own, firstBoot } = args;
  if (firstBoot !== true) {
    const text = pulumi
      .all([sshHostKey, own])
      .apply(([hostKey, mine]) => composeUserData({ hostKey, own: mine }));
    if (sshHostKey === undefined) return own === undefined ? {} : { userData: text as pulumi.Output<string> };
    return { userData: pulumi.secret(text) as pulumi.Output<string> };
  }
  const macs = interfaces.map(({ mac }) => mac);
  const text = pulumi
    .all([sshHostKey, own, host, pulumi.all(interfaces.map(({ routed }) => routed)), pulumi.all(macs)])
    .apply(([hostKey, mine, rest, routed, found]) =>
      compressedUserData(
        firstBootText({ hostKey, own: mine, host: rest as HostRest, interfaces: byMac(routed, found) }),
      ),
    );
  return { userDataBase64: sshHostKey === undefined ? text : pulumi.secret(text) };
}

interface Whole {
  readonly hostKey?: SshHostKey;
  readonly own?: string;
  readonly host: HostRest;
  readonly interfaces: readonly RoutedInterface[];
}

function firstBootText({ hostKey, own, host, interfaces }: Whole): string {
  const firstBoot = renderCloudInit(planHost(hostSpec({ ...host, interfaces: [...interfaces] })));
  return composeUserData({ hostKey, firstBoot, own }) as string;
}

/**
 * By its link-layer address alone: at its first start a machine may have to give an interface the very address that it
 * is found by later.
 */
function byMac(routed: readonly RoutedInterface[], macs: readonly string[]): RoutedInterface[] {
  return routed.map((iface, i) => ({ ...iface, match: { mac: macs[i] } }));
}

/** What the length of user data depends on. */
export interface UserDataFacts {
  facts: HostFacts;
  host: HostRest;
  hostKey?: SshHostKey;
  own?: string;
}

/**
 * Bytes that the user data will have, as soon as all is known but the link-layer addresses; undefined before. Of
 * compressed data a few more than it will have, since those have a say in it.
 */
export function userDataBytes(
  args: MultiHomedHostArgs,
  inputs: Inputs<UserDataFacts>,
): pulumi.Output<number | undefined> {
  return pulumi.unsecret(settle<UserDataFacts, number | undefined>(inputs, (draft) => bytesOf(args, draft)));
}

const MARGIN = 64;

function bytesOf({ firstBoot }: MultiHomedHostArgs, draft: Draft<UserDataFacts>): number | undefined {
  if (isPending(draft) || isPending(draft.facts)) return undefined;
  const { hostKey, own, host, facts } = draft;
  if (pendingPaths({ hostKey, own }).length > 0) return undefined;
  // What is no text and no key is told by the other checks.
  if ((own !== undefined && typeof own !== "string") || hostKey === null) return undefined;
  const told = { hostKey: hostKey as SshHostKey | undefined, own: own as string | undefined };
  if (firstBoot !== true) {
    const text = composeUserData(told);
    return text === undefined ? undefined : Buffer.byteLength(text);
  }
  const routed = isPending(facts.interfaces)
    ? [PENDING]
    : facts.interfaces.map((iface) =>
        isPending(iface) ? PENDING : interfaceSpec(iface, { privateIp: PENDING, ipv6Addresses: PENDING }),
      );
  if (pendingPaths({ host, routed }).length > 0) return undefined;
  const macs = routed.map(
    (_, i) =>
      `06:9f:3a:c1:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`,
  );
  try {
    const interfaces = byMac(routed as RoutedInterface[], macs);
    return compressedBytes(firstBootText({ ...told, host: host as HostRest, interfaces })) + MARGIN;
  } catch (error) {
    // What is wrong with the host is told by the other checks.
    if (error instanceof SpecError) return undefined;
    throw error;
  }
}
