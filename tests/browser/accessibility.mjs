import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

export const kAxeScript = { path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') };

const kRules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] };

/** Fails with what axe finds wrong with the page as it is, in light and dark. The page needs kAxeScript. */
export async function assert_accessible(page, state) {
  for (const colorScheme of ['light', 'dark']) {
    // Without motion no colour is on its way to another.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await page.evaluate((rules) => window.axe.run(document, rules), kRules);
    const findings = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => `${node.html.slice(0, 200)} ${node.any[0]?.message ?? ''}`).join('\n  ')}`);
    assert.deepEqual(findings, [], `${state}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}
