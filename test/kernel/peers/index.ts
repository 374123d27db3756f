import { cloudInit } from "./cloud-init";
import { ec2NetUtils } from "./ec2-net-utils";
import { none } from "./none";
import { perSource, usual } from "./per-source";
import { RuleSet } from "./rule-set";
import { cloudNetconfig, nmCloudSetup } from "./sandwich";
import { vpcCni } from "./vpc-cni";

export { RuleSet } from "./rule-set";

/** The rule sets that ours is measured against, in the order of the table. */
export const PEERS: readonly RuleSet[] = [
  none,
  ec2NetUtils,
  cloudInit,
  nmCloudSetup,
  cloudNetconfig,
  vpcCni,
  perSource,
  usual,
];
