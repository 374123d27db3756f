import { gunzipSync } from "node:zlib";
import type { CloudState, Instance, NetworkInterface } from "../../cloud/state";
import { isObject } from "../../rpc/values";
import { AwsError } from "../api/error";
import { publicAddressOf } from "../api/elasticIp";
import {
  RunInstance,
  interfacesOf,
  modifyInstance,
  restartInstance,
  runInstance,
  soleInterface,
  terminateInstance,
} from "../api/instance";
import { assignAddresses, modifyNetworkInterface, unassignAddresses } from "../api/networkInterface";
import { RECORDED, Tagged, arn, define, privateDnsName, publicDnsName } from "../define";

interface InstanceInputs extends Tagged {
  ami: string;
  instanceType: string;
  availabilityZone?: string;
  primaryNetworkInterface?: { networkInterfaceId: string; deleteOnTermination?: boolean };
  subnetId?: string;
  privateIp?: string;
  secondaryPrivateIps?: string[];
  ipv6Addresses?: string[];
  ipv6AddressCount?: number;
  vpcSecurityGroupIds?: string[];
  associatePublicIpAddress?: boolean;
  sourceDestCheck?: boolean;
  keyName?: string;
  userData?: string;
  userDataBase64?: string;
  userDataReplaceOnChange?: boolean;
}

interface InstanceState {
  arn: string;
  instanceState: string;
  outpostArn: string;
  passwordData: string;
  primaryNetworkInterfaceId: string;
  privateDns: string;
  publicDns: string;
  publicIp: string;
}

/** Inputs that have no effect on routing: kept as the program says them. */
const recorded = {
  capacityReservationSpecification: RECORDED.any,
  cpuOptions: RECORDED.any,
  creditSpecification: RECORDED.any,
  disableApiStop: RECORDED.flag,
  disableApiTermination: RECORDED.flag,
  ebsBlockDevices: RECORDED.list,
  ebsOptimized: RECORDED.flag,
  enclaveOptions: RECORDED.any,
  ephemeralBlockDevices: RECORDED.list,
  forceDestroy: { ...RECORDED.flag, default: false },
  getPasswordData: { ...RECORDED.flag, default: false },
  hibernation: RECORDED.flag,
  iamInstanceProfile: RECORDED.text,
  instanceInitiatedShutdownBehavior: RECORDED.text,
  maintenanceOptions: RECORDED.any,
  metadataOptions: RECORDED.any,
  monitoring: RECORDED.flag,
  privateDnsNameOptions: RECORDED.any,
  rootBlockDevice: RECORDED.any,
  tenancy: RECORDED.text,
  volumeTags: RECORDED.any,
};

/** What cannot be said together with a ready interface, and how EC2 names it. */
const INSTANCE_LEVEL: [keyof InstanceInputs, string][] = [
  ["subnetId", "an instance-level subnet ID"],
  ["vpcSecurityGroupIds", "instance-level security groups"],
  ["privateIp", "an instance-level private IP"],
  ["secondaryPrivateIps", "instance-level secondary private IPs"],
  ["ipv6Addresses", "instance-level IPv6 addresses"],
  ["ipv6AddressCount", "an instance-level IPv6 address count"],
];

