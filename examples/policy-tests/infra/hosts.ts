// In a repository of your own: from "multihome".
import { SymmetricRoutingPolicyArgs } from "../../../lib";

/** Networks that operations come from. */
export const OPERATIONS = ["203.0.113.0/24"];

export const hosts: { name: string; interfaces: SymmetricRoutingPolicyArgs["interfaces"] }[] = [
  {
    name: "edge-1",
    interfaces: [
      { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
      { name: "back", addresses: ["10.0.2.10/24", "10.0.2.11/24"], gateways: ["10.0.2.1"] },
    ],
  },
];
