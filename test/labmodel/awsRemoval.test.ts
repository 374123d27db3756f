import { allocateAddress, associateAddress } from "../../lab/aws/api/elasticIp";
import { deleteInternetGateway, detachInternetGateway } from "../../lab/aws/api/internetGateway";
import {
  createNetworkInterface,
  deleteNetworkInterface,
  unassignAddresses,
} from "../../lab/aws/api/networkInterface";
import { createRoute, createRouteTable } from "../../lab/aws/api/routeTable";
import { Action, apply } from "../../lab/aws/api/transition";
import { CloudState } from "../../lab/cloud/state";
import { fixture } from "./cloudFixture";

/** The fixture with an interface that an Elastic IP and a route lead to, and what the action leaves of them. */
function left(action: (id: string) => Action<void>) {
  const given = fixture();
  const { result: ids, cloud } = apply(given.cloud, (d) => {
    const eni = createNetworkInterface(d, {
      subnetId: given.subnets.b,
      privateIps: ["10.0.2.10", "10.0.2.11"],
    });
    const eip = allocateAddress(d);
    associateAddress(d, {
      allocationId: eip.allocationId,
      networkInterfaceId: eni.id,
      privateIp: "10.0.2.11",
    });
    const table = createRouteTable(d, given.vpcId);
    createRoute(d, table.id, "192.0.2.0/24", eni.id);
    return { eni: eni.id, eip: eip.allocationId, table: table.id };
  });
  const now: CloudState = apply(cloud, action(ids.eni)).cloud;
  return {
    addressed: now.eips[ids.eip].association !== undefined,
    route: now.routeTables[ids.table].routes.find(({ destination }) => destination === "192.0.2.0/24")?.target
      .kind,
  };
}

describe("what is removed", () => {
  test("takes an Elastic IP off an address, and no other", () => {
    expect(left((id) => (d) => unassignAddresses(d, id, ["10.0.2.11"])).addressed).toBe(false);
    expect(left(() => () => undefined)).toEqual({ addressed: true, route: "networkInterface" });
  });

  test("may be no address that is not there, nor the primary one", () => {
    for (const [address, why] of [
      ["10.0.2.12", /Some of \[10\.0\.2\.12\] are not assigned/],
      ["10.0.2.10", /10\.0\.2\.10 is the primary address of the interface and cannot be unassigned/],
    ] as const)
      expect(() => left((id) => (d) => unassignAddresses(d, id, [address]))).toThrow(why);
  });

  test("leaves of an interface its Elastic IP, for others, and its routes as blackholes", () => {
    expect(left((id) => (d) => deleteNetworkInterface(d, id))).toEqual({
      addressed: false,
      route: "blackhole",
    });
  });

  test("leaves a gateway's routes as blackholes", () => {
    const { cloud, vpcId, gatewayId } = fixture();
    const { result: target } = apply(cloud, (d) => {
      const table = createRouteTable(d, vpcId);
      createRoute(d, table.id, "0.0.0.0/0", gatewayId);
      detachInternetGateway(d, gatewayId, vpcId);
      deleteInternetGateway(d, gatewayId);
      return d.routeTables[table.id].routes.find(({ destination }) => destination === "0.0.0.0/0")?.target;
    });
    expect(target).toEqual({ kind: "blackhole" });
  });
});
