import {
  attachInternetGateway,
  createInternetGateway,
  deleteInternetGateway,
  detachInternetGateway,
} from "../api/internetGateway";
import { Tagged, arn, define } from "../define";

interface InternetGatewayInputs extends Tagged {
  vpcId?: string;
}

interface InternetGatewayState {
  arn: string;
  ownerId: string;
}

export const internetGateway = define<InternetGatewayInputs, InternetGatewayState>({
  token: "aws:ec2/internetGateway:InternetGateway",
  inputs: { vpcId: { type: "string", computed: true } },
  outputs: ["arn", "ownerId"],
  create: (cloud, { vpcId, tags }) =>
    cloud.call("creating EC2 Internet Gateway", "AttachInternetGateway", (draft) => {
      const { id } = createInternetGateway(draft, tags);
      if (vpcId !== undefined) attachInternetGateway(draft, id, vpcId);
      return id;
    }),
  describe(cloud, id) {
    const found = cloud.internetGateways[id];
    if (!found) return undefined;
    return {
      vpcId: found.vpcId,
      tags: found.tags,
      arn: arn(cloud, "internet-gateway", id),
      ownerId: cloud.accountId,
    };
  },
  update: (cloud, id, { inputs, changed }) =>
    cloud.call(`updating EC2 Internet Gateway (${id})`, "AttachInternetGateway", (draft) => {
      const gateway = draft.internetGateways[id];
      gateway.tags = inputs.tags ?? {};
      if (!changed.has("vpcId")) return;
      if (gateway.vpcId !== undefined) detachInternetGateway(draft, id, gateway.vpcId);
      if (inputs.vpcId !== undefined) attachInternetGateway(draft, id, inputs.vpcId);
    }),
  delete: (cloud, id) =>
    cloud.call(`deleting EC2 Internet Gateway (${id})`, "DetachInternetGateway", (draft) => {
      const { vpcId } = draft.internetGateways[id];
      if (vpcId !== undefined) detachInternetGateway(draft, id, vpcId);
      deleteInternetGateway(draft, id);
    }),
});
