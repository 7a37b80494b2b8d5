/** patient_registry.csv: which name belongs to which patient id, in the clear, on the doctor's own machine only. */
export interface RegistryRow {
  readonly patientId: string;
  readonly name: string;
  readonly registeredBy: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
}

export interface RegistryCsv {
  append(row: RegistryRow): Promise<void>;
  rows(): Promise<readonly RegistryRow[]>;
}
