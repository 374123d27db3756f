import * as pulumi from "@pulumi/pulumi";
import { MockCallArgs, MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import { MockCloud } from "./mockOutputs";
import { collectRejections } from "./rejections";
import { Recorded, record } from "./recorded";

/**
 * Runs a Pulumi program without an engine and tells what it registered: for tests of programs that use the components.
 *
 * @example
 * const run = await runWithMocks(() => require("../index"), { config: { hostKeySeed: "0123456789abcdef" } });
 * expect(await run.value(run.result.gatewayBySource)).toEqual({ "10.0.1.10": "10.0.1.1", "10.0.2.10": "10.0.2.1" });
 * expect(run.only("command:remote:Command").inputs.stdin).toContain("10.0.1.1");
 */
export async function runWithMocks<T>(
  program: () => T | Promise<T>,
  options: MockOptions = {},
): Promise<MockRun<T>> {
  const { preview = false, outputs = {}, calls = () => ({}), config, project = "project" } = options;
  const cloud = new MockCloud();
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        const id = args.id || cloud.id(args);
        const added = preview ? {} : cloud.outputs(args);
        const state = { ...args.inputs, ...added, ...outputsOf(outputs, args) };
        cloud.made(args.type, id, state);
        return { id: args.custom === false || (preview && !args.id) ? undefined : id, state };
      },
      call: (args) => {
        const answer = { ...cloud.answer(args), ...calls(args) };
        cloud.found(args, answer);
        return answer;
      },
    },
    project,
    options.stack,
    preview,
  );
  if (config !== undefined) pulumi.runtime.setAllConfig(configOf(config, project));
  const monitor = getMonitor() as unknown as Parameters<typeof record>[0];
  const resources = record(monitor);
  return collectRejections(async () => {
    const result = await program();
    await settled.waitForRPCs();
    return new MockRun(result, resources);
  });
}

/** The SDK's own way to wait for all registrations; its type declarations leave it out. */
const settled = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };

/** Outputs by type token, in place of the defaults: an object, or a function of the resource. */
export type MockOutputs = Record<string, object | ((args: MockResourceArgs) => object)>;

/** What the mocked engine does. */
export interface MockOptions {
  /** As the first preview would be: what no provider has told yet is unknown, ids too. Default: false. */
  preview?: boolean;
  /** Default: the inputs, and outside a preview what AWS would add (MAC, addresses, Elastic IPs). */
  outputs?: MockOutputs;
  /**
   * Answers to lookups (`getSubnet`, ...), by the token in `args`. Default: of a subnet that the program has made what it was
   * given, and nothing of all else.
   */
  calls?: (args: MockCallArgs) => Record<string, unknown>;
  /**
   * The stack's configuration, in place of all that was set before: `{ sshKey: "...", "aws:region": "eu-west-1" }`. A key
   * without a namespace is the project's. Default: left as it is.
   */
  config?: Readonly<Record<string, string>>;
  /** Default: "project". */
  project?: string;
  /** Default: "stack". */
  stack?: string;
}

/** What a program did. */
export class MockRun<T> {
  constructor(
    /** What the program returned. */
    readonly result: T,
    /** Every resource, in the order of registration. */
    readonly resources: readonly Recorded[],
  ) {}

  /** The resources of a type, by token: "aws:ec2/networkInterface:NetworkInterface". */
  ofType(type: string): Recorded[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /**
   * The one resource of a type, and of a name if there are several.
   *
   * @throws Error when there is none, or more than one
   */
  only(type: string, name?: string): Recorded {
    const found = this.ofType(type).filter((resource) => name === undefined || resource.name === name);
    if (found.length === 1) return found[0];
    const names = this.resources.map((resource) => `${resource.type} ${resource.name}`).join("\n  ");
    throw new Error(`${found.length} resources are ${type} ${name ?? ""}; registered were\n  ${names}`);
  }

  /** The children of a resource, by the names each was given. */
  childrenOf(parent: Recorded): Recorded[] {
    return this.resources.filter((resource) => resource.parent === parent.urn);
  }

  /** The value of an output; `undefined` while it is unknown. */
  async value<V>(output: pulumi.Input<V>): Promise<pulumi.Unwrap<V>> {
    const known = pulumi.output(output) as unknown as { promise(): Promise<pulumi.Unwrap<V>> };
    return known.promise();
  }

  /** Whether an output is known. */
  async isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
    return (output as unknown as { isKnown: Promise<boolean> }).isKnown;
  }
}

function configOf(config: Readonly<Record<string, string>>, project: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]),
  );
}

function outputsOf(outputs: MockOutputs, args: MockResourceArgs): object {
  const given = outputs[args.type];
  return typeof given === "function" ? given(args) : (given ?? {});
}
