import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";

/**
 * Takes over and looks up what another stack made. Configuration: instanceId, backId.
 */
const config = new pulumi.Config();
const backId = config.require("backId");
const back = ec2.NetworkInterface.get("seen", backId);
const instance = ec2.getInstanceOutput({ instanceId: config.require("instanceId") });
const interfaces = ec2.getNetworkInterfacesOutput({
  filters: [{ name: "attachment.instance-id", values: [config.require("instanceId")] }],
});

new ec2.NetworkInterface(
  "imported",
  {
    subnetId: back.subnetId,
    securityGroups: back.securityGroups,
    privateIps: ["10.0.2.10"],
  },
  { import: backId, retainOnDelete: true },
);

export const macAddress = back.macAddress;
export const primaryId = instance.networkInterfaceId;
export const count = interfaces.ids.length;
