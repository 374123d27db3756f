import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { othersOf } from "../../lib/doctor/survey";
import { Address, parseAddress } from "../../lib/net/address";
import { contains } from "../../lib/net/prefix";
import { pageData } from "../../lib/page/data";
import { drawPage } from "../../lib/page/page";
import { Follower } from "../../lib/prove/follower";
import { proveStaged, proveWorlds, stageHost } from "../../lib/prove/staged";
import { HostSpec } from "../../lib/model/spec";
import { planHost } from "../../lib/plan";
import { PolicyLane, identityLanes } from "../../lib/render/drawing/picture";
import { Browser, describeInBrowser } from "./support/browser";

const HOST: HostSpec = {
  name: "edge-1",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24", "2001:db8:1::10/64"], gateways: ["10.0.1.1", "fe80::1"] },
    {
      name: "back",
      addresses: ["10.0.2.10/24", "10.0.2.11/24"],
      gateways: ["10.0.2.1"],
      routes: [{ to: "172.31.0.0/16", via: "10.0.2.254" }],
    },
  ],
};
const staged = stageHost(HOST);
/** With two further worlds of one address plan, of either kind; and with a policy of its own world. */
const WORLDS = stageHost({
  ...HOST,
  interfaces: [
    ...HOST.interfaces,
    ...["red", "blue"].map((name, i) => ({
      name,
      match: { ifname: `eth${i + 2}` },
      addresses: ["10.9.0.10/24", "2001:db8:9::10/64"],
      gateways: ["10.9.0.1", "fe80::1"],
      routes: [{ to: `172.2${i}.0.0/16`, via: "10.9.0.254" }],
    })),
  ],
  policy: {
    worlds: [
      { name: "w-red", kind: "netns", interfaces: ["red"] },
      { name: "w-blue", kind: "vrf", interfaces: ["blue"] },
    ],
  },
});
const POLICY: PolicyLane = {
  name: "bulk",
  place: "",
  selects: ["to 192.0.2.0/24"],
  first: "back",
  ways: ["back"],
};
const worldsPage = drawPage(WORLDS, proveWorlds(WORLDS), [POLICY]);
const page = drawPage(staged, [proveStaged(staged)]);

