import { resolveOptions } from '@cl/hub';
import { htmlReport } from '@cl/report';

const options = await resolveOptions(htmlReport, { ddof: 0 });
console.log(htmlReport.name, options.ddof);
// prints html 0
