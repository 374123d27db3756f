/**
 * Two hosts side by side: a gateway whose management network is a boundary (strong), and a lab machine that is to
 * behave as Linux comes, said in so many words (weak). Which to choose when: docs/models.md.
 *
 * Configuration: gateway, gatewayHostKey, lab, labHostKey, privateKey (secret)
 */
import * as pulumi from "@pulumi/pulumi";
import { HostModel, SymmetricRoutingPolicy } from "../../lib";

const config = new pulumi.Config();
const connection = (name: string) => ({
  host: config.require(name),
  user: "admin",
  privateKey: config.requireSecret("privateKey"),
  hostKey: config.require(`${name}HostKey`),
});

const gateway = new SymmetricRoutingPolicy("gateway", {
  interfaces: [
    {
      name: "public",
      addresses: ["192.0.2.10/24", "2001:db8:1::10/64"],
      gateways: ["192.0.2.1", "fe80::1"],
    },
    { name: "management", addresses: ["10.9.0.10/24"], gateways: ["10.9.0.1"] },
  ],
  policy: {
    // Nobody on the public network reaches 10.9.0.10, and nothing leaves by it but what is from 10.9.0.10.
    hostModel: HostModel.Strong,
    // An address on loopback, reached over both: it would be cut off if it were not listed.
    virtualAddresses: ["192.0.2.77"],
  },
  connection: connection("gateway"),
});

const lab = new SymmetricRoutingPolicy("lab", {
  interfaces: [
    { name: "office", addresses: ["10.1.0.20/24"], gateways: ["10.1.0.1"] },
    { name: "bench", addresses: ["10.2.0.20/24"] },
  ],
  policy: { hostModel: HostModel.Weak },
  connection: connection("lab"),
});

export const gatewayVerdict = gateway.verdict;
export const labVerdict = lab.verdict;
export const gatewayBySource = gateway.gatewayBySource;
