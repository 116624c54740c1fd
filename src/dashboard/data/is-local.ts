/** Whether the page is that of a run on this machine. */
export function isLocal(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost';
}
