// In a repository of your own: from "multihome/testing".
import { matchers } from "../../../lib/testing";
import { OPERATIONS, hosts } from "../infra/hosts";

expect.extend(matchers);

describe.each(hosts.map((host) => [host.name, host] as const))("%s", (_, host) => {
  test("is symmetric for every packet", () => expect(host).toBeSymmetric());
  test("leaks nothing when a link is lost", () => expect(host).toFailClosed());
  test.each(OPERATIONS)("stays reachable for operations from %s", (network) =>
    expect(host).toKeepReachable(network),
  );
});

test("backups leave by the back", () => {
  expect(hosts[0]).toRoute({ from: "10.0.2.11", to: "198.51.100.7", protocol: 6, port: 873 }).via("back");
});
