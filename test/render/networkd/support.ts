import { RenderedFile } from "../../../lib/render/file";

/**
 * What networkd makes of drop-ins, as lines for `ip -batch`: written from systemd.network(5), and not from the renderer.
 * What a section says that is not known here is an error.
 */
export function batchOf(files: readonly RenderedFile[]): { family: 4 | 6; text: string }[] {
  const drops = files.flatMap(({ path, text }) => {
    const device = /^etc\/systemd\/network\/(.*)\.network\.d\//.exec(path)?.[1];
    return device === undefined ? [] : text.split(/\n(?=\[)/).map((section) => ({ device, section }));
  });
  const lines = drops.map(({ device, section }) => lineOf(device, section.trim()));
  return ([4, 6] as const).map((family) => ({
    family,
    text: lines.flatMap((line) => (line.family === family ? [line.text] : [])).join("\n"),
  }));
}

const ROUTE: Readonly<Record<string, (value: string) => string>> = {
  Gateway: (v) => `via ${v}`,
  GatewayOnLink: () => "onlink",
  PreferredSource: (v) => `src ${v}`,
  Metric: (v) => `metric ${v}`,
  Table: (v) => `table ${v}`,
  Protocol: (v) => `proto ${v}`,
};

const RULE: Readonly<Record<string, (value: string) => string>> = {
  Priority: (v) => `priority ${v}`,
  Family: () => "",
  From: (v) => `from ${v}`,
  OutgoingInterface: (v) => `oif ${v}`,
  Table: (v) => `lookup ${v}`,
  SuppressPrefixLength: (v) => `suppress_prefixlength ${v}`,
  SuppressInterfaceGroup: (v) => `suppress_ifgroup ${v}`,
  Type: (v) => v,
};

function lineOf(device: string, section: string): { family: 4 | 6 | 0; text: string } {
  const [head, ...rest] = section.split("\n");
  const fields = rest.map((line) => /^(\w+)=(.*)$/.exec(line)!.slice(1) as [string, string]);
  const words = (known: typeof ROUTE, skip: string[] = []): string =>
    fields
      .filter(([key]) => !skip.includes(key))
      .map(([key, value]) => {
        if (!Object.hasOwn(known, key)) throw new Error(`${head}: ${key} is not known here`);
        return known[key](value);
      })
      .join(" ");
  const value = (key: string): string => fields.find(([name]) => name === key)?.[1] ?? "";
  switch (head) {
    case "[Link]":
      return { family: 4, text: `link set dev ${device} group ${value("Group")}` };
    case "[Address]":
      // That the addresses are there is the host's own matter.
      return { family: 0, text: "" };
    case "[Route]": {
      const to = value("Destination");
      const type = value("Type");
      const dev = type === "" ? `dev ${device}` : "";
      return {
        family: to.includes(":") ? 6 : 4,
        text: `route add ${type} ${to} ${dev} ${words(ROUTE, ["Destination", "Type"])}`.replace(/ +/g, " "),
      };
    }
    case "[RoutingPolicyRule]":
      return {
        family: value("From").includes(":") || value("Family") === "ipv6" ? 6 : 4,
        text: `rule add ${words(RULE)} protocol static`.replace(/ +/g, " "),
      };
    default:
      throw new Error(`${head} is not known here`);
  }
}
