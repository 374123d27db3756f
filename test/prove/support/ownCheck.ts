import { InputFlow, Model, Outcome, OutputFlow, compile, inputLookup, output } from "../../../lib/linux";
import { Plan, PlanExpectation, PlanFamily, PlanFlow, PlanInterface } from "../../../lib/model";
import { Address, FAMILIES, Family, formatAddress, parseAddress } from "../../../lib/net";
import { StagedHost } from "../../../lib/prove/staged";

/**
 * What the program asks of the kernel about its plan (lib/render/program: check.awk, flow.awk), asked of the model instead:
 * a plan that the host would refuse, though it is proved, shows here without one.
 *
 * @returns what is wrong, a line an answer
 */
export function ownCheck(plan: Plan, { state, intent }: StagedHost): string[] {
  const model = compile(state);
  const devices = new Map(intent.interfaces.map(({ name, device }) => [name, device]));
  // In force, and as it is tried before.
  return FAMILIES.flatMap((family) =>
    [0, plan.numbers.canaryMark].flatMap((tag) => new Check(plan, model, devices, family, tag).wrong()),
  );
}

class Check {
  private readonly half: PlanFamily;

  constructor(
    private readonly plan: Plan,
    private readonly model: Model,
    private readonly devices: ReadonlyMap<string, string>,
    private readonly family: Family,
    private readonly tag: number,
  ) {
    this.half = family === 4 ? plan.ipv4 : plan.ipv6;
  }

  wrong(): string[] {
    const { expectations, flows } = this.half;
    return [
      ...expectations.flatMap((row) => this.row(row)),
      ...(this.tag === 0 && flows.length === 0 ? this.unbound() : []),
      ...flows.flatMap((flow) => this.flow(flow)),
    ];
  }

  private row(row: PlanExpectation): string[] {
    const iface = this.plan.interfaces.find(({ name }) => name === row.interface)!;
    const device = row.dev === undefined ? undefined : this.devices.get(row.dev)!;
    const want = device === undefined ? "unreachable" : way(device, row.via);
    const to = address(row.to);
    const sources = iface.sources.filter((text) => text.includes(":") === (this.family === 6));
    const own = device !== undefined && row.dev === row.interface;
    const wrong = sources.flatMap((text) => {
      const flow = this.from(text, to);
      return flow === undefined ? [] : this.judge(flow, row.class, [want]);
    });
    if (!own) return wrong;
    const addresses = sources.filter((text) => !text.includes("/"));
    if (this.tag === 0) {
      wrong.push(
        ...addresses.flatMap((text) => this.judge({ to: address(text), from: to, iif: device }, `${row.class}, in`, ["local"])),
      );
    }
    if (this.half.flows.length === 0 && addresses.length > 0 && this.hasGateway(iface))
      wrong.push(...this.judge({ to, oif: device, unboundDevice: true }, `${row.class}, bound`, [want]));
    return wrong;
  } // prettier-ignore

  /** IPv4 answers about what is delegated only as for what the host forwards. */
  private from(text: string, to: Address): OutputFlow | InputFlow | undefined {
    const from = address(text.split("/")[0]);
    if (this.family === 6 || !text.includes("/")) return { to, from, anySource: true };
    const reach = output(this.model, { to: from });
    if (reach.kind !== "route") return undefined;
    if (reach.type === "local") return { to, from };
    const [{ device: iif }] = reach.hops;
    const forwards = this.model.state.sysctls[`ipv4/conf/${iif}/forwarding`] === 1;
    return forwards ? { to, from, iif } : undefined;
  }

  private hasGateway({ name }: PlanInterface): boolean {
    return this.half.expectations.some(
      (row) => row.interface === name && row.class === "elsewhere" && row.via !== undefined,
    );
  }

  /** What leaves with a source that the kernel chose leaves by its interface, or as what is bound to the source does. */
  private unbound(): string[] {
    const targets = new Set(this.half.expectations.map(({ to }) => to));
    return [...targets].flatMap((text) => {
      const got = output(this.model, { to: address(text) });
      if (got.kind !== "route" || got.type === "local") return [];
      return got.hops.flatMap(({ device, source }) => {
        const chosen = source && formatAddress(source);
        const owner = this.plan.interfaces.find(({ sources }) => sources.includes(chosen ?? ""));
        const row = this.half.expectations.find((one) => one.interface === owner?.name && one.to === text);
        if (owner === undefined || row?.dev === undefined) return [];
        const right = [row.dev, owner.name].map((name) => this.devices.get(name));
        return right.includes(device) ? [] : [`unbound to ${text}: by ${device} from ${chosen}`];
      });
    });
  }

  private flow(flow: PlanFlow): string[] {
    const iif = flow.incoming && ("interface" in flow.incoming ? this.devices.get(flow.incoming.interface)! : flow.incoming.device);
    const packet = {
      to: address(flow.to),
      ...(flow.from !== undefined && { from: address(flow.from) }),
      mark: flow.mark ?? 0,
      ...{ uid: flow.user, protocol: flow.protocol, tos: 4 * (flow.dscp ?? 0) },
      ...{ sourcePort: flow.sourcePort, destinationPort: flow.destinationPort },
      ...(iif === undefined ? { anySource: this.family === 6 } : { iif }),
    } as OutputFlow | InputFlow;
    const ways = flow.choices[0]?.map(({ dev, via }) => way(this.devices.get(dev)!, via));
    if (ways === undefined && flow.otherwise === "anything") return [];
    return this.judge(packet, `policy ${flow.policy}`, ways ?? ["unreachable"]);
  } // prettier-ignore

  private judge(asked: OutputFlow | InputFlow, what: string, want: readonly string[]): string[] {
    const flow = { ...asked, mark: ((asked.mark ?? 0) | this.tag) >>> 0 };
    const outcome = "iif" in flow ? inputLookup(this.model, flow) : output(this.model, flow);
    const got = answersOf(outcome);
    if (got.every((one) => want.includes(one))) return [];
    const text = JSON.stringify(flow, (_, v: unknown) => isAddress(v) ? formatAddress(v) : v); // prettier-ignore
    return [`${text} (${what}): wanted ${want.join(" or ")}, got ${got.join(", ")}`];
  }
}

function answersOf(outcome: Outcome): string[] {
  if (outcome.kind === "unknown") return [`unknown: ${outcome.because}`];
  if (outcome.kind === "error") return ["unreachable"];
  if (outcome.type === "local") return ["local"];
  return outcome.hops.map(({ device, via }) => way(device, via && formatAddress(via)));
}

function way(device: string, via: string | undefined): string {
  return `dev ${device}${via === undefined ? "" : ` via ${via}`}`;
}

function isAddress(value: unknown): value is Address {
  return typeof value === "object" && value !== null && "family" in value && "value" in value;
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value;
}
