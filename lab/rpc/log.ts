import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** The engine's log, where a provider's messages appear beside the resource they are about. */
export class EngineLog {
  private client?: EngineClient;

  constructor(address?: string) {
    if (address) this.connect(address);
  }

  /** Writes to this engine from now on; a server that outlives one engine is attached to the next. */
  connect(address: string): void {
    this.close();
    this.client = new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** Says something about a resource. An engine that is gone is no reason to fail. */
  write(urn: string, severity: "info" | "warning" | "error", message: string, status: boolean): void {
    const request = new LogRequest();
    request.setSeverity(
      { info: LogSeverity.INFO, warning: LogSeverity.WARNING, error: LogSeverity.ERROR }[severity],
    );
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(status);
    this.client?.log(request, () => undefined);
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
  }
}
