/** A small CIFAR in the exact published layout: same names, same records, fewer images. */
import type { Files } from './archives.ts';

/** A record: label bytes, then 1,024 bytes of red, of green and of blue that tell image, colour and place. */
export function record(labels: readonly number[], image: number): Buffer {
  const planes = [0, 1, 2].flatMap((colour) =>
    Array.from({ length: 1024 }, (_, i) => (image * 40 + colour * 80 + i) % 256),
  );
  return Buffer.from([...labels, ...planes]);
}

const cifar10Names = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');

/** CIFAR-10 with four training images a batch and ten test images: image i has label i mod 10. */
export function smallCifar10(): Files {
  const files: Record<string, Buffer | string> = {
    'cifar-10-batches-bin/batches.meta.txt': `${cifar10Names.join('\n')}\n\n`,
    'cifar-10-batches-bin/readme.html': '<meta>',
    'cifar-10-batches-bin/test_batch.bin': batch(0, 10),
  };
  for (let i = 0; i < 5; i += 1) {
    files[`cifar-10-batches-bin/data_batch_${i + 1}.bin`] = batch(i * 4, i * 4 + 4);
  }
  return files;
}

function batch(from: number, to: number): Buffer {
  return Buffer.concat(
    Array.from({ length: to - from }, (_, i) => record([(from + i) % 10], from + i)),
  );
}

/**
 * CIFAR-100 with one training and one test image of each fine class: fine label i, coarse label ⌊i / 5⌋; the
 * pixels are those of {@link record} for i, in the test file for i + 1.
 */
export function smallCifar100(): Files {
  const all = (shift: number) =>
    Buffer.concat(Array.from({ length: 100 }, (_, i) => record([Math.floor(i / 5), i], i + shift)));
  const names = (prefix: string, n: number) =>
    Array.from({ length: n }, (_, i) => `${prefix}_${i}\n`).join('');
  return {
    'cifar-100-binary/train.bin': all(0),
    'cifar-100-binary/test.bin': all(1),
    'cifar-100-binary/fine_label_names.txt': names('aquarium_fish', 100),
    'cifar-100-binary/coarse_label_names.txt': names('large_carnivores', 20),
  };
}
