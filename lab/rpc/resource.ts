import type { Properties, Value } from "./values";

/**
 * How a provider says what it manages: a resource type or an invoke is one declarative object. The server (./server)
 * does everything the protocol asks around it: secrets, unknowns, defaults, previews, diffs and errors.
 */

/** What the engine lets an operation do besides answering. */
export interface Context {
  readonly urn: string;
  /** The resource's Pulumi name. */
  readonly name: string;
  /** Aborted when the user cancels the update. */
  readonly signal: AbortSignal;
  /** Shows a message with the resource; a status is replaced by the next one. */
  log(severity: "info" | "warning" | "error", message: string, options?: { status?: boolean }): void;
}

/** One input property. */
export interface InputProperty {
  /** A `set` is compared without regard to order. */
  readonly type: "string" | "number" | "boolean" | "list" | "set" | "object" | "any";
  readonly required?: boolean;
  /** Filled in by `check`; a function where it depends on the provider's configuration. */
  readonly default?: Value | (() => Value);
  /** Fills in what is missing inside a value that is given, as a part of `check`. */
  readonly complete?: (value: Value) => Value;
  /** Any change replaces the resource. */
  readonly forceNew?: boolean;
  /** The provider chooses a value when the program does not: to stop giving one is then no change. */
  readonly computed?: boolean;
  /** The form in which two values are compared, where one meaning has several spellings. */
  readonly normalize?: (value: Value) => Value;
  /** Always a secret, in inputs and outputs. */
  readonly secret?: boolean;
  /** What the program says is kept and shown, and has no effect; it is never read back from the cloud. */
  readonly recorded?: boolean;
  /** Gets a name made from the resource's when the program gives none: `name-<7 hex>`. */
  readonly autoname?: boolean;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

/** An update as a resource type sees it. */
export interface Change<I, S> {
  readonly inputs: I;
  readonly oldInputs: Partial<I>;
  /** Outputs recorded before the update. */
  readonly state: S;
  /** Names of the inputs that differ. */
  readonly changed: ReadonlySet<string>;
}

/** A resource type with inputs `I` and outputs `S`; outputs repeat the inputs, so `S` need not. */
export interface ResourceType<I extends object, S extends object> {
  /** `package:module/file:Type`. */
  readonly token: string;
  readonly inputs: { readonly [K in keyof Required<I>]: InputProperty };
  /** Outputs that are no inputs: unknown while a creation is previewed. */
  readonly outputs: readonly string[];
  /** Checks presence and types instead of the server, where the words must be another provider's. */
  decode?(inputs: Properties): CheckFailure[];
  /** Checks beyond presence and type. Inputs may hold UNKNOWN wherever a value is expected. */
  check?(inputs: Properties): CheckFailure[];
  /** Names of changed inputs that force a replacement in this case, in addition to every `forceNew`. */
  replaces?(change: Change<I, S>): string[];
  /** Outputs that an update of these inputs may change: unknown while it is previewed. */
  recomputes?(changed: ReadonlySet<string>): string[];
  /** Whether a replacement must delete first (a name given by the program must not be taken twice). */
  deleteBeforeReplace?(change: Change<I, S>): boolean;
  create(inputs: I, context: Context): Promise<{ id: string; state: S }>;
  /**
   * What the resource is now; undefined when it is gone. `state` is what was recorded, empty on import. The answer's
   * `state` has inputs as well; its `inputs` are those an import should record.
   */
  read?(
    id: string,
    state: Partial<S & I>,
    context: Context,
  ): Promise<{ id?: string; state: S; inputs: Partial<I> } | undefined>;
  /** Updates in place and answers the new outputs. Absent: every change replaces. */
  update?(id: string, change: Change<I, S>, context: Context): Promise<S>;
  delete(id: string, state: S & I, context: Context): Promise<void>;
}

/** A function of a provider. */
export interface Invoke<A extends object, R extends object> {
  readonly token: string;
  /** Accepted arguments; others are refused by name. */
  readonly args: { readonly [K in keyof Required<A>]: InputProperty };
  run(args: A): Promise<R>;
}

/** A resource type whose parameters are forgotten, as the server keeps it. */
export type AnyResourceType = ResourceType<Record<string, Value>, Record<string, Value>>;
export type AnyInvoke = Invoke<Record<string, Value>, Record<string, Value>>;

/**
 * Forgets the parameters. The server guarantees what they promise: `check` has compared every value's type with
 * {@link InputProperty.type} before `create` and `update` see it, and nothing unknown gets there.
 */
export function resource<I extends object, S extends object>(type: ResourceType<I, S>): AnyResourceType {
  return type as unknown as AnyResourceType;
}

export function invoke<A extends object, R extends object>(declared: Invoke<A, R>): AnyInvoke {
  return declared as unknown as AnyInvoke;
}

/** A provider: what {@link serve} needs. */
export interface Provider {
  /** Package name: `aws`. */
  readonly name: string;
  /** Version to report. */
  readonly version: string;
  readonly resources: readonly AnyResourceType[];
  readonly invokes: readonly AnyInvoke[];
  /** Takes the provider's configuration, before anything else is asked. Throws when it cannot work with it. */
  configure?(config: Properties): Promise<void>;
  /** Message for a token that is not in the lists. */
  unmodelled(kind: "resource" | "invoke", token: string): string;
  /** Message for an input that the type does not have. */
  unmodelledProperty(token: string, property: string, known: string[]): string;
}
