import type { SecurityGroup } from "../../cloud/state";
import { arn } from "../define";
import { FILTERS, Filtered, filtersOf, one, query, select, tagFacets, tagFilters } from "./define";

const text = { type: "string" } as const;

interface GroupArgs extends Filtered {
  id?: string;
  name?: string;
  vpcId?: string;
  tags?: Record<string, string>;
}

export const getSecurityGroup = query<GroupArgs, object>({
  token: "aws:ec2/getSecurityGroup:getSecurityGroup",
  args: { filters: FILTERS, id: text, name: text, vpcId: text, tags: { type: "object" } },
  run(cloud, args) {
    const facets = (group: SecurityGroup) => ({
      "group-id": [group.id],
      "group-name": [group.name],
      "vpc-id": [group.vpcId],
      description: [group.description],
      ...tagFacets(group.tags),
    });
    const filters = [
      ...(args.filters ?? []),
      ...filtersOf({ "group-id": args.id, "group-name": args.name, "vpc-id": args.vpcId }),
      ...tagFilters(args.tags),
    ];
    const token = "aws:ec2/getSecurityGroup:getSecurityGroup";
    const group = one(
      select(token, Object.values(cloud.securityGroups), facets, filters),
      "EC2 Security Group",
    );
    const { id, name, description, vpcId, tags } = group;
    return { id, name, description, vpcId, tags, arn: arn(cloud, "security-group", id) };
  },
});
