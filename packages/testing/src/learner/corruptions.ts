import type { LearnerState, Tensor } from '@cl/hub';

/** A state that `restore` must refuse. */
export interface Corruption {
  /** "without tensor "sums"", … */
  readonly what: string;
  readonly corrupt: LearnerState;
}

/** The ways in which a state can lie about itself, applied to a sound one, one at a time. */
export function corruptions(state: LearnerState): readonly Corruption[] {
  const found: Corruption[] = [
    { what: 'a count of −1 experiences', corrupt: { ...state, experiences: -1 } },
    { what: 'a count of half an experience', corrupt: { ...state, experiences: 0.5 } },
  ];
  const names = Object.keys(state.tensors);
  if (names.length > 0) {
    const classes = state.classes.slice(0, -1);
    found.push({ what: 'one class fewer than the tensors', corrupt: { ...state, classes } });
  }
  for (const name of names) {
    const tensor = state.tensors[name]!;
    const rest = Object.fromEntries(Object.entries(state.tensors).filter(([key]) => key !== name));
    found.push({ what: `without tensor "${name}"`, corrupt: { ...state, tensors: rest } });
    for (const [what, changed] of changesOf(tensor)) {
      const tensors = { ...state.tensors, [name]: changed };
      found.push({ what: `tensor "${name}" ${what}`, corrupt: { ...state, tensors } });
    }
  }
  return found;
}

function changesOf(tensor: Tensor): readonly (readonly [string, Tensor])[] {
  const [first, ...others] = tensor.dims;
  if (first === undefined || first === 0) return [];
  const row = tensor.data.length / first;
  const shorter = { dims: [first - 1, ...others], data: tensor.data.slice(0, -row) };
  const flatter = { dims: [...tensor.dims, 1] };
  return [
    ['with one row fewer', { ...tensor, ...shorter }],
    ['with dims of more than its data', { ...tensor, dims: [first + 1, ...others] }],
    ['with another number of dims', { ...tensor, ...flatter }],
  ];
}
