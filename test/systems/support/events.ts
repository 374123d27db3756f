import { Guest, Manager, Nic } from "../../../lab/systems";

/** What befalls a host in its life, and must not change how it routes. */
export interface Event {
  readonly name: string;
  /** Which of the guest's interfaces it is done to, if to one. */
  readonly on?: 0 | 1;
  /** Comes back when it has been done; the host may still be at work over it. */
  readonly happen: (guest: Guest, nic: Nic) => Promise<unknown>;
}

const run = (command: (nic: Nic) => string) => (guest: Guest, nic: Nic) => guest.sh(command(nic));

/** A change of an interface's file, as agents and administrators make it: another each time. */
const DROP_IN = (nic: Nic): string => `
  d=/etc/systemd/network/10-${nic.device}.network.d
  mkdir -p $d
  printf '[DHCPv4]\\nSendHostname=%s\\n' $([ -e $d/a.conf ] && echo no || echo yes) >$d/a.conf
  [ -e $d/b.conf ] && rm $d/b.conf || mv $d/a.conf $d/b.conf
  networkctl reload`;

const link = (on: 0 | 1): Event[] => [
  {
    name: "administrator sets the link down and up",
    on,
    happen: run(({ device }) => `ip link set ${device} down; sleep 0.2; ip link set ${device} up`),
  },
  { name: "the carrier is lost for 0.3 s", on, happen: (guest, nic) => guest.flap(nic, 300) },
];

const networkd: Event[] = [
  { name: "`networkctl reload`, nothing changed", happen: run(() => "networkctl reload") },
  { name: "`networkctl reload`, the interface's file changed", on: 1, happen: run(DROP_IN) },
  {
    name: "`networkctl reconfigure`",
    on: 1,
    happen: run(({ device }) => `networkctl reconfigure ${device}`),
  },
  { name: "`networkctl renew`", on: 1, happen: run(({ device }) => `networkctl renew ${device}`) },
  {
    name: "`networkctl forcerenew`",
    on: 1,
    happen: run(({ device }) => `networkctl forcerenew ${device}`),
  },
  { name: "`systemctl restart systemd-networkd`", happen: run(() => "systemctl restart systemd-networkd") },
];

const netplan: Event[] = [{ name: "`netplan apply`", happen: run(() => "netplan apply") }];

const networkManager: Event[] = [
  { name: "`nmcli device reapply`", on: 1, happen: run(({ device }) => `nmcli device reapply ${device}`) },
  { name: "`nmcli connection up`", on: 1, happen: run(({ device }) => `nmcli connection up ${device}`) },
  { name: "`nmcli connection reload`", happen: run(() => "nmcli connection reload") },
  { name: "`systemctl restart NetworkManager`", happen: run(() => "systemctl restart NetworkManager") },
];

/** What can befall a host whose interfaces this daemon configures. */
export const EVENTS: Readonly<Record<Manager, readonly Event[]>> = {
  networkd: [...networkd, ...link(0), ...link(1)],
  netplan: [...netplan, ...link(1)],
  NetworkManager: [...networkManager, ...link(1)],
};
