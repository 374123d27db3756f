import * as pulumi from "@pulumi/pulumi";
import { SymmetricRoutingPolicy } from "../../../lib";
import { hosts } from "./hosts";

const config = new pulumi.Config();

for (const { name, interfaces } of hosts) {
  new SymmetricRoutingPolicy(name, {
    interfaces,
    connection: {
      host: `${name}.example`,
      user: "admin",
      privateKey: config.requireSecret("sshKey"),
      hostKey: config.require(`hostKey-${name}`),
    },
  });
}
