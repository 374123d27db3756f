/** The public surface: re-exports only. */
export * from "./args/connection";
export * from "./args/multiHomedFleet";
export * from "./args/multiHomedHost";
export * from "./args/routing";
export * from "./args/ssmProgram";
export * from "./args/symmetricRoutingPolicy";
export { cidrSubnet } from "./clouds/cidr";
export { MultiHomedFleet } from "./components/multiHomedFleet";
export { MultiHomedHost } from "./components/multiHomedHost";
export { SsmProgram } from "./components/ssmProgram";
export { SymmetricRoutingPolicy } from "./components/symmetricRoutingPolicy";
export { SshHostKey, deriveHostKey, hostKeyFromSeed } from "./deliver/hostKey";
export { Report, ReportFailure } from "./deliver/report";
export { Issue, SpecError } from "./model/issue";
export { Plan } from "./model/plan";
export {
  HostModel,
  HostSpec,
  IdentityProtocol,
  IdentitySpec,
  InterfaceSpec,
  OnLink,
  PolicySpec,
} from "./model/spec";
export { planHost } from "./plan";
export { PlanVerdict } from "./prove/verdict";
export { drawMermaid } from "./render/drawing/mermaid";
export { drawSvg } from "./render/drawing/svg";
export { drawText } from "./render/drawing/text";
export { planDigest, renderProgram } from "./render";
