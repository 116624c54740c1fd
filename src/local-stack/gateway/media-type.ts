// MIME types as API Gateway compares them.

/** Without parameters such as charset; API Gateway takes JSON where nothing is said. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Whether a body of that type is bytes to the API: a wildcard may stand for every type, or for what is behind the slash. */
export function isBinaryType(type: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  if (binaryMediaTypes.includes('*/*')) return true;
  if (type === undefined) return false;
  const found = mediaType(type);
  return binaryMediaTypes.some(
    (binary) =>
      !binary.startsWith('*') &&
      (binary === found || (binary.endsWith('/*') && found.startsWith(binary.slice(0, -1)))),
  );
}
