import { defineConfig, type ClConfig } from '@cl/reference';

const config: ClConfig = defineConfig({ learners: ['rail@dual', 'zero-shot'], seeds: [0] });
console.log(config.learners?.length);
// prints 2
