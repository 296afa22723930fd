import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip, vit } from '@cl/backbone';
import { describeBackbone } from '@cl/testing/vitest';
import { tinyClipPath } from '@cl/tiny-clip';
import { afterAll } from 'vitest';
import { clipPreprocessor, writeEchoModel } from './support/model-folder.ts';

describeBackbone(clip, { model: tinyClipPath, device: 'cpu' });
describeBackbone(clip, { model: tinyClipPath, device: 'cpu', batchSize: 2, threads: 1 });

const folder = writeEchoModel(mkdtempSync(join(tmpdir(), 'cl-vit-')), 32, clipPreprocessor(32));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
describeBackbone(vit, { model: folder, device: 'cpu' });
