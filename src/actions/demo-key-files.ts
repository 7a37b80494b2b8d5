/**
 * The key files of the demo's four members, by username. The seeds were made once, at random, and are kept nowhere in the
 * clear; the passwords are in the README, which is why no other network takes these keys.
 */
import type { KeyFile } from '../crypto/index.ts';

export const demoKeyFiles: Readonly<Record<string, KeyFile>> = {
  dr_alice: {
    version: 1,
    username: 'dr_alice',
    signingPublicKey: 'f5aef5cafd9068acce578c5092acd8d9500ea086d7569b1a4f912fad814cde78',
    sealingPublicKey: 'fa895f243220501cff3311ec5aadf41d1b3b659b9f24f2060bb97ac5e158027e',
    kdf: {
      name: 'scrypt',
      N: 131072,
      r: 8,
      p: 1,
      salt: 'b87c068542627224b40cdb6f3465eb6a',
    },
    cipher: 'aes-256-gcm',
    nonce: 'c49be1ab3ccd86c36ad1facf',
    ciphertext:
      '6c776854f86d7f0bc1c4397db07fe4ecd7cc4cf61d5c0f04ad19c1b4d840af0edf469a9bb343144ebf495128dfecaf34c84e9e6ea552523d9cbe7e1df288ee5c8219606092c73bad97ce9499e7cd9f15be4f3e6d28d67cc353dea7257db9e174333ef4edba08f88dd981b79969',
  },
  lab_tech_bob: {
    version: 1,
    username: 'lab_tech_bob',
    signingPublicKey: 'f4c583c8bcd080bf387e2c1f0afa337ae6bf61e3c75346cabebfbf480ba9ace7',
    sealingPublicKey: 'a2e1115c5af2a7fc160022e475b038d7809fb902b822ceea182778480d99c12c',
    kdf: {
      name: 'scrypt',
      N: 131072,
      r: 8,
      p: 1,
      salt: '4535c9150018905711269709de36ba26',
    },
    cipher: 'aes-256-gcm',
    nonce: 'c367bd10f543ec2e228d7cf4',
    ciphertext:
      'b665e5af77245b3cd6dc28aa405c2a6c2f3f3a5f871374289ba3cf65f7322677f87a32c349600cda7500b61365751076e2a9dffce3b9067642c6a5e563b1222145d35e5f9831c90e284f0513cb5a26d266178203c7969116a3425248f2f9837f95db14a4f2a22a1f10bab4bb29',
  },
  pharm_charlie: {
    version: 1,
    username: 'pharm_charlie',
    signingPublicKey: 'ee53312ac5beebfe0de8cb320cbda6010be4beec8d72ef0ddb5a1b5d07b9198d',
    sealingPublicKey: 'd7c3c7b55a3af2c6b2e91a807bc0d756a59f622d1bc22a863677df853f12752f',
    kdf: {
      name: 'scrypt',
      N: 131072,
      r: 8,
      p: 1,
      salt: 'd44843c91c5c1c104c424fe3992520e5',
    },
    cipher: 'aes-256-gcm',
    nonce: 'eebdec0cde6dd3750e61316e',
    ciphertext:
      '0c412f798e6b37a035e297258b9fc24dc2b5bd675820529086f52ca1668310fd9510fa516b3bb27547c26b9ddee7495e971a7eff3a769a36514513ad183ef3dea9d27a7807bf2dfcfd68b46ed28d8f91fd0a7acd1d78d6760bc227524adb1e7e53eee03771c728b3ac393691b2',
  },
  admin_dana: {
    version: 1,
    username: 'admin_dana',
    signingPublicKey: '51d74517aa7c88f2ef7cd0b05dc6df9a1d840a32872a6bbb6e23d01160247296',
    sealingPublicKey: 'c822de392d443aab085ac9fc9f4c345ad8322e36de92b36e5a58d54fa83d5a7d',
    kdf: {
      name: 'scrypt',
      N: 131072,
      r: 8,
      p: 1,
      salt: '771fd49ef3ce72c84323efe4dcd038d2',
    },
    cipher: 'aes-256-gcm',
    nonce: '9fb09a69649c78190f1c48dd',
    ciphertext:
      '56897eb7c580bf3d48889039f6ce9b3dc73bdbf575257846c523a306dd7936adfa007ef2b8eb8a26dc9e10b7707977eebcc7cffa193e9c3d0af43d5491146e4171a2d4236d9a995a290cb729bd6788b7bfe5cc28c138c1439abe45650871ebc73cbbc2a9ee991082aa3dce0b28',
  },
};
