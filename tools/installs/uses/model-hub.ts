import { parseRepository, pull } from '@cl/model-hub';

const { id, revision } = parseRepository('hf://me/pets@v1');
const said = await pull('me/pets', { offline: true, cacheDir: 'cache' }).catch(
  (error: Error) => error.message,
);
console.log(id, revision, String(said).includes('offline was asked for'));
// prints me/pets v1 true
