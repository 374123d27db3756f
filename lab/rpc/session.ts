import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { mismatch } from "./check";
import { EngineLog } from "./log";
import type { AnyInvoke, CheckFailure, Provider } from "./resource";
import { Resources, failure } from "./resources";
import { Properties, decode, encode, revealAll } from "./values";

/** One configured provider, as one engine sees it: configuration and functions; resources are in ./resources. */
export class Session {
  readonly resources: Resources;
  private readonly log: EngineLog;

  constructor(
    private readonly provider: Provider,
    engineAddress?: string,
  ) {
    this.log = new EngineLog(engineAddress);
    this.resources = new Resources(provider, this.log);
  }

  async handshake(request: proto.ProviderHandshakeRequest) {
    this.log.connect(request.getEngineAddress());
    const response = new proto.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    response.setAcceptResources(true);
    response.setAcceptOutputs(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  async attach(request: PluginAttach) {
    this.log.connect(request.getAddress());
    return new Empty();
  }

  async getPluginInfo() {
    const info = new PluginInfo();
    info.setVersion(this.provider.version);
    return info;
  }

  async getSchema() {
    const response = new proto.GetSchemaResponse();
    response.setSchema(JSON.stringify({ name: this.provider.name, version: this.provider.version }));
    return response;
  }

  async checkConfig(request: proto.CheckRequest) {
    const response = new proto.CheckResponse();
    response.setInputs(request.getNews());
    return response;
  }

  async diffConfig(request: proto.DiffRequest) {
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

  async configure(request: proto.ConfigureRequest) {
    await this.provider.configure?.(revealAll(decode(request.getArgs())));
    const response = new proto.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  async invoke(request: proto.InvokeRequest) {
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

  /** The engine's last word, whether it is done or was interrupted. */
  async cancel() {
    this.resources.cancel();
    this.log.close();
    return new Empty();
  }
}
