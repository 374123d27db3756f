import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { HostSpec, IdentitySpec } from "../../../lib/model";
import { planHost } from "../../../lib/plan";
import { frrLines } from "../../../lib/render/frr/host";

/** What FRR is told to get from one configuration of ours to another; the kernel's tests tell it to FRR. */

const SCRIPT = path.join(__dirname, "../../../lib/render/program/reload.awk");
const OSPF: Partial<IdentitySpec> = { protocol: "ospf", stubArea: "0.0.0.77" };
const FRONT = { interface: "front", asn: 65001 };
const BACK = { interface: "back", asn: 65002, address: "10.2.0.1" };
const BGP: Partial<IdentitySpec> = { protocol: "bgp", asn: 65077, peers: [FRONT, BACK] };

function conf(identity: Partial<IdentitySpec>): string {
  const of = (name: string, n: number) => ({
    name,
    match: { ifname: name },
    addresses: [`10.${n}.0.10/24`],
    gateways: [`10.${n}.0.1`],
  });
  const given = { addresses: ["192.0.2.77/32"], ...identity } as IdentitySpec;
  const spec: HostSpec = {
    name: "edge",
    interfaces: [of("front", 1), of("back", 2)],
    policy: { identity: given },
  };
  return `${frrLines(planHost(spec).identity!).join("\n")}\n`;
}

const awks = [["awk"], ["mawk"], ["gawk"], ["busybox", "awk"]].filter(
  ([name]) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0,
);

/** Its text on one line; undefined when FRR has to start anew. Every awk that the machine has says the same. */
function told(from: Partial<IdentitySpec>, to: Partial<IdentitySpec>): string | undefined {
  const input = `${conf(from)}=new\n${conf(to)}`;
  const all = awks.map(([command, ...args]) => {
    const { status, stdout } = spawnSync(command, [...args, "-f", SCRIPT], { input, encoding: "utf8" });
    return status === 0 ? stdout : undefined;
  });
  expect(new Set(all).size).toBe(1);
  return all[0]?.trim().replaceAll("\n", " / ");
}

describe("FRR is told, while it runs,", () => {
  test("nothing when nothing is new", () => {
    expect(told(OSPF, OSPF)).toBe("");
    expect(told(BGP, BGP)).toBe("");
  });

  test("new values alone, so that no default holds in between", () => {
    const profile = (word: string) => `bfd / profile multihome / ${word} 250 / exit / exit`;
    expect(told(OSPF, { ...OSPF, bfdInterval: 250 })).toBe(
      ["transmit-interval", "receive-interval"].map(profile).join(" / "),
    );
    expect(told(BGP, { ...BGP, keepalive: 2, hold: 9 })).not.toContain("no ");
  });

  test("what is gone, from its end, before what is new", () => {
    const text = told(OSPF, { ...OSPF, interfaces: ["back"], stubArea: "0.0.0.88" }) ?? "";
    const order = [
      "no area 0.0.0.77 stub",
      "interface @front / no ip ospf cost 1000",
      "interface @front / no ip ospf area 0.0.0.77 10.1.0.10",
      "interface @back / no ip ospf area 0.0.0.77 10.2.0.10",
      "interface @back / ip ospf area 0.0.0.88 10.2.0.10",
      "router ospf / area 0.0.0.88 stub",
    ].map((part) => text.indexOf(part));
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test("a neighbour that goes with all that was said of it, once", () => {
    expect(told(BGP, { ...BGP, peers: [FRONT] })).toBe(
      "router bgp 65077 / no neighbor 10.2.0.1 remote-as 65002 / exit",
    );
  });

  test("and starts anew for another router id, or another process of BGP", () => {
    expect(told(OSPF, { ...OSPF, routerId: "192.0.2.1" })).toBeUndefined();
    expect(told(BGP, { ...BGP, routerId: "192.0.2.1" })).toBeUndefined();
    expect(told(BGP, { ...BGP, asn: 65078 })).toBeUndefined();
    expect(told(BGP, OSPF)).toBeUndefined();
    expect(told(OSPF, BGP)).toBeUndefined();
  });
});
