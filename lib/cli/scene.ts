import { LinuxState } from "../linux";
import { bind } from "../doctor/bind";
import { HostCapture } from "../doctor/capture";
import { Survey, othersOf, survey } from "../doctor/survey";
import { normalize } from "../plan";
import { VrfInHost } from "../prove/worlds";
import { readSpec } from "./input";
import { Io } from "./io";
import { stagedHostOf } from "./staged";
import { Asked, worldOf } from "./world";

/** A host to ask about: its state, and what is wanted of it. */
export interface Scene {
  readonly host: string;
  /** Which world of the host it is, where the host has further worlds. */
  readonly world?: SceneWorld;
  readonly state: LinuxState;
  readonly survey: Survey;
}

export interface SceneWorld {
  /** Absent: the host's own. */
  readonly name?: string;
  readonly vrf?: VrfInHost;
}

/**
 * The host in a file, with its program on it; of its worlds, the one that the exchange is in.
 *
 * @throws UserError when it cannot be read, or it cannot be told which world that is
 */
export async function plannedScene(file: string, asked: Asked, io: Io): Promise<Scene> {
  const host = await stagedHostOf(file, io);
  const staged = worldOf(host, asked);
  const { name, intent, state, vrf } = staged;
  const devices = intent.interfaces.map(({ device }) => device);
  return {
    host: host.name,
    ...(host.worlds.length > 0 && {
      world: { ...(staged !== host && { name }), ...(vrf && { vrf }) },
    }),
    state,
    // What is ignored is no place that a peer could be at.
    survey: {
      intent,
      others: intent.unmanagedRoutes === "ignore" ? [] : othersOf(state, devices),
      notes: [],
    },
  };
}

/**
 * A host as it is; what is wanted of it by its description, or else as its dumps let see.
 *
 * @param file its HOST.json, if there is one
 * @throws UserError when that cannot be read, or describes another host
 */
export async function capturedScene(capture: HostCapture, file: string | undefined, io: Io): Promise<Scene> {
  const { state, name } = capture;
  if (file === undefined) return { host: name ?? "this host", state, survey: survey(state) };
  return readSpec(file, io, (value) => {
    const host = normalize(value);
    return { host: host.name, state, survey: bind(state, host) };
  });
}
