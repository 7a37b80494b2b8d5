/**
 * The demo network: four members whose passwords are in the README, so anybody can be any of them. It is for trying
 * carechain out on one machine. A single changed character here makes another network.
 */
import { type Genesis, type GenesisFile, parseGenesis } from './genesis.ts';

export const demoGenesisFile: GenesisFile = {
  rules: 1,
  name: 'carechain demo',
  /** 2026-01-01T00:00:00Z */
  time: 1_767_225_600_000,
  members: [
    {
      username: 'dr_alice',
      role: 'doctor',
      name: 'Dr Alice',
      place: 'Harbour Clinic',
      signingKey: 'f5aef5cafd9068acce578c5092acd8d9500ea086d7569b1a4f912fad814cde78',
      sealingKey: 'fa895f243220501cff3311ec5aadf41d1b3b659b9f24f2060bb97ac5e158027e',
    },
    {
      username: 'lab_tech_bob',
      role: 'lab',
      name: 'Bob',
      place: 'Harbour Laboratory',
      signingKey: 'f4c583c8bcd080bf387e2c1f0afa337ae6bf61e3c75346cabebfbf480ba9ace7',
      sealingKey: 'a2e1115c5af2a7fc160022e475b038d7809fb902b822ceea182778480d99c12c',
    },
    {
      username: 'pharm_charlie',
      role: 'pharmacy',
      name: 'Charlie',
      place: 'Harbour Pharmacy',
      signingKey: 'ee53312ac5beebfe0de8cb320cbda6010be4beec8d72ef0ddb5a1b5d07b9198d',
      sealingKey: 'd7c3c7b55a3af2c6b2e91a807bc0d756a59f622d1bc22a863677df853f12752f',
    },
    {
      username: 'admin_dana',
      role: 'admin',
      name: 'Dana',
      place: 'Harbour Clinic',
      signingKey: '51d74517aa7c88f2ef7cd0b05dc6df9a1d840a32872a6bbb6e23d01160247296',
      sealingKey: 'c822de392d443aab085ac9fc9f4c345ad8322e36de92b36e5a58d54fa83d5a7d',
    },
  ],
  miners: 'open',
  supply: 1_000_000,
  rewards: { order: 500, fill: 700 },
  prices: { reportAccess: 100 },
  difficulty: 4_096,
  limits: {
    blockBytes: 1_000_000,
    transactionBytes: 16_384,
    rewardsPerBlock: 4_000,
  },
};

export const demoGenesis: Genesis = parseGenesis(demoGenesisFile);
