import { RuleSet } from "./rule-set";

export const none: RuleSet = {
  title: "no policy routing",
  source:
    "What Azure, OCI by cloud-init, and Google's guest agent leave: addresses and routes in main alone, " +
    "the primary's default with the best metric.",
  commands: () => [],
  fails: {
    nine: ["i>B", "b>A", "a>B", "i>B6", "b>A6"],
    checks: [
      ...["i>B tcp", "i>B ping", "i>B udp", "i>B6 tcp", "B>i tcp", "B6>i tcp"],
      ...["b>A tcp", "a>B tcp", "A>b tcp", "B>a tcp", "b>A6 tcp", "A>b ping"],
      ...["eth1>i ping", "eth1>i tcp"],
    ],
    bounced: "leaks",
  },
};
