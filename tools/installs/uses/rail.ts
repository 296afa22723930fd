import { resolveOptions } from '@cl/hub';
import { rail } from '@cl/rail';

const options = await resolveOptions(rail, { hiddenDim: 64 }, 'primal');
console.log(rail.name, options.hiddenDim, rail.capabilities(options).mergeable);
// prints rail 64 true
