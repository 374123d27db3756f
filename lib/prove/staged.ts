import { Intent, LinuxState, ProveOptions, Proof, PropertyId, applyBatch, prove } from "../linux";
import { Host } from "../model/host";
import { Plan } from "../model/plan";
import { HostSpec } from "../model/spec";
import { buildPlan, normalize } from "../plan";
import { payloadLines } from "../render/payload";
import { hostState } from "./hostState";
import { Devices, intentOf, stageDevices } from "./intent";
import { ProgramText, commandsOf, intentOfProgram, readProgram } from "./programText";
import { VrfInHost, stageWorld, vrfInHost, withVrfs } from "./worlds";

/** A host as it is before a program is put on it, and as it will be after; and what is wanted of it. */
export interface StagedHost {
  readonly name: string;
  readonly intent: Intent;
  readonly before: LinuxState;
  readonly state: LinuxState;
  /** What leads from the one to the other, a command a line. */
  readonly steps: NonNullable<ProveOptions["steps"]>;
  /** Its further worlds, each as the host that it is to who is in it. */
  readonly worlds: readonly StagedHost[];
  /** Of a VRF: where its packets are looked up in fact, with the rules and tables that ip(8) shows. */
  readonly vrf?: VrfInHost;
}

/**
 * The host that a spec describes.
 *
 * @throws SpecError listing everything that is wrong with the spec
 */
export function stageHost(spec: HostSpec): StagedHost {
  const host = normalize(spec);
  return stagePlan(buildPlan(host), host);
}

/** The host that a plan is for; what is wanted of it by the host's description, or else by the plan's own expectations. */
export function stagePlan(plan: Plan, host?: Host): StagedHost {
  return stage(readProgram(payloadLines(plan).join("\n")), host);
}

/**
 * The host that a rendered program is for.
 *
 * @throws SpecError when the text is no program
 */
export function stageProgram(text: string): StagedHost {
  return stage(readProgram(text));
}

/** The program of a plan on a host that is there: `devices` by interface name. */
export function stageOn(before: LinuxState, plan: Plan, intent: Intent, devices: Devices): StagedHost {
  const program = readProgram(payloadLines(plan).join("\n"));
  return after(program, intent, before, devices);
}

function stage(program: ProgramText, host?: Host): StagedHost {
  const vrfs = program.worlds.filter(({ table }) => table !== undefined);
  // The program of the weak host model has no interfaces; its host has.
  const own = host?.interfaces ?? program.interfaces;
  const devices = stageDevices(
    [...own, ...vrfs.flatMap((vrf) => vrf.program.interfaces)],
    vrfs.map(({ name }) => name),
  );
  const { connections } = program;
  const intent = {
    ...(host === undefined ? intentOfProgram(program, devices) : intentOf(host, devices)),
    connections,
  };
  const worlds = program.worlds.map((world) =>
    stageWorld(world, devices, host?.worlds.find(({ name }) => name === world.name)?.host, stage),
  );
  const reserved = [...vrfs.map(({ name }) => name), ...Object.values(devices)];
  const before = withVrfs(hostState(intent, reserved), devices, worlds);
  const staged = after(program, intent, before, devices);
  return {
    ...staged,
    worlds: worlds.map((one) =>
      one.world.table === undefined ? one.staged : { ...one.staged, vrf: vrfInHost(staged.state, one) },
    ),
  };
}

function after(program: ProgramText, intent: Intent, before: LinuxState, devices: Devices): StagedHost {
  const steps = commandsOf(program, devices);
  const state = steps.reduce((made, { family, text }) => applyBatch(made, family, text), before);
  return { name: program.host, intent, before, state, steps, worlds: [] };
}

/** All but P10, whose every step is a proof of its own. */
const WITHOUT_STEPS: readonly PropertyId[] = [
  "P1",
  "P2",
  "P3",
  "P4",
  "P5",
  "P6",
  "P7",
  "P8",
  "P9",
  "P11",
  "P12",
];

/** Proves a staged host and its worlds, one proof each. */
export function proveWorlds(
  staged: StagedHost,
  options: (world: StagedHost) => ProveOptions = () => ({}),
): Proof[] {
  return [staged, ...staged.worlds].map((world) => proveStaged(world, options(world)));
}

/** Whether all is proved; a host whose every interface is in a world has nothing to prove of itself. */
export function allProved([own, ...worlds]: readonly Proof[]): boolean {
  const fine = ({ verdict }: Proof): boolean => verdict === "proved";
  return (fine(own) || (own.verdict === "skipped" && worlds.length > 0)) && worlds.every(fine);
}

/** Proves a staged host; by default everything about its end, and P7 by comparison with its beginning. */
export function proveStaged(staged: StagedHost, options: ProveOptions = {}): Proof {
  return prove(staged.state, staged.intent, {
    before: staged.before,
    properties: WITHOUT_STEPS,
    ...options,
  });
}
