import { InvalidArgumentError } from "commander";
import { Exchange } from "../prove/exchange";
import { shown } from "../model/issue";
import { Address, parseAddress } from "../net/address";
import { readCaptureFile } from "./captureFile";
import { answer } from "./explainFlow";
import { passage, passageJson, passageText } from "./explainPassage";
import { explanationJson, explanationText } from "./explainText";
import { oneStandardInput } from "./input";
import { ExitCode, UserError } from "./io";
import { Scene, capturedScene, plannedScene } from "./scene";
import { Verb } from "./verb";

const NOTE = `
A is an address of the host: the host asks, with that address. Or "any": the
host asks, and the kernel chooses the address. Or A is an address elsewhere:
it asks the host, or by --in whom the host forwards it to: give the addresses
of containers themselves then, and --mark for what nft or iptables mark.
Without --capture the host is as its plan makes it.

On a host with worlds, --world says which of them is meant; it may be left out
when only one has the host's address. A capture knows only the network
namespace that it was taken in.

Exit codes: 0 the same way in both directions, 1 not so or unknown, 2 bad input.

Examples:
  multihome explain edge-1.json --from 10.0.2.10 --to 203.0.113.5
  multihome explain edge-1.json --from 10.0.2.50 --to 10.0.1.10 \\
    --proto tcp --dport 22
  multihome explain edge-1.json --from any --to 192.0.2.5 \\
    --user 1500 --mark 0x10    # which traffic policy decides
  multihome explain edge-1.json --from any --to 192.0.2.5 \\
    --in back                  # were the answer to come in by back
  multihome explain edge-1.json --from 203.0.113.5 --to 172.17.0.2 \\
    --in back                  # a port that a container publishes
  multihome explain edge-1.json --world red --from any --to 203.0.113.5
  multihome explain --capture edge-1.txt --from any --to 203.0.113.5 \\
    --bind eth1`;

interface Options {
  from: string;
  to: string;
  world?: string;
  in?: string;
  bind?: string;
  proto?: number;
  dport?: number;
  user?: number;
  mark?: number;
  capture?: string;
  json?: true;
}

/** `multihome explain`: which way a packet takes, and the way back, rule by rule. */
export const explain: Verb = (program, act) => {
  program
    .command("explain")
    .description("say which way a packet takes, and the answer, rule by rule, and why")
    .argument("[HOST.json]", "the host as JSON; - is standard input; may be left out with --capture")
    .option("--from <A>", "who asks: an address, or any")
    .option("--to <B>", "who is asked: an address")
    .option("--world <NAME>", "the world of the host that it is in; default: the one that has the address")
    .option(
      "--in <IFACE>",
      "the interface by which the other end's packets come in: its request, or its answer where the host asks; " +
        "default: the one that owns the host's address",
    )
    .option("--bind <IFACE>", "the host's socket is bound to this interface")
    .option("--proto <PROTOCOL>", "tcp, udp, icmp, icmpv6 or a number", protocol)
    .option("--dport <PORT>", "the port that is asked; with --proto", port)
    .option("--user <UID>", "the user of the host's socket, by number; default: root", user)
    .option(
      "--mark <MARK>",
      "the firewall mark of the host's socket, or of what it forwards, as 0x10 or 16; default: 0",
      mark,
    )
    .option("--capture <FILE>", "the host as it is, from a capture")
    .option("--json", "print as JSON")
    .addHelpText("after", NOTE)
    .action((file: string | undefined, given: Partial<Options>) =>
      act(async (io) => {
        const options = whole(file, given);
        if (options.world !== undefined && options.capture !== undefined)
          throw new UserError(
            "--world: a capture holds one network namespace: take it in that of the world (ip netns exec NAME ...), " +
              "and leave --world out",
          );
        oneStandardInput(file, options.capture);
        const scene =
          options.capture === undefined
            ? await plannedScene(file!, options, io)
            : await capturedScene(await readCaptureFile(options.capture, io), file, io);
        const exchange = exchangeOf(scene, options);
        const through = passage(scene, exchange);
        if (through !== undefined) {
          await io.stdout(
            options.json ? `${JSON.stringify(passageJson(through), undefined, 2)}\n` : passageText(through),
          );
          return through.result.verdict === "symmetric" ? ExitCode.Done : ExitCode.No;
        }
        const explained = answer(scene, exchange);
        await io.stdout(
          options.json
            ? `${JSON.stringify(explanationJson(explained), undefined, 2)}\n`
            : explanationText(explained),
        );
        return explained.result.verdict === "symmetric" ? ExitCode.Done : ExitCode.No;
      }),
    );
};

