import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { actions, errorCodes } from '../../src/actions/index.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { edgeCommands } from '../../src/cli/edge-commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { rejections } from '../../src/ledger/index.ts';
import { root, sourceFiles } from '../support/source-tree.ts';

const reference = readFileSync(join(root, 'docs/CLI.md'), 'utf8');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The text below a heading, up to the next one of its depth or above. */
function section(text: string, heading: string): string {
  const depth = /^#+/.exec(heading)![0].length;
  const [, after] = text.split(`\n${heading}\n`);
  expect(after, `there is a heading "${heading}"`).toBeDefined();
  return after!.split(new RegExp(`^#{1,${depth}} `, 'm'))[0]!;
}

/** The cells of a table's rows, without its heading. A bar inside of a cell is written \|. */
function tableRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
}

function inCode(text: string): string {
  return `\`${text}\``;
}

const commands = [...Object.values(edgeCommands), ...actions];

test('the table of error codes is the codes of carechain and the rejections of the ledger, sentence by sentence', () => {
  const documented = tableRows(section(reference, '## Error codes'));
  const known = [
    ...Object.entries(errorCodes).map(([code, { sentence, nextStep }]) => [
      inCode(code),
      sentence,
      nextStep,
      'carechain',
    ]),
    ...Object.entries(rejections).map(([code, { sentence, nextStep, nature }]) => [
      inCode(code),
      sentence,
      nextStep,
      `ledger, ${nature}`,
    ]),
  ];
  expect(documented).toEqual(known);
});

test.each([
  ['README.md', readme],
  ['docs/CLI.md', reference],
])('the table of commands in %s has every command, with who may run it', (_name, text) => {
  const words = { anyone: 'anyone', member: 'any login' } as const;
  const documented = tableRows(section(text, '## Commands')).map(([name, who]) => [name, who]);
  expect(documented).toEqual(
    commands.map(({ name, who }) => [inCode(name), typeof who === 'string' ? words[who] : who.join(', ')]),
  );
});

test('docs/CLI.md gives the usage of every command as `help` does', () => {
  const documented = tableRows(section(reference, '## Commands')).map(([name, , usage]) => [name, usage]);
  expect(documented).toEqual(commands.map(({ name, usage }) => [inCode(name), inCode(usage)]));
});

test('docs/CLI.md says what every command answers', () => {
  const answered = tableRows(section(reference, '## Results')).flatMap(([names]) =>
    [...names!.matchAll(/`(\w+)`/g)].map((match) => match[1]),
  );
  expect(answered).toEqual(expect.arrayContaining(commands.map(({ name }) => name)));
  expect(new Set(answered).size).toBe(answered.length);
});

test('docs/CLI.md has every event', () => {
  const files = sourceFiles('src/cli').filter(({ path }) => /\/(events|start-lines)\.ts$/.test(path));
  const told = files.flatMap(({ text }) => [...text.matchAll(/\bevent: '([a-z-]+)'/g)].map((match) => match[1]!));
  expect(told).not.toEqual([]);
  const documented = tableRows(section(reference, '## Events')).map(([name]) => name!);
  expect(documented.toSorted()).toEqual([...new Set(told)].map(inCode).toSorted());
});

/** The options of a command, such as `--port <n>`, as its own help lists them. */
async function optionsOf(command: string): Promise<string[]> {
  const output = new PassThrough();
  const code = await runProgram([command, '--help'], {
    input: new PassThrough(),
    output,
    errors: new PassThrough(),
    environment: {},
    clock: systemClock,
    random: systemRandom,
    onSignal: () => () => {},
    onUncaught: () => {},
    exit: () => {},
  });
  expect(code).toBe(0);
  const help = String(output.read());
  return [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+(?: <[a-z]+>)?)/gm)].map((match) => match[1]!);
}

test.each(['doctor', 'lab', 'pharmacy'])('docs/CLI.md has every option of carechain %s', async (command) => {
  const options = await optionsOf(command);
  expect(options).toContain('--port <n>');
  const documented = tableRows(section(reference, '## Starting a node')).flatMap(([names]) =>
    [...names!.matchAll(/`(--[^`]+)`/g)].map((match) => match[1]!),
  );
  expect(documented.toSorted()).toEqual(options.toSorted());
});

test.each(['chain', 'balances', 'verify', 'export', 'import', 'story'])(
  'docs/CLI.md has every option of carechain %s',
  async (command) => {
    const options = (await optionsOf(command)).filter((option) => option !== '--help');
    const [line] = reference.match(new RegExp(`carechain ${command} .*--.*`)) ?? [''];
    expect(options.filter((option) => !line.includes(option))).toEqual([]);
    expect(options).not.toEqual([]);
  },
);
