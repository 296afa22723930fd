import { readRecord } from '@cl/runner';

const said = await readRecord('no-such-run').catch((error: Error) => error.message);
console.log(String(said).includes('holds no run'));
// prints true
