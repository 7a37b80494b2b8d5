/** `Doc@DoctorNode-5001 (No Patient) > `: who is at the node, and whom they care for. */
import type { NodeRole } from '../actions/index.ts';
import { escapeControls } from '../base/index.ts';
import { short } from './format/plain-words.ts';

const placeWords: Readonly<Record<NodeRole, string>> = { doctor: 'Doc', lab: 'Lab', pharmacy: 'Pharm' };

export interface PromptFacts {
  readonly role: NodeRole;
  readonly nodeId: string;
  readonly username: string | null;
  readonly patient: string | null;
  /** Null where this login cannot know it. */
  readonly patientName: string | null;
}

export function promptText({ role, nodeId, username, patient, patientName }: PromptFacts): string {
  const whom =
    patient === null
      ? 'No Patient'
      : patientName === null
        ? short(patient)
        : `${cut(patientName)} ${patient.slice(0, 4)}`;
  return escapeControls(`${username ?? placeWords[role]}@${nodeId} (${whom}) > `);
}

/** Long names would leave no room to type. */
function cut(name: string): string {
  const characters = [...name];
  return characters.length > 24 ? `${characters.slice(0, 23).join('')}…` : name;
}
