import type { InputProperty } from "../../rpc/resource";
import { attachNetworkInterface, detachNetworkInterface, interfaceOfAttachment } from "../api/instance";
import { define } from "../define";

interface AttachmentInputs {
  instanceId: string;
  networkInterfaceId: string;
  deviceIndex: number;
  networkCardIndex?: number;
}

interface AttachmentState {
  attachmentId: string;
  status: string;
}

const required: InputProperty = { type: "string", required: true, forceNew: true };

export const networkInterfaceAttachment = define<AttachmentInputs, AttachmentState>({
  token: "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment",
  tagged: false,
  inputs: {
    instanceId: required,
    networkInterfaceId: required,
    deviceIndex: { type: "number", required: true, forceNew: true },
    networkCardIndex: { type: "number", computed: true, forceNew: true },
  },
  outputs: ["attachmentId", "status"],
  create: (cloud, inputs) =>
    cloud.call(
      `attaching EC2 Network Interface (${inputs.networkInterfaceId}/${inputs.instanceId})`,
      "AttachNetworkInterface",
      (draft) => attachNetworkInterface(draft, inputs),
    ),
  describe(cloud, id) {
    const eni = interfaceOfAttachment(cloud, id);
    if (!eni?.attachment) return undefined;
    return {
      instanceId: eni.attachment.instanceId,
      networkInterfaceId: eni.id,
      deviceIndex: eni.attachment.deviceIndex,
      networkCardIndex: eni.attachment.networkCardIndex,
      attachmentId: id,
      status: "attached",
    };
  },
  delete: (cloud, id) =>
    cloud.call(`detaching EC2 Network Interface (${id})`, "DetachNetworkInterface", (draft) =>
      detachNetworkInterface(draft, id),
    ),
});
