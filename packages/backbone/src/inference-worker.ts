/** The thread that owns the onnxruntime sessions: `session.run` blocks it and nobody else. */
import { workerData } from 'node:worker_threads';
import { ClError } from '@cl/hub';
import { serveThread } from '@cl/hub/node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { leanTower } from './lean-tower.ts';
import type {
  FeatureOutput,
  InferenceData,
  InferenceRequest,
  Tower,
  TowerForm,
} from './worker-messages.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // read when the library loads
const ort = await import('onnxruntime-node');

const { towers, provider, threads } = workerData as InferenceData;
const sessions = new Map<string, OpenTower>();
const options = {
  executionProviders: [provider],
  intraOpNumThreads: threads,
  logSeverityLevel: 3,
} as const;

/** A tower ready to run. */
interface OpenTower {
  readonly session: InferenceSession;
  readonly output: FeatureOutput;
  readonly form: TowerForm;
}

serveThread(
  {
    /** Loads all towers; answers with the form of each. */
    async load(): Promise<{ result: Record<string, TowerForm> }> {
      const forms: Record<string, TowerForm> = {};
      for (const [name, tower] of Object.entries(towers)) {
        const opened = (await openLean(tower)) ?? (await openFile(tower));
        sessions.set(name, opened);
        forms[name] = opened.form;
      }
      return { result: forms };
    },

    /** Runs a tower; answers with float32 [N, D]. */
    async run({ tower, count, inputs }: InferenceRequest) {
      const { session, output } = sessions.get(tower)!;
      const feeds: Record<string, Tensor> = {};
      for (const [name, { type, data, dims }] of Object.entries(inputs)) {
        if (session.inputNames.includes(name)) feeds[name] = new ort.Tensor(type, data, dims);
      }
      const outputs = await session.run(feeds, [output.name]);
      const result = features(outputs[output.name]!, output, count);
      return { result, transfer: [result.buffer] };
    },
  },
  async () => {
    for (const { session } of sessions.values()) await session.release();
  },
);

/** On CPUs, where its numbers were compared with the file's; elsewhere, and where it does not load, the file runs. */
async function openLean(tower: Tower): Promise<OpenTower | undefined> {
  const lean = provider === 'cpu' ? await leanTower(tower) : undefined;
  if (lean === undefined) return undefined;
  const folder = { model_external_initializers_file_folder_path: lean.folder };
  const session = await ort.InferenceSession.create(lean.model, {
    ...options,
    extra: { session: folder },
  }).catch(() => undefined);
  const output: FeatureOutput = { name: lean.output, take: 'all' };
  return session && { session, output, form: 'lean' };
}

async function openFile({ path, output }: Tower): Promise<OpenTower> {
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(path, options);
  } catch (cause) {
    throw new ClError(
      'INVALID_MODEL',
      `backbone: "${path}" does not load on ${provider}: ${(cause as Error).message} ` +
        'The file may be damaged: remove it to have it downloaded again, or choose another dtype.',
    );
  }
  if (session.outputNames.includes(output.name)) return { session, output, form: 'file' };
  throw new ClError(
    'INVALID_MODEL',
    `backbone: "${path}" has the outputs ${session.outputNames.join(', ')}, expected ${output.name}. ` +
      'Choose an export for feature extraction (not one with a classifier at its end), or another pooling.',
  );
}

/** Reads [N, D] from an output that is [N, D], or [N, T, D] of which the first token is taken. */
function features(
  tensor: Tensor,
  { name, take }: FeatureOutput,
  count: number,
): Float32Array<ArrayBuffer> {
  const data = tensor.data as Float32Array<ArrayBuffer>;
  const width = tensor.dims.at(-1) ?? 0;
  const tokens = take === 'first-token' ? data.length / (count * width) : 1;
  const fits = tensor.type === 'float32' && tensor.dims[0] === count && Number.isInteger(tokens);
  if (!fits || data.length !== count * tokens * width) {
    throw new ClError(
      'INVALID_MODEL',
      `backbone: output ${name} is ${tensor.type} [${tensor.dims.join(', ')}] for ${count} inputs, expected ` +
        `float32 [${count}, ${take === 'all' ? 'D' : 'T, D'}]. Choose another model, dtype or pooling.`,
    );
  }
  const rows = new Float32Array(count * width);
  for (let i = 0; i < count; i += 1) {
    rows.set(data.subarray(i * tokens * width, i * tokens * width + width), i * width);
  }
  return rows;
}
