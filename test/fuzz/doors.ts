/** Where the program reads bytes or text that others wrote, and which decoder here stands for it. */

/** What reading looks like in a source file. */
export const readsBytes =
  /\bJSON\.parse\b|\bDataView\b|\b(?:decode|tryDecode|safeDecode|readShape|tryRead)(?:<[^(]*>)?\(|\bnew ByteCursor\b|\bdecodeRpc\(|\.decoder\b|\breadUInt/;

/** By file, the decoders that lead through it. */
export const doors: Readonly<Record<string, readonly string[]>> = {
  'src/actions/key-files.ts': ['key-file'],
  'src/base/bytes.ts': ['encoding'],
  'src/base/encoding.ts': ['encoding'],
  'src/base/shapes.ts': ['transaction', 'block', 'sealed-header'],
  'src/cli/byte-lines.ts': ['command-line', 'exported-block'],
  'src/cli/strict-json.ts': ['exported-block', 'genesis'],
  'src/ledger/block.ts': ['block', 'sealed-header'],
  'src/ledger/fields.ts': ['transaction', 'block', 'sealed-header'],
  'src/ledger/transaction.ts': ['transaction'],
  'src/network/answers.ts': ['headers-request', 'blocks-request', 'transactions-request'],
  'src/network/framing.ts': ['frame'],
  'src/network/gossip-frames.ts': ['gossip-frame'],
  'src/network/gossip.ts': ['heard-transactions', 'heard-block'],
  'src/network/link-frames.ts': ['yamux-frames'],
  'src/network/wire.ts': [
    'headers-answer',
    'blocks-answer',
    'pending-ids-answer',
    'transactions-answer',
    'gossip-batch',
  ],
  'src/storage/leveldb/log-records.ts': ['leveldb-log', 'leveldb-manifest'],
  'src/storage/leveldb/manifest.ts': ['leveldb-manifest'],
  'src/storage/leveldb/read-log.ts': ['leveldb-log'],
  'src/storage/leveldb/salvage.ts': ['leveldb-log', 'leveldb-table'],
  'src/storage/leveldb/snappy.ts': ['snappy', 'leveldb-table'],
  'src/storage/leveldb/table-blocks.ts': ['leveldb-table'],
  'src/storage/rows.ts': ['stored-row'],
  'src/vault/envelope.ts': ['record-envelope'],
  'src/vault/exchange.ts': ['vault-request', 'vault-answer'],
  'src/vault/hosting.ts': ['hosting-statement'],
  'src/vault/padding.ts': ['record-padding'],
  'src/vault/record-text.ts': ['record-text'],
};

/** By file, why it needs none. */
export const exceptions: Readonly<Record<string, string>> = {
  'src/base/random.ts': 'it reads its own chance',
  'src/cli/program.ts': 'it reads the package file of the program itself',
  'src/cli/story/node-process.ts': 'it reads what a process of this very program prints',
  'src/crypto/key-file.ts':
    'what it decodes has been opened with the password and is authentic; the file itself is `key-file`',
  'src/crypto/work.ts': 'it writes only',
  'src/node/pending-sum.ts': 'it writes only',
  'src/storage/leveldb/crc32c.ts': 'whatever the bytes are, they have a checksum',
};
