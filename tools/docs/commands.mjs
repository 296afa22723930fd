// @ts-check
// Commands of pages that do not run as they stand where tests run, and what is done in their place. Every other command
// is typed as it is. A rule that no page needs fails the tests.

/**
 * @typedef {object} Rule
 * @property {string | RegExp} command - found in the command.
 * @property {RegExp} [page] - the pages that it is for; default: all.
 * @property {string} [instead] - replaces what was found; further rules may follow.
 * @property {RegExp} [stops] - the command runs up to here: it must fail, and say this.
 * @property {readonly [file: string, text: string]} [by] - a file that runs it, and words of it that show so.
 * @property {string} because
 */

const small = '--dataset icon-bench,domains=weather --shots 1';
const strangers = 'tools/installs/strangers.test.mjs';
const cliTest = (/** @type {string} */ name) => `apps/reference/test/${name}.test.ts`;
const repository = /^(README|CONTRIBUTING|apps\/reference\/README)\.md$/u;

/** All that a command names is read, found and checked; it stops where it would load a backbone. */
const nowhere = {
  instead: '$& --backbone ./nowhere',
  stops: /^error: backbone: the folder ".*nowhere" does not exist/mu,
};

/** @type {readonly Rule[]} */
export const rules = [
  // npm
  {
    command: /^npm ci$/u,
    by: ['.ci/run', 'npm ci'],
    because: 'it would replace the packages that run this test',
  },
  { command: /^npm start$/u, by: ['.ci/run', 'npm start'], because: 'it builds first' },
  {
    command: /^npm (test|run check)$/u,
    page: repository,
    by: ['.ci/run', 'npm run check'],
    because: 'it runs this test',
  },
  {
    command: /^npm install (--save-dev )?@cl\/[a-z-]+( @cl\/[a-z-]+)*( zod)?$/u,
    by: ['tools/installs/packages.test.mjs', 'installInto('],
    because: 'every package is installed alone there, from its tarball',
  },
  {
    command: /^npm create cl-plugin (\S+) --/u,
    instead: 'create-cl-plugin $1',
    because: 'npm create asks the registry for this executable',
  },
  {
    command: /^npm install$/u,
    page: /^(?!.*templates)/u,
    instead: 'test -f package.json',
    because: 'the packages are linked here; tools/installs installs from tarballs',
  },
  {
    command: /^npm (install|test)$/u,
    page: /^examples\//u,
    by: [strangers, "inside(path, 'npm', 'test')"],
    because: 'examples are built from tarballs',
  },
  {
    command: /^npm test$/u,
    page: /^packages\/create-cl-plugin\/README/u,
    by: ['docs/guides/write-a-learner.md', 'npm test'],
    because: 'the guide makes and tests the same plugin',
  },
  {
    command: /./u,
    page: /templates/u,
    by: [strangers, 'workedOn(join('],
    because: 'the template is filled in, installed, tested and used there',
  },
  {
    command: /^npx (?=cl |vitest )/u,
    instead: '',
    because: 'npx runs the same executable of node_modules/.bin, half a second later',
  },
  // Runs that take long
  {
    command: /^cl compare --preset embedded/u,
    ...nowhere,
    because: 'it trains for hours',
  },
  {
    command: /^cl (run|compare) .*\b(linear-probe|ranpac-adapted|sotu|vq-prompt|l2p)\b.*/u,
    ...nowhere,
    because: 'it trains through the backbone for minutes',
  },
  {
    command: /^cl compare .*--name first\b.*/u,
    ...nowhere,
    because: 'two streams over three seeds take minutes',
  },
  {
    command: /^cl run rail-x-tail$/u,
    ...nowhere,
    because: 'its ten datasets are 50 GB of downloads',
  },
  {
    command: /--device dml\b/u,
    stops: /\(DEVICE_UNAVAILABLE\)$/mu,
    because: 'the page says that it fails where there is no such device',
  },
  {
    command: /^cl run rail-x-tail@embedded$/u,
    by: [cliTest('recipes'), 'recipes/${name}@embedded'],
    because: 'it runs there, and its answer is looked at',
  },
  {
    command: /^cl export runs\/tuned|^cl run --backbone merged/u,
    by: [cliTest('export'), "['export', learner, '--out', 'merged'"],
    because: 'the learner to export is trained there',
  },
  {
    command: /^CL_HELD_OUT=/u,
    by: ['packages/vq-prompt/bench/held-out.bench.ts', 'CL_HELD_OUT'],
    because: 'it trains for minutes',
  },
  {
    command: /^cl run --preset embedded --reporter/u,
    instead: `cl run ${small} --learner zero-shot --name embedded --fresh --reporter`,
    because: 'the whole preset takes a minute',
  },
  {
    command: /^cl run (?=--)(?!.*--(dataset|backbone|preset) )/u,
    instead: `cl run ${small} `,
    because: 'the whole icon benchmark takes a minute',
  },
  // What is far away
  {
    command: '--dataset cifar100',
    instead: '--dataset icon-bench,domains=weather --shots 1',
    because: 'CIFAR-100 is a download',
  },
  {
    command: '@paper --learner nearest-mean',
    instead: '@paper,hiddenDim=64 --learner nearest-mean',
    because: 'fifteen thousand hidden units take a minute',
  },
  {
    command: /^cl datasets (get|verify) eurosat$/u,
    by: [cliTest('datasets'), "'datasets', 'get', 'mnist'"],
    because: 'EuroSAT is a download; there, another dataset comes from a local server',
  },
  {
    command: /^cl datasets import cars/u,
    by: [cliTest('datasets'), "'datasets', 'import', 'mnist'"],
    because: 'its archives are fetched by hand',
  },
  // Examples, which are not installed here
  {
    command: /(list|--learner) fecam\b/u,
    instead: '$1 "$REPOSITORY/examples/cl-learner-fecam/src/index.ts"',
    because: 'it is not installed here; tools/installs takes it by its name',
  },
  {
    command: '--reporter tensorboard',
    instead: '--reporter "$REPOSITORY/examples/cl-reporter-tensorboard/src/index.ts"',
    because: 'it is not installed here; tools/installs takes it by its name',
  },
  {
    command: '--backbone precomputed,',
    instead: '--backbone "$REPOSITORY/examples/cl-backbone-precomputed/src/index.ts",',
    because: 'it is not installed here; tools/installs takes it by its name',
  },
  {
    command: /^tensorboard --logdir/u,
    instead: 'test -d',
    because: 'TensorBoard is written in Python; this is the folder that it opens',
  },
];

/** The first words of commands that a test may type. */
export const programs = [
  ...['cl', 'create-cl-plugin'],
  ...['node', 'npm test', 'vitest run'],
  ...['cat', 'test'],
];

/**
 * What a test does for a command.
 *
 * @param {string} command
 * @param {string} page
 * @returns {{ text: string, stops: RegExp | undefined, by: Rule['by'], used: readonly Rule[] }}
 *   `text` is to be typed, unless `by` runs it.
 */
export function planOf(command, page) {
  const used = [];
  let [text, stops] = [command, /** @type {RegExp | undefined} */ (undefined)];
  for (const rule of rules) {
    const fits =
      typeof rule.command === 'string' ? text.includes(rule.command) : rule.command.test(text);
    if (!fits || rule.page?.test(page) === false) continue;
    used.push(rule);
    if (rule.by !== undefined) return { text, stops, by: rule.by, used };
    text = text.replace(rule.command, rule.instead ?? '$&');
    stops ??= rule.stops;
  }
  return { text, stops, by: undefined, used };
}
