/** The three nodes of a cluster. */
export type Role = 'doctor' | 'lab' | 'pharmacy';
export const roles: readonly Role[] = ['doctor', 'lab', 'pharmacy'];
