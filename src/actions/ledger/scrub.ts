import { z } from 'zod';
import type { HealedFolder, HealingReport, ScrubReport } from '../../node/index.ts';
import { defineAction, done } from '../action.ts';
import { errorCodes } from '../error-codes.ts';
import { flag } from '../inputs.ts';

/** What `scrub` answers, at a running node and on a stopped folder: see docs/CLI.md. */
export interface ScrubResult {
  readonly sound: boolean;
  readonly time: string;
  readonly height: number;
  readonly tipHeight: number;
  readonly files: { readonly checked: number; readonly damaged: readonly { file: string; damage: string }[] } | null;
  readonly families: ScrubReport['families'];
  /** What a running node found, healed, and waits for a peer with; null on a stopped folder. */
  readonly found: HealingReport['found'] | null;
  readonly healed: HealingReport['healed'] | null;
  readonly waiting: HealingReport['waiting'] | null;
  /** What `--heal` has made of a stopped folder. */
  readonly heal: (HealedFolder & { readonly aside: string; readonly damagedFiles: readonly string[] }) | null;
  /** Null where all is sound, or healed. */
  readonly failure: { readonly code: 'folder-damaged'; readonly message: string; readonly height: number } | null;
}

/** Reads everything that this node has stored, and heals what it can. */
export const scrub = defineAction({
  name: 'scrub',
  summary: 'look at everything stored and heal what is damaged; --last tells of the last round',
  usage: 'scrub [--last]',
  example: 'scrub',
  who: 'anyone',
  input: z.strictObject({ last: flag }),
  positional: [],
  questions: [],
  signs: false,
  async run({ last }, { carechain: { node } }) {
    const { report, healing } = (last ? node.lastScrub() : null) ?? (await node.scrub());
    return done(scrubResult(report, { healing }));
  },
});

export function scrubResult(
  report: ScrubReport,
  { healing = null, heal = null }: { healing?: HealingReport | null; heal?: ScrubResult['heal'] },
): ScrubResult {
  const { sound, time, height, tipHeight, files, families } = report;
  const isHealed = healing !== null && total(healing.found) === total(healing.healed) && !files?.damaged.length;
  const { sentence, nextStep } = errorCodes['folder-damaged'];
  const failed = { code: 'folder-damaged', message: `${sentence} ${nextStep}`, height } as const;
  return {
    sound,
    time: new Date(time).toISOString(),
    height,
    tipHeight,
    files: files && {
      checked: files.checked,
      damaged: files.damaged.map(({ file, damage }) => ({ file, damage: damage ?? '' })),
    },
    families,
    found: healing?.found ?? null,
    healed: healing?.healed ?? null,
    waiting: healing?.waiting ?? null,
    heal,
    failure: sound || isHealed ? null : failed,
  };
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
