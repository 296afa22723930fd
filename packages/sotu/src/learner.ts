/** SoTU as a learner: pixels in, scores of merged features out. */
import {
  ClassRegistry,
  ClError,
  disposedError,
  knownCandidates,
  lessonOf,
  throwIfAborted,
  type ClassInfo,
  type Experience,
  type ImageRef,
  type Learner,
  type LearnerAccount,
  type LearnerState,
  type PredictOptions,
  type Scores,
  type UnlearnRequest,
  type WorkOptions,
} from '@cl/hub';
import { pickColumns } from '@cl/training';
import { describeState } from './account.ts';
import { learnTask } from './learn-task.ts';
import { assertMemory, bytesNeeded, orOutOfMemory } from './memory.ts';
import { canUnlearn } from './options.ts';
import { saveState } from './saving.ts';
import type { SotuParts, SotuState } from './sotu-state.ts';
import { unlearnTask } from './unlearn-task.ts';

/** See `sotu`. */
export class SotuLearner implements Learner {
  readonly #parts: SotuParts;
  #state: SotuState;
  #classes: ClassRegistry;
  #experiences: number;
  #disposed = false;

  /**
   * Takes a whole task out: its delta from the merged model, its class means from the classifier. Class means that later
   * tasks measured while it was merged stay as they are. There where the options keep what it takes.
   */
  readonly unlearn?: (request: UnlearnRequest) => Promise<void>;

  /** Made by `createSotu` and `restoreSotu`. */
  constructor(
    parts: SotuParts,
    state: SotuState,
    seen: Pick<LearnerState, 'classes' | 'experiences'>,
  ) {
    this.#parts = parts;
    this.#state = state;
    this.#classes = new ClassRegistry(seen.classes);
    this.#experiences = seen.experiences;
    if (canUnlearn(parts.options)) this.unlearn = async (request) => this.#unlearn(request);
  }

  get classes(): readonly ClassInfo[] {
    return [...this.#classes.all];
  }

  get experiences(): number {
    return this.#experiences;
  }

  async learn(experience: Experience, work: WorkOptions = {}): Promise<void> {
    this.#assertOpen();
    const { lesson, classes } = lessonOf('sotu', this.#classes, this.#experiences, experience);
    throwIfAborted('sotu', work.signal);
    const { options, parameters, model } = this.#parts;
    const trained = parameters.reduce((sum, { length }) => sum + length, 0);
    assertMemory(bytesNeeded(options, trained, model.featureDim));
    const named = { lesson, name: experience.name };
    const next = await orOutOfMemory(() => learnTask(this.#parts, this.#state, named, work));
    throwIfAborted('sotu', work.signal);
    this.#state = next;
    this.#classes = classes;
    this.#experiences += 1;
  }

  async predict(images: readonly ImageRef[], options: PredictOptions = {}): Promise<Scores> {
    this.#assertOpen();
    const { classes, columns } = knownCandidates('sotu', this.#classes, options.candidates);
    throwIfAborted('sotu', options.signal);
    const sources = images.map(() => 'adapter' as const);
    if (images.length === 0) return { classes, values: new Float32Array(0), sources };
    const { weights, classifier } = this.#state;
    const features = await this.#parts.extractor.features(weights, images, options);
    const scores = await classifier.scores(features, options.signal);
    return { classes, values: pickColumns(scores.data, scores.cols, columns), sources };
  }

  async save(): Promise<LearnerState> {
    this.#assertOpen();
    const { values, tensors } = saveState(this.#parts, this.#state);
    return { classes: this.classes, experiences: this.#experiences, values, tensors };
  }

  async describe(): Promise<LearnerAccount> {
    this.#assertOpen();
    return describeState(this.#parts, this.#state);
  }

  async exportBackbone(): Promise<Uint8Array> {
    this.#assertOpen();
    if (this.#experiences === 0) {
      throw new ClError(
        'NOT_LEARNED',
        'sotu: asked for its backbone before it learned anything, expected learn first. The backbone is still the original.',
      );
    }
    const { model, parameters } = this.#parts;
    const changed = parameters.map(({ name, dims }) => [
      name,
      { dtype: 'float32', dims, data: this.#state.weights.get(name)! },
    ]);
    return model.file(Object.fromEntries(changed) as Parameters<typeof model.file>[0]);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#parts.extractor.dispose();
  }

  async #unlearn(request: UnlearnRequest): Promise<void> {
    this.#assertOpen();
    const { state, classes } = unlearnTask(this.#parts, this.#state, this.#classes, request);
    this.#state = state;
    this.#classes = classes;
  }

  #assertOpen(): void {
    if (this.#disposed) throw disposedError('sotu');
  }
}
