import { decodeImage, hashImage } from '@cl/images';

const source = { kind: 'pixels', width: 1, height: 1, data: Uint8Array.of(1, 2, 3) } as const;
const { data } = await decodeImage({ id: 'dot', source });
console.log(data.join(), (await hashImage({ id: 'dot', source })).length);
// prints 1,2,3 64
