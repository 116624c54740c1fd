// Is there a Java that DynamoDB Local runs on?
import { execFile } from 'node:child_process';

export type JavaVersion =
  | { readonly kind: 'found'; readonly major: number }
  | { readonly kind: 'too-old'; readonly major: number; readonly needed: number }
  | { readonly kind: 'missing'; readonly reason: string };

/** The first Java on `searchPath` (default: the environment's PATH). */
export async function findJava(searchPath?: string): Promise<JavaVersion> {
  return new Promise((resolve) => {
    const options = searchPath === undefined ? {} : { env: { PATH: searchPath } };
    execFile('java', ['-version'], options, (error, _, stderr) => {
      if (error !== null) resolve({ kind: 'missing', reason: error.message.trim() });
      else resolve(parseJavaVersion(stderr));
    });
  });
}

/** `text` is what `java -version` writes: `openjdk version "17.0.15" …`, and before Java 9 `java version "1.8.0_392"`. */
export function parseJavaVersion(text: string): JavaVersion {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  const major = Number(first === '1' ? second : first);
  if (!Number.isInteger(major)) {
    return { kind: 'missing', reason: `java -version says ${JSON.stringify(text.slice(0, 200))}` };
  }
  return major >= JAVA_NEEDED ? { kind: 'found', major } : { kind: 'too-old', major, needed: JAVA_NEEDED };
}

/** What DynamoDB Local is compiled for. */
const JAVA_NEEDED = 17;
