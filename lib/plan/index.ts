import { Plan } from "../model/plan";
import { HostSpec } from "../model/spec";
import { buildPlan } from "./build";
import { normalize } from "./normalize/host";

export { allocateSlots } from "./allocate";
export { buildPlan } from "./build";
export { FamilyCost, LookupCost, costOf } from "./cost";
export { normalize } from "./normalize/host";
export { planWarnings } from "./warnings";

/**
 * The plan of a host: checks the spec and works out every table, route and rule.
 *
 * Pure and deterministic; the plan does not depend on the order of interfaces, fields or secondary addresses.
 *
 * @throws SpecError listing everything that is wrong with the spec
 * @example planHost({ name: "edge-1", interfaces: [{ name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] }] })
 */
export function planHost(spec: HostSpec): Plan {
  return buildPlan(normalize(spec));
}
