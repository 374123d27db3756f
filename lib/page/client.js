"use strict";
/* global document, Option, location, addEventListener */

/* Looks up what was worked out beforehand, and lights up the way. It knows addresses, and nothing of routing. */
(() => {
  const byId = (id) => document.getElementById(id);
  const { worlds } = JSON.parse(byId("data").textContent);
  const ANY = "any";
  /** The world that is looked at. */
  let data = worlds[0];

  // Addresses

  function parse(text) {
    const value = text.includes(":") ? parse6(text) : parse4(text);
    return value === undefined ? undefined : { family: text.includes(":") ? 6 : 4, value };
  }

  function parse4(text) {
    const parts = text.split(".");
    if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && part < 256))
      return undefined;
    return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  }

  function parse6(text) {
    const halves = text.toLowerCase().split("::");
    if (halves.length > 2) return undefined;
    const [head, tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
    const missing = 8 - head.length - tail.length;
    if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
    const groups = [...head, ...Array(halves.length === 1 ? 0 : missing).fill("0"), ...tail];
    if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
    return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  }

  function holds(prefix, address) {
    const [text, length] = prefix.split("/");
    const base = parse(text);
    if (base === undefined || base.family !== address.family) return false;
    const shift = BigInt((base.family === 4 ? 32 : 128) - (length ?? (base.family === 4 ? 32 : 128)));
    return base.value >> shift === address.value >> shift;
  }

  const lengthOf = (prefix) => Number(prefix.split("/")[1]);

  // What is known

  const groupOf = (address) =>
    data.groups.find(
      (group) => group.family === address.family && group.sources.some((one) => holds(one, address)),
    );
  const unbound = (family) =>
    data.groups.find((group) => group.family === family && group.sources.length === 0);

  function rowFor(group, address) {
    let [low, high] = [0, group.stretches.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (BigInt(`0x${group.stretches[middle][0]}`) <= address.value) low = middle;
      else high = middle - 1;
    }
    return group.rows[group.stretches[low][1]];
  }

  /** The node of the map that stands for where an address is. */
  function placeOf(address) {
    const owned = data.interfaces.find((one) => one.addresses.some((own) => holds(own, address)));
    if (owned) return `address ${owned.addresses.find((own) => holds(own, address))}`;
    const delegated = data.interfaces
      .flatMap((one) => one.delegated)
      .find((prefix) => holds(prefix, address));
    if (delegated) return `address ${delegated}`;
    const networks = [
      ...data.inside.flatMap(({ device, networks }) =>
        networks.map((network) => ({ node: `inside ${device}`, network })),
      ),
      ...data.interfaces.flatMap(({ networks }) =>
        networks.map((network) => ({ node: `network ${network}`, network })),
      ),
    ].filter(({ network }) => holds(network, address));
    networks.sort((a, b) => lengthOf(b.network) - lengthOf(a.network));
    return networks[0]?.node ?? "far";
  }

  // The way there and back

  /** @returns the question answered: verdict, the two ways as nodes, and the reasons */
  function ask(fromText, to) {
    const from = fromText === ANY ? undefined : parse(fromText);
    const mine = from === undefined ? unbound(to.family) : groupOf(from);
    if (mine !== undefined) return sent(mine, from, to);
    const identity = data.identities.find((one) => [from, to].some((end) => end && holds(one, end)));
    if (identity)
      return { problem: `${identity} is the host's identity, which comes and goes by all of its links.` };
    if (from === undefined) return { problem: `The host has no IPv${to.family} address.` };
    const asked = groupOf(to);
    if (asked === undefined) return { problem: "Neither is an address of this host." };
    if (rowFor(asked, from).kind === "local")
      return { problem: "Both are addresses of this host: it asks itself, and nothing leaves." };
    return received(asked, from, to);
  }

  /** What the host's packet does, as the end of a sentence. */
  function does({ kind, way }) {
    if (kind === "nowhere") return `does not leave: ${way}`;
    return way.startsWith("by ") ? `goes ${way}` : `is ${way}`;
  }

  /** The host asks. */
  function sent(group, from, to) {
    const row = rowFor(group, to);
    const chosen = from ?? (row.hops[0]?.source && parse(row.hops[0].source));
    const own = from === undefined && chosen && chosen.family === 4 ? groupOf(chosen) : undefined;
    // A connected IPv4 socket is looked up a second time, with the source that was chosen.
    const final = own === undefined ? row : rowFor(own, to);
    const backGroup = chosen && groupOf(chosen);
    const back = backGroup && rowFor(backGroup, to);
    const start = chosen ? placeOf(chosen) : undefined;
    const out = start ? [start, ...outward(final, to)] : outward(final, to);
    return {
      verdict: row.asking,
      text: `${from ? "It" : "The kernel chooses the source" + (row.hops[0]?.source ? ` ${row.hops[0].source}; it` : "; it")} ${does(final)}.`,
      there: out,
      back: final.kind === "away" && back?.arrival ? inward(back, to, chosen) : [],
      reasons: [
        {
          title: "The request goes out",
          why: final.because,
          steps: own ? [...row.out, ...final.out] : final.out,
        },
        ...(final.kind === "away" && back?.arrival
          ? [{ title: `The answer comes in by ${back.arrival}`, why: back.received, steps: back.in }]
          : []),
      ],
    };
  }

  /** Somebody asks the host. */
  function received(group, from, to) {
    const row = rowFor(group, from);
    return {
      verdict: row.asked,
      text: `It comes in by ${row.arrival ?? "?"} and is ${row.received ?? row.way}. The answer ${does(row)}.`,
      there: inward(row, from, to),
      back: [placeOf(to), ...outward(row, from)],
      reasons: [
        {
          title: `The request comes in by ${row.arrival ?? "?"}`,
          why: row.received ?? "",
          steps: row.in ?? [],
        },
        { title: "The answer goes out", why: row.because, steps: row.out },
      ],
    };
  }

  const interfaceBy = (device) => data.interfaces.find((one) => one.device === device);

  /** Nodes from the host to a destination. */
  function outward(row, to) {
    if (row.kind === "local") return [placeOf(to)];
    if (row.kind === "nowhere") return [];
    const [{ device, via }] = row.hops;
    const leaving = interfaceBy(device);
    if (leaving === undefined) return [placeOf(to)];
    return [`interface ${leaving.name}`, ...(via ? [`gateway ${leaving.name} ${via}`] : []), placeOf(to)];
  }

  /** Nodes from a peer to an address of the host. */
  function inward(row, peer, to) {
    const arriving = interfaceBy(row.arrival);
    if (arriving === undefined) return [placeOf(peer), placeOf(to)];
    const near = arriving.networks.some((network) => holds(network, peer));
    const gateway = arriving.gateways.find((one) => one.includes(":") === (peer.family === 6));
    return [
      placeOf(peer),
      ...(near || !gateway ? [] : [`gateway ${arriving.name} ${gateway}`]),
      `interface ${arriving.name}`,
      placeOf(to),
    ];
  }

  // The map

  const nodes = new Map();
  const SHOWN = 8;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function node(key, text, { small, end, address } = {}) {
    const made = element("button", `node${end ? " end" : ""}`, text);
    made.type = "button";
    if (small) made.append(element("small", "", small));
    made.dataset.node = key;
    made.addEventListener("click", () => choose(address ?? exampleOf(text)));
    nodes.set(key, made);
    return made;
  }

  /** An address in a network; of one that is the host's own as a whole not the first. */
  function exampleOf(text) {
    const [base, length] = text.split("/");
    if (data.examples[text] !== undefined) return data.examples[text];
    const parsed = parse(base);
    if (parsed === undefined || length === undefined) return base;
    const room = (parsed.family === 4 ? 32 : 128) - Number(length);
    return format({ family: parsed.family, value: parsed.value + (room > 6 ? 50n : room > 1 ? 2n : 0n) });
  }

  function format({ family, value }) {
    if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
    const groups = Array.from({ length: 8 }, (_, i) =>
      ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
    );
    // The longest run of zeros, at least two, is written as "::" (RFC 5952).
    const runs = [...groups.join(":").matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
    if (runs.length === 0) return groups.join(":");
    const [{ 0: run, index }] = runs;
    const text = groups.join(":");
    return `${text.slice(0, index).replace(/:$/, "")}::${text.slice(index + run.length).replace(/^:/, "")}`;
  }

  function draw() {
    const [inside, host, gateways, networks] = ["inside", "host", "gateways", "networks"].map((name) =>
      document.querySelector(`#map .${name}`),
    );
    nodes.clear();
    for (const section of [inside, host, gateways, networks]) section.replaceChildren();
    for (const one of data.inside) {
      const [first] = one.networks;
      inside.append(
        node(`inside ${one.device}`, one.device, {
          end: true,
          small: one.networks.join(" "),
          address: exampleOf(first),
        }),
      );
    }
    for (const one of data.interfaces) {
      const card = element("div", "card");
      const title = element("h2", "", `${one.name} `);
      if (one.device !== one.name) title.append(element("small", "", one.device));
      card.append(title);
      const own = [...one.addresses, ...one.delegated];
      own.slice(0, SHOWN).forEach((address) => card.append(node(`address ${address}`, address), " "));
      if (own.length > SHOWN) card.append(element("p", "more", `and ${own.length - SHOWN} more`));
      own.slice(SHOWN).forEach((address) => nodes.set(`address ${address}`, card));
      nodes.set(`interface ${one.name}`, card);
      host.append(card);
      for (const gateway of one.gateways) {
        gateways.append(node(`gateway ${one.name} ${gateway}`, gateway, { small: `gateway of ${one.name}` }));
      }
      for (const network of one.networks) {
        if (!nodes.has(`network ${network}`))
          networks.append(node(`network ${network}`, network, { end: true, small: `by ${one.name}` }));
      }
    }
    networks.append(
      node("far", "everywhere else", {
        end: true,
        small: "beyond the gateways",
        address: data.far[4] ?? data.far[6] ?? "",
      }),
    );
    for (const section of [inside, gateways]) section.hidden = section.childElementCount === 0;
  }

  /** Looks at another world: nothing of the one before stays. */
  function enter(world) {
    data = world;
    draw();
    fill(byId("from-list"), true);
    fill(byId("to-list"), false);
    const proof = document.querySelector(".proof");
    proof.className = `proof ${data.proof.className}`;
    proof.textContent = data.proof.text;
    // The identity and the traffic policies are those of the host's own world.
    for (const section of document.querySelectorAll(".policies")) section.hidden = data.name !== undefined;
    if (byId("world") !== null) byId("world").value = worlds.indexOf(data);
    [byId("from").value, byId("to").value] = [data.start.from, data.start.to];
    next = "from";
  }

  /** A click on the map: the first end, then the other. */
  let next = "from";
  function choose(address) {
    byId(next).value = address;
    next = next === "from" ? "to" : "from";
    changed();
  }

  // Lines

  const SVG = "http://www.w3.org/2000/svg";

  function drawWay(keys, className) {
    const map = byId("map").getBoundingClientRect();
    const boxes = keys.map((key) => nodes.get(key)?.getBoundingClientRect()).filter(Boolean);
    const shift = className === "back" ? 5 : -5;
    for (let i = 1; i < boxes.length; i++) {
      const [a, b] = [boxes[i - 1], boxes[i]];
      const inside = b.left >= a.left && b.right <= a.right && b.top >= a.top && b.bottom <= a.bottom;
      const outside = a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
      if (inside || outside) continue;
      line(edges(a, b, map, shift), className);
    }
  }

  /** From the edge of one box to the edge of another, by the side that faces it. */
  function edges(a, b, map, shift) {
    const middle = (box) => ({
      x: (box.left + box.right) / 2 - map.left,
      y: (box.top + box.bottom) / 2 - map.top,
    });
    const [from, to] = [middle(a), middle(b)];
    const sideways = a.right <= b.left || b.right <= a.left;
    if (sideways) {
      const right = a.right <= b.left;
      return {
        x1: (right ? a.right : a.left) - map.left,
        y1: from.y + shift,
        x2: (right ? b.left : b.right) - map.left,
        y2: to.y + shift,
        sideways,
      };
    }
    const down = from.y <= to.y;
    return {
      x1: from.x + shift,
      y1: (down ? a.bottom : a.top) - map.top,
      x2: to.x + shift,
      y2: (down ? b.top : b.bottom) - map.top,
      sideways,
    };
  }

  function line({ x1, y1, x2, y2, sideways }, className) {
    const path = document.createElementNS(SVG, "path");
    const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const curve = sideways ? `C${mx} ${y1} ${mx} ${y2}` : `C${x1} ${my} ${x2} ${my}`;
    path.setAttribute("d", `M${x1} ${y1}${curve} ${x2} ${y2}`);
    path.setAttribute("class", `way ${className}`);
    const tip = document.createElementNS(SVG, "path");
    const [dx, dy] = sideways ? [Math.sign(x2 - x1) * 9, 0] : [0, Math.sign(y2 - y1) * 9];
    const [px, py] = [dy * 0.6, dx * 0.6];
    tip.setAttribute("d", `M${x2} ${y2}L${x2 - dx + px} ${y2 - dy + py}L${x2 - dx - px} ${y2 - dy - py}z`);
    tip.setAttribute("class", `tip ${className}`);
    byId("ways").append(path, tip);
  }

  // The form

  function fill(select, withAny) {
    const groups = [
      ["", [["", "another address"]]],
      [
        "This host",
        [
          ...(withAny ? [[ANY, "no address: the kernel chooses"]] : []),
          ...data.interfaces.flatMap((one) =>
            one.addresses.map((address) => [address, `${address} (${one.name})`]),
          ),
          ...data.interfaces.flatMap((one) =>
            one.delegated.map((prefix) => [exampleOf(prefix), `${prefix} (${one.name})`]),
          ),
        ],
      ],
      [
        "Networks",
        data.interfaces.flatMap((one) =>
          one.networks.map((network) => [exampleOf(network), `a host on ${network} (${one.name})`]),
        ),
      ],
      [
        "Inside",
        data.inside.flatMap(({ device, networks }) =>
          networks.map((network) => [exampleOf(network), `${network} (${device})`]),
        ),
      ],
      [
        "Elsewhere",
        [4, 6].filter((f) => data.far[f]).map((f) => [data.far[f], `a host on the Internet, IPv${f}`]),
      ],
    ];
    select.replaceChildren();
    for (const [label, options] of groups) {
      const parent = label === "" ? select : select.appendChild(element("optgroup"));
      if (label !== "") parent.label = label;
      for (const [value, text] of options) parent.append(new Option(text, value));
    }
  }

  function sync(name) {
    const select = byId(`${name}-list`);
    const { value } = byId(name);
    select.value = [...select.options].some((option) => option.value === value) ? value : "";
  }

  const VERDICT = {
    symmetric: "Symmetric: the same way in both directions.",
    "another way": "Not symmetric.",
    refused: "Refused: the host has no way for it, and it leaves by no other.",
    dropped: "Dropped by the host on arrival.",
    unknown: "Unknown: it depends on something that is not modelled.",
    "not judged": "Nobody says which way is right.",
  };

  function update() {
    ["from", "to"].forEach(sync);
    byId("ways").replaceChildren();
    document.querySelectorAll(".lit").forEach((one) => one.classList.remove("lit"));
    byId("reasons").replaceChildren();
    const [from, to] = ["from", "to"].map((name) => byId(name).value.trim());
    const answer = byId("answer");
    answer.className = "";
    const problem = check(from, to);
    if (problem) return void answer.replaceChildren(problem);
    const found = ask(from, parse(to));
    if (found.problem) return void answer.replaceChildren(found.problem);
    const local = found.verdict === "symmetric" || found.verdict === "not judged";
    answer.className = found.verdict === "symmetric" ? "good" : local ? "" : "bad";
    answer.replaceChildren(element("strong", "", VERDICT[found.verdict]), found.text);
    [...found.there, ...found.back].forEach((key) => nodes.get(key)?.classList.add("lit"));
    drawWay(found.there, "there");
    drawWay(found.back, "back");
    for (const { title, why, steps } of found.reasons) {
      const article = element("article");
      article.append(element("h2", "", title), element("p", "", why));
      const details = element("details");
      details.append(element("summary", "", "rule by rule"), element("pre", "", steps.join("\n")));
      article.append(details);
      byId("reasons").append(article);
    }
    // A link that is wrong stays in the address bar as long as the page says what is wrong with it.
    if (!byId("link").hidden) return;
    const place = [...(data.name === undefined ? [] : [data.name]), from, to];
    location.replace(`#${place.map(encodeURIComponent).join(">")}`);
  }

  /** What is wrong with the two ends, in words. */
  function check(from, to) {
    const wrong = { from: from !== ANY && parse(from) === undefined, to: parse(to) === undefined };
    for (const name of ["from", "to"]) byId(name).classList.toggle("wrong", wrong[name]);
    if (wrong.from || wrong.to) {
      const text = wrong.from ? from : to;
      return text === "" ? "Pick a source and a destination." : `"${text}" is no IPv4 or IPv6 address.`;
    }
    if (from !== ANY && parse(from).family !== parse(to).family) return "The two are of different families.";
    return undefined;
  }

  /** After something was asked here: what the link asked for is past. */
  function changed() {
    byId("link").hidden = true;
    update();
  }

  // The link

  /** What is asked for by a link, `#WORLD>FROM>TO` or `#FROM>TO`, as far as it goes: one may come cut off. */
  function linked(text) {
    // Half an escape is where the link was cut.
    const [cut] = /%[0-9a-f]?$/i.exec(text) ?? [""];
    const asked = decoded(text.slice(0, text.length - cut.length))?.split(">");
    if (asked === undefined || asked.length > 3) return { problem: "it cannot be read" };
    const isEnd = asked[0] === ANY || parse(asked[0]) !== undefined;
    const name = asked.length === 3 || !isEnd ? asked.shift() : undefined;
    const world = worlds.find((one) => one.name === name);
    if (world === undefined)
      return { problem: name === undefined ? "it names no world" : `there is no world or address "${name}"` };
    const [from = "", to = ""] = asked;
    const lacks = from === "" ? "neither source nor destination" : to === "" ? "no destination" : undefined;
    return { world, from, to, ...(lacks && { problem: `it names ${lacks}` }) };
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return undefined;
    }
  }

  /** Shows what the link asks for; of one that is wrong what is right of it, and what is wrong. */
  function follow(text) {
    const { world = worlds[0], from = "", to = "", problem } = text === "" ? {} : linked(text);
    enter(world);
    if (from !== "") [byId("from").value, byId("to").value] = [from, to];
    if (problem === undefined) return;
    const instead = from === "" ? " Shown is how this page begins." : "";
    byId("link").textContent = `The link is cut off or wrong: ${problem}.${instead}`;
    byId("link").hidden = false;
  }

  const choice = byId("world");
  if (choice !== null) {
    worlds.forEach(({ name }, i) => choice.append(new Option(name ?? "the host's own", i)));
    choice.addEventListener("change", () => {
      enter(worlds[choice.value]);
      changed();
    });
  }
  for (const name of ["from", "to"]) {
    byId(`${name}-list`).addEventListener("change", (event) => {
      byId(name).value = event.target.value;
      if (event.target.value === "") byId(name).focus();
      changed();
    });
    byId(name).addEventListener("input", changed);
  }
  byId("swap").addEventListener("click", () => {
    const [from, to] = [byId("from"), byId("to")];
    [from.value, to.value] = [to.value, from.value === ANY ? "" : from.value];
    changed();
  });
  addEventListener("resize", update);
  follow(location.hash.slice(1));
  update();
})();
