/** The card of a saved learner: README.md with the front matter that model hubs read. */
import type { ClassInfo } from '../classes.ts';
import type { LearnerState } from '../learner.ts';
import type { LearnedTask, SavedBackbone } from './saved-learner.ts';

/** A number on the card. */
export interface CardResult {
  /** What was measured on: a stream, a domain, an evaluation. */
  readonly dataset: string;
  /** For instance "Last" or "accuracy". */
  readonly metric: string;
  readonly value: number;
}

/** What people should read about a learner; all of it optional. */
export interface LearnerCard {
  readonly title?: string;
  /** Markdown, taken as it is. */
  readonly description?: string;
  /** SPDX identifier. */
  readonly license?: string;
  readonly tags?: readonly string[];
  readonly datasets?: readonly string[];
  readonly results?: readonly CardResult[];
  /** What it is good for and what not, in a sentence or two. */
  readonly intendedUse?: string;
  /** What it holds of its training data, in words. */
  readonly keeps?: string;
}

/** What the card is made of. */
export interface CardContent {
  readonly plugin: string;
  readonly backbone: SavedBackbone;
  readonly state: LearnerState;
  readonly tasks: readonly LearnedTask[];
  readonly card: LearnerCard;
}

/** Renders the card. Names are untrusted: they are quoted in YAML and escaped in Markdown. */
export function renderCard(content: CardContent): string {
  const { plugin, backbone, state, tasks, card } = content;
  const title = card.title ?? `${plugin} on ${backbone.id}`;
  const rows = tasks.map(
    ({ index, name, classIds, samples }) =>
      `| ${index} | ${escape(name)} | ${classIds.length} | ${samples} |`,
  );
  const numbers = (card.results ?? []).map(
    ({ dataset, metric, value }) => `| ${escape(dataset)} | ${escape(metric)} | ${value} |`,
  );
  return [
    frontMatter(content, title),
    `# ${escape(title)}`,
    '',
    card.description ??
      `A continual learner (method \`${plugin}\`) that knows ${state.classes.length} classes from ` +
        `${state.experiences} experiences. It holds data only, no code.`,
    '',
    ...table('Results', '| data | metric | value |\n| --- | --- | ---: |', numbers),
    ...table('Learned', '| step | name | classes | images |\n| ---: | --- | ---: | ---: |', rows),
    ...section('Classes', classesOf(state.classes)),
    ...section(
      'Intended use',
      escape(
        card.intendedUse ??
          'Telling the classes above apart in images like those it learned from. Measure it on your own images first; ' +
            'it was not made for decisions about people.',
      ),
    ),
    ...section('Data kept', escape(card.keeps ?? 'The method did not say what it keeps.')),
    ...section(
      'Licence',
      `${card.license === undefined ? 'None is stated for the learned state.' : `${escape(card.license)} for the learned state.`} ` +
        `That of the base model \`${backbone.id.replaceAll('`', '')}\` and those of the training data hold besides.`,
    ),
    '## Use',
    '',
    '```ts',
    "import { loadLearner } from '@cl/hub/node';",
    '',
    'const learner = await loadLearner(folder, plugin, { features, random });',
    '```',
    '',
    `\`plugin\` is the learner plugin \`${plugin}\`; \`features\` must come from the backbone \`${backbone.id}\` with fingerprint`,
    `\`${backbone.fingerprint}\`.`,
    '',
  ].join('\n');
}

function frontMatter({ plugin, backbone, card }: CardContent, title: string): string {
  const list = (key: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : [`${key}:`, ...items.map((item) => `- ${yaml(item)}`)];
  const results = (card.results ?? []).flatMap(({ dataset, metric, value }) => [
    '  - task:',
    '      type: image-classification',
    '    dataset:',
    `      name: ${yaml(dataset)}`,
    `      type: ${yaml(dataset)}`,
    '    metrics:',
    `    - type: ${yaml(metric)}`,
    `      value: ${yaml(value)}`,
  ]);
  return [
    '---',
    'library_name: cl',
    `base_model: ${yaml(backbone.id)}`,
    'base_model_relation: adapter',
    'pipeline_tag: image-classification',
    ...(card.license === undefined ? [] : [`license: ${yaml(card.license)}`]),
    ...list('tags', ['continual-learning', plugin, ...(card.tags ?? [])]),
    ...list('datasets', card.datasets ?? []),
    ...(results.length === 0
      ? []
      : ['model-index:', `- name: ${yaml(title)}`, '  results:', ...results]),
    '---',
    '',
  ].join('\n');
}

function section(title: string, text: string): string[] {
  return text === '' ? [] : [`## ${title}`, '', text, ''];
}

/** As many as a reader takes in; all of them are in classes.json. */
const shownClasses = 200;

function classesOf(classes: readonly ClassInfo[]): string {
  const names = classes.slice(0, shownClasses).map(({ name }) => escape(name));
  const more = classes.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more (classes.json)` : '');
}

function table(title: string, head: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : [`## ${title}`, '', head, ...rows, ''];
}

/** A scalar: JSON strings are YAML strings once the characters that YAML counts as line ends are written out. */
function yaml(value: string | number): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text that Markdown shows as it is and in one line. */
function escape(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[\\`*_{}[\]<>()#+!|&~]/g, (c) => `&#${c.charCodeAt(0)};`);
}
