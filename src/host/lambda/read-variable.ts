// A function's configuration: read once, at its start, from the environment.

export function readVariable(name: string, expected: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`environment variable ${name}: missing, expected ${expected}`);
  }
  return value;
}
