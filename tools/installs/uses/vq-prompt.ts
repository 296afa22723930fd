import { resolveOptions } from '@cl/hub';
import { createVqPrompt, growPools } from '@cl/vq-prompt';

const growing = createVqPrompt({ pool: growPools(2) });
const options = await resolveOptions(growing, { poolSize: 8 });
console.log(growing.needs.join('+'), options.poolSize);
// prints image-features+graph 8
