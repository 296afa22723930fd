import { createZeroShot, defaultTemplates } from '@cl/zero-shot';

const embed = async (items: readonly unknown[]) => ({
  rows: items.length,
  cols: 1,
  data: new Float32Array(items.length).fill(1),
});
const zeroShot = createZeroShot({
  fingerprint: 'f',
  featureDim: 1,
  logitScale: 1,
  images: embed,
  texts: embed,
});
const text = await zeroShot.textMatrix([{ id: 'cat', name: 'cat' }]);
console.log(text.data.join(), defaultTemplates.join());
// prints 1 a photo of a {}.
