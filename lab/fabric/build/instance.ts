import { CloudState, Instance, NetworkInterface, Subnet } from "../../cloud/state";
import { deviceMetric, deviceName, namespaceOf } from "../names";
import { LINK_LOCAL_GATEWAY, gatewayOf } from "./port";
import { NamespaceBuilder } from "./namespace";

/**
 * An instance as its distribution's DHCP client leaves it: every ENI has its primary address, a connected route and
 * a default, all in main, told apart by metric. Secondary addresses and delegated prefixes are not configured, as on
 * stock images. rp_filter is 0 (Debian's default; Amazon Linux 2023 has 0 as well, Ubuntu 2).
 */
export function buildInstance(cloud: CloudState, instance: Instance): NamespaceBuilder {
  return new NamespaceBuilder(namespaceOf(cloud.lab, "instance", instance.id), true);
}

/** What DHCP and router advertisements configure for an attached ENI. */
export function configureInterface(
  instance: NamespaceBuilder,
  subnet: Subnet,
  eni: NetworkInterface & { attachment: object },
): void {
  const { networkCardIndex, deviceIndex } = eni.attachment;
  const device = deviceName(networkCardIndex, deviceIndex);
  const metric = deviceMetric(networkCardIndex, deviceIndex);
  instance.up(device);
  const [primary] = eni.privateIps;
  if (primary !== undefined) {
    const gateway = gatewayOf(subnet);
    const length = Number(subnet.cidrBlock.split("/")[1]);
    instance.address(4, primary, length, device, `broadcast + metric ${metric}`);
    instance.route(4, gateway, `dev ${device} proto dhcp scope link src ${primary}`, device, { metric });
    instance.route(4, "default", `via ${gateway} dev ${device} proto dhcp src ${primary}`, device, {
      metric,
    });
  }
  const [primary6] = eni.ipv6Addresses;
  if (primary6 !== undefined && subnet.ipv6CidrBlock !== undefined) {
    // DHCPv6 leases single addresses; the on-link prefix and the router come from router advertisements.
    instance.address(6, primary6, 128, device, "noprefixroute");
    instance.route(6, subnet.ipv6CidrBlock, `dev ${device} proto ra`, device, { metric });
    instance.route(6, "default", `via ${LINK_LOCAL_GATEWAY} dev ${device} proto ra`, device, { metric });
  }
}
