import { Explanation, explain } from "../doctor/words";
import { Finding } from "../doctor/findings";
import { placeOf } from "../doctor/peers";
import { Address, formatAddress, sameAddress } from "../net/address";
import { Exchange, ExchangeResult } from "../prove/exchange";
import { Follower } from "../prove/follower";
import { UserError } from "./io";
import { Scene } from "./scene";

/** One exchange with everything that can be said of it. */
export interface Explained {
  readonly scene: Scene;
  readonly result: ExchangeResult;
  /** What is wrong with it; absent when nothing is. */
  readonly fault?: Explanation;
}

/**
 * Follows an exchange through a host.
 *
 * @throws UserError when the two ends are of different families, it cannot be told where the request comes in, or the
 *   host's socket does not get it
 */
export function answer(scene: Scene, exchange: Exchange): Explained {
  const { local, peer, asker } = exchange;
  if (local !== undefined && local.family !== peer.family)
    throw new UserError(`${formatAddress(local)} and ${formatAddress(peer)} are of different families`);
  const { intent } = scene.survey;
  const follower = new Follower(scene.state, intent, scene.world?.vrf);
  const place = placeOf(peer, scene.survey);
  if (asker === "peer") {
    // A container that is there asks as any peer does.
    if (place.kind !== "inside") refuseDelegated("--from", peer, scene, follower);
    refuseDelegated("--to", local!, scene, follower);
  }
  if (
    asker === "peer" &&
    exchange.arrival === undefined &&
    follower.ownerOf(local!) === undefined &&
    !follower.isIdentity(local!)
  ) {
    const where = scene.world?.name === undefined ? scene.host : `world ${scene.world.name} of ${scene.host}`;
    throw new UserError(
      `--to: ${formatAddress(local!)} is no address of an interface of ${where}: if the host has it all the same, or forwards what is for it, say by --in ` +
        `where the request comes in, or give one of ${intent.interfaces
          .flatMap((i) => i.addresses.map((a) => formatAddress(a.address)))
          .slice(0, 8)
          .join(", ")}`,
    );
  }
  const inside = place.kind === "inside" && exchange.arrival === undefined ? { arrival: place.device } : {};
  const followed = { ...exchange, ...inside, ...receivedBy(exchange, inside.arrival, follower) };
  const result = follower.follow(followed, { trace: true, astray: exchange.arrival !== undefined });
  if (asker === "host" && exchange.arrival !== undefined) refuseInside(result, exchange.arrival);
  const { verdict, policy } = result;
  if (verdict === "symmetric" || verdict === "not judged" || policy?.met) return { scene, result };
  const finding: Finding = {
    verdict,
    kind:
      asker === "peer"
        ? "reply"
        : exchange.bound !== undefined
          ? "bound"
          : local === undefined
            ? "unbound"
            : "own",
    peer: place,
    locals: local === undefined ? [] : [local],
    owner: result.owner,
    example: result,
    bothWays: false,
  };
  return { scene, result, fault: explain(finding, intent) };
}

/** Of what the host asks itself nothing comes in by any interface. */
function refuseInside({ exchange: { peer }, outward: { outcome } }: ExchangeResult, arrival: string): void {
  if (outcome.kind !== "route" || outcome.type !== "local") return;
  throw new UserError(
    `--in: ${formatAddress(peer)} is the host's own, and so is who asks: nothing comes in by ${arrival}. ` +
      "Give by --from the address elsewhere that asks, or leave --in out",
  );
}

/** Where something comes in for a socket that is bound to a device: by that, or the socket never gets it. */
function receivedBy(
  { asker, bound, local, arrival: given }: Exchange,
  inside: string | undefined,
  follower: Follower,
): Pick<Exchange, "arrival"> {
  if (bound === undefined || (asker === "host" && given === undefined)) return {};
  const arrival = given ?? inside ?? follower.ownerOf(local!)?.device ?? bound;
  if (arrival === bound) return { arrival };
  throw new UserError(`--bind: a socket that is bound to ${bound} gets nothing that comes in by ${arrival}`);
}

/** Who has an address of a delegated prefix is behind the host, which then forwards: no end of an exchange with it. */
function refuseDelegated(option: string, address: Address, { state }: Scene, follower: Follower): void {
  const owner = follower.ownerOf(address);
  if (owner === undefined || state.addresses.some((one) => sameAddress(one.address, address))) return;
  throw new UserError(
    `${option}: ${formatAddress(address)} is in a prefix that is delegated to ${owner.name}, and no address of the host ` +
      "itself: of what the host forwards, to others, say by --in where the request comes in; or give an address that the " +
      "host has",
  );
}
