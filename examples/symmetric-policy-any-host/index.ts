/**
 * Any Linux host that SSH reaches, in any cloud or none, here one behind a bastion.
 *
 * Configuration: host, hostKey, bastion, bastionHostKey, privateKey (secret)
 */
import * as pulumi from "@pulumi/pulumi";
import { SymmetricRoutingPolicy } from "../../lib";

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");

const policy = new SymmetricRoutingPolicy("edge", {
  interfaces: [
    { name: "front", addresses: ["192.0.2.10/24", "2001:db8:1::10/64"], gateways: ["192.0.2.1", "fe80::1"] },
    // A cloud that gives /32 addresses: the gateway is on the link although no subnet holds it.
    {
      name: "back",
      match: { mac: "02:00:00:00:02:0a" },
      addresses: ["198.51.100.7/32"],
      onLinkGateways: ["172.31.1.1"],
    },
  ],
  connection: {
    host: config.require("host"),
    user: "admin",
    privateKey,
    hostKey: config.require("hostKey"),
    proxy: {
      host: config.require("bastion"),
      user: "jump",
      privateKey,
      hostKey: config.require("bastionHostKey"),
    },
  },
});

export const gatewayBySource = policy.gatewayBySource;
export const symmetric = policy.symmetric;
export const report = policy.report;
