import { metrics } from '@cl/metrics';
import { describeMetric } from '@cl/testing/vitest';

for (const metric of metrics) describeMetric(metric);
