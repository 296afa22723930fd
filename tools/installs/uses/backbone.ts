import { clip, knownModels } from '@cl/backbone';
import { resolveOptions } from '@cl/hub';

const options = await resolveOptions(clip, { model: 'no/where', device: 'cpu' });
console.log(options.dtype, knownModels.length > 0);
// prints fp32 true
