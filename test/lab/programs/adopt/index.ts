import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost, deriveHostKey } from "../../../../lib";

/** Adopts the instance that another program made. Configuration: instanceId, privateKey (secret), dialSeconds, name. */
const config = new pulumi.Config();

const edge = new MultiHomedHost(config.get("name") ?? "adopted", {
  existing: { instanceId: config.require("instanceId") },
  interfaces: [
    { name: "front", deviceIndex: 0 },
    { name: "back", deviceIndex: 1 },
  ],
  connection: {
    user: "root",
    privateKey: config.requireSecret("privateKey"),
    hostKey: deriveHostKey("only for tests, no secret").publicKey,
    perDialTimeout: config.getNumber("dialSeconds"),
  },
});

export const gatewayBySource = edge.gatewayBySource;
export const symmetric = edge.symmetric;
export const interfaces = edge.interfaces;
