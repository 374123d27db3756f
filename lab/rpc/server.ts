import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { Provider } from "./resource";
import { Session } from "./session";

/** A provider being served on loopback. */
export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves a provider to engines: gRPC on a free port of 127.0.0.1.
 * The protocol is pulumi/pulumi proto/pulumi/provider.proto.
 *
 * Every connection is a provider of its own, with its own configuration: so an engine that is told to attach to this
 * one server for each of its providers (the default one, one with default tags, ...) keeps them apart.
 *
 * @param make makes the provider for a connection
 * @param engineAddress where to log to until the engine says so itself
 */
export async function serve(make: () => Provider, engineAddress?: string): Promise<Served> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 64 << 20 });
  const sessions = new Map<string, Session>();
  const sessionOf = (peer: string) => {
    const session = sessions.get(peer) ?? new Session(make(), engineAddress);
    sessions.set(peer, session);
    return session;
  };
  const cancel: Method = (peer) => {
    const session = sessionOf(peer);
    sessions.delete(peer);
    return session.cancel();
  };
  server.addService(ResourceProviderService, implementation(sessionOf, cancel));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { port, close: () => new Promise((resolve) => server.tryShutdown(() => resolve())) };
}

/** A method by the connection it came on and its request. */
type Method = (peer: string, request: never) => Promise<unknown>;

const CONFIGURATION = [
  "handshake",
  "attach",
  "getPluginInfo",
  "getSchema",
  "checkConfig",
  "diffConfig",
  "configure",
  "invoke",
] as const;
const LIFE = ["check", "diff", "create", "read", "update", "delete"] as const;
const UNIMPLEMENTED = ["parameterize", "call", "construct", "getMapping", "getMappings", "list"];

function implementation(
  sessionOf: (peer: string) => Session,
  cancel: Method,
): grpc.UntypedServiceImplementation {
  const methods: [string, Method][] = [
    ...CONFIGURATION.map((name): [string, Method] => [
      name,
      (peer, request) => sessionOf(peer)[name](request),
    ]),
    ...LIFE.map((name): [string, Method] => [
      name,
      (peer, request) => sessionOf(peer).resources[name](request),
    ]),
    ["cancel", cancel],
  ];
  return {
    ...Object.fromEntries(methods.map(([name, method]) => [name, unary(method)])),
    ...Object.fromEntries(UNIMPLEMENTED.map((name) => [name, refuse(name)])),
  };
}

function unary(method: Method): grpc.handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    method(call.getPeer(), call.request as never).then(
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
