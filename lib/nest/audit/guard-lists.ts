/** Guards in the order in which they run. Equal lists are one object. */
export interface GuardList {
  readonly guards: readonly unknown[];
}

interface Node extends GuardList {
  readonly longer: Map<unknown, Node>;
}

/**
 * The lists of guards of an application, each once. A thousand handlers have few different lists, so that what is asked of
 * a list is found out once, not for each handler.
 */
export class GuardLists {
  readonly #none: Node = { guards: [], longer: new Map() };

  /** Returns the list of these guards, one after the other. */
  of(...parts: readonly (readonly unknown[])[]): GuardList {
    let list = this.#none;
    for (const guards of parts) for (const guard of guards) list = longer(list, guard);
    return list;
  }
}

function longer(list: Node, guard: unknown): Node {
  const known = list.longer.get(guard);
  if (known !== undefined) return known;
  const made: Node = { guards: [...list.guards, guard], longer: new Map() };
  list.longer.set(guard, made);
  return made;
}

/** Returns a function that answers a question about guards once for each list. Use it for one audit. */
export function answeredOnce<Answer>(question: (guards: readonly unknown[]) => Answer): (list: GuardList) => Answer {
  const answers = new Map<GuardList, Answer>();
  return (list) => {
    const known = answers.get(list);
    if (known !== undefined) return known;
    const answer = question(list.guards);
    answers.set(list, answer);
    return answer;
  };
}
