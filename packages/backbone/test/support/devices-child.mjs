// Prints what is said of WebGPU: `node devices-child.mjs`.
import { probeDevices } from '@cl/backbone';

const reports = await probeDevices();
process.stdout.write(`\n${reports.find(({ device }) => device === 'webgpu')?.reason}\n`);
