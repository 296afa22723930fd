/** The page of a run: its sections in order. */
import { renderDocument } from './document.ts';
import type { ReportModel } from './model.ts';
import type { Section } from './parts/section.ts';
import { accounts } from './sections/accounts.ts';
import { confusions } from './sections/confusions.ts';
import { cost } from './sections/cost.ts';
import { curves } from './sections/curves.ts';
import { definitions } from './sections/definitions.ts';
import { domains } from './sections/domains.ts';
import { examples } from './sections/examples.ts';
import { headline } from './sections/headline.ts';
import { hero } from './sections/hero.ts';
import { matrix } from './sections/matrix.ts';
import { reproduce } from './sections/reproduce.ts';
import { sources } from './sections/sources.ts';
import { sweep } from './sections/sweep.ts';

/** Renders the page; `examplesPerDomain` 0 leaves images out. */
export async function renderPage(model: ReportModel, examplesPerDomain: number): Promise<string> {
  const candidates: readonly (Section | undefined)[] = [
    headline(model),
    matrix(model),
    await curves(model),
    await sweep(model),
    domains(model),
    confusions(model),
    sources(model),
    examples(model, examplesPerDomain),
    await accounts(model),
    cost(model),
    reproduce(model),
    definitions(model),
  ];
  return renderDocument({
    title: `${model.record.name} · continual learning report`,
    hero: hero(model),
    sections: candidates.filter((section) => section !== undefined),
    source: "the run's record",
  });
}
