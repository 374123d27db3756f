import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { DEFAULTS, check } from "./check";
import { PropertyChange, diff } from "./diff";
import type { EngineLog } from "./log";
import type { AnyResourceType, CheckFailure, Context, Provider } from "./resource";
import { Properties, UNKNOWN, Value, conceal, decode, encode, revealAll, secretKeys } from "./values";

/** The life of resources, as the engine asks for it: messages in, messages out. */
export class Resources {
  private readonly types: ReadonlyMap<string, AnyResourceType>;
  private readonly abort = new AbortController();

  constructor(
    private readonly provider: Provider,
    private readonly log: EngineLog,
  ) {
    this.types = new Map(provider.resources.map((type) => [type.token, type]));
  }

  /** Gives up what is running. */
  cancel(): void {
    this.abort.abort();
  }

  async check(request: proto.CheckRequest) {
    const type = this.typeOf(request.getUrn());
    const news = decode(request.getNews());
    const options = request.getAutonaming();
    const { DISABLE } = proto.CheckRequest.AutonamingOptions.Mode;
    const result = check(
      this.provider,
      type,
      nameOf(request.getUrn()),
      revealAll(decode(request.getOlds())),
      revealAll(news),
      {
        proposed: options?.getProposedName() || undefined,
        disabled: options?.getMode() === DISABLE,
        suffix: Buffer.from(request.getRandomseed_asU8()).toString("hex").slice(0, 7).padEnd(7, "0"),
      },
    );
    const response = new proto.CheckResponse();
    response.setInputs(encode(conceal(result.inputs, secretsOf(type, news))));
    response.setFailuresList(result.failures.map(failure));
    return response;
  }

  async diff(request: proto.DiffRequest) {
    const type = this.typeOf(request.getUrn());
    const state = revealAll(decode(request.getOlds()));
    const difference = diff(
      type,
      request.hasOldInputs()
        ? revealAll(decode(request.getOldInputs()))
        : pick(state, Object.keys(type.inputs)),
      revealAll(decode(request.getNews())),
      state,
      request.getIgnorechangesList(),
    );
    const response = new proto.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
    const changed = difference.changes.length > 0 || difference.replaces.length > 0;
    response.setChanges(changed ? DIFF_SOME : DIFF_NONE);
    response.setDiffsList([...new Set(difference.changes.map((change) => change.property))]);
    response.setReplacesList(difference.replaces);
    response.setDeletebeforereplace(difference.deleteBeforeReplace);
    response.setHasdetaileddiff(true);
    for (const change of difference.changes) {
      const replaces = difference.replaces.includes(change.property);
      response.getDetaileddiffMap().set(change.path, propertyDiff(change, replaces));
    }
    return response;
  }

  async create(request: proto.CreateRequest) {
    const type = this.typeOf(request.getUrn());
    const wire = decode(request.getProperties());
    const inputs = withoutDefaults(revealAll(wire));
    const response = new proto.CreateResponse();
    if (request.getPreview()) {
      const unknown = [
        ...type.outputs,
        ...Object.keys(type.inputs).filter((key) => type.inputs[key].computed),
      ];
      response.setProperties(this.outputs(type, wire, { ...unknowns(unknown), ...inputs }));
      return response;
    }
    const { id, state } = await type.create(inputs, this.context(request.getUrn()));
    response.setId(id);
    response.setProperties(this.outputs(type, wire, { ...inputs, ...state }));
    return response;
  }

  async read(request: proto.ReadRequest) {
    const type = this.typeOf(request.getUrn());
    const wire = decode(request.getProperties());
    const state = revealAll(wire);
    const oldInputs = revealAll(decode(request.getInputs()));
    const response = new proto.ReadResponse();
    if (!type.read) {
      response.setId(request.getId());
      response.setProperties(request.getProperties());
      response.setInputs(request.getInputs());
      return response;
    }
    const current = await type.read(request.getId(), state, this.context(request.getUrn()));
    if (!current) return response; // an empty id says that the resource is gone
    const recorded = pick(
      state,
      Object.keys(type.inputs).filter((key) => type.inputs[key].recorded),
    );
    const imported = Object.keys(oldInputs).length === 0;
    const inputs = imported ? current.inputs : refreshed(type, oldInputs, current.state);
    response.setId(current.id ?? request.getId());
    response.setProperties(this.outputs(type, wire, { ...recorded, ...current.state }));
    response.setInputs(encode(conceal(inputs, secretsOf(type, decode(request.getInputs())))));
    return response;
  }

