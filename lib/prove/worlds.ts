import { InterfaceAddress } from "../net/prefix";
import {
  Link,
  LinuxState,
  Route,
  applyBatch,
  kernelState,
  plainAddress,
  withAddress,
  withVrf,
} from "../linux";
import { LOCAL_PRIORITY } from "../model/numbers";
import { Host } from "../model/host";
import { FAMILIES } from "../net/address";
import { Devices, intentOf } from "./intent";
import { ProgramText, ProgramWorld, intentOfProgram } from "./programText";
import type { StagedHost } from "./staged";

/** A world of a host: as it is to who is in it, and what the host's own kernel has of it. */
export interface StagedWorld {
  readonly world: ProgramWorld;
  readonly staged: StagedHost;
}

/** A VRF in the host that it is part of. */
export interface VrfInHost {
  /** The host, VRFs and all. */
  readonly state: LinuxState;
  /** The device of the VRF, to which whoever is in it binds its sockets. */
  readonly device: string;
}

/**
 * @param devices of the host and its VRFs, by interface name
 * @param host the world as a host of its own, where its description is at hand
 * @param stage how a host is staged
 */
export function stageWorld(
  world: ProgramWorld,
  devices: Devices,
  host: Host | undefined,
  stage: (program: ProgramText, host?: Host) => StagedHost,
): StagedWorld {
  return {
    world,
    staged: world.table === undefined ? stage(world.program, host) : stageVrf(world, devices, host),
  };
}

/**
 * A VRF as who is in it sees it: its rule comes first and its table refuses what it has no route for, so that lookups end
 * there, as in a host that has this table for its main one. That it is so in the host itself is P12.
 */
function stageVrf(world: ProgramWorld, devices: Devices, host?: Host): StagedHost {
  const intent = host === undefined ? intentOfProgram(world.program, devices) : intentOf(host, devices);
  const bare = kernelState(
    intent.interfaces.map(({ device, addresses }) => ({ name: device, addresses })),
    Object.fromEntries(intent.interfaces.map(({ device }) => [`ipv4/conf/${device}/rp_filter`, 1])),
  );
  const state = withRoutes(bare, world, devices, "main");
  return { name: world.name, intent, before: state, state, steps: [], worlds: [] };
}

/** What is in a world's table for what has no source yet. */
function withRoutes(
  state: LinuxState,
  { routes }: ProgramWorld,
  devices: Devices,
  table: string,
): LinuxState {
  const filled = (words: readonly string[]): string =>
    words.map((word) => (word.startsWith("@") ? devices[word.slice(1)] : word)).join(" ");
  return FAMILIES.reduce(
    (made, family) =>
      applyBatch(
        made,
        family,
        routes[family].map((words) => `route add ${filled(words)} table ${table}`).join("\n"),
      ),
    state,
  );
}

/**
 * The host with its VRFs in place, and lookups of its own addresses after theirs.
 *
 * @param devices of the host and its VRFs, by interface name
 */
export function withVrfs(state: LinuxState, devices: Devices, worlds: readonly StagedWorld[]): LinuxState {
  const vrfs = worlds.filter(({ world }) => world.table !== undefined);
  if (vrfs.length === 0) return state;
  const made = vrfs.reduce<LinuxState>((host, { world, staged: { intent } }) => {
    const ports = intent.interfaces.map(({ device }) => device);
    const joined = intent.interfaces.reduce(
      (all, { device, addresses }) => withPort(all, device, addresses),
      host,
    );
    const vrf = withVrf(joined, { name: world.name, table: Number(world.table), ports });
    return withRoutes(vrf, world, devices, world.table as string);
  }, state);
  const moved = `rule add priority ${LOCAL_PRIORITY} lookup local protocol 2\nrule del priority 0 lookup local`;
  return FAMILIES.reduce((host, family) => applyBatch(host, family, moved), made);
}

/** A VRF in the staged host. What comes in is taken as by its device; and nobody may count on a filter that is loose. */
export function vrfInHost(state: LinuxState, { world: { name } }: StagedWorld): VrfInHost {
  return {
    state: { ...state, sysctls: { ...state.sysctls, [`ipv4/conf/${name}/rp_filter`]: 1 } },
    device: name,
  };
}

/** The host with one more device that is up and has these addresses. */
function withPort(state: LinuxState, name: string, addresses: readonly InterfaceAddress[]): LinuxState {
  const alone = kernelState([{ name, addresses: [] }]);
  const of = (route: Route): boolean => route.hops.some(({ link }) => link === name);
  const index = Math.max(...state.links.map((link) => link.index)) + 1;
  const joined: LinuxState = {
    ...state,
    links: [...state.links, { ...(alone.links.find((link) => link.name === name) as Link), index }],
    routes: {
      4: [...state.routes[4], ...alone.routes[4].filter(of)],
      6: [...state.routes[6], ...alone.routes[6].filter(of)],
    },
    sysctls: { ...alone.sysctls, ...state.sysctls },
  };
  return addresses.reduce(
    (host, { address, length }) => withAddress(host, plainAddress(name, address, length)),
    joined,
  );
}
