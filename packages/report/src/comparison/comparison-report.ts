/** The files of a comparison. */
import type { ComparisonRecord } from '@cl/hub';
import { compareLearners, modelsOf, type ComparisonOptions } from './compare-learners.ts';

/**
 * Writes `compare.html` (one self-contained page), `compare.md` (tables) and `compare.json` (the numbers of
 * {@link compareLearners}). The same record gives the same bytes.
 *
 * @throws ClError as {@link compareLearners} does.
 */
export async function comparisonReport(
  record: ComparisonRecord,
  options: ComparisonOptions = {},
): Promise<Readonly<Record<'compare.html' | 'compare.md' | 'compare.json', string>>> {
  const comparison = compareLearners(record, options);
  const { toMarkdown } = await import('./markdown.ts');
  const { comparisonPage } = await import('./page.ts');
  return {
    'compare.html': await comparisonPage(record, comparison, modelsOf(record, options)),
    'compare.md': toMarkdown(comparison),
    'compare.json': `${JSON.stringify(comparison, undefined, 1)}\n`,
  };
}
