/** The same steps in PyTorch, in a process beside the bench: one step for each line it is sent. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** PyTorch at work. */
export interface TorchSteps {
  readonly version: string;
  /** Takes a step: its time and that of the processor in milliseconds, and the loss before it. */
  step(): Promise<{ readonly ms: number; readonly cpu: number; readonly loss: number }>;
  /** Ends the process. */
  close(): void;
}

/**
 * glibc gives freed tensors back to the system and pays page faults for them again in the next step, which costs PyTorch
 * up to a third of its speed on some machines. `tuned` keeps them; it is what PyTorch should be measured with.
 */
export const allocators = {
  default: {},
  tuned: {
    MALLOC_MMAP_MAX_: '0',
    MALLOC_TRIM_THRESHOLD_: '100000000000',
    MALLOC_TOP_PAD_: '500000000',
  },
} as const;

/** The settings of PyTorch's allocator and of this process, to stand beside a ratio. */
export function allocatorsInUse(): string {
  const names = Object.keys(allocators.tuned);
  const tuned = Object.entries(allocators.tuned).map((setting) => setting.join('='));
  const own = names.filter((name) => process.env[name] !== undefined);
  const ours = own.map((name) => `${name}=${process.env[name]!}`).join(' ');
  return `PyTorch with ${tuned.join(' ')}, Node with ${ours || 'the default allocator'}`;
}

/**
 * Starts a script such as `torch_vit.py`, with the Python that the environment variable `CL_BENCH_PYTHON` names.
 *
 * @returns `undefined`, after saying so, when the variable is not set.
 */
export async function startTorch(
  script: URL,
  config: Readonly<Record<string, unknown>>,
  allocator: keyof typeof allocators = 'tuned',
): Promise<TorchSteps | undefined> {
  const python = process.env['CL_BENCH_PYTHON'];
  if (python === undefined) {
    console.log('PyTorch is skipped: set CL_BENCH_PYTHON to a Python that has torch.');
    return undefined;
  }
  const child = spawn(python, [script.pathname, JSON.stringify(config)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...allocators[allocator] },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<Record<string, unknown>> => {
    const { value, done } = (await lines.next()) as { value: string; done?: boolean };
    if (done === true) throw new Error(`${script.pathname} ended early`);
    return JSON.parse(value) as Record<string, unknown>;
  };
  const { torch } = await read();
  return {
    version: String(torch),
    async step() {
      child.stdin.write('\n');
      const { ms, cpu, loss } = await read();
      return { ms: Number(ms), cpu: Number(cpu), loss: Number(loss) };
    },
    close() {
      child.kill();
    },
  };
}
