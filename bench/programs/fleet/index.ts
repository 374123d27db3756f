import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { SymmetricRoutingPolicy } from "../../../lib";
import { HOST_KEY, Shape, fleetHost, routed } from "../../support/fleet";

/**
 * What is put on hosts that are there: nothing ("none"), a command that does nothing ("bare"), a SymmetricRoutingPolicy
 * ("policy"; "once" without a confirmation), or ten commands with a route each ("routes"), on each.
 *
 * Configuration: hosts, shape, on, changed (another plan, or command, for each), privateKey (secret).
 */
const config = new pulumi.Config();
const on = config.require("on");
const changed = config.getBoolean("changed") ?? false;
const shape = config.requireObject<Shape>("shape");
const privateKey = config.requireSecret("privateKey");

for (let i = 0; i < config.requireNumber("hosts"); i++) {
  const { publicIp, interfaces } = fleetHost(i, shape);
  const connection = { host: publicIp, user: "root", privateKey, hostKey: HOST_KEY.publicKey };
  if (on === "policy" || on === "once") {
    new SymmetricRoutingPolicy(`host-${i}`, {
      interfaces: interfaces.map((iface, n) => routed(iface, changed && n === 1)),
      connection,
      ...(on === "once" && { confirmWithin: 0 }),
    });
  }
  commands(i).forEach(([create, remove], n) => {
    new remote.Command(`host-${i}-${n}`, { connection, create, delete: remove });
  });
}

function commands(i: number): [create: string, remove: string | undefined][] {
  if (on === "bare") return [[changed ? `true ${i}` : "true", undefined]];
  if (on !== "routes") return [];
  const metric = changed ? 20 : 10;
  return Array.from({ length: 10 }, (_, n) => [
    `ip route replace unreachable 192.0.2.${n} table 900 metric ${metric}`,
    `ip route flush table 900 exact 192.0.2.${n}`,
  ]);
}
