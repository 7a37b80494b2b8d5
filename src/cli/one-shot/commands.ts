/** The commands on a stopped node's folder, as the command line offers them. */
import type { Command } from 'commander';
import { done } from '../../actions/index.ts';
import { loadGenesis } from '../genesis-file.ts';
import { folderName } from '../start-settings.ts';
import type { Surroundings } from '../surroundings.ts';
import { exportChain } from './export.ts';
import { importChain } from './import.ts';
import { answerOnce, type OneShotOptions, runOnFolder, withFolder } from './run-one-shot.ts';

interface ChainOptions extends OneShotOptions {
  readonly from?: string;
  readonly count?: string;
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

function runImport(file: string, options: OneShotOptions, surroundings: Surroundings): Promise<number> {
  const { clock, errors } = surroundings;
  return answerOnce('import', options, surroundings, async () => {
    const genesis = await loadGenesis(options.network);
    const onProgress = (height: number) => {
      if (errors.isTTY && height % progressBlocks === 0) errors.write(`… #${height}\n`);
    };
    return done(await importChain({ file, dataDir: options.dataDir, genesis, clock, onProgress }));
  });
}
