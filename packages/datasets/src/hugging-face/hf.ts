/** Image datasets of a Hugging Face hub, in parquet. */
import { defineDataset, type DatasetPlugin } from '@cl/hub';
import { z } from 'zod';
import { templatesShape } from '../source/options.ts';

/** Options of {@link hf}. */
export interface HfOptions {
  /** `owner/name` of the dataset; has to be given unless there is a `path`. */
  readonly repo: string;
  /** Branch, tag or commit; a commit is fetched once and never asked for again. */
  readonly revision: string;
  /** Configuration; empty: the default or only one. */
  readonly config: string;
  readonly trainSplit: string;
  /** Empty: `testFraction` of each class is held out by `seed`. */
  readonly testSplit: string;
  readonly testFraction: number;
  readonly seed: number;
  /** Columns of the image and the label; empty: as the dataset's features say, else `image` and `label`. */
  readonly image: string;
  readonly label: string;
  readonly templates: readonly string[];
  /** Base URL of the hub or a mirror of it. */
  readonly hub: string;
  /** A folder with the files of the repository instead. */
  readonly path: string;
  /** Empty: `$CL_CACHE_DIR`, else `~/.cache/cl`. */
  readonly cacheDir: string;
  readonly timeoutMs: number;
  readonly retries: number;
}

/** Any image dataset of a Hugging Face hub that has parquet files, or a copy of its files. */
export const hf: DatasetPlugin<HfOptions> = defineDataset({
  name: 'hf',
  description: 'Any image dataset in parquet on the Hugging Face hub: hf,repo=owner/name.',
  defaults: {
    repo: '',
    revision: 'main',
    config: '',
    trainSplit: 'train',
    testSplit: 'test',
    testFraction: 0.2,
    seed: 0,
    image: '',
    label: '',
    templates: [],
    hub: 'https://huggingface.co',
    path: '',
    cacheDir: '',
    timeoutMs: 30_000,
    retries: 4,
  },
  help: {
    repo: 'owner/name of the dataset',
    revision: 'branch, tag or commit; refs/convert/parquet is the hub’s own copy in parquet',
    config: 'configuration; empty: the default or only one',
    trainSplit: 'split to train on',
    testSplit: 'split to test on; empty: testFraction of each class is held out',
    testFraction: 'part of each class held out when testSplit is empty',
    seed: 'seed of that choice',
    image: 'column of the image; empty: as the features say',
    label: 'column of the label; empty: as the features say',
    templates: 'sentence patterns for the classes, {} for the name',
    hub: 'base URL of the hub or a mirror',
    path: 'folder with the files of the repository, instead of the hub',
    cacheDir: 'where files are kept; empty: $CL_CACHE_DIR, else ~/.cache/cl',
    timeoutMs: 'a connection silent for this long is given up and tried again',
    retries: 'how often to try again without getting further',
  },
  schema: z.object({
    repo: z.string().regex(/^(?:[\w.-]+\/)?[\w.-]*$/u, 'expected owner/name'),
    revision: z.string().min(1),
    config: z.string(),
    trainSplit: z.string().min(1),
    testSplit: z.string(),
    testFraction: z.number().gt(0).lt(1),
    seed: z.int(),
    image: z.string(),
    label: z.string(),
    templates: templatesShape,
    hub: z.url({ protocol: /^https?$/u }),
    path: z.string(),
    cacheDir: z.string(),
    timeoutMs: z.int().min(1),
    retries: z.int().min(0),
  }),
  async create(options, work = {}) {
    const { openHf } = await import('./open-hf.ts');
    return openHf(options, work);
  },
});
