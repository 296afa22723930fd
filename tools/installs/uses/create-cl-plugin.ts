import { createPlugin, templateKinds } from 'create-cl-plugin';

const made = await createPlugin({ name: 'mine', kind: 'metric', folder: 'mine' });
console.log(templateKinds.length, made.package);
// prints 6 cl-metric-mine
