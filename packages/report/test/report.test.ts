import { expect, test } from 'vitest';
import { htmlReport } from '@cl/report';
import { syntheticRecord } from './fixtures/synthetic-record.ts';

test('a report is one file, and the same record gives the same bytes', async () => {
  const first = await htmlReport.render(syntheticRecord(), htmlReport.defaults);
  const second = await htmlReport.render(syntheticRecord(), htmlReport.defaults);
  expect(Object.keys(first)).toEqual(['report.html']);
  expect(first).toEqual(second);
});
