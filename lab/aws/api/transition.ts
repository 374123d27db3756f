import { createHash } from "node:crypto";
import type { CloudState } from "../../cloud/state";
import { AwsError, notFound } from "./error";

/**
 * The AWS API as state transitions. Every action of this folder is a function of a draft of the cloud and its
 * arguments: it checks what AWS checks, in AWS's order as far as known, throws an {@link AwsError}, or changes the
 * draft and answers. {@link apply} makes a pure function of it: the cloud it is given never changes, and after an
 * error nothing has.
 */
export type Action<R> = (draft: CloudState) => R;

/** Applies an action: the cloud afterwards, and the action's answer. */
export function apply<R>(cloud: CloudState, action: Action<R>): { cloud: CloudState; result: R } {
  const draft = structuredClone(cloud);
  const result = action(draft);
  return { cloud: draft, result };
}

/** A fresh id: `vpc-0…`, 17 hexadecimal digits like AWS's. Equal labs with equal histories give equal ids. */
export function freshId(draft: CloudState, kind: string): string {
  const digest = createHash("sha256")
    .update(`${draft.lab}/${kind}/${serial(draft)}`)
    .digest("hex");
  return `${kind}-0${digest.slice(0, 16)}`;
}

/** A number that was never given out before. */
export function serial(draft: CloudState): number {
  return draft.nextSerial++;
}

type Table =
  | "vpcs"
  | "subnets"
  | "internetGateways"
  | "routeTables"
  | "securityGroups"
  | "networkInterfaces"
  | "instances";

const NOT_FOUND: Record<Table, [code: string, kind: string]> = {
  vpcs: ["InvalidVpcID.NotFound", "vpc ID"],
  subnets: ["InvalidSubnetID.NotFound", "subnet ID"],
  internetGateways: ["InvalidInternetGatewayID.NotFound", "internetGateway ID"],
  routeTables: ["InvalidRouteTableID.NotFound", "routeTable ID"],
  securityGroups: ["InvalidGroup.NotFound", "security group"],
  networkInterfaces: ["InvalidNetworkInterfaceID.NotFound", "networkInterface ID"],
  instances: ["InvalidInstanceID.NotFound", "instance ID"],
};

/** Finds a record by id, or fails as AWS does. */
export function find<T extends Table>(draft: CloudState, table: T, id: string): CloudState[T][string] {
  const record = draft[table][id];
  if (!record) {
    const [code, kind] = NOT_FOUND[table as Table];
    throw notFound(code, kind, id);
  }
  return record as CloudState[T][string];
}

/** The error of deleting what something else still needs. */
export function dependency(what: string, id: string): AwsError {
  return new AwsError("DependencyViolation", `The ${what} '${id}' has dependencies and cannot be deleted.`);
}
