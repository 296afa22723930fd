import { syntheticRecord } from '@cl/testing';
import { describeReporter } from '@cl/testing/vitest';
import { expect, test } from 'vitest';
import { crc32c, maskedCrc } from '../src/event-file.ts';
import { tensorboard } from '../src/index.ts';

describeReporter(tensorboard);

// The check value of CRC-32C in every catalogue of checksums (RFC 3720, B.4: 32 bytes of zeros).
test('checksums are CRC-32C', () => {
  expect(crc32c([...new TextEncoder().encode('123456789')])).toBe(0xe3069283);
  expect(crc32c(new Array<number>(32).fill(0))).toBe(0x8a9136aa);
});

/** The records of an event file, their checksums compared: written from the format's description, not from our writer. */
function recordsIn(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc([...file.subarray(at, at + 8)]));
    const content = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc([...content]));
    records.push(content);
    at += 16 + length;
  }
  return records;
}

/** Tag, step and value of an event: fields 2 (step), 5.1.1 (tag), 5.1.2 (value). */
function scalarIn(event: Uint8Array): [string, number, number] {
  const text = new TextDecoder('latin1').decode(event);
  const summary = event.indexOf(0x2a, 9); // after the time: field 5, length-delimited
  const step = event[9] === 0x10 ? event[10]! : 0;
  const tagLength = event[summary + 5]!;
  const tag = text.slice(summary + 6, summary + 6 + tagLength);
  const value = new DataView(event.buffer, event.byteOffset + summary + 7 + tagLength, 4);
  return [tag, step, value.getFloat32(0, true)];
}

test('there is a file a trial, with a point for what was evaluated and none for what was not', async () => {
  const record = syntheticRecord({ learners: ['a/b'], seeds: [3], experiences: 2 });
  const files = await tensorboard.render(record, tensorboard.defaults);
  expect(Object.keys(files)).toEqual(['tensorboard/a_b-3/events.out.tfevents.1735787045.cl']);
  const [version, ...events] = recordsIn(Object.values(files)[0] as Uint8Array);
  expect(new TextDecoder().decode(version)).toContain('brain.Event:2');
  const points = events.map(scalarIn).map(([tag, step, value]) => [tag, step, value.toFixed(3)]);
  // accuracy of seed 3: [[0.87], [0.82, 0.87]]
  expect(points).toEqual([
    ['accuracy/0 <b>first</b>', 0, '0.870'],
    ['accuracy/mean', 0, '0.870'],
    ['accuracy/0 <b>first</b>', 1, '0.820'],
    ['accuracy/1 step 1', 1, '0.870'],
    ['accuracy/mean', 1, '0.845'],
    ['final/last', 1, '0.770'],
  ]);
});
