/** The command line itself: which command, with which options. Exit codes: 0 done, 1 could not, 2 wrong usage. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { NodeRole } from '../actions/index.ts';
import { CarechainError, describeError, escapeControlsExceptLineFeed } from '../base/index.ts';
import { addOneShots } from './one-shot/commands.ts';
import { startNode } from './start.ts';
import { folderName, idPrefixes, type StartOptions, UsageError, usualPorts } from './start-settings.ts';
import { addStory } from './story/command.ts';
import type { Surroundings } from './surroundings.ts';

/** @param words what follows the program's name. @returns the exit code. Never throws. */
export async function runProgram(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { output, errors } = surroundings;
  let code = 0;
  const program = new Command('carechain')
    .description('A peer-to-peer health ledger: one node each for a doctor, a laboratory and a pharmacy.')
    .version(ownVersion(), '--version')
    .showHelpAfterError('(carechain --help lists commands and options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.write(escapeControlsExceptLineFeed(text)),
      writeErr: (text) => errors.write(escapeControlsExceptLineFeed(text)),
    });
  const done = (exitCode: number) => {
    code = exitCode;
  };
  for (const role of ['doctor', 'lab', 'pharmacy'] as const) addStart(program, role, surroundings, done);
  addOneShots(program, surroundings, done);
  addStory(program, surroundings, done);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has written its own sentence; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return tellFailure(error, surroundings);
  }
}

/** As package.json has it, which stands above the built files. */
function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
}

const places: Readonly<Record<NodeRole, string>> = {
  doctor: "the doctor's node",
  lab: "the laboratory's node",
  pharmacy: "the pharmacy's node",
};

function addStart(program: Command, role: NodeRole, surroundings: Surroundings, done: (code: number) => void): void {
  program
    .command(role)
    .description(`start ${places[role]}`)
    .option('--port <n>', `where it listens (${usualPorts[role]})`)
    .option('--peers <addresses>', 'other nodes, as host:port,host:port')
    .option('--host <address>', 'the address it listens on', '127.0.0.1')
    .option('--id <name>', `its name for people (${idPrefixes[role]}-<port>)`)
    .option('--data-dir <folder>', 'where it keeps everything (carechain-data/<id>)', folderName)
    .option('--network <file>', 'a genesis file; without it, the demo network')
    .option('--registry-csv <file>', "the doctor's own list of names", './patient_registry.csv')
    .option('--discover', 'find peers on the local network')
    .option('--mine-every <seconds>', 'seal a block whenever something is pending')
    .option('--json', 'JSON lines in place of a prompt')
    .option('--serve', 'read no commands; run until a signal')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .option('--expose-demo', 'let the demo network be reached from other machines (unsafe)')
    .action(async (options: StartOptions) => done(await startNode(role, options, surroundings)));
}

function tellFailure(error: unknown, { errors }: Surroundings): number {
  const { code, message } = describeError(error);
  const isUsage = error instanceof UsageError || code === 'bad-peer-address';
  // An error without a sentence of ours is a bug, or a disk or socket in a state that nobody thought of.
  const told = error instanceof CarechainError ? `${message} (${code})` : `The node could not start: ${message}`;
  const sentence = isUsage ? message : told;
  errors.write(`${escapeControlsExceptLineFeed(`✗ ${sentence}`)}\n`);
  return isUsage ? 2 : 1;
}
