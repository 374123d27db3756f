import { SpecError } from "../../model/issue";
import { Plan } from "../../model/plan";
import { RenderedFile } from "../file";
import { frrDaemons, frrLines } from "./host";
import { neighboursText } from "./neighbours";

/**
 * The announcement of a host's identity in FRR's words, for whoever configures FRR by other means than the program: the
 * host's frr.conf, and the half of the routers at the other ends of its links, to hand to the people who run them.
 *
 * What only the host knows stands in capitals: DEVICE-OF-NAME for the device of an interface that is not found by its name,
 * and PASSWORD.
 *
 * @throws SpecError for a host without an identity
 * @example frrFiles(plan).map(({ path }) => path) // ["edge-1.frr.conf", "edge-1.routers.conf"]
 */
export function frrFiles(plan: Plan): RenderedFile[] {
  const { host } = plan;
  const routers = neighboursText(plan);
  if (routers === undefined) {
    const fix = 'Add one, as {"addresses": ["192.0.2.1/32"], "protocol": "ospf"}: docs/identity.md';
    const problem = "there is none, and FRR announces nothing else of a host";
    throw new SpecError("FRR", [{ path: "policy.identity", problem, fix }]);
  }
  return [
    { path: `${host}.frr.conf`, text: hostText(plan), mode: 0o640 },
    { path: `${host}.routers.conf`, text: routers, mode: 0o644 },
  ];
}

function hostText({ host, identity, interfaces }: Plan): string {
  if (identity === undefined) return "";
  const { passwordFile, addresses } = identity;
  const nameless = interfaces.filter(
    ({ name, match }) =>
      match.ifname === undefined && (usesOf(identity.links, name) || usesOf(identity.peers, name)),
  );
  const words = new Map(
    interfaces.map(({ name, match }) => [`@${name}`, match.ifname ?? `DEVICE-OF-${name}`]),
  );
  if (passwordFile !== undefined) words.set(passwordFile, "PASSWORD");
  const head = [
    `! /etc/frr/frr.conf of the host ${host}, which announces ${addresses.join(" and ")}.`,
    `! Daemons to run, in /etc/frr/daemons: ${frrDaemons(identity).join(", ")}; zebra with --v6-rr-semantics.`,
    ...nameless.map(({ name, match }) => `! DEVICE-OF-${name} is the device with ${found(match)}.`),
    ...(passwordFile === undefined ? [] : [`! PASSWORD is what is in ${passwordFile} on the host.`]),
    "!",
  ];
  const lines = frrLines(identity).map((line) =>
    line
      .split(" ")
      .map((word) => words.get(word) ?? word)
      .join(" "),
  );
  return `${[...head, ...lines].join("\n")}\n`;
}

function usesOf(list: readonly { readonly interface: string }[], name: string): boolean {
  return list.some((one) => one.interface === name);
}

function found({ mac, address }: Plan["interfaces"][number]["match"]): string {
  return [
    ...(mac === undefined ? [] : [`the MAC ${mac}`]),
    ...(address === undefined ? [] : [`the address ${address}`]),
  ].join(" and ");
}
