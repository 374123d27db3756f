import type { CloudState, NetworkInterface } from "../../cloud/state";
import type { InputProperty } from "../../rpc/resource";
import type { Properties } from "../../rpc/values";
import {
  createNetworkInterface,
  deleteNetworkInterface,
  modifyNetworkInterface,
} from "../api/networkInterface";
import { Tagged, arn, define, privateDnsName } from "../define";
import {
  AddressInputs,
  addressReplaces,
  canonicalAddresses,
  creationRequest,
  updateAddresses,
} from "./addressForms";

interface NetworkInterfaceInputs extends Tagged, AddressInputs {
  subnetId: string;
  securityGroups?: string[];
  sourceDestCheck?: boolean;
  description?: string;
  interfaceType?: string;
}

interface NetworkInterfaceState {
  arn: string;
  macAddress: string;
  ownerId: string;
  outpostArn: string;
  privateDnsName: string;
  attachments: { attachmentId: string; deviceIndex: number; instance: string; networkCardIndex: number }[];
}

const set: InputProperty = { type: "set", computed: true, normalize: canonicalAddresses };
/** Ordered: the order is part of the meaning, so only the spelling is made canonical. */
const list: InputProperty = { type: "list", computed: true };
const count: InputProperty = { type: "number", computed: true };
const enabled: InputProperty = { type: "boolean", recorded: true };

/** Address properties beside the one that changed: the cloud answers them anew. */
const ADDRESSES: Record<4 | 6, string[]> = {
  4: ["privateIps", "privateIpsCount", "privateIpLists"],
  6: ["ipv6Addresses", "ipv6AddressCount", "ipv6AddressLists"],
};
const PREFIXES: Record<4 | 6, string[]> = {
  4: ["ipv4Prefixes", "ipv4PrefixCount"],
  6: ["ipv6Prefixes", "ipv6PrefixCount"],
};

export const networkInterface = define<NetworkInterfaceInputs, NetworkInterfaceState>({
  token: "aws:ec2/networkInterface:NetworkInterface",
  inputs: {
    subnetId: { type: "string", required: true, forceNew: true },
    securityGroups: { type: "set", computed: true },
    sourceDestCheck: { type: "boolean", default: true },
    description: { type: "string" },
    interfaceType: { type: "string", computed: true, forceNew: true },
    privateIp: { type: "string", computed: true, forceNew: true },
    privateIps: set,
    privateIpsCount: count,
    privateIpLists: list,
    privateIpListEnabled: enabled,
    ipv6Addresses: set,
    ipv6AddressCount: count,
    ipv6AddressLists: list,
    ipv6AddressListEnabled: enabled,
    ipv4Prefixes: set,
    ipv4PrefixCount: count,
    ipv6Prefixes: set,
    ipv6PrefixCount: count,
  },
  outputs: ["arn", "macAddress", "ownerId", "outpostArn", "privateDnsName", "attachments"],
  check: checkForms,
  replaces: ({ inputs, state, changed }) => addressReplaces(inputs, state as Partial<AddressInputs>, changed),
  recomputes: (changed) =>
    [ADDRESSES[4], ADDRESSES[6], PREFIXES[4], PREFIXES[6]].flatMap((form) =>
      form.some((name) => changed.has(name)) ? form : [],
    ),
  create: (cloud, inputs) =>
    cloud.call(
      "creating EC2 Network Interface",
      "CreateNetworkInterface",
      (draft) => createNetworkInterface(draft, { ...inputs, ...creationRequest(inputs) }).id,
    ),
  describe(cloud, id) {
    const found = cloud.networkInterfaces[id];
    return found && describe(cloud, found);
  },
  omittedOnImport: () => [
    "privateIpsCount",
    "privateIpLists",
    "ipv6AddressCount",
    "ipv6AddressLists",
    "ipv4PrefixCount",
    "ipv6PrefixCount",
  ],
  update: (cloud, id, { inputs, changed }) =>
    cloud.call(`updating EC2 Network Interface (${id})`, "ModifyNetworkInterfaceAttribute", (draft) => {
      modifyNetworkInterface(draft, id, {
        securityGroups: changed.has("securityGroups") ? inputs.securityGroups : undefined,
        description: inputs.description ?? "",
        sourceDestCheck: inputs.sourceDestCheck,
        tags: inputs.tags,
      });
      updateAddresses(draft, id, inputs, changed);
    }),
  delete: (cloud, id) =>
    cloud.call(`deleting EC2 Network Interface (${id})`, "DeleteNetworkInterface", (draft) =>
      deleteNetworkInterface(draft, id),
    ),
});

function describe(cloud: CloudState, eni: NetworkInterface): NetworkInterfaceInputs & NetworkInterfaceState {
  return {
    subnetId: eni.subnetId,
    securityGroups: eni.securityGroups,
    sourceDestCheck: eni.sourceDestCheck,
    description: eni.description || undefined,
    interfaceType: eni.interfaceType,
    privateIp: eni.privateIps[0],
    privateIps: eni.privateIps,
    privateIpsCount: eni.privateIps.length - 1,
    privateIpLists: eni.privateIps,
    ipv6Addresses: eni.ipv6Addresses,
    ipv6AddressCount: eni.ipv6Addresses.length,
    ipv6AddressLists: eni.ipv6Addresses,
    ipv4Prefixes: eni.ipv4Prefixes,
    ipv4PrefixCount: eni.ipv4Prefixes.length,
    ipv6Prefixes: eni.ipv6Prefixes,
    ipv6PrefixCount: eni.ipv6Prefixes.length,
    tags: eni.tags,
    arn: arn(cloud, "network-interface", eni.id),
    macAddress: eni.macAddress,
    ownerId: cloud.accountId,
    outpostArn: "",
    privateDnsName: privateDnsName(cloud, eni.privateIps[0]),
    attachments: eni.attachment
      ? [
          {
            attachmentId: eni.attachment.id,
            deviceIndex: eni.attachment.deviceIndex,
            instance: eni.attachment.instanceId,
            networkCardIndex: eni.attachment.networkCardIndex,
          },
        ]
      : [],
  };
}

/** The provider's own rules about which forms go together. */
function checkForms(inputs: Properties): { property: string; reason: string }[] {
  const failures: { property: string; reason: string }[] = [];
  const conflict = (a: string, b: string) => {
    if (inputs[a] !== undefined && inputs[b] !== undefined) {
      failures.push({ property: a, reason: `conflicts with "${b}"; give one of them` });
    }
  };
  conflict("ipv6Addresses", "ipv6AddressCount");
  conflict("ipv4Prefixes", "ipv4PrefixCount");
  conflict("ipv6Prefixes", "ipv6PrefixCount");
  conflict("privateIps", "privateIpLists");
  conflict("ipv6Addresses", "ipv6AddressLists");
  for (const [ordered, flag] of [
    ["privateIpLists", "privateIpListEnabled"],
    ["ipv6AddressLists", "ipv6AddressListEnabled"],
  ]) {
    if (inputs[ordered] !== undefined && !inputs[flag]) {
      failures.push({ property: ordered, reason: `needs "${flag}: true"` });
    }
  }
  if (typeof inputs.interfaceType === "string" && !["interface", "efa"].includes(inputs.interfaceType)) {
    const reason = `the lab does not model interfaceType ${inputs.interfaceType}; it models interface, efa`;
    failures.push({ property: "interfaceType", reason });
  }
  return failures;
}
