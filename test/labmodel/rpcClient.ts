import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { Provider } from "../../lab/rpc/resource";
import { Served, serve } from "../../lab/rpc/server";
import { Properties, decode, encode } from "../../lab/rpc/values";

/** A provider asked as the engine asks it. */
export class RpcClient {
  private constructor(
    private readonly served: Served,
    private readonly client: ResourceProviderClient,
  ) {}

  static async of(make: () => Provider): Promise<RpcClient> {
    const served = await serve(make);
    return new RpcClient(served, connect(served.port));
  }

  /** A second provider of the same server, on a connection of its own. */
  async another(): Promise<RpcClient> {
    return new RpcClient(this.served, connect(this.served.port));
  }

  /** Ends the connection and leaves the server. */
  hangUp(): void {
    this.client.close();
  }

  async close(): Promise<void> {
    this.client.close();
    await this.served.close();
  }

  async configure(args: Properties): Promise<void> {
    const request = new proto.ConfigureRequest();
    request.setArgs(encode(args));
    await this.ask<proto.ConfigureResponse>("configure", request);
  }

  async invoke(token: string, args: Properties): Promise<{ result: Properties; failures: string[] }> {
    const request = new proto.InvokeRequest();
    request.setTok(token);
    request.setArgs(encode(args));
    const response = await this.ask<proto.InvokeResponse>("invoke", request);
    return { result: decode(response.getReturn()), failures: reasons(response.getFailuresList()) };
  }

  async check(
    type: string,
    news: Properties,
    olds: Properties = {},
  ): Promise<{ inputs: Properties; failures: string[] }> {
    const request = new proto.CheckRequest();
    request.setUrn(urnOf(type));
    request.setNews(encode(news));
    request.setOlds(encode(olds));
    request.setRandomseed(Uint8Array.from([0xab, 0xcd, 0xef, 0x12]));
    const response = await this.ask<proto.CheckResponse>("check", request);
    return { inputs: decode(response.getInputs()), failures: reasons(response.getFailuresList()) };
  }

  async diff(type: string, olds: Properties, oldInputs: Properties, news: Properties) {
    const request = new proto.DiffRequest();
    request.setUrn(urnOf(type));
    request.setOlds(encode(olds));
    request.setOldInputs(encode(oldInputs));
    request.setNews(encode(news));
    const response = await this.ask<proto.DiffResponse>("diff", request);
    return {
      changed: response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      paths: [...response.getDetaileddiffMap().keys()],
    };
  }

  async create(
    type: string,
    inputs: Properties,
    preview = false,
  ): Promise<{ id: string; state: Properties }> {
    const request = new proto.CreateRequest();
    request.setUrn(urnOf(type));
    request.setProperties(encode(inputs));
    request.setPreview(preview);
    const response = await this.ask<proto.CreateResponse>("create", request);
    return { id: response.getId(), state: decode(response.getProperties()) };
  }

  async read(type: string, id: string, state: Properties = {}, inputs: Properties = {}) {
    const request = new proto.ReadRequest();
    request.setUrn(urnOf(type));
    request.setId(id);
    request.setProperties(encode(state));
    request.setInputs(encode(inputs));
    const response = await this.ask<proto.ReadResponse>("read", request);
    return {
      id: response.getId(),
      state: decode(response.getProperties()),
      inputs: decode(response.getInputs()),
    };
  }

  async update(
    type: string,
    id: string,
    olds: Properties,
    oldInputs: Properties,
    news: Properties,
    preview = false,
  ): Promise<Properties> {
    const request = new proto.UpdateRequest();
    request.setUrn(urnOf(type));
    request.setId(id);
    request.setOlds(encode(olds));
    request.setOldInputs(encode(oldInputs));
    request.setNews(encode(news));
    request.setPreview(preview);
    return decode((await this.ask<proto.UpdateResponse>("update", request)).getProperties());
  }

  async delete(type: string, id: string, state: Properties): Promise<void> {
    const request = new proto.DeleteRequest();
    request.setUrn(urnOf(type));
    request.setId(id);
    request.setProperties(encode(state));
    await this.ask("delete", request);
  }

  /** Check, then create: what `pulumi up` does for a new resource. */
  async make(type: string, news: Properties): Promise<{ id: string; state: Properties; inputs: Properties }> {
    const { inputs, failures } = await this.check(type, news);
    if (failures.length > 0) throw new Error(failures.join("; "));
    return { ...(await this.create(type, inputs)), inputs };
  }

  private ask<R>(method: string, request: unknown): Promise<R> {
    type Call = (request: unknown, callback: (error: grpc.ServiceError | null, response: R) => void) => void;
    const call = (this.client as unknown as Record<string, Call>)[method].bind(this.client);
    return new Promise((resolve, reject) =>
      call(request, (error, response) => (error ? reject(new Error(error.details)) : resolve(response))),
    );
  }
}

function connect(port: number): ResourceProviderClient {
  // Without a pool of its own a client would share the connection of another to the same address.
  const options = { "grpc.use_local_subchannel_pool": 1 };
  return new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), options);
}

function urnOf(type: string): string {
  return `urn:pulumi:dev::unit::${type}::thing`;
}

function reasons(failures: proto.CheckFailure[]): string[] {
  return failures.map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
}
