/** An incident that cannot be read or played: what was found, what was expected, and where. */
export class IncidentError extends Error {
  override readonly name = 'IncidentError';
}
