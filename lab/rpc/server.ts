import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { DEFAULTS, check } from "./check";
import { PropertyChange, diff } from "./diff";
import { EngineLog } from "./log";
import type { AnyResourceType, Context, Provider } from "./resource";
import { Properties, UNKNOWN, Value, conceal, decode, encode, revealAll, secretKeys } from "./values";

/** A provider being served on loopback. */
export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves a provider to the engine: gRPC on a free port of 127.0.0.1.
 * The protocol is pulumi/pulumi proto/pulumi/provider.proto.
 */
export async function serve(provider: Provider, engineAddress?: string): Promise<Served> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 64 << 20 });
  const handlers = new Handlers(provider, new EngineLog(engineAddress));
  server.addService(ResourceProviderService, handlers.implementation());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    port,
    close: () => {
      handlers.log.close();
      return new Promise((resolve) => server.tryShutdown(() => resolve()));
    },
  };
}

class Handlers {
  private readonly types: ReadonlyMap<string, AnyResourceType>;
  private abort = new AbortController();

  constructor(
    private readonly provider: Provider,
    readonly log: EngineLog,
  ) {
    this.types = new Map(provider.resources.map((type) => [type.token, type]));
  }

  /** The service: every method an async function of its request. */
  implementation(): grpc.UntypedServiceImplementation {
    const methods = {
      handshake: (r: proto.ProviderHandshakeRequest) => this.handshake(r),
      attach: (r: PluginAttach) => this.attach(r),
      getPluginInfo: () => this.getPluginInfo(),
      getSchema: () => this.getSchema(),
      checkConfig: (r: proto.CheckRequest) => this.checkConfig(r),
      diffConfig: (r: proto.DiffRequest) => this.diffConfig(r),
      configure: (r: proto.ConfigureRequest) => this.configure(r),
      invoke: (r: proto.InvokeRequest) => this.invoke(r),
      check: (r: proto.CheckRequest) => this.check(r),
      diff: (r: proto.DiffRequest) => this.diff(r),
      create: (r: proto.CreateRequest) => this.create(r),
      read: (r: proto.ReadRequest) => this.read(r),
      update: (r: proto.UpdateRequest) => this.update(r),
      delete: (r: proto.DeleteRequest) => this.delete(r),
      cancel: () => this.cancel(),
    };
    const unimplemented = ["parameterize", "call", "construct", "getMapping", "getMappings", "list"];
    return {
      ...Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, unary(method as Method)])),
      ...Object.fromEntries(unimplemented.map((name) => [name, refuse(name)])),
    };
  }

  private async handshake(request: proto.ProviderHandshakeRequest) {
    this.log.connect(request.getEngineAddress());
    // An engine says "cancel" whenever it ends; the next one starts anew.
    this.abort = new AbortController();
    const response = new proto.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    response.setAcceptResources(true);
    response.setAcceptOutputs(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  private async attach(request: PluginAttach) {
    this.log.connect(request.getAddress());
    return new Empty();
  }

  private async getPluginInfo() {
    const info = new PluginInfo();
    info.setVersion(this.provider.version);
    return info;
  }

  private async getSchema() {
    const response = new proto.GetSchemaResponse();
    response.setSchema(JSON.stringify({ name: this.provider.name, version: this.provider.version }));
    return response;
  }

  private async checkConfig(request: proto.CheckRequest) {
    const response = new proto.CheckResponse();
    response.setInputs(request.getNews());
    return response;
  }

  private async diffConfig(request: proto.DiffRequest) {
    const before = revealAll(decode(request.getOldInputs() ?? request.getOlds()));
    const after = revealAll(decode(request.getNews()));
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
    );
    const response = new proto.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
    response.setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME);
    response.setDiffsList(changed);
    return response;
  }

  private async configure(request: proto.ConfigureRequest) {
    await this.provider.configure?.(revealAll(decode(request.getArgs())));
    const response = new proto.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  private async invoke(request: proto.InvokeRequest) {
    const token = request.getTok();
    const invoke = this.provider.invokes.find((candidate) => candidate.token === token);
    if (!invoke) throw new Error(this.provider.unmodelled("invoke", token));
    const args = revealAll(decode(request.getArgs()));
    const response = new proto.InvokeResponse();
    for (const property of Object.keys(args).filter((key) => !invoke.args[key])) {
      response.addFailures(
        failure({
          property,
          reason: this.provider.unmodelledProperty(token, property, Object.keys(invoke.args)),
        }),
      );
    }
    for (const [property, { required }] of Object.entries(invoke.args)) {
      if (required && args[property] === undefined) {
        response.addFailures(failure({ property, reason: `missing required argument '${property}'` }));
      }
    }
    if (response.getFailuresList().length === 0) response.setReturn(encode(await invoke.run(args)));
    return response;
  }

  private async check(request: proto.CheckRequest) {
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

  private async diff(request: proto.DiffRequest) {
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

  private async create(request: proto.CreateRequest) {
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

  private async read(request: proto.ReadRequest) {
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

  private async update(request: proto.UpdateRequest) {
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

  private async delete(request: proto.DeleteRequest) {
    const type = this.typeOf(request.getUrn());
    const state = revealAll(decode(request.getProperties()));
    await type.delete(request.getId(), state, this.context(request.getUrn()));
    return new Empty();
  }

  private async cancel() {
    this.abort.abort();
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

type Method = (request: unknown) => Promise<unknown>;

function unary(method: Method): grpc.handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    method(call.request).then(
      (response) => callback(null, response),
      (error: unknown) =>
        callback({
          code: grpc.status.UNKNOWN,
          details: error instanceof Error ? error.message : String(error),
        }),
    );
  };
}

function refuse(name: string): grpc.UntypedHandleCall {
  const error = { code: grpc.status.UNIMPLEMENTED, details: `${name} is not implemented` };
  return ((call: { emit?: (event: string, error: unknown) => void }, callback?: (error: unknown) => void) =>
    callback ? callback(error) : call.emit?.("error", error)) as grpc.UntypedHandleCall;
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

function failure({ property, reason }: { property: string; reason: string }): proto.CheckFailure {
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
