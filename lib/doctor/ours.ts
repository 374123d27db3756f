import { LinuxState, Route, Rule } from "../linux";
import { DEFAULT_NUMBERS, PRIORITY_WINDOW, TABLE_WINDOW } from "../model/numbers";

/** What a program of ours has put on a host, with the numbers that it takes by default. */

export function isOurs({ origin, priority }: Rule): boolean {
  const { protocol, priorityBase } = DEFAULT_NUMBERS;
  return origin === protocol && priority >= priorityBase && priority < priorityBase + PRIORITY_WINDOW;
}

function isOurRoute({ origin, table }: Route): boolean {
  const { protocol, tableBase } = DEFAULT_NUMBERS;
  return origin === protocol && table >= tableBase && table < tableBase + TABLE_WINDOW;
}

/** The host without it, as it is to a program that is put on it anew. */
export function withoutOurs(state: LinuxState): LinuxState {
  return {
    ...state,
    rules: {
      4: state.rules[4].filter((rule) => !isOurs(rule)),
      6: state.rules[6].filter((rule) => !isOurs(rule)),
    },
    routes: {
      4: state.routes[4].filter((route) => !isOurRoute(route)),
      6: state.routes[6].filter((route) => !isOurRoute(route)),
    },
  };
}
