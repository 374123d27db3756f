/**
 * Takes an EC2 instance that exists, with the two interfaces it has, and makes it route symmetrically. Nothing of the
 * instance is changed or owned; `pulumi destroy` takes the routing off it again.
 *
 * Configuration: instanceId, hostKey ("ssh-ed25519 AAAA...", see ssh-keyscan), privateKey (secret), user (default admin)
 */
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost } from "../../lib";

const config = new pulumi.Config();

const host = new MultiHomedHost("adopted", {
  existing: { instanceId: config.require("instanceId") },
  // Addresses, subnets, MACs and prefixes are looked up; the names are yours.
  interfaces: [
    { name: "front", deviceIndex: 0 },
    { name: "back", deviceIndex: 1 },
  ],
  connection: {
    user: config.get("user") ?? "admin",
    privateKey: config.requireSecret("privateKey"),
    hostKey: config.require("hostKey"),
  },
});

export const gatewayBySource = host.gatewayBySource;
export const symmetric = host.symmetric;
