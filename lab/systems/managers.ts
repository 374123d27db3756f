import { Files } from "./guest";
import { Nic } from "./nic";

/**
 * What cloud images come with: DHCP on every interface, the first with the better metric, and nothing symmetric. One of
 * three daemons does it; the guest starts that one and no other.
 */
export const MANAGERS = ["networkd", "netplan", "NetworkManager"] as const;
export type Manager = (typeof MANAGERS)[number];

const METRIC_STEP = 100;
const metricOf = (nic: Nic): number => METRIC_STEP * (nic.index + 1);

/**
 * Files for a guest's disk. netplan and NetworkManager go by names: an address would be the permanent one, which the
 * guest's veth devices do not have.
 */
export function managerFiles(manager: Manager, nics: readonly Nic[]): Files {
  switch (manager) {
    case "networkd":
      return { ...NETWORKD_STARTS, ...each(nics, networkdFile) };
    case "netplan":
      return { ...NETWORKD_STARTS, "etc/netplan/50-lab.yaml": { secret: netplanFile(nics) } };
    case "NetworkManager":
      return { ...NETWORK_MANAGER_STARTS, ...each(nics, keyfile) };
  }
}

const wanted = (target: string, unit: string): Files => ({
  [`etc/systemd/system/${target}.wants/${unit}`]: { link: `/lib/systemd/system/${unit}` },
});

const NETWORKD_STARTS: Files = {
  ...wanted("multi-user.target", "systemd-networkd.service"),
  ...wanted("sockets.target", "systemd-networkd.socket"),
  ...wanted("network-online.target", "systemd-networkd-wait-online.service"),
  "etc/systemd/system/dbus-org.freedesktop.network1.service": {
    link: "/lib/systemd/system/systemd-networkd.service",
  },
};

const NETWORK_MANAGER_STARTS: Files = {
  ...wanted("multi-user.target", "NetworkManager.service"),
  ...wanted("network-online.target", "NetworkManager-wait-online.service"),
};

function each(nics: readonly Nic[], file: (nic: Nic) => [string, Files[string]]): Files {
  return Object.fromEntries(nics.map(file));
}

function networkdFile(nic: Nic): [string, string] {
  const text = `[Match]
MACAddress=${nic.mac}

[Network]
DHCP=yes

[DHCPv4]
ClientIdentifier=mac
RouteMetric=${metricOf(nic)}
UseHostname=no

[IPv6AcceptRA]
RouteMetric=${metricOf(nic)}
`;
  return [`etc/systemd/network/10-${nic.device}.network`, text];
}

function netplanFile(nics: readonly Nic[]): string {
  const one = (nic: Nic): string => `    ${nic.device}:
      dhcp4: true
      dhcp6: true
      dhcp-identifier: mac
      dhcp4-overrides: {route-metric: ${metricOf(nic)}, use-hostname: false}
      dhcp6-overrides: {route-metric: ${metricOf(nic)}, use-hostname: false}
`;
  return `network:\n  version: 2\n  ethernets:\n${nics.map(one).join("")}`;
}

function keyfile(nic: Nic): [string, Files[string]] {
  const text = `[connection]
id=${nic.device}
type=ethernet
interface-name=${nic.device}

[ipv4]
method=auto
dhcp-client-id=mac
route-metric=${metricOf(nic)}

[ipv6]
method=auto
addr-gen-mode=eui64
route-metric=${metricOf(nic)}
`;
  return [`etc/NetworkManager/system-connections/${nic.device}.nmconnection`, { secret: text }];
}
