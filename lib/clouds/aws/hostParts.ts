import type { Instance } from "@pulumi/aws/ec2/instance";
import * as pulumi from "@pulumi/pulumi";
import { HostInterface } from "../../args/multiHomedHost";
import { RouteSpec } from "../../model/spec";

/** A host as the cloud has it, made or found, in the form the routing is planned from. */
export interface HostParts {
  readonly instanceId: pulumi.Output<string>;
  /**
   * Which machine it is, with its interfaces as they are attached: an interface that is detached and attached again comes
   * to the host as another device, which has nothing of the plan.
   */
  readonly identity: pulumi.Output<string>;
  /** The instance, when the component made it: what goes with it need not be undone. */
  readonly instance?: Instance;
  readonly interfaces: readonly InterfaceParts[];
  /** What must be there before the host can be configured over its network. */
  readonly ready: readonly pulumi.Resource[];
  /** Resolves when the arguments have been found right; what is not would be refused again, in other words. */
  readonly checked?: pulumi.Output<void>;
}

/** One of its interfaces. */
export interface InterfaceParts {
  readonly name: string;
  readonly deviceIndex: number;
  readonly networkCardIndex: number;
  /** The interface to route: known as soon as its addresses are, though its id is not. */
  readonly routed: pulumi.Output<RoutedInterface>;
  readonly info: pulumi.Output<HostInterface>;
  readonly privateIp: pulumi.Output<string>;
  readonly publicIp: pulumi.Output<string | undefined>;
  /** Whether there is a public IP: known before the address itself. */
  readonly isPublic: pulumi.Output<boolean>;
}

/** The interfaces in the order of their network cards, and on each of their device indexes: the primary one first. */
export function byDevice({ interfaces }: HostParts): readonly InterfaceParts[] {
  return [...interfaces].sort(
    (a, b) => a.networkCardIndex - b.networkCardIndex || a.deviceIndex - b.deviceIndex,
  );
}

/** An interface as it is routed: the fields of RoutedInterfaceArgs that a cloud can say. */
export interface RoutedInterface {
  name: string;
  match?: { mac?: string; address?: string };
  addresses: string[];
  delegatedPrefixes: string[];
  gateways: string[];
  routes: RouteSpec[];
}

/** An interface as it exists before its instance does. */
export interface MadeInterface {
  readonly routed: pulumi.Output<RoutedInterface>;
  readonly mac: pulumi.Output<string>;
}

/** User data of an instance, as text or, in base64, of any bytes. */
export interface UserData {
  readonly userData?: pulumi.Output<string>;
  readonly userDataBase64?: pulumi.Output<string>;
}
