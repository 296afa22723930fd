// Embeds one image and returns without disposing of the backbone: the process must end by itself.
import { clip } from '@cl/backbone';

const backbone = await clip.create({ ...clip.defaults, model: process.argv[2], device: 'cpu' });
const data = new Uint8Array(48 * 48 * 3);
const source = { kind: 'pixels', width: 48, height: 48, data };
const { rows } = await backbone.embedImages([{ id: 'a', source }]);
if (process.argv[3] === 'dispose') await backbone.dispose();
console.log(`rows ${rows}`);
