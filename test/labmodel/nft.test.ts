import { NftTable } from "../../lab/fabric/model";
import { nftAnew, nftChange } from "../../lab/fabric/nft";

const table: NftTable = {
  counters: ["refused"],
  sets: { own: { kind: "set", spec: "type ipv4_addr;", elements: ["10.0.0.1"] } },
  chains: {
    forward: {
      hook: "type filter hook forward priority filter;",
      rules: ["ip saddr @own accept", "jump refuse"],
    },
    refuse: { rules: ["counter name refused", "drop"] },
  },
};

const changed = (change: (copy: NftTable) => void): NftTable => {
  const copy = structuredClone(table);
  change(copy);
  return copy;
};

describe("a change of an nft table", () => {
  it("is nothing when nothing changed", () => {
    expect(nftChange("inet t", table, structuredClone(table))).toEqual([]);
    expect(nftChange("inet t", undefined, undefined)).toEqual([]);
  });

  it("makes what rules refer to before the rules", () => {
    expect(nftChange("inet t", undefined, table)).toEqual([
      "add table inet t",
      "add counter inet t refused",
      "add set inet t own { type ipv4_addr; }",
      "add element inet t own { 10.0.0.1 }",
      "add chain inet t forward { type filter hook forward priority filter; }",
      "add chain inet t refuse",
      "add rule inet t forward ip saddr @own accept",
      "add rule inet t forward jump refuse",
      "add rule inet t refuse counter name refused",
      "add rule inet t refuse drop",
    ]);
  });

  it("of a set replaces its elements and keeps the rest", () => {
    const after = changed(({ sets }) => (sets.own.elements = []));
    expect(nftChange("inet t", table, after)).toEqual(["flush set inet t own"]);
  });

  it("of a chain rewrites that chain", () => {
    const after = changed(({ chains }) => chains.refuse.rules.unshift("limit rate 1/second"));
    const lines = nftChange("inet t", table, after);
    expect(lines[0]).toBe("flush chain inet t refuse");
    expect(lines.slice(1).every((line) => line.startsWith("add rule inet t refuse "))).toBe(true);
  });

  it("removes last what nothing refers to any more", () => {
    const after = changed((copy) => {
      copy.counters = [];
      copy.sets = {};
      copy.chains = { forward: { ...copy.chains.forward, rules: ["accept"] } };
    });
    expect(nftChange("inet t", table, after)).toEqual([
      "flush chain inet t forward",
      "add rule inet t forward accept",
      "flush chain inet t refuse",
      "delete chain inet t refuse",
      "delete set inet t own",
      "delete counter inet t refused",
    ]);
    expect(nftChange("inet t", table, undefined)).toEqual(["delete table inet t"]);
  });

  it("can begin from anything there may be", () => {
    expect(nftAnew("inet t", table).slice(0, 3)).toEqual([
      "add table inet t",
      "delete table inet t",
      "add table inet t",
    ]);
    expect(nftAnew("inet t", undefined)).toEqual(["add table inet t", "delete table inet t"]);
  });
});
