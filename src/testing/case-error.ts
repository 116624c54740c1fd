/** A recorded case that cannot be run as it is: what was found, what was expected, and where. */
export class CaseError extends Error {
  override readonly name = 'CaseError';
}
