/** What learners tell of themselves: their size, their memory of the past, their inner life. */
import type { LearnerAccount } from '@cl/hub';
import { count, plural } from '../format.ts';
import { html, name, type Html } from '../html.ts';
import { leader } from '../metric-columns.ts';
import type { LearnerView, ReportModel } from '../model.ts';
import { insightOf } from '../parts/insight.ts';
import { markerIcon } from '../parts/marker.ts';
import type { Section } from '../parts/section.ts';
import { tabs } from '../parts/tabs.ts';

/** One tab a learner that tells something; `undefined` when none does. */
export async function accounts(model: ReportModel): Promise<Section | undefined> {
  const telling = model.learners.flatMap((learner) => {
    const trial = learner.trials.find(({ account }) => account !== undefined);
    return trial?.account === undefined
      ? []
      : [{ learner, account: trial.account, seed: trial.seed }];
  });
  if (telling.length === 0) return undefined;
  const first = leader(model);
  const entries = await Promise.all(
    telling.map(async ({ learner, account, seed }) => ({
      label: html`${markerIcon(learner)} ${name(learner.label)}`,
      body: await accountOf(learner, account, seed),
    })),
  );
  const open = telling.findIndex(({ learner }) => learner === first);
  return {
    id: 'accounts',
    title: 'What the methods tell',
    short: 'Methods',
    lead: html`Each learner's account of itself after the last experience: how much of it is
    trained, what it keeps of past data, and what it found out on the way.`,
    body: html`<div class="card">
      ${entries.length === 1 && html`<h3>${entries[0]!.label}</h3>`}
      ${tabs('accounts', 'Learner', entries, Math.max(0, open))}
    </div>`,
  };
}

async function accountOf(
  { trials }: LearnerView,
  { trainableParameters, keeps, insights }: LearnerAccount,
  seed: number,
): Promise<Html> {
  const drawings = await Promise.all(insights.map(insightOf));
  return html`<dl class="facts">
      <div>
        <dt>Trainable parameters</dt>
        <dd>${count(trainableParameters)}</dd>
      </div>
      <div>
        <dt>Keeps of past data</dt>
        <dd>${name(keeps)}</dd>
      </div>
    </dl>
    ${drawings}
    ${trials.length > 1 && html`<p class="note">Seed ${seed} of ${plural(trials.length, 'seed')}.</p>`}`;
}
