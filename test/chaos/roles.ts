/** The three nodes of a cluster. */
export type Role = 'doctor' | 'lab' | 'pharmacy';
export const roles: readonly Role[] = ['doctor', 'lab', 'pharmacy'];

/** Who works in each place. */
export const logins: Readonly<Record<Role, string>> = {
  doctor: 'login dr_alice password123',
  lab: 'login lab_tech_bob labpass',
  pharmacy: 'login pharm_charlie pharmpass',
};