/** @throws UserError naming all that is missing */
function whole(file: string | undefined, { from, to, ...rest }: Partial<Options>): Options {
  const missing = [
    ...(file === undefined && rest.capture === undefined ? ["HOST.json, or --capture FILE, or both"] : []),
    ...(from === undefined ? ["--from A, who asks: an address, or any"] : []),
    ...(to === undefined ? ["--to B, who is asked: an address"] : []),
  ];
  if (from !== undefined && to !== undefined && missing.length === 0) return { from, to, ...rest };
  throw new UserError(`give ${missing.join("; ")}`);
}

function exchangeOf(scene: Scene, options: Options): Exchange {
  const { from, to, proto, dport, user, mark } = options;
  if (dport !== undefined && !WITH_PORTS.includes(proto ?? 0))
    throw new UserError("--dport: ports are of protocols that have them; say which, as --proto tcp");
  const own = (text: string): boolean => {
    const parsed = parseAddress(text);
    return (
      parsed.ok &&
      scene.state.addresses.some(
        ({ address }) => address.family === parsed.value.family && address.value === parsed.value.value,
      )
    );
  };
  const fields = {
    ...(proto !== undefined && { protocol: proto }),
    ...(dport !== undefined && { port: dport }),
    ...(user !== undefined && { user }),
    ...(mark !== undefined && { mark }),
    ...(options.in !== undefined && { arrival: deviceOf(scene, options.in, "--in") }),
    ...(options.bind !== undefined && { bound: deviceOf(scene, options.bind, "--bind") }),
  };
  // Ping and its like send on raw sockets, which are looked up once.
  const connected = proto === undefined || proto === 6 || proto === 17;
  checkFamily(address(to, "--to"), proto);
  if (from === "any") return { asker: "host", peer: address(to, "--to"), connected, ...fields };
  if (own(from))
    return { asker: "host", local: address(from, "--from"), peer: address(to, "--to"), connected, ...fields };
  return { asker: "peer", peer: address(from, "--from"), local: address(to, "--to"), ...fields };
}

function deviceOf({ state, survey, world }: Scene, name: string, option: string): string {
  // Of a VRF are its ports; the loopback device is not.
  const links = world?.vrf === undefined ? state.links : [];
  const iface = survey.intent.interfaces.find((one) => one.name === name || one.device === name);
  const device = iface?.device ?? links.find((link) => link.name === name)?.name;
  if (device !== undefined) return device;
  const known = [
    ...new Set([...survey.intent.interfaces.map((one) => one.name), ...links.map((l) => l.name)]),
  ];
  throw new UserError(`${option}: got ${shown(name)}; known here are ${known.join(", ")}`);
}

function address(text: string, option: string) {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  throw new UserError(
    `${option}: got ${shown(text)}: ${parsed.reason}. Give an address, as 10.0.1.10 or 2001:db8:1::10` +
      (option === "--from" ? ', or "any" for the host with an address that the kernel chooses' : ""),
  );
}

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 };

/** A ping of one family in packets of the other is what nobody sends, and no policy for pings selects. */
function checkFamily({ family }: Address, proto: number | undefined): void {
  if (proto === PROTOCOLS.icmp && family === 6)
    throw new UserError("--proto: icmp is IPv4's; give icmpv6 for addresses of IPv6");
  if (proto === PROTOCOLS.icmpv6 && family === 4)
    throw new UserError("--proto: icmpv6 is IPv6's; give icmp for addresses of IPv4");
}

/** Those whose ports rules can ask for: tcp, udp, dccp, sctp, udplite. */
const WITH_PORTS: readonly number[] = [6, 17, 33, 132, 136];

function protocol(text: string): number {
  const value = Object.hasOwn(PROTOCOLS, text) ? PROTOCOLS[text] : Number(text);
  if (/^[0-9]+$/.test(text) || Object.hasOwn(PROTOCOLS, text)) if (value > 0 && value < 256) return value;
  throw new InvalidArgumentError("Give tcp, udp, icmp, icmpv6 or a number from 1 to 255.");
}

function port(text: string): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value > 0 && value < 65_536) return value;
  throw new InvalidArgumentError("Give a number from 1 to 65535.");
}

const LAST_32 = 0xffffffff;

function user(text: string): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value < LAST_32) return value;
  throw new InvalidArgumentError("Give the number of a user, from 0 to 4294967294.");
}

function mark(text: string): number {
  const value = Number(text);
  if (/^([0-9]+|0x[0-9a-fA-F]+)$/.test(text) && value <= LAST_32) return value;
  throw new InvalidArgumentError("Give a mark as 0x10 or 16, of at most 32 bits.");
}
