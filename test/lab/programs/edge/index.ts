import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { KeyPair } from "@pulumi/aws/ec2/keyPair";
import { RouteTable } from "@pulumi/aws/ec2/routeTable";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost, MultiHomedHostArgs, hostKeyFromSeed } from "../../../../lib";

/**
 * A host whose interfaces come from the configuration, so that a test can change them between two updates.
 *
 * Configuration: publicKey, privateKey (secret), ami, and "interfaces": a JSON list of what an interface is given
 * besides its subnet, which is 10.0.N.0/24 with N its device index plus 1. "existing" true adopts the instance that
 * the configuration "instanceId" names. "more": further arguments of the component, as JSON; "dials": how many failed
 * attempts to connect are forgiven; "dialSeconds": how long one may take; "bastion": the machine to go through;
 * "renamed": true calls the host "gate" that was "edge", and has a transform tag its instance; "was": what children of the
 * host were called, by what they are called now.
 */
const config = new pulumi.Config();

interface Wanted {
  name: string;
  deviceIndex: number;
  privateIps?: string[];
  publicIp?: boolean;
  gateways?: string[];
}

const vpc = new Vpc("net", { cidrBlock: "10.0.0.0/16" });
const gateway = new InternetGateway("net", { vpcId: vpc.id });
const routes = new RouteTable("net", {
  vpcId: vpc.id,
  routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
});
const subnets = [1, 2, 3].map((n) => {
  const subnet = new Subnet(`net${n}`, {
    vpcId: vpc.id,
    cidrBlock: `10.0.${n}.0/24`,
    availabilityZone: "eu-lab-1a",
  });
  new RouteTableAssociation(`net${n}`, { subnetId: subnet.id, routeTableId: routes.id });
  return subnet;
});
const all = { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] };
const group = new SecurityGroup("net", { vpcId: vpc.id, ingress: [all], egress: [all] });
const key = new KeyPair("net", { publicKey: config.require("publicKey") });

const bastion = config.get("bastion");
const patience = {
  dialErrorLimit: config.getNumber("dials"),
  perDialTimeout: config.getNumber("dialSeconds"),
};

/** As somebody would who renames a host, and wants of its instance what the component has no argument for. */
const renaming: pulumi.ComponentResourceOptions = {
  aliases: [{ name: "edge" }],
  transforms: [
    ({ type, props, opts }) =>
      type === "aws:ec2/instance:Instance"
        ? { props: { ...props, tags: { ...props["tags"], Owner: "ops" } }, opts }
        : undefined,
  ],
};
const renamed = config.getBoolean("renamed") === true;

const was = config.getObject<Record<string, string>>("was") ?? {};
/** As somebody would who renames an interface. */
const renamedChildren: pulumi.ComponentResourceOptions = {
  transforms: [
    ({ name, props, opts }) =>
      was[name] === undefined
        ? undefined
        : { props, opts: pulumi.mergeOptions(opts, { aliases: [{ name: was[name] }] }) },
  ],
};

const edge = new MultiHomedHost(
  renamed ? "gate" : "edge",
  {
    ami: config.require("ami"),
    instanceType: "m5.xlarge",
    keyName: key.keyName,
    securityGroupIds: [group.id],
    interfaces: config
      .requireObject<Wanted[]>("interfaces")
      .map((wanted) => ({ ...wanted, subnet: subnets[wanted.deviceIndex], hostNumber: 10 })),
    connection: {
      user: "root",
      privateKey: config.requireSecret("privateKey"),
      ...patience,
      ...(bastion !== undefined && {
        proxy: {
          host: bastion,
          privateKey: config.requireSecret("privateKey"),
          insecureIgnoreHostKey: true,
          ...patience,
        },
      }),
    },
    sshHostKey: hostKeyFromSeed("only for tests, no secret"),
    ...config.getObject<Partial<MultiHomedHostArgs>>("more"),
  },
  { dependsOn: gateway, ...(renamed ? renaming : renamedChildren) },
);

export const instanceId = edge.instanceId;
export const gatewayBySource = edge.gatewayBySource;
export const symmetric = edge.symmetric;
export const report = edge.report;
export const publicIps = edge.publicIps;
