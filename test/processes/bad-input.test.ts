import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { demoGenesisFile } from '../../src/ledger/index.ts';
import { testGenesisFile } from '../support/ledger.ts';
import { freePort, startProcess, temporaryFolder } from '../support/processes.ts';
import { expectReadable, inLanes, nodeArgs, RawProcess, runToEnd } from './raw-process.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  return folder.path;
}

/** A doctor's node that is ready. */
async function startRaw(more: readonly string[] = [], folder?: string): Promise<RawProcess> {
  const place = folder ?? (await newFolder());
  const node = new RawProcess(nodeArgs(place, await freePort(), more));
  undo.push(() => node.kill());
  await node.prints('DoctorNode');
  return node;
}

interface Answer {
  readonly ok: boolean;
  readonly line: number;
  readonly command: string | null;
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: Readonly<Record<string, unknown>>;
}

function answersIn(out: string): Answer[] {
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Answer).filter((line) => !('event' in line));
}

const plain = /control characters and escapes are not taken/;
const wholeFrom1 = /whole number from 1\b/;

/** What is typed, the code of its answer, and what the sentence says. Nobody is logged in before the first `login` that fits. */
const refused: readonly (readonly [typed: string, code: string, sentence: RegExp])[] = [
  ['statu', 'unknown-command', /Did you mean `status`\?/],
  ['perfrom-test', 'unknown-command', /Did you mean `perform_test`\?/],
  ['xyzzy', 'unknown-command', /There is no command xyzzy\. See `help`/],
  ['__proto__ x', 'unknown-command', /no command __proto__/],
  ['constructor', 'unknown-command', /no command constructor/],
  ['\u001b]52;c;aGk=\u0007', 'unknown-command', /\\u\{1b\}/],
  ['\u009b2J\u202ex', 'unknown-command', /\\u\{9b\}2j\\u\{202e\}x/],
  ['\u0000', 'unknown-command', /\\u\{0\}/],
  ['register Jane', 'login-required', /Log in first/],
  ['history', 'login-required', /Log in first/],
  ['login', 'missing-argument', /<username> is missing/],
  ['login dr_alice', 'missing-argument', /<password> is missing/],
  ['login dr_alice wrong', 'login-failed', /do not fit/],
  ['login dr_mallory password123', 'login-failed', /do not fit/],
  ['login DR_ALICE password123', 'login-failed', /do not fit/],
  ['login __proto__ password123', 'login-failed', /do not fit/],
  ['login dr_alice password123', '', /dr_alice/],
  ['register', 'missing-argument', /<name> is missing\. Usage: register <name…>/],
  ['register \u001b[2JJane', 'invalid-argument', plain],
  ['register \u001b]8;;http://x\u0007Jane', 'invalid-argument', plain],
  ['register Jane\u0007', 'invalid-argument', plain],
  ['register Jane\u202eenaJ', 'invalid-argument', plain],
  ['register Ja\u200bne', 'invalid-argument', plain],
  ['register \u009b31mJane', 'invalid-argument', plain],
  ['register "Jane\\nDoe"', 'invalid-argument', plain],
  [`register ${'x'.repeat(201)}`, 'invalid-argument', /1 to 200 bytes/],
  [`register ${'é'.repeat(101)}`, 'invalid-argument', /1 to 200 bytes/],
  ['register "Jane Doe', 'bad-line', /quote " at character 10 is not closed/],
  ["register 'Jane", 'bad-line', /quote ' at character 10 is not closed/],
  ['register Jane --born 1980-02-30', 'invalid-argument', /day of the calendar/],
  ['register Jane --born', 'missing-argument', /--born needs a value/],
  ['register Jane --borne 1980-02-28', 'invalid-argument', /takes no option --borne\. Usage: register/],
  ['register Jane --born 1980-02-28 --born 1980-02-28', 'invalid-argument', /given twice/],
  ['transfer lab_tech_bob -5', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob 0', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob 1.5', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob 1,5', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob 1e3', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob 0x10', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob NaN', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob Infinity', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob ٣', 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob 9007199254740993', 'invalid-argument', wholeFrom1],
  [`transfer lab_tech_bob ${'9'.repeat(400)}`, 'invalid-argument', wholeFrom1],
  ['transfer lab_tech_bob 9007199254740991', 'insufficient-funds', /can spend 0, not 9007199254740991/],
  ['transfer dr_alice 5', 'transfer-to-self', /two different accounts/],
  ['transfer nobody 5', 'unknown-recipient', /not a member/],
  ['transfer __proto__ 5', 'unknown-recipient', /not a member/],
  ['set_patient 11111111-1111-4111-8111-111111111111', 'unknown-patient', /No patient with this id/],
  ['set_patient 3f2', 'unknown-patient', /at least its first 4 characters/],
  ['set_patient ../../etc/passwd', 'unknown-patient', /No patient with this id/],
  ['history', 'no-active-patient', /set_patient <id>/],
  ['consult --notes hello', 'no-active-patient', /set_patient <id>/],
  ['tx 0000', 'unknown-transaction', /No transaction here/],
  [`tx ${'a'.repeat(64)}`, 'unknown-transaction', /No transaction here/],
  [`tx ${'a'.repeat(101)}`, 'invalid-argument', /1 to 100 bytes/],
  ['block 99', 'unknown-block', /No block here/],
  ['block 99999999999999999999', 'unknown-block', /No block here/],
  ['chain --count 0', 'invalid-argument', /--count: Give a whole number from 1 to 1000/],
  ['chain --from -1', 'invalid-argument', /--from: Give a whole number from 0/],
  ['print 3f2a91', 'unknown-transaction', /No transaction here/],
  ['perform_test --hemoglobin 13.9 --wbc 6200 --platelets 250000', 'wrong-role', /This user is not a lab\./],
  ['fill --yes', 'wrong-role', /This user is not a pharmacy\./],
  ['sync', 'no-peers', /linked to nobody/],
  ['mine', 'nothing-to-mine', /Nothing is pending/],
  ['exit now', 'invalid-argument', /Usage: exit\. /],
  ['help nothing', 'unknown-command', /no command nothing/],
];

test('every bad line has one answer, in order, and the next line is answered as if nothing had been', async () => {
  // After each of them a line that must be answered well.
  const input = refused.map(([typed]) => `${typed}\nstatus\n`).join('');
  const ended = await runToEnd(nodeArgs(await newFolder(), await freePort(), ['--json']), input);
  expect(ended.code).toBe(0);
  expectReadable(ended);
  const answers = answersIn(ended.out);
  expect(answers.map(({ line }) => line)).toEqual(answers.map((_, index) => index + 1));
  expect(answers.filter((_, index) => index % 2 === 1).every(({ ok, command }) => ok && command === 'status')).toBe(
    true,
  );
  const told = answers.filter((_, index) => index % 2 === 0).map(({ error }) => error?.code ?? '');
  expect(told.map((code, index) => [refused[index]![0], code])).toEqual(refused.map(([typed, code]) => [typed, code]));
  for (const [index, [, code, sentence]] of refused.entries()) {
    const { error, result } = answers[2 * index]!;
    if (code === '') expect(result).toMatchObject({ username: 'dr_alice' });
    else expect(error!.message).toMatch(sentence);
  }
});

test('the same lines in words: one sentence each, and nothing that a terminal would obey', async () => {
  const input = refused.map(([typed]) => `${typed}\nwhoami\n`).join('');
  const ended = await runToEnd(nodeArgs(await newFolder(), await freePort()), input);
  expect(ended.code).toBe(0);
  expectReadable(ended);
  expect(ended.complaint).toBe('');
  expect(ended.out.match(/^✗ /gm)).toHaveLength(refused.filter(([, code]) => code !== '').length);
  expect(ended.out).toContain('✓ Logged in as dr_alice');
});

test('an unknown user and a wrong password get the same answer', async () => {
  const folder = await newFolder();
  const node = await startProcess({ role: 'doctor', port: await freePort(), peers: [], folder });
  undo.push(() => node.end());
  const unknown = await node.ask('login dr_mallory password123');
  const wrong = await node.ask('login dr_alice password124');
  expect(unknown.error!.code).toBe('login-failed');
  expect(wrong.error).toEqual(unknown.error);
  // A login of another role succeeds here, and may not do what is the doctor's.
  await node.run('login lab_tech_bob labpass');
  for (const line of ['register Jane', 'consult --notes x', 'void 3f2a91 --reason x', 'prescribe --medication x']) {
    const { error } = await node.ask(line);
    expect([line, error!.code, error!.message.split('. ')[0]]).toEqual([
      line,
      'wrong-role',
      'This user is not a doctor',
    ]);
  }
});

test('bytes that are no text, and lines that are too long, are answered and dropped', async () => {
  const node = await startRaw(['--json']);
  await node.write('register ');
  const megabyte = Buffer.alloc(1_000_000, 0x78);
  for (let sent = 0; sent < 10; sent++) await node.write(megabyte);
  await node.write('\nregister ');
  await node.write(Buffer.from([0xff, 0xfe, 0x4a, 0x0a]));
  await node.write(Buffer.concat([Buffer.from('# '), Buffer.from([0xc3]), Buffer.from('\n')]));
  // Overlong, a lone surrogate, a sequence cut by the newline.
  await node.write(Buffer.from([0xc0, 0xaf, 0x0a, 0xed, 0xa0, 0x80, 0x0a, 0xe2, 0x82, 0x0a]));
  await node.write(`status${' '.repeat(65_536 - 6)}\nstatus${' '.repeat(65_536 - 5)}\n`);
  await node.write('\r\n   \n# a comment\nstatus\r\n');
  node.endInput();
  const ended = await node.end();
  expect(ended.code).toBe(0);
  expectReadable(ended);
  expect(answersIn(ended.out).map(({ line, command, error }) => [line, error?.code ?? command])).toEqual([
    [1, 'line-too-long'],
    [2, 'bad-line'],
    [3, 'bad-line'],
    [4, 'bad-line'],
    [5, 'bad-line'],
    [6, 'bad-line'],
    [7, 'status'],
    [8, 'line-too-long'],
    [12, 'status'],
  ]);
  expect(answersIn(ended.out)[1]!.error!.message).toMatch(/^The line is not UTF-8\. Send it as UTF-8/);
});

test.skipIf(process.platform !== 'linux')('what was answered is forgotten, however much it was', async () => {
  const node = await startRaw(['--json']);
  const residentBytes = () =>
    1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${node.processId}/status`, 'utf8'))![1]);
  const before = residentBytes();
  const comment = Buffer.from(`# ${'x'.repeat(60_000)}\n`);
  for (let sent = 0; sent < 200_000_000; sent += comment.length) await node.write(comment);
  await node.write('whoami\n');
  await node.prints('"command":"whoami"');
  expect(residentBytes() - before).toBeLessThan(100_000_000);
});

test('what begins two ids is ambiguous, and the whole id is not', async () => {
  const folder = await newFolder();
  const node = await startProcess({ role: 'doctor', port: await freePort(), peers: [], folder });
  undo.push(() => node.end());
  await node.run('login dr_alice password123');
  const byBeginning = new Map<string, string>();
  let twins: [string, string] | null = null;
  // Among 300 ids two begin alike more often than not.
  for (let round = 0; round < 20 && !twins; round++) {
    const lines = Array.from({ length: 100 }, (_, index) => node.run(`register Patient ${round} ${index}`));
    for (const { transactionId } of await Promise.all(lines)) {
      const id = transactionId as string;
      const other = byBeginning.get(id.slice(0, 4));
      if (other) twins = [other, id];
      byBeginning.set(id.slice(0, 4), id);
    }
  }
  const [one, other] = twins!;
  const answer = await node.ask(`tx ${one.slice(0, 4)}`);
  expect(answer.error).toMatchObject({ code: 'ambiguous-id', message: expect.stringContaining('Give more') });
  expect((await node.run(`tx ${one}`)).id).toBe(one);
  expect((await node.run(`tx ${other.slice(0, 20).toUpperCase()}`)).id).toBe(other);
});

const wrongUsage: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
  [[], /Usage: carechain/],
  [['doctor', '--prt', '1'], /unknown option '--prt'/],
  [['doctor', '--port', '65536'], /whole number from 0 to 65535/],
  [['doctor', '\u001b[2J\u202e'], /too many arguments/],
  [['\u001b[2J\u202e'], /unknown command/],
  [['doctor', '--id', '../../\u001b[2J'], /letters, digits/],
  [['doctor', '--data-dir', ''], /--data-dir: give the name/],
  [['doctor', '--host', '0.0.0.0'], /everybody has its keys/],
  [['doctor', '--peers', '127.0.0.1:5002,\u001b[2J:99999'], /host:port such as/],
  [['chain', '--data-dir', ''], /--data-dir: give the name/],
];

test('wrong usage ends with 2, says what is wrong, and makes no folder', async () => {
  const folder = await newFolder();
  await inLanes(wrongUsage, async ([args, sentence]) => {
    const [command, ...rest] = args;
    const inFolder = command === 'doctor' && !rest.includes('--data-dir') ? ['--data-dir', join(folder, 'new')] : [];
    const ended = await runToEnd(command === undefined ? [] : [command, ...inFolder, ...rest]);
    expect([args, ended.code, ended.out]).toEqual([args, 2, '']);
    expect(ended.complaint).toMatch(sentence);
    expectReadable(ended);
  });
  expect(readdirSync(folder)).toEqual([]);
});

test('what is refused before anything is opened makes no folder', async () => {
  const folder = await newFolder();
  const genesis = (name: string, file: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(file));
    return ['--network', join(folder, name)];
  };
  const stolen = { ...testGenesisFile(), members: demoGenesisFile.members };
  const cases: [args: readonly string[], code: string][] = [
    [['--peers', '10.0.0.1:5001'], 'not-loopback'],
    [genesis('stolen.json', stolen), 'demo-keys-refused'],
  ];
  await inLanes(cases, async ([args, code]) => {
    const ended = await runToEnd(nodeArgs(join(folder, 'made'), 0, args));
    expect([ended.code, ended.out]).toEqual([1, '']);
    expect(ended.complaint).toContain(`(${code})`);
    expectReadable(ended);
  });
  expect(readdirSync(folder)).toEqual(['stolen.json']);

  // Whoever has put key files into a new folder finds nothing but them.
  const keys = join(folder, 'doctor/keys');
  mkdirSync(keys, { recursive: true });
  writeFileSync(join(keys, 'alice.json'), '{}');
  const ended = await runToEnd(nodeArgs(folder, 0, genesis('ours.json', testGenesisFile())));
  expect(ended.complaint).toContain('(key-file-damaged)');
  expect(ended.code).toBe(1);
  expect(readdirSync(join(folder, 'doctor'))).toEqual(['keys']);
});

test('a port that is taken: a sentence that names it, 1, and the first node is not disturbed', async () => {
  const folder = await newFolder();
  const port = await freePort();
  const first = await startProcess({ role: 'doctor', port, peers: [], folder });
  undo.push(() => first.end());
  const ended = await runToEnd(nodeArgs(join(folder, 'second'), port));
  expect(ended.complaint).toContain(`Port ${port} on 127.0.0.1 is taken`);
  expect([ended.code, ended.out]).toEqual([1, '']);
  expectReadable(ended);
  expect((await first.run('status')).height).toBe(0);
  expect(readdirSync(folder)).toEqual(['doctor']);
});

test('an address that is not of this machine: a sentence that names it, 1, and no folder', async () => {
  const folder = await newFolder();
  const ended = await runToEnd(nodeArgs(folder, 0, ['--host', '192.0.2.1', '--expose-demo']));
  expect(ended.complaint).toContain('cannot listen on 192.0.2.1');
  expect([ended.code, ended.out]).toEqual([1, '']);
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder in use: the sentence names the process, and the first node is not disturbed', async () => {
  const folder = await newFolder();
  const first = await startProcess({ role: 'doctor', port: await freePort(), peers: [], folder });
  undo.push(() => first.end());
  const ended = await runToEnd(['lab', '--port', String(await freePort()), '--data-dir', join(folder, 'doctor')]);
  expect(ended.complaint).toContain(`in use by process ${first.processId}.`);
  expect([ended.code, ended.out]).toEqual([1, '']);
  expectReadable(ended);
  await first.run('login dr_alice password123');
  await first.run('register Jane Doe');
  expect((await first.run('mine')).height).toBe(1);
  expect(await first.end()).toBe(0);
});

describe('a folder that cannot be used is named, and the node ends with 1', () => {
  test('a file or a file system is in the way', async () => {
    const folder = await newFolder();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await inLanes([file, join(file, 'below'), '/proc/nothing/here', '/proc/self'], async (dataDir) => {
      const ended = await runToEnd(['doctor', '--port', '0', '--data-dir', dataDir]);
      expect(ended.complaint).toContain(`The data folder ${dataDir} cannot be written`);
      expect([ended.code, ended.out]).toEqual([1, '']);
      expectReadable(ended);
    });
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  /** A folder with a block in it, which is not in use. */
  async function folderWithBlock(): Promise<string> {
    const folder = await newFolder();
    const lines = 'login dr_alice password123\nregister Jane Doe\nmine\n';
    const ended = await runToEnd(nodeArgs(folder, 0, ['--json']), lines);
    expect(answersIn(ended.out).every(({ ok }) => ok)).toBe(true);
    return folder;
  }

  test('it belongs to another network', async () => {
    const folder = await folderWithBlock();
    const genesis = join(folder, 'genesis.json');
    writeFileSync(genesis, JSON.stringify(testGenesisFile({ name: 'our clinic' })));
    const ended = await runToEnd(nodeArgs(folder, 0, ['--network', genesis]));
    expect(ended.complaint).toMatch(/belongs to the network [0-9a-f]{16}, not to our clinic \([0-9a-f]{16}\)/);
    expect([ended.code, ended.out]).toEqual([1, '']);
    expectReadable(ended);
    const again = await runToEnd(nodeArgs(folder, 0, ['--json']), 'status\n');
    expect(answersIn(again.out)[0]!.result).toMatchObject({ height: 1 });
  });

  test('a genesis file that is none', async () => {
    const folder = await newFolder();
    const genesis = join(folder, 'genesis.json');
    for (const text of ['\u001b[2J', JSON.stringify({ ...testGenesisFile(), supply: -1 })]) {
      writeFileSync(genesis, text);
      const ended = await runToEnd(nodeArgs(folder, 0, ['--network', genesis]));
      expect(ended.complaint).toContain('(bad-genesis)');
      expect([ended.code, ended.out]).toEqual([1, '']);
      expectReadable(ended);
    }
    expect(readdirSync(folder)).toEqual(['genesis.json']);
  });

  test('it is damaged', async () => {
    const folder = await folderWithBlock();
    // At the second start the database moves what the first wrote into a table.
    await runToEnd(nodeArgs(folder, 0), 'status\n');
    const ledger = join(folder, 'doctor/ledger');
    const table = join(ledger, readdirSync(ledger).find((name) => name.endsWith('.ldb'))!);
    for (const [path, spoilt, code] of [
      [join(folder, 'doctor/node-key'), 'abc', 'folder-damaged'],
      [table, readFileSync(table).subarray(0, 100), 'folder-damaged'],
      [join(ledger, 'CURRENT'), '', 'folder-damaged'],
    ] as const) {
      const whole = readFileSync(path);
      writeFileSync(path, spoilt);
      const ended = await runToEnd(nodeArgs(folder, 0));
      expect(ended.complaint).toContain(`(${code})`);
      expect([ended.code, ended.out]).toEqual([1, '']);
      expectReadable(ended);
      writeFileSync(path, whole);
    }
    const whole = await runToEnd(nodeArgs(folder, 0, ['--json']), 'status\n');
    expect(answersIn(whole.out)[0]!.result).toMatchObject({ height: 1 });
  });

  test('a folder where the registry should be: the patient is registered all the same', async () => {
    const folder = await newFolder();
    mkdirSync(join(folder, 'patient_registry.csv'));
    const ended = await runToEnd(
      nodeArgs(folder, 0, ['--json']),
      'login dr_alice password123\nregister Jane Doe\nmine\n',
    );
    const [, registered, mined] = answersIn(ended.out);
    expect(registered!.result).toMatchObject({ warning: expect.stringContaining('could not be written') });
    expect(mined!.result).toMatchObject({ height: 1 });
    expectReadable(ended);
  });
});

describe('the end', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s: 0 within five seconds', async (name) => {
    await inLanes([['--json'], [], ['--serve']], async (mode) => {
      const node = await startRaw(mode);
      const signalledAt = performance.now();
      node.signal(name);
      const ended = await node.end();
      expect(performance.now() - signalledAt).toBeLessThan(5_000);
      expect([ended.code, ended.complaint]).toEqual([0, '']);
    });
  });

  test('a signal in the middle of a command', async () => {
    const node = await startRaw(['--json']);
    await node.write('login nobody x\n'.repeat(8));
    // The sixth guess waits for its turn.
    await node.prints('"line":5');
    node.signal('SIGTERM');
    const ended = await node.end();
    expect([ended.code, ended.complaint]).toEqual([0, '']);
    expect(answersIn(ended.out)).toHaveLength(5);
  });

  test('end of input comes after all queued lines, also one without its newline', async () => {
    const ended = await runToEnd(nodeArgs(await newFolder(), 0, ['--json']), `${'status\n'.repeat(500)}whoami`);
    expect(ended.code).toBe(0);
    expect(answersIn(ended.out).map(({ line }) => line)).toEqual(Array.from({ length: 501 }, (_, at) => at + 1));
  });

  test('nothing after `exit` is read', async () => {
    const ended = await runToEnd(nodeArgs(await newFolder(), 0, ['--json']), 'status\nexit\nstatus\n');
    expect(ended.code).toBe(0);
    expect(answersIn(ended.out).map(({ command }) => command)).toEqual(['status', 'exit']);
  });

  test('--serve reads no commands, and outlives its input', async () => {
    const folder = await newFolder();
    const port = await freePort();
    const node = new RawProcess(nodeArgs(folder, port, ['--serve', '--json']));
    undo.push(() => node.kill());
    await node.prints('"ready"');
    await node.write('exit\nstatus\n');
    node.endInput();
    // A second node that links to it shows that it is there.
    const other = await startProcess({ role: 'lab', port: await freePort(), peers: [port], folder });
    undo.push(() => other.end());
    await other.event(({ event, state }) => event === 'peer' && state === 'connected', 'the link');
    await other.end();
    node.signal('SIGTERM');
    const ended = await node.end();
    expect(ended.code).toBe(0);
    expect(answersIn(ended.out)).toEqual([]);
  });

  test('a reader that goes is an end, and no error', async () => {
    const node = await startRaw(['--json']);
    node.closeOutput();
    await node.write('status\n'.repeat(50));
    const ended = await node.end();
    expect([ended.code, ended.complaint]).toEqual([0, '']);
  });
});
