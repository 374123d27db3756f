/**
 * Which interfaces some traffic may use, when its source does not say so yet: backups by the back interface alone,
 * guests by either, bulk shared by both. docs/traffic.md has all selectors.
 *
 * Configuration: host, hostKey, privateKey (secret)
 */
import * as pulumi from "@pulumi/pulumi";
import { SymmetricRoutingPolicy } from "../../lib";

const config = new pulumi.Config();

const edge = new SymmetricRoutingPolicy("edge", {
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24", "2001:db8:1::10/64"], gateways: ["10.0.1.1", "fe80::1"] },
    { name: "back", addresses: ["10.0.2.10/24", "2001:db8:2::10/64"], gateways: ["10.0.2.1", "fe80::1"] },
  ],
  policy: {
    traffic: [
      // Not by the front interface, whatever happens to the back one.
      {
        name: "backups",
        to: ["192.0.2.0/24"],
        protocol: "tcp",
        destinationPorts: ["873"],
        use: ["back"],
        otherwise: "prohibit",
      },
      // Forwarded for a network of containers: by the back interface, and by the front one while that has no link.
      { name: "guests", from: ["172.20.0.0/16"], use: ["back", "front"] },
      // Three flows of four by the front interface.
      { name: "bulk", marks: ["0x10/0xf0"], use: ["front", "back"], weights: { front: 3, back: 1 } },
    ],
  },
  connection: {
    host: config.require("host"),
    user: "admin",
    privateKey: config.requireSecret("privateKey"),
    hostKey: config.require("hostKey"),
  },
});

export const verdict = edge.verdict;
export const plan = edge.plan;
