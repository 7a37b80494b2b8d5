/** RFC 7914 §12, the one whose cost a key file may have; its first 32 bytes are a key. Hex. */
export const scryptVector = {
  password: 'pleaseletmein',
  salt: 'SodiumChloride',
  N: 16_384,
  key: '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
} as const;

/** RFC 5869 A.1 and A.3: HKDF with SHA-256, which HPKE stands on. Hex. */
export const hkdfVectors = [
  {
    name: 'A.1',
    ikm: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    name: 'A.3',
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
] as const;
