import { describe, expect, it } from 'vitest';
import { findJava, parseJavaVersion } from '../../../src/local-stack/java-version.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('the version of Java', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', { kind: 'found', major: 17 }],
    ['openjdk version "21" 2023-09-19', { kind: 'found', major: 21 }],
    [
      'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25.0.1" 2025-10-21',
      { kind: 'found', major: 25 },
    ],
    ['openjdk version "11.0.2" 2019-01-15', { kind: 'too-old', major: 11, needed: 17 }],
    ['java version "1.8.0_392"', { kind: 'too-old', major: 8, needed: 17 }],
  ])('is read from %j', (text, expected) => {
    expect(parseJavaVersion(text)).toEqual(expected);
  });

  it('is missing where something else answers', () => {
    expect(parseJavaVersion('The operation couldn’t be completed.')).toMatchObject({ kind: 'missing' });
    expect(parseJavaVersion('')).toMatchObject({ kind: 'missing' });
  });

  it('is missing where there is no Java on the path', async () => {
    expect(await findJava(await temporaryFolder())).toMatchObject({
      kind: 'missing',
      reason: expect.stringContaining('ENOENT'),
    });
  });
});
