import { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

/**
 * The values a provider and the engine exchange, between their form on the wire (a protobuf Struct whose special
 * values are tagged objects) and plain JavaScript. The tags are those of pulumi/pulumi
 * sdk/go/common/resource/properties.go and sdk/go/common/resource/plugin/rpc.go.
 */

/** A value that only a real update will know. */
export const UNKNOWN = Symbol("unknown");

/** A value the state must hold encrypted. */
export class Secret {
  constructor(readonly value: Value) {}
}

/** An asset or archive, carried through untouched: `wire` is its tagged object. */
export class Asset {
  constructor(readonly wire: { [key: string]: JavaScriptValue }) {}
}

/** A reference to another resource; where only text is understood, its id. */
export class ResourceReference {
  constructor(
    readonly urn: string,
    readonly id: Value,
    readonly wire: { [key: string]: JavaScriptValue },
  ) {}
}

export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | typeof UNKNOWN
  | Secret
  | Asset
  | ResourceReference
  | readonly Value[]
  | { readonly [key: string]: Value };

/** Named properties. Absent and null are the same, so null never appears at this level. */
export type Properties = { readonly [key: string]: Value };

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Text that stands for an unknown value, one for every type a schema has. */
const UNKNOWN_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_SENTINELS = new Set([
  UNKNOWN_WIRE,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
]);

/** Properties of a message; an absent Struct is none. */
export function decode(struct: Struct | undefined): Properties {
  return struct ? (decodeValue(struct.toJavaScript()) as Properties) : {};
}

/** The Struct of properties. */
export function encode(properties: Properties): Struct {
  return Struct.fromJavaScript(encodeValue(properties) as { [key: string]: JavaScriptValue });
}

function decodeValue(wire: JavaScriptValue): Value {
  if (typeof wire === "string") return UNKNOWN_SENTINELS.has(wire) ? UNKNOWN : wire;
  if (Array.isArray(wire)) return wire.map(decodeValue);
  if (wire === null || typeof wire !== "object") return wire;
  const object = wire as { [key: string]: JavaScriptValue };
  switch (object[SIGNATURE]) {
    case undefined:
      return Object.fromEntries(
        Object.entries(object)
          .filter(([, value]) => value !== null)
          .map(([key, value]) => [key, decodeValue(value)]),
      );
    case SECRET:
      return new Secret(decodeValue(object.value));
    case ASSET:
    case ARCHIVE:
      return new Asset(object);
    case RESOURCE:
      return new ResourceReference(String(object.urn), decodeValue(object.id ?? null), object);
    case OUTPUT: {
      const value = "value" in object ? decodeValue(object.value) : UNKNOWN;
      return object.secret === true ? new Secret(value) : value;
    }
    default:
      throw new Error(`the engine sent a value of an unknown kind (signature ${String(object[SIGNATURE])})`);
  }
}

function encodeValue(value: Value): JavaScriptValue {
  if (value === undefined || value === null) return null;
  if (value === UNKNOWN) return UNKNOWN_WIRE;
  if (value instanceof Secret) return { [SIGNATURE]: SECRET, value: encodeValue(value.value) };
  if (value instanceof Asset || value instanceof ResourceReference) return value.wire;
  if (Array.isArray(value)) return value.map(encodeValue);
  if (typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value as { [key: string]: Value })
        .filter(([, inner]) => inner !== undefined && inner !== null)
        .map(([key, inner]) => [key, encodeValue(inner)]),
    );
  }
  return value as boolean | number | string;
}

/** The value without its secret envelopes and with resource references as ids: what a resource type works with. */
export function reveal(value: Value): Value {
  if (value instanceof Secret) return reveal(value.value);
  if (value instanceof ResourceReference) return reveal(value.id);
  if (value instanceof Asset || value === UNKNOWN) return value;
  if (Array.isArray(value)) return value.map(reveal);
  if (value !== null && typeof value === "object") return revealAll(value as Properties);
  return value;
}

/** {@link reveal} for named properties. */
export function revealAll(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, reveal(value)]));
}

/** Names of the properties that are, or hold, a secret. */
export function secretKeys(properties: Properties): Set<string> {
  return new Set(Object.keys(properties).filter((key) => holds(properties[key], (v) => v instanceof Secret)));
}

/** Puts the named properties into secret envelopes. */
export function conceal(properties: Properties, keys: ReadonlySet<string>): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      keys.has(key) && value !== undefined && !(value instanceof Secret) ? new Secret(value) : value,
    ]),
  );
}

/** Whether the value is, or holds, something unknown. */
export function isUnknown(value: Value): boolean {
  return holds(value, (v) => v === UNKNOWN);
}

function holds(value: Value, test: (value: Value) => boolean): boolean {
  if (test(value)) return true;
  if (value instanceof Secret) return holds(value.value, test);
  if (Array.isArray(value)) return value.some((inner) => holds(inner, test));
  if (value !== null && typeof value === "object" && !(value instanceof Asset)) {
    if (value instanceof ResourceReference) return holds(value.id, test);
    return Object.values(value as Properties).some((inner) => holds(inner, test));
  }
  return false;
}

/** Whether a value is named properties: no list, no special value. */
export function isObject(value: Value): value is Properties {
  const special = value instanceof Secret || value instanceof Asset || value instanceof ResourceReference;
  return typeof value === "object" && value !== null && !Array.isArray(value) && !special;
}
