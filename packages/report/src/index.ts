/**
 * The self-contained HTML report of a run.
 *
 * @packageDocumentation
 */
export { htmlReport } from './html-report.ts';
export type { HtmlReportOptions } from './html-report.ts';
