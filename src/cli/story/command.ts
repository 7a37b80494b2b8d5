import type { Command } from 'commander';
import type { Surroundings } from '../surroundings.ts';
import { tellStory } from './tell-story.ts';

/** `carechain story`, which `npm start` runs. */
export function addStory(program: Command, surroundings: Surroundings, done: (code: number) => void): void {
  program
    .command('story')
    .description('play the whole story on three nodes of this machine, and remove them again')
    .option('--step', 'wait for Enter between the steps')
    .action(async ({ step = false }: { step?: boolean }) => {
      const { input, output, onSignal } = surroundings;
      const executable = process.argv[1]!;
      done(await tellStory({ executable, input, output, stepwise: step, onSignal }));
    });
}
