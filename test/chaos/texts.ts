/** The words of sealed records, as somebody at a node gets to read them. */
import type { PipedNode } from './piped-node.ts';

export interface ReadText {
  readonly state: string;
  readonly text: string;
}

/** What whoever is logged in reads at a node of each entry of each patient, by its id. */
export async function textsOf(node: PipedNode, patients: Iterable<string>): Promise<ReadonlyMap<string, ReadText>> {
  const texts = new Map<string, ReadText>();
  for (const patient of patients) {
    for (let from: number | null = 0; from !== null; ) {
      const page = (await node.ask(`history ${patient} --from ${from}`))?.result as
        | { events: { id: string; state: string; text: unknown }[]; next: number | null }
        | undefined;
      for (const { id, state, text } of page?.events ?? []) texts.set(id, { state, text: JSON.stringify(text) });
      from = page?.next ?? null;
    }
  }
  return texts;
}