  async update(request: proto.UpdateRequest) {
    const type = this.typeOf(request.getUrn());
    const wire = decode(request.getNews());
    const inputs = withoutDefaults(revealAll(wire));
    const state = revealAll(decode(request.getOlds()));
    const oldInputs = withoutDefaults(revealAll(decode(request.getOldInputs())));
    const { changes } = diff(type, oldInputs, inputs, state, request.getIgnorechangesList());
    const changed = new Set(changes.map((change) => change.property));
    const kept = pick(state, [
      ...type.outputs,
      ...Object.keys(type.inputs).filter((key) => type.inputs[key].computed),
    ]);
    const response = new proto.UpdateResponse();
    if (request.getPreview()) {
      const stale = (type.recomputes?.(changed) ?? []).filter((key) => !changed.has(key));
      response.setProperties(this.outputs(type, wire, { ...kept, ...inputs, ...unknowns(stale) }));
      return response;
    }
    if (!type.update) throw new Error(`${type.token} cannot be updated in place`);
    const change = { inputs, oldInputs, state, changed };
    const updated = await type.update(request.getId(), change, this.context(request.getUrn()));
    response.setProperties(this.outputs(type, wire, { ...kept, ...inputs, ...updated }));
    return response;
  }

  async delete(request: proto.DeleteRequest) {
    const type = this.typeOf(request.getUrn());
    const state = revealAll(decode(request.getProperties()));
    await type.delete(request.getId(), state, this.context(request.getUrn()));
    return new Empty();
  }

  private typeOf(urn: string): AnyResourceType {
    const token = urn.split("::")[2].split("$").pop() ?? "";
    const type = this.types.get(token);
    if (!type) throw new Error(this.provider.unmodelled("resource", token));
    return type;
  }

  private context(urn: string): Context {
    return {
      urn,
      name: nameOf(urn),
      signal: this.abort.signal,
      log: (severity, message, options) => this.log.write(urn, severity, message, options?.status ?? false),
    };
  }

  /** Outputs on the wire: what is secret as an input, or by its type, is secret as an output. */
  private outputs(type: AnyResourceType, wire: Properties, outputs: Properties) {
    return encode(conceal(outputs, secretsOf(type, wire)));
  }
}

/** The inputs of a refreshed resource: what the program gave, as it is now; and what somebody added meanwhile. */
function refreshed(type: AnyResourceType, old: Properties, current: Properties): Properties {
  const inputs: Record<string, Value> = { ...old };
  for (const [key, property] of Object.entries(type.inputs)) {
    const value = current[key];
    if (property.recorded || (property.computed && old[key] === undefined)) continue;
    if (diff(type, pick(old, [key]), { [key]: value }, {}).changes.length > 0) inputs[key] = value;
  }
  return inputs;
}

function secretsOf(type: AnyResourceType, wire: Properties): Set<string> {
  const declared = Object.keys(type.inputs).filter((key) => type.inputs[key].secret);
  return new Set([...secretKeys(wire), ...declared]);
}

function propertyDiff(change: PropertyChange, replaces: boolean): proto.PropertyDiff {
  const { Kind } = proto.PropertyDiff;
  const kinds = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
  } as const;
  const result = new proto.PropertyDiff();
  result.setKind(kinds[change.kind][replaces ? 1 : 0]);
  result.setInputdiff(true);
  return result;
}

/** A failure of a check on the wire. */
export function failure({ property, reason }: CheckFailure): proto.CheckFailure {
  const result = new proto.CheckFailure();
  result.setProperty(property);
  result.setReason(reason);
  return result;
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function pick(properties: Properties, keys: readonly string[]): Properties {
  return Object.fromEntries(
    keys.filter((key) => properties[key] !== undefined).map((key) => [key, properties[key]]),
  );
}

function unknowns(keys: readonly string[]): Properties {
  return Object.fromEntries(keys.map((key) => [key, UNKNOWN]));
}

function withoutDefaults(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== DEFAULTS));
}
