import { diagnosisText } from "../../lib/cli/doctorText";
import { diagnose } from "../../lib/doctor/diagnose";
import { LinuxState } from "../../lib/linux";
import { stageHost } from "../../lib/prove/staged";
import { BY_SOURCE, DEFAULTS, diagnosed } from "./support";

/** What a host forwards is no part of the verdict on it, and said not to be. */

const devices = { eth0: ["10.0.1.10/24"], eth1: ["10.0.2.10/24"], docker0: ["172.17.0.1/16"] };
const kinds = { docker0: "bridge" };

const forwards = (state: LinuxState): LinuxState => ({
  ...state,
  sysctls: {
    ...state.sysctls,
    ...Object.fromEntries(Object.keys(devices).map((name) => [`ipv4/conf/${name}/forwarding`, 1])),
  },
});

const told = (four: string, edit?: (state: LinuxState) => LinuxState) => {
  const diagnosis = diagnosed({ devices, kinds, four, edit });
  const text = diagnosisText(diagnosis);
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  return { ...diagnosis, words: text.replace(/\s+/g, " ") };
};

const FOUR = `${DEFAULTS}${BY_SOURCE}`;

test("a host that does not forward is told nothing of it", () => {
  const { forwarding, words } = told(FOUR);
  expect(forwarding).toBeUndefined();
  expect(words).not.toContain("forwards");
});

test("of one that forwards the interface is named whose containers answer by another, with the question to ask", () => {
  const { forwarding, words } = told(FOUR, forwards);
  expect(forwarding).toMatchObject({ families: [4], behind: ["docker0"], astray: ["eth1"], byMark: [] });
  expect(words).toContain("It forwards IPv4, as for what is behind docker0. Nothing above is about that");
  expect(words).toContain("By its routes, what comes in by eth1 for what is behind the host is dropped, or answered by another device");
  expect(words).toContain("and FILE by multihome doctor --print-capture: multihome explain --capture FILE \\ --in eth1 --from 203.0.113.5 --to 172.17.0.50");
}); // prettier-ignore

test("a mark that would lead the answer back is named, and asked with", () => {
  const marked = "rule add priority 50 iif docker0 fwmark 0x2 lookup 102";
  const { forwarding, words } = told(`${FOUR}\n${marked}`, forwards);
  expect(forwarding).toMatchObject({ astray: [], byMark: [{ device: "eth1", mark: 2 }] });
  expect(words).toContain("What comes in by eth1 for what is behind the host is answered by it if its connections are marked 0x2");
  expect(words).toContain("--to 172.17.0.50 --mark 0x2");
}); // prettier-ignore

test("a router between its own networks is asked about these", () => {
  const { forwarding } = diagnosed({ four: DEFAULTS, edit: forwards });
  expect(forwarding).toMatchObject({ behind: [], astray: ["eth1"], example: { arrival: "eth1" } });
});

test("a symmetric host that forwards is proved for its own packets, and said to be for no others", () => {
  const { state } = stageHost({
    name: "edge",
    interfaces: [1, 2].map((i) => ({
      name: `eth${i - 1}`,
      addresses: [`10.0.${i}.10/24`],
      gateways: [`10.0.${i}.1`],
    })),
  });
  const still = Object.fromEntries(Object.keys(state.sysctls).map((key) => [key, key.endsWith("/forwarding") ? 0 : state.sysctls[key]]));
  const head = (sysctls: LinuxState["sysctls"]): string =>
    diagnosisText(diagnose({ state: { ...state, sysctls } })).split("\n\n")[0].replace(/\s+/g, " ");
  expect(head(still)).toMatch(/symmetric, proved for every packet there can be\.$/);
  expect(head(state.sysctls)).toMatch(/symmetric, proved for every packet of its own; what it forwards is not judged\.$/);
}); // prettier-ignore
