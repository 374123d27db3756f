import type { Provider } from "../rpc/resource";
import type { Properties } from "../rpc/values";
import type { Cloud } from "./cloud";
import type { AwsConfig, Bind } from "./define";
import * as account from "./invokes/account";
import type { BindQuery } from "./invokes/define";
import * as image from "./invokes/image";
import * as instances from "./invokes/instance";
import * as network from "./invokes/network";
import * as routeTables from "./invokes/routeTable";
import * as securityGroups from "./invokes/securityGroup";
import { eip, eipAssociation } from "./resources/elasticIp";
import { instance } from "./resources/instance";
import { internetGateway } from "./resources/internetGateway";
import { keyPair } from "./resources/keyPair";
import { networkInterface } from "./resources/networkInterface";
import { networkInterfaceAttachment } from "./resources/networkInterfaceAttachment";
import { route } from "./resources/route";
import { routeTable } from "./resources/routeTable";
import { mainRouteTableAssociation, routeTableAssociation } from "./resources/routeTableAssociation";
import { securityGroup } from "./resources/securityGroup";
import {
  securityGroupEgressRule,
  securityGroupIngressRule,
  securityGroupRule,
} from "./resources/securityGroupRule";
import { subnet } from "./resources/subnet";
import { vpc, vpcIpv4CidrBlockAssociation } from "./resources/vpc";

const RESOURCES: Bind[] = [
  eip,
  eipAssociation,
  instance,
  internetGateway,
  keyPair,
  mainRouteTableAssociation,
  networkInterface,
  networkInterfaceAttachment,
  route,
  routeTable,
  routeTableAssociation,
  securityGroup,
  securityGroupEgressRule,
  securityGroupIngressRule,
  securityGroupRule,
  subnet,
  vpc,
  vpcIpv4CidrBlockAssociation,
];

const INVOKES: BindQuery[] = [account, image, instances, network, routeTables, securityGroups].flatMap(
  (group) => Object.values(group),
);

/** The provider `aws`, before a cloud: as much of @pulumi/aws as the lab models, and a plain word about the rest. */
export function awsProvider(cloud: Cloud): Provider {
  const config: AwsConfig = { region: cloud.read().region, defaultTags: {} };
  const resources = RESOURCES.map((bind) => bind(cloud, config));
  const invokes = INVOKES.map((bind) => bind(cloud, config));
  return {
    name: "aws",
    version: "7.47.0",
    resources,
    invokes,
    async configure(given) {
      Object.assign(config, await configOf(cloud, given));
    },
    unmodelled: (kind, token) => {
      const known = (kind === "resource" ? resources : invokes).map((item) => item.token).sort();
      return `the lab does not model ${token}; it models ${known.join(", ")}`;
    },
    unmodelledProperty: (token, property, known) =>
      `the lab does not model ${property} of ${token}; it models ${known.sort().join(", ")}`,
  };
}

/** Reads the provider's configuration. Credentials, endpoints and their checks do not matter here. */
async function configOf(cloud: Cloud, given: Properties): Promise<AwsConfig> {
  const region = given.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  return {
    region: typeof region === "string" ? await cloud.useRegion(region) : cloud.read().region,
    defaultTags: tagsOf(given.defaultTags),
  };
}

/** `defaultTags: { tags: { … } }`; the engine passes nested configuration as JSON text. */
function tagsOf(value: unknown): Record<string, string> {
  const parsed = (typeof value === "string" ? JSON.parse(value) : (value ?? {})) as {
    tags?: Record<string, string>;
  };
  return parsed.tags ?? {};
}
