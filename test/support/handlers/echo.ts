/** The least there is to bundle: answers with its event. */
export async function handler(event: unknown): Promise<unknown> {
  return event;
}
