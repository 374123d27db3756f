/**
 * A host between two customers whose networks use the same addresses, which no rule for sources could tell apart: each is
 * in a world of its own, and the host is administered by a third interface.
 *
 * Configuration: host, hostKey, privateKey (secret)
 */
import * as pulumi from "@pulumi/pulumi";
import { SymmetricRoutingPolicy } from "../../lib";

const config = new pulumi.Config();

// Found by MAC: a device has no address when it comes into a world.
const customer = (name: string, mac: string) => ({
  name,
  match: { mac },
  addresses: ["10.0.0.10/24"],
  gateways: ["10.0.0.1"],
});

const policy = new SymmetricRoutingPolicy("gateway", {
  interfaces: [
    { name: "front", addresses: ["192.168.1.10/24"], gateways: ["192.168.1.1"] },
    customer("red", "02:00:00:00:02:0a"),
    customer("blue", "02:00:00:00:03:0a"),
  ],
  policy: {
    worlds: [
      {
        name: "customer-red",
        kind: "netns",
        interfaces: ["red"],
        resolver: { nameservers: ["10.0.0.2"], search: ["red.example"] },
        services: ["collector@red.service"],
      },
      { name: "customer-blue", kind: "netns", interfaces: ["blue"], services: ["collector@blue.service"] },
    ],
  },
  connection: {
    host: config.require("host"),
    user: "admin",
    privateKey: config.requireSecret("privateKey"),
    hostKey: config.require("hostKey"),
  },
});

export const verdict = policy.verdict;
export const plan = policy.plan;
export const symmetric = policy.symmetric;
