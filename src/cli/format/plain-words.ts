/** Ids, times, kinds and states in the words of a screen. */

/** An id as a list shows it; commands take it again, because a beginning that is unique will do. */
export function short(id: string): string {
  return id.length > 8 ? id.slice(0, 8) : id;
}

/** An author: a username, or a shortened key where nobody here has it. */
export function who(name: string): string {
  return /^[0-9a-f]{64}$/.test(name) ? short(name) : name;
}

/** Local time to the minute, such as 2026-11-21 08:12. */
export function localTime(time: string | number | null): string {
  if (time === null) return '–';
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '–';
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(date.getTime())}`;
}

/** Local time of day, such as 08:12. */
export function clockTime(timeMs: number): string {
  const date = new Date(timeMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

const kindWords: Readonly<Record<string, string>> = {
  PATIENT_REGISTRATION: 'registration',
  DOCTOR_CONSULTATION: 'consultation',
  LAB_TEST_RESULT: 'lab result',
  PRESCRIPTION: 'prescription',
  PRESCRIPTION_FILLED: 'dispensing',
  PRESCRIPTION_CANCELLATION: 'withdrawal',
  TRANSFER_ECASH: 'transfer',
};

export function kindWord(kind: string): string {
  return kindWords[kind] ?? kind;
}

const reasonWords: Readonly<Record<string, string>> = {
  'order-reward': 'Reward for Lab Test Order (Blood Test)',
  'fill-reward': 'Reward for Prescription Fill',
  'report-access': 'Payment for Lab Report Access',
  other: 'other',
};

export function reasonWord(reason: string | null): string {
  return reason === null ? '' : (reasonWords[reason] ?? reason);
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

export function money(amount: number): string {
  return amount.toLocaleString('en');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
