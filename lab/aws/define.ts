import type { CloudState } from "../cloud/state";
import { AnyResourceType, Change, CheckFailure, InputProperty, resource } from "../rpc/resource";
import { Properties, Value, isObject } from "../rpc/values";
import type { Cloud } from "./cloud";

/** The provider's configuration, as far as the lab follows it. */
export interface AwsConfig {
  region: string;
  defaultTags: Record<string, string>;
}

export type Tags = Record<string, string>;

/** What most types have besides their own properties. */
export interface Tagged {
  tags?: Tags;
}

/**
 * An AWS resource type: its properties, how to make, change and remove it by API calls, and how to read it from the
 * cloud. What is common to all types (region, tags and default tags, import, refresh) is added by {@link define}.
 */
export interface AwsResource<I extends object, S extends object> {
  token: string;
  inputs: { [K in keyof Required<Omit<I, "tags">>]: InputProperty };
  outputs: (keyof S & string)[];
  /** Whether it has `tags`. Default: true. */
  tagged?: boolean;
  check?(inputs: Properties): CheckFailure[];
  replaces?(change: Change<I, S>): string[];
  recomputes?(changed: ReadonlySet<string>): string[];
  deleteBeforeReplace?(change: Change<I, S>): boolean;
  /** Makes it and answers its id. */
  create(cloud: Cloud, inputs: I): Promise<string>;
  /**
   * Its properties, inputs and outputs, as the cloud has them; undefined when it is not there.
   * `known` is what was recorded before, empty on import.
   */
  describe(cloud: CloudState, id: string, known: Partial<I & S>): (Partial<I> & S) | undefined;
  /** Inputs that an import does not record: what the cloud chose, or says in another property as well. */
  omittedOnImport?(described: Partial<I> & S): readonly (keyof I)[];
  update?(cloud: Cloud, id: string, change: Change<I, S>): Promise<void>;
  delete(cloud: Cloud, id: string, state: S & I): Promise<void>;
}

/** The inputs every type has. */
export const REGION = "region";

/** Binds a type to a cloud and a configuration. */
export type Bind = (cloud: Cloud, config: AwsConfig) => AnyResourceType;

/** Declares an AWS resource type. */
export function define<I extends object, S extends object>(declared: AwsResource<I, S>): Bind {
  const tagged = declared.tagged ?? true;
  return (cloud, config) => {
    const inputs = {
      ...declared.inputs,
      ...(tagged ? { tags: { type: "object" } } : {}),
      [REGION]: { type: "string", forceNew: true, default: () => config.region },
    } as { [K in keyof Required<I>]: InputProperty };

    const tagging = (args: I): I =>
      tagged ? { ...args, tags: { ...config.defaultTags, ...(args as Tagged).tags } } : args;
    const read = (id: string, known: Partial<I & S>) => {
      const described = declared.describe(cloud.read(), id, known);
      return described && { ...described, ...tagsOf(described, known), [REGION]: config.region };
    };
    const tagsOf = (described: object, known: object) => {
      if (!tagged) return {};
      const all = (described as Tagged).tags ?? {};
      const own = (known as Tagged).tags ?? {};
      const tags = Object.fromEntries(
        Object.entries(all).filter(([key]) => key in own || config.defaultTags[key] === undefined),
      );
      return { tags: Object.keys(tags).length > 0 ? tags : undefined, tagsAll: all };
    };
    const reread = (id: string, known: Partial<I & S>): S => {
      const state = read(id, known);
      if (!state) throw new Error(`${declared.token} ${id} vanished while it was being changed`);
      return state;
    };

    return resource<I, S>({
      token: declared.token,
      inputs,
      outputs: [...declared.outputs, ...(tagged ? ["tagsAll"] : [])],
      check: (given) => [...checkRegion(given, config), ...(declared.check?.(given) ?? [])],
      replaces: declared.replaces?.bind(declared),
      recomputes: (changed) => [
        ...(declared.recomputes?.(changed) ?? []),
        ...(changed.has("tags") ? ["tagsAll"] : []),
      ],
      deleteBeforeReplace: declared.deleteBeforeReplace?.bind(declared),
      async create(args) {
        const id = await declared.create(cloud, tagging(args));
        return { id, state: reread(id, args as Partial<I & S>) };
      },
      async read(id, known) {
        const state = read(id, known);
        if (!state) return undefined;
        const omitted = new Set<PropertyKey>(declared.omittedOnImport?.(state));
        const properties = Object.entries<InputProperty>(inputs);
        const keys = properties.flatMap(([key, { recorded }]) => (recorded || omitted.has(key) ? [] : [key]));
        const picked = Object.fromEntries(keys.map((key) => [key, (state as Record<string, unknown>)[key]]));
        return { state, inputs: { ...picked, [REGION]: config.region } as unknown as Partial<I> };
      },
      update:
        declared.update &&
        (async (id, change) => {
          await declared.update!(cloud, id, { ...change, inputs: tagging(change.inputs) });
          return reread(id, { ...change.state, ...change.inputs });
        }),
      async delete(id, state) {
        // Gone already is what was wanted: so does the AWS provider.
        if (declared.describe(cloud.read(), id, state)) await declared.delete(cloud, id, state);
      },
    });
  };
}

function checkRegion(inputs: Properties, config: AwsConfig): CheckFailure[] {
  if (inputs[REGION] === config.region || typeof inputs[REGION] !== "string") return [];
  const reason = `the lab models one region, ${config.region}; got ${inputs[REGION]}`;
  return [{ property: REGION, reason }];
}

/** Members of a list of objects that the lab does not know; an empty text is what some programs write for "none". */
export function checkMembers(property: string, list: Value, known: readonly string[]): CheckFailure[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((member: Value, i) =>
    Object.entries(isObject(member) ? member : {})
      .filter(([key, value]) => !known.includes(key) && value !== "")
      .map(([key]) => ({
        property: `${property}[${i}].${key}`,
        reason: `the lab does not model ${key} of ${property}; it models ${known.join(", ")}`,
      })),
  );
}

/** A property that the lab accepts and remembers without acting on it. */
export const RECORDED = {
  text: { type: "string", recorded: true },
  number: { type: "number", recorded: true },
  flag: { type: "boolean", recorded: true },
  list: { type: "list", recorded: true },
  any: { type: "any", recorded: true },
} as const satisfies Record<string, InputProperty>;

/** ARN of an EC2 resource. */
export function arn(cloud: CloudState, kind: string, id: string): string {
  return `arn:aws:ec2:${cloud.region}:${cloud.accountId}:${kind}/${id}`;
}

/** Name DNS has for a private address. */
export function privateDnsName(cloud: CloudState, address: string): string {
  return `ip-${address.replace(/\./g, "-")}.${cloud.region}.compute.internal`;
}

/** Name DNS has for a public address. */
export function publicDnsName(cloud: CloudState, address: string): string {
  return `ec2-${address.replace(/\./g, "-")}.${cloud.region}.compute.amazonaws.com`;
}
