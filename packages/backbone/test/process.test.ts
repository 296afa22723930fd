import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tinyClipPath } from '@cl/tiny-clip';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('support/ends.mjs', import.meta.url));

test.each(['dispose', 'forget'])('a process ends by itself after %s', async (manner) => {
  const options = { timeout: 30_000 }; // a process that hangs is killed, which rejects
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, tinyClipPath, manner],
    options,
  );
  expect(stdout.trim()).toBe('rows 1');
});
