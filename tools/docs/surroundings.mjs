// @ts-check
// What code in pages takes from the words around it, as values: two domains of icons and the embedded CLIP. Copied
// beside the code that needs it.
import { clip, createFeatureSource } from '@cl/backbone';
import { iconBench, xTail } from '@cl/datasets';
import { classesOf, createRandom, resolveOptions } from '@cl/hub';
import { rail } from '@cl/rail';
import { tinyClipPath } from '@cl/tiny-clip';

export const backbone = await clip.create(await resolveOptions(clip, { model: tinyClipPath }));
export const features = createFeatureSource(backbone);
export const random = createRandom(0);
export const plugin = rail;

const data = await resolveOptions(iconBench, { domains: ['digits', 'weather'] });
const datasets = [await iconBench.create(data)];
export const stream = await xTail.create(await resolveOptions(xTail, { shots: 2 }), {
  datasets,
  random,
});
export const [experience] = stream.experiences;
export const images = stream.evaluations[0]?.test.map(({ image }) => image);
export const candidates = classesOf(stream.evaluations);
export const classes = classesOf(stream.experiences);
