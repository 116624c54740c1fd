// MIME types as API Gateway compares them.

/** Without parameters such as charset; API Gateway takes JSON where nothing is said. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Whether a body of that type is bytes to the API. */
export function isBinaryType(type: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  if (binaryMediaTypes.includes('*/*')) return true;
  return type !== undefined && binaryMediaTypes.includes(mediaType(type));
}
