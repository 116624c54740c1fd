import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleDashboard } from '../../../cdk/bundle-dashboard.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Script, style and icon, as they are sent. */
const LIMIT_BYTES = 100_000;

it('the dashboard is a page and a few small files, named by their contents, that name no host', async () => {
  const bundleFolder = await temporaryFolder();
  const { pageFolder, assetsFolder } = await bundleDashboard({ bundleFolder });
  const page = await readFile(join(pageFolder, 'index.html'), 'utf8');
  const assets = join(assetsFolder, 'assets');
  const names = byKind(await readdir(assets));
  expect(names).toEqual([
    expect.stringMatching(/^dashboard-\w{8}\.css$/),
    expect.stringMatching(/^dashboard-\w{8}\.js$/),
    expect.stringMatching(/^icon-\w{8}\.svg$/),
  ]);
  let sent = 0;
  for (const name of names) {
    expect(page).toContain(`"assets/${name}"`);
    const contents = await readFile(join(assets, name));
    sent += gzipSync(contents).length;
    // Names of XML languages are no hosts that anybody asks.
    expect(contents.toString().match(/https?:\/\/(?!www\.w3\.org\/)[\w.-]+/g) ?? [], name).toEqual([]);
  }
  expect(sent).toBeLessThan(LIMIT_BYTES);
  expect(page).not.toMatch(/style=|<style|<script(?! type="module" src="assets\/)/);
  expect((await stat(join(pageFolder, 'index.html'))).size).toBeLessThan(4_000);

  const again = await bundleDashboard({ bundleFolder });
  expect(byKind(await readdir(join(again.assetsFolder, 'assets')))).toEqual(names);
});

/** Their names themselves come in whatever order their contents have it. */
function byKind(names: readonly string[]): string[] {
  return names.toSorted((a, b) => (extname(a) < extname(b) ? -1 : 1));
}
