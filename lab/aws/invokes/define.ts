import type { CloudState } from "../../cloud/state";
import { AnyInvoke, InputProperty, invoke } from "../../rpc/resource";
import type { Cloud } from "../cloud";
import { AwsConfig } from "../define";

/** A function that reads the cloud. `region` is added to arguments and result by {@link query}. */
export interface Query<A extends object, R extends object> {
  token: string;
  args: { [K in keyof Required<A>]: InputProperty };
  /** Whether @pulumi/aws sends a region with it. Default: true. */
  regional?: boolean;
  run(cloud: CloudState, args: A): R;
}

export type BindQuery = (cloud: Cloud, config: AwsConfig) => AnyInvoke;

/** Declares a function of the provider. */
export function query<A extends object, R extends object>(declared: Query<A, R>): BindQuery {
  const regional = declared.regional ?? true;
  return (cloud, config) =>
    invoke<A, R>({
      token: declared.token,
      args: {
        ...declared.args,
        ...(regional ? { region: { type: "string" } } : {}),
      } as { [K in keyof Required<A>]: InputProperty },
      async run(args) {
        const { region = config.region } = args as { region?: string };
        if (region !== config.region)
          throw new Error(`the lab models one region, ${config.region}; got ${region}`);
        return { ...args, ...declared.run(cloud.read(), args), ...(regional ? { region } : {}) };
      },
    });
}

export interface Filter {
  name: string;
  values: string[];
}

export interface Filtered {
  filters?: Filter[];
}

export const FILTERS: InputProperty = { type: "list" };

/** The values a record has under each filter's name. */
export type Facets = Record<string, (string | undefined)[]>;

/** Tags as filters name them: `tag:KEY` and `tag-key`. */
export function tagFacets(tags: Record<string, string>): Facets {
  return {
    "tag-key": Object.keys(tags),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`tag:${key}`, [value]])),
  };
}

/**
 * The records that every filter accepts: any of its values matches, with `*` and `?` as wildcards.
 * A filter no record has is refused, for silently finding nothing would pass for an answer.
 */
export function select<T>(
  token: string,
  records: T[],
  facets: (record: T) => Facets,
  filters: Filter[] = [],
): T[] {
  const known = new Set(records.flatMap((record) => Object.keys(facets(record))));
  for (const { name } of filters) {
    if (records.length > 0 && !known.has(name) && !name.startsWith("tag:")) {
      throw new Error(
        `the lab does not model the filter ${name} of ${token}; it models ${[...known].sort().join(", ")}`,
      );
    }
  }
  return records.filter((record) =>
    filters.every(({ name, values }) =>
      (facets(record)[name] ?? []).some((value) =>
        values.some((pattern) => wildcard(pattern).test(value ?? "")),
      ),
    ),
  );
}

/** Filters out of plain arguments: `{ "vpc-id": args.vpcId }`. */
export function filtersOf(args: Record<string, string | undefined>): Filter[] {
  return Object.entries(args).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, values: [value] }],
  );
}

/** Filters out of a `tags` argument. */
export function tagFilters(tags: Record<string, string> = {}): Filter[] {
  return filtersOf(Object.fromEntries(Object.entries(tags).map(([key, value]) => [`tag:${key}`, value])));
}

/** The only record, or the AWS provider's error. */
export function one<T>(records: T[], what: string): T {
  if (records.length === 1) return records[0];
  const count = records.length === 0 ? "no matching" : "multiple";
  throw new Error(
    records.length === 0
      ? `${count} ${what} found`
      : `${count} ${what}s matched; use additional constraints to reduce matches to a single ${what}`,
  );
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${escaped}$`);
}
