import { Traffic } from "../../../lib/model/traffic";
import { Address } from "../../../lib/net";
import { matches } from "../../../lib/plan/traffic/flows";
import { address } from "../../net/support";
import { policy, prefixes } from "./support";

type Packet = Parameters<typeof matches>[1];
type Some = Partial<Omit<Packet, "from" | "to">> & { readonly from?: string; readonly to?: string };

/** A packet without anything, to somewhere, with some of its fields replaced. */
function packet({ from, to = "192.0.2.1", ...fields }: Some = {}): Packet {
  const destination: Address = address(to);
  return {
    ...{ family: destination.family, to: destination, mark: 0, user: 0, protocol: 17 },
    ...{ sourcePort: 0, destinationPort: 0, dscp: 0 },
    ...(from !== undefined && { from: address(from) }),
    ...fields,
  };
}

const TO6 = "2001:db8::1";

/** What selects, and packets that it selects, and those that it does not. */
const ROWS: [string, Partial<Traffic>, Some[], Some[]][] = [
  ["nothing in particular", {}, [{}, { to: TO6 }, { from: "10.0.0.1", mark: 5, incoming: { device: "d" } }], []],
  ["a family", { families: [6] }, [{ to: TO6 }], [{}]],
  ["sources", { from: prefixes("10.0.0.0/8", "172.16.0.0/12") }, [{ from: "10.255.0.1" }, { from: "172.16.0.1" }], [{ from: "11.0.0.1" }, {}]],
  ["sources of IPv6", { from: prefixes("2001:db8::/32") }, [{ from: "2001:db8::5", to: TO6 }], [{ from: "2001:db9::5", to: TO6 }, { to: TO6 }]],
  ["no source yet, which in IPv4 is an address", { from: prefixes("0.0.0.0/8") }, [{}, { from: "0.0.0.1" }], [{ from: "10.0.0.1" }]],
  ["a source that starts with 0, which no IPv6 source is before there is one", { from: prefixes("::/8") }, [{ from: "::5", to: TO6 }], [{ to: TO6 }]],
  ["all sources of a family, none yet included", { from: prefixes("0.0.0.0/0") }, [{}, { from: "10.0.0.1" }], [{ to: TO6 }, { from: TO6, to: TO6 }]],
  ["all sources of the other family, none yet included", { from: prefixes("::/0") }, [{ to: TO6 }, { from: TO6, to: TO6 }], [{}, { from: "10.0.0.1" }]],
  ["destinations", { to: prefixes("192.0.2.0/31", "2001:db8::/128") }, [{ to: "192.0.2.0" }, { to: "192.0.2.1" }, { to: "2001:db8::" }], [{ to: "192.0.2.2" }, { to: TO6 }]],
  ["a protocol", { protocol: 6 }, [{ protocol: 6 }], [{ protocol: 17 }, { protocol: 0 }]],
  ["source ports", { sourcePorts: [[10, 12], [20, 20]] }, [{ sourcePort: 10 }, { sourcePort: 12 }, { sourcePort: 20 }], [{ sourcePort: 9 }, { sourcePort: 13 }, { sourcePort: 19 }, { sourcePort: 21 }, {}]],
  ["destination ports", { destinationPorts: [[10, 12]] }, [{ destinationPort: 11 }], [{ destinationPort: 9 }, { destinationPort: 13 }, { sourcePort: 11 }]],
  ["marks", { marks: [{ value: 0x10, mask: 0xf0 }, { value: 0x80000000, mask: 0x80000000 }] }, [{ mark: 0x10 }, { mark: 0x1f }, { mark: 0x8000_0000 }], [{ mark: 0x20 }, {}, { mark: 0x0f }]],
  ["users", { users: [[0, 0], [5, 9]] }, [{}, { user: 5 }, { user: 9 }], [{ user: 4 }, { user: 10 }, { user: 5, incoming: { device: "d" } }, { incoming: { interface: "a" } }]],
  ["where it comes in", { incoming: [{ interface: "a" }, { device: "b" }] }, [{ incoming: { interface: "a" } }, { incoming: { device: "b" } }], [{}, { incoming: { interface: "b" } }, { incoming: { device: "a" } }]],
  ["code points", { dscp: [10, 46] }, [{ dscp: 10 }, { dscp: 46 }], [{}, { dscp: 11 }]],
  ["two things at once", { protocol: 6, to: prefixes("192.0.2.0/24") }, [{ protocol: 6 }], [{ protocol: 17 }, { protocol: 6, to: "192.0.3.1" }]],
]; // prettier-ignore

test.each(ROWS)("a policy that selects %s matches just that", (_what, fields, yes, no) => {
  const t = policy(fields);
  expect(yes.filter((p) => !matches(t, packet(p)))).toEqual([]);
  expect(no.filter((p) => matches(t, packet(p)))).toEqual([]);
});
