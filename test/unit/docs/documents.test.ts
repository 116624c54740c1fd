// What documents show is true: definitions in them are read as they stand, and links lead somewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { projectFolder } from '../../../src/platform/project-folder.ts';

const PROJECT = projectFolder();
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(PROJECT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const textOf = (document: string) => readFileSync(join(PROJECT, document), 'utf8');

test.each(['README.md', 'docs/pipeline.md'])('the definition in %s is one', (document) => {
  const shown = [...textOf(document).matchAll(/```json\n([\s\S]*?)```/g)]
    .map(([, text = '']): unknown => JSON.parse(text))
    .filter((value) => typeof value === 'object' && value !== null && 'aggregations' in value);
  expect(shown).toHaveLength(1);
  for (const definition of shown) expect(() => parsePipeline(definition)).not.toThrow();
});

test.each(DOCUMENTS)('links of %s lead somewhere', (document) => {
  const links = [...textOf(document).matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)];
  const missing = links.filter(([, file = '', heading]) => {
    const target = file === '' ? document : join(dirname(document), file);
    if (!existsSync(join(PROJECT, target))) return true;
    return heading !== undefined && !anchorsOf(textOf(target)).has(heading);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});

/** What follows `#` in addresses: headings as GitHub names them, and anchors. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)]);
}
