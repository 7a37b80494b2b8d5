/** All kinds of transactions. Adding a kind is adding a file and a row. */
import { doctorConsultation } from './doctor-consultation.ts';
import { labTestResult } from './lab-test-result.ts';
import { patientRegistration } from './patient-registration.ts';
import { prescription } from './prescription.ts';
import { prescriptionCancellation } from './prescription-cancellation.ts';
import { prescriptionFilled } from './prescription-filled.ts';
import { transferEcash } from './transfer-ecash.ts';

export const kinds = {
  PATIENT_REGISTRATION: patientRegistration,
  DOCTOR_CONSULTATION: doctorConsultation,
  LAB_TEST_RESULT: labTestResult,
  PRESCRIPTION: prescription,
  PRESCRIPTION_FILLED: prescriptionFilled,
  PRESCRIPTION_CANCELLATION: prescriptionCancellation,
  TRANSFER_ECASH: transferEcash,
} as const;

export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as KindName[];
export type { Kind, Occasion } from './kind.ts';
export { authoredReasons, transferReasons } from './transfer-ecash.ts';
