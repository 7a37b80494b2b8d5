/** A role is a row in a table, plus the actions it may run. */
export const roles = ['doctor', 'lab', 'pharmacy', 'patient', 'admin'] as const;
export type Role = (typeof roles)[number];