export const instance = define<InstanceInputs, InstanceState>({
  token: "aws:ec2/instance:Instance",
  inputs: {
    ami: { type: "string", required: true, forceNew: true },
    instanceType: { type: "string", required: true },
    availabilityZone: { type: "string", computed: true, forceNew: true },
    primaryNetworkInterface: {
      type: "object",
      computed: true,
      // What happens to it at termination is AWS's answer, not the program's word.
      normalize: (value) => (isObject(value) ? value.networkInterfaceId : value),
    },
    subnetId: { type: "string", computed: true, forceNew: true },
    privateIp: { type: "string", computed: true, forceNew: true },
    secondaryPrivateIps: { type: "set", computed: true },
    ipv6Addresses: { type: "list", computed: true, forceNew: true },
    ipv6AddressCount: { type: "number", computed: true, forceNew: true },
    vpcSecurityGroupIds: { type: "set", computed: true },
    associatePublicIpAddress: { type: "boolean", computed: true, forceNew: true },
    sourceDestCheck: { type: "boolean", default: true },
    keyName: { type: "string", computed: true, forceNew: true },
    userData: { type: "string" },
    userDataBase64: { type: "string" },
    userDataReplaceOnChange: { type: "boolean", default: false, recorded: true },
    ...recorded,
  },
  outputs: [
    "arn",
    "instanceState",
    "outpostArn",
    "passwordData",
    "primaryNetworkInterfaceId",
    "privateDns",
    "publicDns",
    "publicIp",
  ],
  check: ({ userData, userDataBase64 }) =>
    userData !== undefined && userDataBase64 !== undefined
      ? [{ property: "userData", reason: 'conflicts with "userDataBase64"; give one of them' }]
      : [],
  replaces({ inputs, state, changed }) {
    const ready = inputs.primaryNetworkInterface?.networkInterfaceId;
    const replaced = changed.has("primaryNetworkInterface") && ready !== state.primaryNetworkInterfaceId;
    const data = inputs.userDataReplaceOnChange
      ? ["userData", "userDataBase64"].filter((key) => changed.has(key))
      : [];
    return [...(replaced ? ["primaryNetworkInterface"] : []), ...data];
  },
  recomputes: (changed) =>
    ["instanceType", "userData", "userDataBase64"].some((key) => changed.has(key))
      ? ["publicIp", "publicDns"]
      : [],
  create: (cloud, inputs) =>
    cloud.call("creating EC2 Instance", "RunInstances", (draft) => {
      const { id, primaryNetworkInterfaceId } = runInstance(draft, launch(inputs));
      // The provider turns the check off after the launch, and only for an interface of the instance's own.
      if (!inputs.primaryNetworkInterface && inputs.sourceDestCheck === false) {
        modifyNetworkInterface(draft, primaryNetworkInterfaceId, { sourceDestCheck: false });
      }
      return id;
    }),
  describe(cloud, id, known) {
    const found = cloud.instances[id];
    return found && describe(cloud, found, known);
  },
  omittedOnImport: ({ primaryNetworkInterface }) => {
    const ready = primaryNetworkInterface?.deleteOnTermination === false;
    const other: (keyof InstanceInputs)[] = ready
      ? INSTANCE_LEVEL.map(([key]) => key)
      : ["primaryNetworkInterface"];
    return [...other, "ipv6AddressCount", "associatePublicIpAddress"];
  },
  update: (cloud, id, { inputs, changed }) =>
    cloud.call(`updating EC2 Instance (${id})`, "ModifyInstanceAttribute", (draft) => {
      const { instanceType, tags } = inputs;
      modifyInstance(draft, id, { instanceType, userData: userDataOf(inputs), tags });
      if (["instanceType", "userData", "userDataBase64"].some((key) => changed.has(key)))
        restartInstance(draft, id);
      if (changed.has("vpcSecurityGroupIds")) {
        modifyNetworkInterface(draft, soleInterface(draft, id).id, {
          securityGroups: inputs.vpcSecurityGroupIds,
        });
      }
      if (changed.has("sourceDestCheck")) {
        modifyNetworkInterface(draft, soleInterface(draft, id).id, {
          sourceDestCheck: inputs.sourceDestCheck,
        });
      }
      if (changed.has("secondaryPrivateIps")) setSecondaries(draft, id, inputs.secondaryPrivateIps ?? []);
    }),
  delete: (cloud, id) =>
    cloud.call(`terminating EC2 Instance (${id})`, "TerminateInstances", (draft) =>
      terminateInstance(draft, id),
    ),
});

