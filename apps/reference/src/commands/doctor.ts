/** `cl doctor`: what this machine offers, and why it does not offer more. */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { cacheSizes, probeDevices } from '@cl/backbone';
import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { readFlags } from '../flags.ts';
import { ownVersion, packageVersions } from '../versions.ts';
import { bytes, left, plain } from '../view/format.ts';
import { createStyle, isColoured } from '../view/style.ts';

const args: ArgsDef = {
  json: { type: 'boolean', description: 'as JSON' },
  debug: { type: 'boolean', description: 'show where an error comes from' },
};

/** The command. */
export const doctorCommand: CommandDef = defineCommand({
  meta: { name: 'doctor', description: 'Show Node, memory, devices with reasons, and caches.' },
  args,
  async run({ rawArgs }) {
    const flags = readFlags('cl doctor', rawArgs, args);
    const devices = await probeDevices();
    const cache = await cacheSizes();
    const processor = cpus()[0]?.model.trim() ?? 'unknown';
    const facts = {
      cl: ownVersion(),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      processor,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      freeMemoryBytes: freemem(),
      devices,
      cache,
      packages: packageVersions(),
    };
    if (flags.has('json')) {
      process.stdout.write(`${JSON.stringify(facts, undefined, 2)}\n`);
      return;
    }
    const style = createStyle(isColoured(process.stdout));
    const line = (name: string, text: string): string => `${style.dim(left(name, 10))}${text}`;
    const lines = [
      line('cl', facts.cl),
      line('node', `${facts.node} (${facts.platform})`),
      line('cores', `${facts.cores} (${plain(processor)})`),
      line('memory', `${bytes(facts.memoryBytes)}, ${bytes(facts.freeMemoryBytes)} free`),
      line('engine', `onnxruntime ${facts.packages['onnxruntime-node'] ?? 'not found'}`),
      line('cache', existsSync(cache.folder) ? cache.folder : `${cache.folder} (not there yet)`),
      line(
        '',
        (['models', 'features', 'thumbnails'] as const)
          .map((part) => `${part} ${bytes(cache[part])}`)
          .join(', '),
      ),
      '',
      ...devices.map(({ device, available, chosen, reason }) => {
        const mark = available ? style.good(chosen ? '● ' : '○ ') : style.bad('✗ ');
        return `${mark}${left(device, 8)}${plain(reason)}`;
      }),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  },
});
