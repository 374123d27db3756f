import { bind } from "../../lib/doctor/bind";
import { HostSpec, UnmanagedRoutes } from "../../lib/model";
import { normalize } from "../../lib/plan";
import { stageHost } from "../../lib/prove/staged";
import { multihome } from "./support";

/** What is said of containers and tunnels to the owner of a host that ignores them. */
const host = (unmanagedRoutes: UnmanagedRoutes): HostSpec => ({
  name: "edge-1",
  interfaces: ["front", "back"].map((name, i) => ({
    name,
    match: { ifname: `eth${i}` },
    addresses: [`10.0.${i + 1}.10/24`],
    gateways: [`10.0.${i + 1}.1`],
  })),
  policy: { unmanagedRoutes },
});

const explain = (unmanagedRoutes: UnmanagedRoutes, ...argv: string[]) =>
  multihome(["explain", "-", ...argv], { stdin: JSON.stringify(host(unmanagedRoutes)) });

test("explain: a source of the host goes to a container's address by its own gateway, and by the bridge when followed", async () => {
  const argv = ["--from", "10.0.2.10", "--to", "172.17.0.2"];
  const [ignored, followed] = [await explain("ignore", ...argv), await explain("follow", ...argv)];
  expect([ignored.code, followed.code]).toEqual([0, 0]);
  expect(ignored.stdout).toContain("leaves by back (eth1) via 10.0.2.1, as it should");
  expect(followed.stdout).toContain("leaves by docker0");
});

test("explain: a container that asks is told that it is ignored", async () => {
  const { code, stdout } = await explain(
    "ignore",
    "--from",
    "172.17.0.2",
    "--to",
    "10.0.2.10",
    "--in",
    "docker0",
  );
  expect(code).toBe(1);
  expect(stdout.replace(/\n {2,}/g, " ")).toContain(
    'The host ignores what is not managed, docker0 too (policy.unmanagedRoutes is "ignore")',
  );
  expect(stdout).toContain("What is behind docker0 waits for an answer that went out by eth1");
});

test("doctor: what is ignored is noted, and no place that anything is asked about", () => {
  const survey = (unmanagedRoutes: UnmanagedRoutes) =>
    bind(stageHost(host(unmanagedRoutes)).state, normalize(host(unmanagedRoutes)));
  expect(survey("ignore")).toMatchObject({
    others: [],
    notes: [
      `docker0 leads to 172.17.0.0/16, which nothing from the interfaces' addresses reaches: policy.unmanagedRoutes is "ignore"`,
    ],
  });
  expect(survey("follow")).toMatchObject({ others: [{ device: "docker0" }], notes: [] });
});
