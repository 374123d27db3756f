/**
 * A host in a rack, with a link to each of two top-of-rack switches, and an address that belongs to neither: both switches
 * announce it by BGP, and connections to it survive the loss of a link.
 *
 * Configuration: host, hostKey, privateKey (secret)
 */
import * as pulumi from "@pulumi/pulumi";
import { SymmetricRoutingPolicy } from "../../lib";

const config = new pulumi.Config();

const policy = new SymmetricRoutingPolicy("db-1", {
  interfaces: [
    { name: "left", addresses: ["10.1.0.10/24", "2001:db8:a::10/64"], gateways: ["10.1.0.1", "fe80::1"] },
    { name: "right", addresses: ["10.2.0.10/24", "2001:db8:b::10/64"], gateways: ["10.2.0.1", "fe80::1"] },
  ],
  policy: {
    identity: {
      addresses: ["192.0.2.77/32", "2001:db8:77::1/128"],
      protocol: "bgp",
      asn: 65077,
      // Without addresses: the switches are known by their links alone.
      peers: [
        { interface: "left", asn: 65001 },
        { interface: "right", asn: 65002 },
      ],
      passwordFile: "/etc/multihome/bgp-password",
    },
  },
  connection: {
    host: config.require("host"),
    user: "admin",
    privateKey: config.requireSecret("privateKey"),
    hostKey: config.require("hostKey"),
  },
});

export const verdict = policy.verdict;
export const program = policy.program;
export const symmetric = policy.symmetric;
