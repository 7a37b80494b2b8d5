/** The commands on a stopped node's folder, as the command line offers them. */
import type { Command } from 'commander';
import { done } from '../../actions/index.ts';
import { loadGenesis } from '../genesis-file.ts';
import { folderName } from '../start-settings.ts';
import type { Surroundings } from '../surroundings.ts';
import { exportChain } from './export.ts';
import { importChain } from './import.ts';
import { answerOnce, type OneShotOptions, runOnFolder, withFolder } from './run-one-shot.ts';
import { healStopped, scrubStopped } from './scrub.ts';

interface ChainOptions extends OneShotOptions {
  readonly from?: string;
  readonly count?: string;
}

interface ScrubOptions extends OneShotOptions {
  readonly heal?: boolean;
}

/** Blocks between two lines that say how far an import has come. */
const progressBlocks = 1_000;

export function addOneShots(program: Command, surroundings: Surroundings, finish: (code: number) => void): void {
  onFolder(program, 'chain', 'the blocks of a stopped node')
    .option('--from <height>', 'where to begin')
    .option('--count <n>', 'how many')
    .action(async (options: ChainOptions) => {
      const { from, count } = options;
      finish(await runOnFolder('chain', { from, count }, options, surroundings));
    });
  onFolder(program, 'balances', 'the balances of a stopped node').action(async (options: OneShotOptions) =>
    finish(await runOnFolder('balances', {}, options, surroundings)),
  );
  onFolder(program, 'verify', 'check the whole chain of a stopped node again').action(async (options: OneShotOptions) =>
    finish(await runOnFolder('verify', {}, options, surroundings)),
  );
  onFolder(program, 'scrub', 'look at every file and value of a stopped node')
    .option('--heal', 'make a new ledger from what can be read; the old one is kept aside')
    .action(async (options: ScrubOptions) => finish(await runScrub(options, surroundings)));
  onFolder(program, 'export', 'write the chain of a stopped node, one readable block a line')
    .requiredOption('--out <file>', 'the new file')
    .action(async (options: OneShotOptions & { readonly out: string }) =>
      finish(await runExport(options, surroundings)),
    );
  onFolder(program, 'import', 'make a new folder from an exported chain, checking every block')
    .argument('<file>', 'what `export` wrote')
    .action(async (file: string, options: OneShotOptions) => finish(await runImport(file, options, surroundings)));
}

function onFolder(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .requiredOption('--data-dir <folder>', 'the data folder', folderName)
    .option('--network <file>', 'a genesis file; without it, the demo network')
    .option('--json', 'one line of JSON');
}

function runExport(options: OneShotOptions & { readonly out: string }, surroundings: Surroundings): Promise<number> {
  return answerOnce('export', options, surroundings, () =>
    withFolder(options, surroundings, async (carechain) => done(await exportChain(carechain, options.out))),
  );
}

function runScrub(options: ScrubOptions, surroundings: Surroundings): Promise<number> {
  const { clock } = surroundings;
  return answerOnce('scrub', options, surroundings, async () => {
    const genesis = await loadGenesis(options.network);
    const place = { dataDir: options.dataDir, genesis, clock, onProgress: progressOf(surroundings) };
    return done(await (options.heal ? healStopped(place) : scrubStopped(place)));
  });
}

function runImport(file: string, options: OneShotOptions, surroundings: Surroundings): Promise<number> {
  const { clock } = surroundings;
  return answerOnce('import', options, surroundings, async () => {
    const genesis = await loadGenesis(options.network);
    const onProgress = progressOf(surroundings);
    return done(await importChain({ file, dataDir: options.dataDir, genesis, clock, onProgress }));
  });
}

function progressOf({ errors }: Surroundings): (height: number) => void {
  return (height) => {
    if (errors.isTTY && height % progressBlocks === 0) errors.write(`… #${height}\n`);
  };
}
