import { existsSync } from 'node:fs';
import { tinyClipInfo, tinyClipPath } from '@cl/tiny-clip';

const there: boolean = existsSync(`${tinyClipPath}/onnx/vision_model.onnx`);
console.log(there, tinyClipInfo.templates.length);
// prints true 3
