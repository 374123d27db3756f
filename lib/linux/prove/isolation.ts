import { Address } from "../../net/address";
import { InputFlow, Outcome, OutputFlow } from "../flow";
import { input, output } from "../lookup";
import { Device } from "../model";
import { Claim } from "./claim";
import { Scope } from "./scope";

/**
 * P12: no packet passes between the host's own world and a VRF, or between two. What is sent in a VRF leaves by its own
 * ports or not at all; what arrives by a port is for an address of the VRF or goes on by its ports; and nothing else
 * leaves by them. Network namespaces are apart by themselves.
 */
export function proveIsolation(scope: Scope, claim: Claim): void {
  const { model } = scope;
  const vrfs = model.devices.filter(({ link }) => link.vrfTable !== undefined);
  const senders = scope.destinations.filter((address) => !scope.expectations.unclaimed(address));
  for (const vrf of vrfs) {
    const ports = model.devices.filter((device) => device.l3mdev === vrf.number && device !== vrf);
    const inside = (name: string): boolean => [vrf, ...ports].some(({ link }) => link.name === name);
    for (const to of scope.destinations) {
      if (scope.expectations.unclaimed(to)) continue;
      for (const fields of scope.fields(claim, undefined, to)) {
        for (const { link } of [vrf, ...ports]) {
          if (claim.exhausted) return;
          const flow: OutputFlow = { to, oif: link.name, ...fields };
          check(claim, flow, output(model, flow), inside, vrf);
        }
      }
      for (const from of senders) {
        for (const fields of scope.fieldsIn(claim, from, to)) {
          for (const { link } of ports) {
            if (claim.exhausted) return;
            const flow: InputFlow = { to, from, iif: link.name, ...fields };
            check(claim, flow, input(model, flow), inside, vrf);
          }
        }
      }
    }
  }
  proveOutside(scope, claim, vrfs);
}

/** What is bound to no VRF leaves by no port of one. */
function proveOutside(scope: Scope, claim: Claim, vrfs: readonly Device[]): void {
  const { model } = scope;
  const ports = model.devices.filter(({ l3mdev }) => vrfs.some(({ number }) => number === l3mdev));
  const outside = (name: string): boolean => !ports.some(({ link }) => link.name === name);
  const sources: (Address | undefined)[] = [undefined, ...scope.groups.map(({ source }) => source)];
  for (const from of sources) {
    for (const to of scope.destinations) {
      if (scope.expectations.unclaimed(to)) continue;
      for (const fields of scope.fields(claim, from, to)) {
        if (claim.exhausted) return;
        const flow: OutputFlow = { to, ...(from && { from, anySource: true }), ...fields };
        check(claim, flow, output(model, flow), outside, undefined);
      }
    }
  }
}

function check(
  claim: Claim,
  flow: OutputFlow | InputFlow,
  outcome: Outcome,
  allowed: (device: string) => boolean,
  vrf: Device | undefined,
): void {
  claim.classes++;
  if (outcome.kind === "unknown") return claim.doubt(outcome);
  // What is for all on a link is claimed nowhere.
  if (outcome.kind === "error" || (outcome.type !== "unicast" && outcome.type !== "local")) return;
  const where = vrf === undefined ? "outside of all VRFs" : `in the VRF ${vrf.link.name}`;
  // What is delivered to the host itself must have been found in the VRF's own table.
  const stays =
    outcome.type === "unicast" || outcome.table === undefined
      ? outcome.hops.every(({ device }) => allowed(device))
      : vrf === undefined || outcome.table === vrf.link.vrfTable;
  if (!stays) claim.fail({ flow, outcome, expected: `to stay ${where}, or be refused`, how: "once" });
}
