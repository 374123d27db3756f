/** What EC2's metadata service says of an interface, by key; addresses a line each. */
export type Eni = Readonly<Record<string, string>> & { readonly mac: string };

/** The texts of the service, by path below meta-data/; the first interface is the primary. */
export function imds(enis: readonly Eni[]): Record<string, string> {
  const texts: Record<string, string> = { mac: enis[0].mac, "network/interfaces/macs/": "" };
  for (const { mac, ...values } of enis) {
    texts["network/interfaces/macs/"] += `${mac}/\n`;
    for (const [key, value] of Object.entries(values)) {
      texts[`network/interfaces/macs/${mac}/${key}`] = value;
    }
  }
  return texts;
}
