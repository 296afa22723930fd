import * as all from '@cl/vq-prompt';

console.log(typeof all);
// prints object
