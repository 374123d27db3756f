import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { EngineLog } from "./log";
import { mismatch } from "./check";
import type { AnyInvoke, CheckFailure, Provider } from "./resource";
import { Resources, failure } from "./resources";
import { Properties, decode, encode, revealAll } from "./values";

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

/** The service: configuration and functions here, resources in ./resources. */
class Handlers {
  private readonly resources: Resources;

  constructor(
    private readonly provider: Provider,
    readonly log: EngineLog,
  ) {
    this.resources = new Resources(provider, log);
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
      check: (r: proto.CheckRequest) => this.resources.check(r),
      diff: (r: proto.DiffRequest) => this.resources.diff(r),
      create: (r: proto.CreateRequest) => this.resources.create(r),
      read: (r: proto.ReadRequest) => this.resources.read(r),
      update: (r: proto.UpdateRequest) => this.resources.update(r),
      delete: (r: proto.DeleteRequest) => this.resources.delete(r),
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
    this.resources.begin();
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
    response.setFailuresList(this.checkArgs(invoke, args).map(failure));
    if (response.getFailuresList().length === 0) response.setReturn(encode(await invoke.run(args)));
    return response;
  }

  private checkArgs(invoke: AnyInvoke, args: Properties): CheckFailure[] {
    const given = Object.entries(args).flatMap(([property, value]) => {
      if (invoke.args[property]) return mismatch(property, invoke.args[property], value);
      const known = Object.keys(invoke.args);
      return [{ property, reason: this.provider.unmodelledProperty(invoke.token, property, known) }];
    });
    const missing = Object.keys(invoke.args)
      .filter((property) => invoke.args[property].required && args[property] === undefined)
      .map((property) => ({ property, reason: `missing required argument '${property}'` }));
    return [...given, ...missing];
  }

  private async cancel() {
    this.resources.cancel();
    return new Empty();
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
