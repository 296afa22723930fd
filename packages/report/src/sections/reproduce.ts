/** How to get these numbers again: command, scenario, seeds, versions, fingerprints, options. */
import type { JsonObject } from '@cl/hub';
import { bytes, count, dateText } from '../format.ts';
import { html, name, type Html, type Part } from '../html.ts';
import type { ReportModel } from '../model.ts';
import type { Section } from '../parts/section.ts';
import { scenarioSentences, scenarioTitle } from '../scenario.ts';

/** The command first, then everything that the numbers depend on. */
export function reproduce(model: ReportModel): Section {
  const { record } = model;
  return {
    id: 'reproduce',
    title: 'Setting, and how to repeat it',
    short: 'Repeat',
    lead: scenarioOf(model),
    body: html`${commandCard(record.command)}
      <div class="card">${settingOf(model)}</div>`,
  };
}

/** The scenario in words. */
export function scenarioOf({ record: { stream } }: ReportModel): Html {
  return html`<strong>${scenarioTitle(stream.scenario)}.</strong>
    ${scenarioSentences(stream).join(' ')}`;
}

/** A command, ready to be copied. */
export function commandCard(command: string): Html {
  return html`<div class="card">
    <div class="command">
      <pre tabindex="0" aria-label="Command"><code>${command}</code></pre>
      <button class="copy" type="button" data-copy hidden>Copy</button>
    </div>
  </div>`;
}

/** Backbone, machine, versions, stream and options. */
export function settingOf(model: ReportModel): Html {
  const { record, seeds } = model;
  const { backbone, environment, stream } = record;
  const facts: readonly (readonly [string, Part])[] = [
    ['Started', dateText(record.startedAt)],
    ['Seeds', seeds.join(', ')],
    ['Backbone', name(backbone.id)],
    ['Backbone fingerprint (SHA-256)', html`<code>${backbone.fingerprint}</code>`],
    ['Device and precision', html`${name(backbone.device)}, ${name(backbone.dtype)}`],
    [
      'Machine',
      html`${name(environment.platform)}, ${count(environment.cores)} cores,
      ${bytes(environment.memoryBytes)}`,
    ],
    ['Node', name(environment.node)],
    ['Stream', name(stream.name)],
  ];
  return html`<dl class="facts">
      ${facts.map(
        ([term, value]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${value}</dd>
          </div> `,
      )}
    </dl>
    ${streamTable(model)} ${optionTable(model)} ${versions(environment.packages)}`;
}

function streamTable({ record }: ReportModel): Html {
  const rows = record.stream.experiences.map(
    (experience, i) =>
      html`<tr>
        <th scope="row">${i + 1} ${name(experience.name)}</th>
        <td>${count(experience.classes)}</td>
        <td>${count(experience.train)}</td>
        <td>${count(experience.test)}</td>
      </tr> `,
  );
  return html`<details>
    <summary>Experiences and stream options</summary>
    <div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
      <table class="numbers">
        <caption>
          The experiences in the order they were learned.
        </caption>
        <thead>
          <tr>
            <th scope="col">Experience</th>
            <th scope="col">classes</th>
            <th scope="col">training images</th>
            <th scope="col">test images</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${optionList(record.stream.options)}
  </details>`;
}

function optionTable({ learners }: ReportModel): Html {
  const blocks = learners.map(
    ({ label, trials }) =>
      html`<h3>${name(label)} <span class="by">plugin ${name(trials[0]!.plugin)}</span></h3>
        ${optionList(trials[0]!.options)}`,
  );
  return html`<details>
    <summary>Options of the learners</summary>
    ${blocks}
  </details>`;
}

function optionList(options: JsonObject): Html {
  const entries = Object.entries(options);
  if (entries.length === 0) return html`<p class="note">No options.</p>`;
  return html`<dl class="facts">
    ${entries.map(
      ([key, value]) =>
        html`<div>
          <dt>${name(key)}</dt>
          <dd><code>${JSON.stringify(value)}</code></dd>
        </div> `,
    )}
  </dl>`;
}

function versions(packages: Readonly<Record<string, string>>): Html {
  const entries = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<details>
    <summary>Versions of ${entries.length} packages</summary>
    <dl class="facts">
      ${entries.map(
        ([key, version]) =>
          html`<div>
            <dt>${name(key)}</dt>
            <dd>${name(version)}</dd>
          </div> `,
      )}
    </dl>
  </details>`;
}
