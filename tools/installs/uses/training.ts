import * as all from '@cl/training';

console.log(typeof all);
// prints object
