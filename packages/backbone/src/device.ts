/**
 * Devices: which execution providers of onnxruntime work on this machine.
 *
 * onnxruntime throws when the first provider of a list cannot start, and a broken driver may hang or crash, so
 * each is tried alone, with a one-node model, in a process of its own (`probe.ts`).
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClError } from '@cl/hub';
import { compiledModule } from '@cl/hub/node';
import { hasVulkanDriver } from './vulkan.ts';

/** Devices that can be asked for; `auto` takes the fastest that works. */
export const devices = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;

/** A device to ask for. */
export type Device = (typeof devices)[number];

/** An execution provider. */
export type Provider = Exclude<Device, 'auto'>;

/** What is known of a provider. */
export interface DeviceReport {
  readonly device: Provider;
  readonly available: boolean;
  /** Whether `auto` takes it. */
  readonly chosen: boolean;
  /** Why it is not available or not chosen, or what speaks for it. */
  readonly reason: string;
  /** Time of one product of two 1024 × 1024 matrices, transfers included; reckoned from a smaller one where slow. */
  readonly milliseconds?: number;
}

/** How long a provider may take that nobody asked for: drivers that compile shaders need seconds. */
const probeMs = 20_000;

/** How long one may take that was named. */
const namedProbeMs = 90_000;

const platforms: Readonly<Record<Provider, readonly string[]>> = {
  cpu: ['linux', 'darwin', 'win32'],
  webgpu: ['linux', 'darwin', 'win32'],
  cuda: ['linux'],
  dml: ['win32'],
  coreml: ['darwin'],
};

const names = Object.keys(platforms) as Provider[];

interface Probe {
  readonly milliseconds?: number;
  readonly refusal?: string;
}

const probes = new Map<string, Promise<Probe>>();

/**
 * Tries every provider. The results are kept for the life of the process.
 *
 * @returns one report each, the chosen one being what `auto` stands for: the fastest that works.
 */
export async function probeDevices(): Promise<readonly DeviceReport[]> {
  const results = await Promise.all(names.map((name) => probe(name)));
  const times = results.map(({ milliseconds }) => milliseconds ?? Infinity);
  const best = times.indexOf(Math.min(...times));
  return names.map((device, i) => {
    const { milliseconds, refusal } = results[i]!;
    if (milliseconds === undefined) {
      return { device, available: false, chosen: false, reason: refusal ?? 'unknown' };
    }
    const chosen = i === best;
    const reason = chosen
      ? `the fastest that works (${milliseconds.toFixed(1)} ms for the probe)`
      : `works, but slower than ${names[best]!} (${milliseconds.toFixed(1)} against ${times[best]!.toFixed(1)} ms)`;
    return { device, available: true, chosen, reason, milliseconds };
  });
}

/**
 * The provider to use for a device.
 *
 * @throws ClError `DEVICE_UNAVAILABLE` with the reason of each refusal.
 */
export async function chooseProvider(device: Device): Promise<Provider> {
  if (device === 'cpu') return 'cpu';
  if (device === 'auto') {
    const accelerators = await Promise.all(
      names.filter((name) => name !== 'cpu').map((name) => probe(name)),
    );
    if (accelerators.every(({ refusal }) => refusal !== undefined)) return 'cpu'; // no race to run
    return (await probeDevices()).find(({ chosen }) => chosen)?.device ?? 'cpu';
  }
  const { refusal } = await probe(device, namedProbeMs);
  if (refusal === undefined) return device;
  const reports = await probeDevices();
  throw new ClError(
    'DEVICE_UNAVAILABLE',
    `backbone: device "${device}" cannot be used: ${refusal}. ` +
      reports
        .filter((report) => report.device !== device)
        .map((report) => `${report.device}: ${report.available ? 'works' : report.reason}`)
        .join('; ') +
      '. Choose "auto" or one that works.',
  );
}

async function probe(provider: Provider, timeout: number = probeMs): Promise<Probe> {
  const key = `${provider} ${timeout}`;
  const known = probes.get(key) ?? tryProvider(provider, timeout);
  probes.set(key, known);
  return known;
}

async function tryProvider(provider: Provider, timeout: number): Promise<Probe> {
  if (!platforms[provider].includes(process.platform)) {
    return { refusal: `it exists on ${platforms[provider].join(' and ')} only` };
  }
  if (provider === 'cuda') {
    const library = cudaLibrary();
    if (!existsSync(library)) {
      return { refusal: `its library ${library} is not installed (onnxruntime ships it apart)` };
    }
  }
  if (provider === 'webgpu' && process.platform === 'linux' && !hasVulkanDriver()) {
    return { refusal: 'no Vulkan driver is installed' };
  }
  return new Promise((resolve) => {
    const script = fileURLToPath(compiledModule('probe', import.meta.url));
    const options = { timeout, killSignal: 'SIGKILL', windowsHide: true } as const;
    execFile(process.execPath, [script, provider], options, (error, stdout) => {
      resolve(error === null ? answer(stdout) : { refusal: failure(error, timeout) });
    });
  });
}

/** Reads the last line that the probe wrote; drivers may have written others. */
function answer(stdout: string): Probe {
  try {
    const probe = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Probe;
    return probe.refusal === undefined ? probe : { refusal: shorten(probe.refusal) };
  } catch {
    return { refusal: 'the probe gave no answer' };
  }
}

function failure(
  error: Error & { killed?: boolean; signal?: string | null; code?: unknown },
  timeout: number,
): string {
  if (error.killed === true) return `the probe did not end within ${timeout / 1000} s`;
  return `the probe crashed (${error.signal ?? `exit code ${String(error.code)}`})`;
}

/** onnxruntime's words without the place in its source, not more than a line or two. */
function shorten(refusal: string): string {
  const words = refusal.replace(/^\/\S+:\d+ .*? was false\. /u, '');
  return words.length > 200 ? `${words.slice(0, 200)}…` : words.replace(/\.$/u, '');
}

/** Where onnxruntime-node looks for the CUDA provider. */
function cudaLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  return join(root, 'bin', 'napi-v6', 'linux', process.arch, 'libonnxruntime_providers_cuda.so');
}
