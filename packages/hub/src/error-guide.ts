/** What to know of each error code beyond its one sentence: when it comes, and what helps. `docs/errors/` is made from it. */
import type { ClErrorCode } from './errors.ts';

/** What to know of an error code. */
export interface ErrorGuide {
  /** When it is thrown. */
  readonly when: string;
  /** What to do, most likely help first. */
  readonly help: readonly string[];
}

/** Every code with when it comes and what helps; what it means stands in `errorCatalogue`. */
export const errorGuide: Readonly<Record<ClErrorCode, ErrorGuide>> = {
  ABORTED: {
    when: 'A `signal` was fired, or Ctrl-C was pressed in `cl`.',
    help: [
      'Nothing is broken: what was under way was undone, what was finished is kept.',
      'A run goes on from its last finished experience when the same `cl run` is given again. Downloads go on where they stopped.',
    ],
  },
  ACCESS_DENIED: {
    when: 'A model hub answered 401 or 403, or a private repository was asked for without a token.',
    help: [
      'Set `HF_TOKEN` to a token that may read, or for a push write, the repository.',
      'Check the name: a hub says the same of a repository that does not exist.',
    ],
  },
  CHECKSUM_MISMATCH: {
    when: 'A download, a saved learner or a file of a dataset is not what was published or recorded: another version, cut short, or changed.',
    help: [
      'Fetch the file again. A download that differs was put aside as `.rejected`, never used.',
      'If the copy is yours and you trust it, give its SHA-256: option `checksums` of a dataset, or `cl datasets get --checksum file=hex`.',
      'A saved learner that was edited by hand is refused: save it again with the code that made it.',
    ],
  },
  CORRUPT_FILE: {
    when: 'An archive, a safetensors file, an ONNX model, an index of a dataset or a saved state ends early or contradicts itself. A Git LFS pointer in a file’s place counts too.',
    help: [
      'Fetch or save the file again; the message names it and what is wrong in it.',
      'For an LFS pointer: `git lfs pull`, or download the file itself.',
    ],
  },
  DEVICE_UNAVAILABLE: {
    when: 'A backbone was to run on `webgpu`, `cuda`, `dml` or `coreml`, and this machine cannot.',
    help: [
      '`cl doctor` tries every device and says what each lacks.',
      'Take `device: "auto"` (the default), which never fails for want of a GPU, or `"cpu"`.',
    ],
  },
  DISPOSED: {
    when: 'A backbone, a learner, a trainer or a matrix was used after its `dispose()`, or after a call that was told to overwrite it.',
    help: ['Make or load it again, or dispose of it later.'],
  },
  DOWNLOAD_FAILED: {
    when: 'No network, a server that answered 404, 429 or 5xx to the end of the retries, or a connection that broke.',
    help: [
      'Try again: what has come is kept and continued.',
      'Name another place: `mirror` of a backbone, `mirrors` of a dataset, `hubUrl` of a hub.',
      'Or bring the files by hand: a folder for `--backbone`, `cl datasets import` for a dataset.',
    ],
  },
  DUPLICATE_CLASS: {
    when: 'Two datasets of a stream share a class id that means different things, or a class was listed twice.',
    help: [
      'Give the ids a prefix: the option `domain` of an image folder does it.',
      'Where classes are meant to be shared between domains, take the stream `domain-incremental`.',
    ],
  },
  EMPTY_CLASS: {
    when: 'A class folder without an image, a class without a training sample in an experience, or a split that left none for training.',
    help: [
      'Add images, take the class out, or lower `testFraction` so that some stay for training.',
    ],
  },
  EMPTY_STREAM: {
    when: 'A folder without images, a list without rows, no dataset at all, or a stream cut into nothing.',
    help: [
      'Check the path. Images of a folder lie in one folder a class: `photos/cats/1.jpg`.',
      'Check options that leave things out: `domains`, `split`, `shots`.',
    ],
  },
  INCOMPATIBLE_PLUGINS: {
    when: 'A learner needs text features, or a graph to train through, that the backbone does not have; or it does not do the scenario of the stream; or a saved learner is of another plugin.',
    help: [
      'The message names both sides and what is missing. Choose another backbone, stream or learner.',
      '`cl list learners` and `cl list backbones` show what there is.',
    ],
  },
  INVALID_CONFIG: {
    when: '`cl.config.ts`, a recipe or a command line is not understood; a run of this name exists with other options; or its folder is in use.',
    help: [
      'The message names the flag or the field, and the nearest one that exists.',
      'For a run of other options: another `--name`, or `--fresh` to start over.',
    ],
  },
  INVALID_DATA: {
    when: 'A function was handed data that breaks its contract: rows of different lengths, a label without a class, a list with the wrong columns, a folder that should be empty.',
    help: [
      'The message says where, what was found and what was expected. Correct the data at its source.',
    ],
  },
  INVALID_MODEL: {
    when: 'A model is no ONNX model in Hugging Face layout, lacks an input or output that a backbone needs, or has a graph whose parts contradict each other.',
    help: [
      'Take the backbone that fits the model: `clip` for CLIP, `vit` for vision transformers without a text tower.',
      'Export the model again, for instance with Optimum; `config.json`, `preprocessor_config.json` and `onnx/` must lie together.',
    ],
  },
  INVALID_OPTION: {
    when: 'An option has the wrong type, lies outside its range, or contradicts another one.',
    help: ['The message gives the range. `cl list <plugin>` shows every option with its default.'],
  },
  IO_FAILED: {
    when: 'No permission, a disk that is full, a path that is a file where a folder was expected, or a drive that went away.',
    help: [
      'Check permissions and free space; `cl doctor` shows what the caches take.',
      'Choose another place: `--out` for runs, `--cache-dir` or `CL_CACHE_DIR` for caches.',
      'Nothing that was saved before is lost: files are written beside the old ones and then moved.',
    ],
  },
  NON_FINITE: {
    when: 'Features, a loss, a gradient or an accuracy is NaN or infinite; or a feature is all zero where a direction is needed.',
    help: [
      'In training: a smaller learning rate, a bound on the norm of gradients, a longer warm-up. The message names the largest gradients.',
      'In features: look at the images that are named; try `dtype: "fp32"`.',
    ],
  },
  NOT_FOUND: {
    when: 'A path, a model, a repository, a run or a saved learner is not there; or `offline` was asked for and the cache has no copy.',
    help: ['Check the spelling and the folder from which you run.'],
  },
  NOT_LEARNED: {
    when: '`predict` came before the first `learn`, and no candidates were given to a learner that could score them without.',
    help: [
      'Teach an experience first.',
      'Learners with an open vocabulary (`zero-shot`, `rail`) answer at once when `candidates` are given.',
    ],
  },
  NOT_POSITIVE_DEFINITE: {
    when: 'A Cholesky factorisation met a pivot that is not above rounding: repeated samples, a Gram matrix from which too much was subtracted, or a ridge that is too small for float32.',
    help: ['Use a larger `ridge`.', 'Work in float64 (`precision: "float64"` or `"mixed"`).'],
  },
  NOT_SUPPORTED: {
    when: 'The operation exists, but not for this plugin, option, operator or element type: unlearning a class from sums alone, a gradient of an operator without a rule, a tensor type without a counterpart.',
    help: [
      'The message says what would make it possible. `capabilities` of a plugin say what it can do before you ask.',
    ],
  },
  OUT_OF_ORDER: {
    when: 'An experience was learned twice or skipped, or two calls overlapped that must follow one another.',
    help: ['Learn `stream.experiences` in order, each once, and await each call.'],
  },
  OUT_OF_MEMORY: {
    when: 'A piece of work needs more memory than the machine, or one array, can hold.',
    help: [
      'Take smaller batches, fewer learners at once or a smaller model; close other programs.',
      'For kernel learners, fewer samples: `--shots`, or the primal form of RAIL.',
    ],
  },
  PLUGIN_FAILED: {
    when: 'A plugin from outside does not load, threw an error of its own, or returned something of the wrong type or shape.',
    help: [
      'The message names the plugin, the call and what it returned: report it to its author.',
      'If you are the author: `describeLearner` and its siblings in `@cl/testing` find such faults; `--debug` shows the trace.',
    ],
  },
  PROTOCOL_VERSION: {
    when: 'A plugin or a saved learner was made for another version of the protocol than the installed `@cl/hub` speaks, or says none.',
    help: [
      'Update the side that the message names. Saved learners are read by the `@cl/hub` that wrote them.',
    ],
  },
  SHAPE_MISMATCH: {
    when: 'Matrices, tensors, images or lists that belong together differ in size.',
    help: [
      'The message gives both sizes. Check for a transposed matrix and for features of another backbone.',
    ],
  },
  UNKNOWN_CLASS: {
    when: 'A sample, a candidate or a request to unlearn names a class id that nobody has introduced.',
    help: [
      'Class ids are compared letter by letter: check spelling and prefixes.',
      'Only learners with an open vocabulary score classes that were never learned.',
    ],
  },
  UNKNOWN_OPTION: {
    when: 'An option or a preset is not one of the plugin’s.',
    help: ['The message suggests the nearest name. `cl list <plugin>` shows all.'],
  },
  UNKNOWN_PLUGIN: {
    when: 'No plugin of this kind is built in, installed or at this path; or a module exports something that is no plugin.',
    help: [
      'The message lists the known names. A package is named whole, or short: `my-method` for `cl-learner-my-method`.',
      'Export what `defineLearner()` and its siblings return.',
    ],
  },
  UNREADABLE_IMAGE: {
    when: 'A file is no image, is cut short, or is in a format that is not read.',
    help: [
      'Remove or convert the files that are named; all of a batch are named at once.',
      '`cl run --skip-broken` leaves them out and says how many.',
    ],
  },
  UPLOAD_FAILED: {
    when: 'A hub refused or broke off a push, to the end of the retries.',
    help: ['Push again: a push is one commit, so the repository is as it was.'],
  },
  WRONG_BACKBONE: {
    when: 'A learner is loaded with a backbone whose weights, preprocessing or element type differ from those it was taught with. Its numbers would mean nothing.',
    help: [
      'Load the backbone that the message names, with the same `dtype`.',
      'To change the backbone, teach the learner again.',
    ],
  },
};
