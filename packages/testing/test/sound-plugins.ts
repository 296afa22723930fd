/** Small plugins that keep every promise, for tests to break in one place at a time. */
import {
  ClError,
  defineBackbone,
  defineDataset,
  defineMetric,
  defineReporter,
  defineStream,
  scenarios,
  throwIfAborted,
  type Backbone,
  type BackbonePlugin,
  type Dataset,
  type DatasetPlugin,
  type ImageRef,
  type MetricInput,
  type MetricPlugin,
  type ReporterPlugin,
  type PluginDefinition,
  type ScenarioName,
  type Stream,
  type StreamPlugin,
  type WorkOptions,
} from '@cl/hub';
import { syntheticDataset } from '@cl/testing';

/** A plugin without options. */
function bare(name: string): PluginDefinition<object> {
  return {
    name,
    description: `A sound ${name} for the tests of the kit.`,
    defaults: {},
    help: {},
    schema: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          typeof value === 'object' && value !== null
            ? { value }
            : { issues: [{ message: 'expected an object' }] },
      },
    },
  };
}

/** Accuracy on the first task at the end. */
export function metric(change: Partial<MetricPlugin> = {}): MetricPlugin {
  return {
    ...defineMetric({
      ...bare('first-task'),
      label: 'First',
      formula: 'A[T,1]',
      better: 'higher',
      compute({ accuracy }: MetricInput) {
        const value = accuracy.at(-1)?.[0];
        if (Number.isNaN(value))
          throw new ClError('NON_FINITE', 'first-task: accuracy is NaN. Use undefined.');
        return value;
      },
    }),
    ...change,
  };
}

/** A synthetic dataset, with something changed. */
export function dataset(
  change: (sound: Dataset, made: number) => Dataset = (d) => d,
): DatasetPlugin {
  let made = 0;
  return defineDataset({
    ...bare('synthetic'),
    create: async () => change(syntheticDataset(), (made += 1)),
  });
}

/** One experience a dataset, with something changed. */
export function stream(
  change: (sound: Stream, datasets: readonly Dataset[]) => Stream = (s) => s,
  scenario: ScenarioName = 'x-tail',
): StreamPlugin {
  return defineStream({
    ...bare('one-by-one'),
    scenario,
    async create(_, { datasets, random }) {
      if (datasets.length === 0)
        throw new ClError('EMPTY_STREAM', 'one-by-one: no datasets. Give one.');
      const ordered = random.permutation(datasets.length).map((i) => datasets[i]!);
      const part = ({ name, classes }: Dataset, index: number) => ({ index, name, classes });
      return change(
        {
          name: 'one-by-one',
          scenario: scenarios[scenario],
          experiences: ordered.map((d, i) => ({ ...part(d, i), train: d.train })),
          evaluations: ordered.map((d, i) => ({ ...part(d, i), test: d.test })),
        },
        datasets,
      );
    },
  });
}

/** What a broken backbone does otherwise. */
export type BackboneChange = (sound: Backbone) => Partial<Backbone>;

/** Means of pixels and of letters as features, with something changed. */
export function backbone(
  change: BackboneChange = () => ({}),
  more: Partial<BackbonePlugin> = {},
): BackbonePlugin {
  return {
    ...defineBackbone({
      ...bare('means'),
      provides: ['image-features', 'text-features'],
      async create() {
        const sound = new MeansBackbone();
        return Object.assign(sound, change(meansOf(sound)));
      },
    }),
    ...more,
  };
}

/** The methods of a backbone, bound, so that a change can call what it replaces. */
function meansOf(sound: MeansBackbone): Backbone {
  const { embedImages, embedTexts, dispose } = sound;
  return Object.assign(Object.create(sound) as MeansBackbone, {
    embedImages: embedImages.bind(sound),
    embedTexts: embedTexts.bind(sound),
    dispose: dispose.bind(sound),
  });
}

class MeansBackbone implements Backbone {
  readonly id = 'means';
  readonly fingerprint: string = 'a'.repeat(64);
  readonly capabilities: Backbone['capabilities'] = ['image-features', 'text-features'];
  readonly device = 'cpu';
  readonly dtype = 'fp32';
  readonly imageSize = 8;
  readonly featureDim = 5;
  readonly logitScale = 10;
  #disposed = false;

  async embedImages(images: readonly ImageRef[], options: WorkOptions = {}) {
    this.#begin(options);
    const unreadable = images.filter(({ source }) => source.kind !== 'pixels');
    if (unreadable.length > 0) {
      const ids = unreadable.map(({ id }) => id).join(', ');
      throw new ClError('UNREADABLE_IMAGE', `means: cannot decode ${ids}. Leave them out.`);
    }
    return this.#rows(
      images.map(({ source }) => (source.kind === 'pixels' ? source.data : new Uint8Array())),
      options,
    );
  }

  async embedTexts(texts: readonly string[], options: WorkOptions = {}) {
    this.#begin(options);
    return this.#rows(
      texts.map((text) => new TextEncoder().encode(text)),
      options,
    );
  }

  async dispose() {
    this.#disposed = true;
  }

  #begin({ signal }: WorkOptions) {
    if (this.#disposed)
      throw new ClError('DISPOSED', 'means: used after dispose(). Load it again.');
    throwIfAborted('means', signal);
  }

  /** Means over every fifth byte. */
  #rows(items: readonly Uint8Array[], { onProgress }: WorkOptions) {
    const data = new Float32Array(items.length * this.featureDim);
    items.forEach((bytes, i) => {
      bytes.forEach((byte, p) => {
        data[i * this.featureDim + (p % this.featureDim)]! += byte / bytes.length;
      });
      onProgress?.({ phase: 'features', done: i + 1, total: items.length });
    });
    return { rows: items.length, cols: this.featureDim, data };
  }
}

/** The number of trials as text, with something changed. */
export function reporter(
  render: ReporterPlugin['render'] = async ({ trials }) => ({
    'trials.txt': `${trials.length} trials`,
  }),
): ReporterPlugin {
  return defineReporter({ ...bare('trials'), render });
}
