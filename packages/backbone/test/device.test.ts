import { clip, probeDevices } from '@cl/backbone';
import { describe, expect, test } from 'vitest';
import { tinyClip } from './support/tiny-clip.ts';

const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';

describe('probeDevices', () => {
  test('reports every device, with a reason, and chooses the fastest that works', async () => {
    const reports = await probeDevices();
    expect(reports.map(({ device }) => device)).toEqual(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']);
    for (const { reason } of reports) expect(reason).not.toBe('');
    const working = reports.filter(({ available }) => available);
    const fastest = Math.min(...working.map(({ milliseconds }) => milliseconds ?? NaN));
    const chosen = reports.filter((report) => report.chosen);
    expect(chosen).toHaveLength(1);
    expect(chosen[0]!.milliseconds).toBe(fastest);
    expect(fastest).toBeGreaterThan(0);
  });

  test('works on the CPU, and refuses what this platform does not have', async () => {
    const reports = await probeDevices();
    expect(reports.find(({ device }) => device === 'cpu')).toMatchObject({ available: true });
    expect(reports.find(({ device }) => device === elsewhere)).toMatchObject({
      available: false,
      chosen: false,
      reason: expect.stringMatching(/exists on .* only/) as string,
    });
  });
});

describe('the option device', () => {
  test('auto takes the chosen one', async () => {
    const chosen = (await probeDevices()).find((report) => report.chosen)!;
    const backbone = await clip.create({ ...tinyClip, device: 'auto' });
    expect(backbone.device).toBe(chosen.device);
    await backbone.dispose();
  });

  test('that does not exist here is refused with the reasons for all', async () => {
    await expect(clip.create({ ...tinyClip, device: elsewhere })).rejects.toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      message: expect.stringMatching(
        /device ".*" cannot be used: it exists on .* only\. cpu: works.*webgpu: .*cuda: .*Choose "auto"/,
      ) as string,
    });
  });
});
