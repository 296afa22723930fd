import { iconBench, xTail } from '@cl/datasets';
import { createRandom, resolveOptions } from '@cl/hub';

const dataset = await iconBench.create(await resolveOptions(iconBench));
const stream = await xTail.create(await resolveOptions(xTail), {
  datasets: [dataset],
  random: createRandom(0),
});
console.log(stream.experiences.length, dataset.classes.length);
// prints 10 315