function launch(inputs: InstanceInputs): RunInstance {
  const ready = inputs.primaryNetworkInterface?.networkInterfaceId;
  const common = { ...inputs, userData: userDataOf(inputs) };
  if (ready !== undefined) {
    if (inputs.associatePublicIpAddress !== undefined) {
      throw new AwsError(
        "InvalidParameterCombination",
        "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces",
      );
    }
    const said = INSTANCE_LEVEL.find(([key]) => inputs[key] !== undefined);
    if (said) {
      throw new AwsError(
        "InvalidParameterCombination",
        `Network interfaces and ${said[1]} may not be specified on the same request`,
      );
    }
    return { ...common, network: { networkInterfaceId: ready } };
  }
  if (inputs.subnetId === undefined)
    throw new AwsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.");
  return {
    ...common,
    network: {
      subnetId: inputs.subnetId,
      privateIps: [...(inputs.privateIp ? [inputs.privateIp] : []), ...(inputs.secondaryPrivateIps ?? [])],
      ipv6Addresses: inputs.ipv6Addresses,
      ipv6Count: inputs.ipv6AddressCount,
      securityGroups: inputs.vpcSecurityGroupIds,
      associatePublicIp: inputs.associatePublicIpAddress,
    },
  };
}

function setSecondaries(draft: CloudState, id: string, wanted: string[]): void {
  const primary = interfacesOf(draft, id)[0];
  const current = primary.privateIps.slice(1);
  unassignAddresses(
    draft,
    primary.id,
    current.filter((address) => !wanted.includes(address)),
  );
  assignAddresses(draft, primary.id, { privateIps: wanted.filter((address) => !current.includes(address)) });
}

function describe(
  cloud: CloudState,
  found: Instance,
  known: Partial<InstanceInputs>,
): InstanceInputs & InstanceState {
  const eni: NetworkInterface = cloud.networkInterfaces[found.primaryNetworkInterfaceId];
  const publicIp = publicAddressOf(cloud, eni.id, eni.privateIps[0]);
  const own = eni.attachment?.deleteOnTermination ?? false;
  return {
    ami: found.ami,
    instanceType: found.instanceType,
    availabilityZone: found.availabilityZone,
    primaryNetworkInterface: { networkInterfaceId: eni.id, deleteOnTermination: own },
    subnetId: eni.subnetId,
    privateIp: eni.privateIps[0],
    secondaryPrivateIps: eni.privateIps.slice(1),
    ipv6Addresses: eni.ipv6Addresses,
    ipv6AddressCount: eni.ipv6Addresses.length,
    vpcSecurityGroupIds: eni.securityGroups,
    associatePublicIpAddress: publicIp?.amazonOwned ?? false,
    // The check of a ready interface is that interface's business: what the program said is kept.
    sourceDestCheck: own ? eni.sourceDestCheck : (known.sourceDestCheck ?? true),
    keyName: found.keyName,
    userData: known.userDataBase64 === undefined ? found.userData : undefined,
    userDataBase64: known.userDataBase64,
    tags: found.tags,
    arn: arn(cloud, "instance", found.id),
    instanceState: "running",
    outpostArn: "",
    passwordData: "",
    primaryNetworkInterfaceId: eni.id,
    privateDns: privateDnsName(cloud, eni.privateIps[0]),
    publicDns: publicIp ? publicDnsName(cloud, publicIp.publicIp) : "",
    publicIp: publicIp?.publicIp ?? "",
  };
}

/** As cloud-init reads it: unpacked where it is compressed. */
function userDataOf({ userData, userDataBase64 }: InstanceInputs): string | undefined {
  const bytes =
    userDataBase64 === undefined ? Buffer.from(userData ?? "") : Buffer.from(userDataBase64, "base64");
  if (bytes.length > 16384)
    throw new AwsError("InvalidParameterValue", "User data is limited to 16384 bytes");
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes).toString();
  return userDataBase64 === undefined ? userData : bytes.toString();
}
