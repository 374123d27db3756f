import { CloudState, NetworkInterface } from "../../cloud/state";
import { FabricModel, LinkModel, NamespaceModel, ServerModel } from "../model";
import { checkCloud } from "./check";
import { connectInternet } from "./gateway";
import { buildInstance, configureInterface } from "./instance";
import { buildInternet } from "./internet";
import { NamespaceBuilder } from "./namespace";
import { attachPort, buildPort } from "./port";
import { bootHookOf, hostKeyOf } from "./userData";
import { buildVpc, connectPort } from "./vpc";

/**
 * What must exist on the machine for a cloud to be there. Pure: the same cloud gives the same model, whatever the
 * order of its records. References to what is not (yet) in the cloud are left out, so every state on the way of an
 * update can be realized.
 *
 * @throws Error when an address, prefix, MAC address or id is not written as such: every problem at once
 */
export function fabricOf(cloud: CloudState): FabricModel {
  checkCloud(cloud);
  const links: Record<string, LinkModel> = {};
  const servers: Record<string, ServerModel> = {};
  const { internet, operator, link } = buildInternet(cloud.lab);
  links["operator"] = link;

  const routers = new Map<string, NamespaceBuilder>();
  for (const vpc of sorted(cloud.vpcs)) {
    const router = buildVpc(cloud, vpc);
    routers.set(vpc.id, router);
    const joined = connectInternet(cloud, vpc, router, internet);
    if (joined !== undefined) links[`internet ${vpc.id}`] = joined;
  }

  const instances = new Map<string, NamespaceBuilder>();
  for (const instance of sorted(cloud.instances)) {
    const namespace = buildInstance(cloud, instance);
    const key = instance.keyName === undefined ? undefined : cloud.keyPairs[instance.keyName];
    instances.set(instance.id, namespace);
    servers[instance.id] = {
      namespace: namespace.name,
      authorizedKeys: key === undefined ? [] : [key.publicKey],
      hostKey: hostKeyOf(instance.userData),
      bootHook: bootHookOf(instance.userData),
    };
  }

  const ports: NamespaceBuilder[] = [];
  for (const eni of sorted(cloud.networkInterfaces)) {
    const subnet = cloud.subnets[eni.subnetId];
    const router = subnet && routers.get(subnet.vpcId);
    if (subnet === undefined || router === undefined) continue;
    const port = buildPort(cloud, subnet, eni);
    ports.push(port);
    links[`port ${eni.id}`] = connectPort(router, port, eni, routeTableOf(cloud, eni));
    const instance = eni.attachment && instances.get(eni.attachment.instanceId);
    if (!isAttached(eni) || instance === undefined) continue;
    links[`attachment ${eni.id}`] = attachPort(cloud, port, subnet, eni, instance);
    configureInterface(instance, subnet, eni);
  }

  const all = [internet, operator, ...routers.values(), ...ports, ...instances.values()];
  return { schema: 1, lab: cloud.lab, namespaces: Object.fromEntries(all.map(toModel)), links, servers };
}

/** Devices come up first, then they get addresses; routes need both. */
const ORDER = ["device", "address", "neighbour", "proxy", "route", "rule"];

function toModel({ name, shared, sysctls, objects, tables }: NamespaceBuilder): [string, NamespaceModel] {
  const rank = ([key]: [string, unknown]) => ORDER.indexOf(key.slice(0, key.indexOf(" ")));
  const ordered = Object.fromEntries(Object.entries(objects).sort((a, b) => rank(a) - rank(b)));
  return [name, { shared, sysctls, objects: ordered, tables }];
}

function isAttached(
  eni: NetworkInterface,
): eni is NetworkInterface & { attachment: NonNullable<NetworkInterface["attachment"]> } {
  return eni.attachment !== undefined;
}

/** The route table of an ENI's subnet: the one associated, else the VPC's main one. */
function routeTableOf(cloud: CloudState, eni: NetworkInterface): string | undefined {
  const tables = Object.values(cloud.routeTables);
  const associated = tables.find(({ associations }) =>
    associations.some(({ subnetId }) => subnetId === eni.subnetId),
  );
  const vpc = cloud.vpcs[cloud.subnets[eni.subnetId].vpcId];
  return (associated ?? cloud.routeTables[vpc.mainRouteTableId])?.id;
}

/** By id, so that the order in which things were made leaves no trace. */
function sorted<T extends { id: string }>(record: Record<string, T>): T[] {
  return Object.values(record).sort((a, b) => (a.id < b.id ? -1 : 1));
}
