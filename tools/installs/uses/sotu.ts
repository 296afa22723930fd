import * as all from '@cl/sotu';

console.log(typeof all);
// prints object
