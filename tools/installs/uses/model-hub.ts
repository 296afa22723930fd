import * as all from '@cl/model-hub';

console.log(typeof all);
// prints object