describe("the page of a host", () => {
  test.each([
    ["without", page],
    ["with", worldsPage],
  ])("is one file that names nothing outside of itself, %s further worlds", (_, text) => {
    expect(text).not.toMatch(/\b(?:src|href)="(?!data:,")/);
    expect(text).not.toMatch(/url\(|@import|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    expect(text).toContain("default-src 'none'");
  });

  test("offers a choice of world only where there is one", () => {
    expect(page).not.toContain('<select id="world">');
    expect(worldsPage).toContain('<select id="world">');
    const [first, ...more] = HOST.interfaces.map((iface, i) => ({ ...iface, match: { ifname: `eth${i}` } }));
    const worlds = [{ name: "all", kind: "netns" as const, interfaces: [first, ...more].map((i) => i.name) }];
    const moved = stageHost({ name: "moved", interfaces: [first, ...more], policy: { worlds } });
    const text = drawPage(moved, proveWorlds(moved));
    expect(text).not.toContain('<select id="world">');
    expect(text).toContain("Proved symmetric");
  });

  test("looks packets of a VRF up where the host does: by its rule, in its table", () => {
    const { groups } = pageData(WORLDS.worlds.find(({ vrf }) => vrf !== undefined)!);
    // What is for all leaves by the VRF's device itself.
    const rows = groups.flatMap((group) =>
      group.rows.filter(({ kind, way }) => kind === "away" && !/^(broad|multi)cast /.test(way)),
    );
    expect(rows.length).toBeGreaterThan(4);
    for (const { hops, because } of rows) {
      expect(hops.map(({ device }) => device)).toEqual(["eth3"]);
      expect(because).toContain("[l3mdev-table]");
    }
  });

  test("knows for every source, in stretches without gaps, which way all destinations go", () => {
    const { groups } = pageData(staged);
    for (const { family, stretches, rows } of groups) {
      const starts = stretches.map(([start]) => BigInt(`0x${start}`));
      expect(starts[0]).toBe(0n);
      expect([...starts].sort((a, b) => (a < b ? -1 : 1))).toEqual(starts);
      expect(stretches.every(([start, row]) => start.length === (family === 4 ? 8 : 32) && row in rows)).toBe(
        true,
      );
    }
    expect(groups.map(({ sources }) => sources)).toContainEqual(["10.0.2.10/32", "10.0.2.11/32"]);
  });

  test("asks in every network about an address that is neither the host's own nor a gateway", () => {
    const interfaces = [
      { name: "a", addresses: ["10.0.1.50/24", "10.0.1.51/24"], gateways: ["10.0.1.52"] },
      { name: "b", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"], delegatedPrefixes: ["10.0.2.48/28"] },
    ];
    const { examples } = pageData(stageHost({ name: "h", interfaces }));
    expect(examples).toMatchObject({ "10.0.1.0/24": "10.0.1.53", "172.17.0.0/16": "172.17.0.50" });
    expect(examples["10.0.2.0/24"]).toBe("10.0.2.64");
  });

  const FAR = ["203.0.113.5", "192.0.2.5", "198.51.100.9", "2001:4860::1", "2001:db8:99::1"];
  const NEAR = [
    "10.0.1.50",
    "10.0.2.50",
    "10.0.2.1",
    "172.31.7.7",
    "172.17.0.2",
    "2001:db8:1::50",
    "fe80::5",
  ];
  const SPECIAL = [
    "10.0.1.10",
    "10.0.2.10",
    "10.0.2.255",
    "127.0.0.1",
    "224.0.0.5",
    "2001:db8:1::10",
    "ff02::1",
  ];
  const POLICIES: Record<string, HostSpec["policy"]> = {
    "the symmetric model": {},
    "the strong model": { hostModel: "strong" },
    "the weak model": { hostModel: "weak" },
    "what goes directly": { onLink: "direct" },
    "what is not followed": { unmanagedRoutes: "ignore" },
    policies: {
      traffic: [
        { name: "a", to: ["192.0.2.0/24"], use: ["back"], otherwise: "prohibit" },
        { name: "c", to: ["2001:db8:99::/48"], use: ["front"] },
        { name: "b", to: ["198.51.100.0/24"], use: ["front"], beforeSources: true },
      ],
    },
  };
  test.each(Object.keys(POLICIES))(
    "says of every exchange under %s what the command says of it",
    async (name) => {
      const san = { name: "san", addresses: ["10.0.5.10/24"] };
      const spec: HostSpec = { ...HOST, interfaces: [...HOST.interfaces, san], policy: POLICIES[name] };
      const host = stageHost(spec);
      const { groups, interfaces } = pageData(host);
      const follower = new Follower(host.state, host.intent);
      const address = (text: string): Address => {
        const parsed = parseAddress(text);
        if (!parsed.ok) throw new Error(text);
        return parsed.value;
      };
      const managed = interfaces.map(({ device }) => device);
      const others = POLICIES[name]?.unmanagedRoutes === "ignore" ? [] : othersOf(host.state, managed);
      const seen = new Set<string>();
      for (const local of [...interfaces.flatMap((one) => one.addresses), "any"]) {
        for (const text of [...FAR, ...NEAR, ...SPECIAL]) {
          const peer = address(text);
          const from = local === "any" ? undefined : address(local);
          if (from !== undefined && from.family !== peer.family) continue;
          const group = groups.find(({ family, sources }) => {
            const own =
              from === undefined ? sources.length === 0 : sources.some((one) => one.split("/")[0] === local);
            return family === peer.family && own;
          })!;
          const row =
            group.rows[group.stretches.filter(([start]) => BigInt(`0x${start}`) <= peer.value).at(-1)![1]];
          const inside = others.find(({ reaches }) => reaches.some((prefix) => contains(prefix, peer)));
          const arrival = inside === undefined ? {} : { arrival: inside.device };
          const asking = follower.follow({ asker: "host", local: from, peer, ...arrival });
          expect([local, text, row.asking]).toEqual([local, text, asking.verdict]);
          seen.add(asking.verdict);
          if (from === undefined || row.kind === "local") continue;
          const asked = follower.follow({ asker: "peer", local: from, peer, ...arrival });
          expect([text, local, row.asked]).toEqual([text, local, asked.verdict]);
          seen.add(asked.verdict);
        }
      }
      expect(seen.size).toBeGreaterThanOrEqual(3);
    },
  );

  test("names the identity, who is told of it, and by which links it comes and goes", () => {
    const spec: HostSpec = {
      ...HOST,
      policy: { identity: { addresses: ["192.0.2.77/32", "2001:db8:77::1/128"], protocol: "ospf" } },
    };
    const host = stageHost(spec);
    const lanes = identityLanes(planHost(spec));
    const text = drawPage(host, proveWorlds(host), [], lanes);
    for (const address of ["192.0.2.77", "2001:db8:77::1"])
      expect(text).toMatch(
        new RegExp(`<b>${address}</b> <span>identity \\(OSPF\\), IPv[46]</span> <span>→ by `),
      );
    for (const { gateway } of lanes) expect(text).toContain(`by ${gateway}, as FRR`);
    expect(lanes[1].gateway).toBe("front");
    expect(page).not.toContain("Host identity");
  });

  test("carries a hostile name as text", () => {
    const name = '</script><script>alert("x")</script>';
    const hostile = drawPage({ ...staged, name }, [proveStaged(staged)]);
    expect(hostile).not.toContain("<script>alert");
    expect(hostile).toContain("&#60;/script&#62;");
  });
});

describeInBrowser("the page in a browser", () => {
  let browser: Browser;
  let file: string;
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-page-"));
  beforeAll(async () => {
    file = path.join(dir, "edge-1.html");
    fs.writeFileSync(file, page);
    browser = await Browser.start();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const pick = (name: string, value: string) =>
    browser.evaluate(`(() => { const s = document.getElementById("${name}-list"); s.value = ${JSON.stringify(value)};
      s.dispatchEvent(new Event("change")); })()`);
  const type = (name: string, value: string) =>
    browser.evaluate(`(() => { const i = document.getElementById("${name}"); i.value = ${JSON.stringify(value)};
      i.dispatchEvent(new Event("input")); })()`);
  const answer = () => browser.evaluate<string>('document.getElementById("answer").innerText');
  const lit = () =>
    browser.evaluate<string[]>(
      '[...document.querySelectorAll(".node.lit")].map((n) => n.dataset.node).sort()',
    );
  const lines = () => browser.evaluate<number>('document.querySelectorAll("#ways .way").length');

  test.each([
    ["a phone", 390, 844],
    ["a desk", 1280, 900],
  ])("fits %s, loads nothing, and lights up the way of a flow that is picked", async (_, width, height) => {
    await browser.open(file, width, height);
    await pick("from", "10.0.1.50");
    await pick("to", "10.0.2.10");
    expect(await answer()).toContain("Symmetric: the same way in both directions.");
    expect(await answer()).toContain("The answer goes by back via 10.0.2.1");
    expect(await lit()).toEqual(["address 10.0.2.10", "gateway back 10.0.2.1", "network 10.0.1.0/24"]);
    expect(await lines()).toBeGreaterThanOrEqual(4);
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await browser.evaluate(overflow)).toBe(0);
    expect(browser.errors).toEqual([]);
    expect(browser.requested.filter((url) => !url.startsWith("file://") && !url.startsWith("data:"))).toEqual(
      [],
    );
    if (process.env.PAGE_SHOTS !== undefined)
      await browser.screenshot(path.join(process.env.PAGE_SHOTS, `page-${width}.png`));
  });

  test("answers for any address that is typed, and says why", async () => {
    await browser.open(file, 1280, 900);
    await type("from", "10.0.2.11");
    await type("to", "172.31.7.7");
    expect(await answer()).toContain("by back via 10.0.2.254");
    expect(await lit()).toEqual(["address 10.0.2.11", "network 172.31.0.0/16"]);
    const reasons = () => browser.evaluate<string>('document.getElementById("reasons").textContent');
    expect(await reasons()).toContain("172.31.0.0/16 via 10.0.2.254 dev back");
    await type("from", "any");
    await type("to", "198.51.100.77");
    expect(await answer()).toMatch(/The kernel chooses the source 10\.0\.\d\.10; it goes by/);
    await type("from", "2001:db8:1::10");
    expect(await answer()).toBe("The two are of different families.");
    await type("to", "2001:4860::1");
    expect(await answer()).toContain("by front via fe80::1");
    await type("to", "2001:4860::1::2");
    expect(await answer()).toBe('"2001:4860::1::2" is no IPv4 or IPv6 address.');
    await type("from", "172.17.0.9");
    await type("to", "10.0.1.10");
    expect(await lit()).toEqual(["address 10.0.1.10", "inside docker0"]);
  });

  const follow = async (page: string, link: string) => {
    await browser.open(`${page}#${link}`, 1280, 900);
    const [said, from, to, map, hash] = await browser.evaluate<string[]>(`(() => {
      const link = document.getElementById("link");
      return [link.hidden ? "" : link.innerText, document.getElementById("from").value,
        document.getElementById("to").value, document.getElementById("map").innerText, location.hash]; })()`);
    expect(browser.errors).toEqual([]);
    return { said, from, to, map, hash, answer: await answer() };
  };

  test("calls no address of the host somebody else's", async () => {
    const policy: HostSpec["policy"] = { identity: { addresses: ["192.0.2.77/32"], protocol: "ospf" } };
    const host = stageHost({ ...HOST, policy });
    const identified = path.join(dir, "identity.html");
    fs.writeFileSync(identified, drawPage(host, proveWorlds(host)));
    const is = "192.0.2.77 is the host's identity, which comes and goes by all of its links.";
    for (const link of ["203.0.113.5>192.0.2.77", "192.0.2.77>203.0.113.5", "192.0.2.77>10.0.1.10"])
      expect((await follow(identified, link)).answer).toBe(is);
    const itself = "Both are addresses of this host: it asks itself, and nothing leaves.";
    for (const link of ["172.17.0.1>10.0.1.10", "127.0.0.1>10.0.2.11"])
      expect((await follow(identified, link)).answer).toBe(itself);
  });

  test("says what is right of the host itself, of IPv6 far away, and of what no gateway leads to", async () => {
    const apart = path.join(dir, "apart.html");
    const host = stageHost({
      name: "h",
      interfaces: [...HOST.interfaces, { name: "san", addresses: ["10.0.5.10/24"] }],
    });
    fs.writeFileSync(apart, drawPage(host, proveWorlds(host)));
    for (const [link, said] of [
      [
        "10.0.1.10>10.0.2.10",
        "Symmetric: the same way in both directions.\nIt is delivered to the host itself.",
      ],
      [
        "2001:db8:1::10>2001:4860::1",
        "Symmetric: the same way in both directions.\nIt goes by front via fe80::1",
      ],
      ["2001:4860::1>2001:db8:1::10", "Symmetric: the same way in both directions.\nIt comes in by front"],
      [
        "any>2001:4860::1",
        "Symmetric: the same way in both directions.\nThe kernel chooses the source 2001:db8:1::10",
      ],
      ["10.0.5.10>203.0.113.5", "Nobody says which way is right.\nIt does not leave: no route to host"],
    ])
      expect((await follow(apart, link)).answer).toContain(said);
  });

  test("asks what its link asks", async () => {
    for (const link of ["10.0.2.11%3E172.31.7.7", "10.0.2.11>172.31.7.7"]) {
      const followed = await follow(file, link);
      expect(followed).toMatchObject({ said: "", from: "10.0.2.11", to: "172.31.7.7" });
      expect(followed.answer).toContain("by back via 10.0.2.254");
    }
  });

  test("shows the plan whatever of a link is lost, and says so", async () => {
    const whole = "w-red%3E10.9.0.10%3E172.20.7.7";
    const many = path.join(dir, "cut.html");
    fs.writeFileSync(many, worldsPage);
    for (let length = 1; length < whole.length; length++) {
      const { said, answer: answered, map } = await follow(many, whole.slice(0, length));
      expect([length, map]).toEqual([
        length,
        expect.stringContaining(length < 5 ? "10.0.1.10" : "10.9.0.10"),
      ]);
      const told = said !== "" || /^"[\d.]+" is no IPv4 or IPv6 address\.$/.test(answered);
      expect([length, told]).toEqual([length, true]);
    }
  });

  test.each([
    ["10.0.2.11%3", "it names no destination.", "10.0.2.11", ""],
    ["10.0.2.11", "it names no destination.", "10.0.2.11", ""],
    ["any%3E", "it names no destination.", "any", ""],
    ["10.0.", 'there is no world or address "10.0.". Shown is how this page begins.', undefined, undefined],
    ["w-pink>10.0.2.11>1.1.1.1", 'there is no world or address "w-pink". Shown', undefined, undefined],
    ["%E0%A4>10.0.2.11", "it cannot be read. Shown", undefined, undefined],
    ["a>b>c>d", "it cannot be read. Shown", undefined, undefined],
  ])(
    "says what is wrong with the link #%s until something else is asked",
    async (link, problem, from, to) => {
      const began = await follow(file, "");
      const wrong = await follow(file, link);
      expect(wrong.said).toContain(`The link is cut off or wrong: ${problem}`);
      expect(wrong).toMatchObject({ from: from ?? began.from, to: to ?? began.to, map: began.map });
      // It stays, so that whoever got it can see it.
      expect(wrong.hash).toBe(`#${link.replaceAll(">", "%3E")}`);
      await type("from", "10.0.2.11");
      await type("to", "172.31.7.7");
      expect(await answer()).toContain("by back via 10.0.2.254");
      const after = await browser.evaluate<[boolean, string]>(
        '[document.getElementById("link").hidden, decodeURIComponent(location.hash)]',
      );
      expect(after).toEqual([true, "#10.0.2.11>172.31.7.7"]);
    },
  );

  test("is asked by clicks on the map as well", async () => {
    await browser.open(file, 1280, 900);
    await browser.evaluate("document.querySelector('[data-node=\"far\"]').click()");
    await browser.evaluate("document.querySelector('[data-node=\"address 10.0.1.10\"]').click()");
    expect(await answer()).toContain("The answer goes by front via 10.0.1.1");
  });

  test.each([
    ["a phone", 390, 844],
    ["a desk", 1280, 900],
  ])(
    "shows on %s the world that is chosen, its proof and its ways, and nothing of another",
    async (_, width, height) => {
      const many = path.join(dir, `worlds-${width}.html`);
      fs.writeFileSync(many, worldsPage);
      await browser.open(many, width, height);
      const choose = (name: string) =>
        browser.evaluate(`(() => { const s = document.getElementById("world");
        s.value = [...s.options].find((o) => o.text === ${JSON.stringify(name)}).value;
        s.dispatchEvent(new Event("change")); })()`);
      const text = (query: string) =>
        browser.evaluate<string>(`document.querySelector(${JSON.stringify(query)}).innerText`);
      const own = await text("#map");
      expect(own).toContain("10.0.1.10");
      expect(own).not.toContain("10.9.0");
      const policies = () =>
        browser.evaluate<boolean>('document.querySelector(".policies").offsetHeight > 0');
      expect(await policies()).toBe(true);
      await choose("w-blue");
      const blue = await text("#map");
      expect(blue).toContain("10.9.0.10");
      expect(blue).not.toContain("10.0.1.10");
      expect(await policies()).toBe(false);
      expect(await text(".proof")).toBe("Proved symmetric for every packet there can be.");
      await type("to", "172.21.7.7");
      await type("from", "10.9.0.10");
      expect(await answer()).toContain("by eth3 via 10.9.0.254");
      await type("from", "172.21.7.7");
      await type("to", "10.9.0.10");
      expect(await answer()).toContain("Symmetric: the same way in both directions.");
      expect(await answer()).toContain("It comes in by eth3");
      expect(await lit()).toEqual(["address 10.9.0.10", "network 172.21.0.0/16"]);
      if (process.env.PAGE_SHOTS !== undefined)
        await browser.screenshot(path.join(process.env.PAGE_SHOTS, `worlds-${width}.png`));
      await type("to", "10.0.1.10");
      expect(await answer()).toBe("Neither is an address of this host.");
      await choose("w-red");
      await type("from", "10.9.0.10");
      await type("to", "172.20.7.7");
      expect(await answer()).toContain("by eth2 via 10.9.0.254");
      // The address of the page names the world as well.
      const place = await browser.evaluate<string>("location.hash");
      expect(decodeURIComponent(place)).toBe("#w-red>10.9.0.10>172.20.7.7");
      const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      expect(await browser.evaluate(overflow)).toBe(0);
      await choose("the host's own");
      expect(await text("#map")).toBe(own);
      expect(browser.errors).toEqual([]);
    },
  );
});
