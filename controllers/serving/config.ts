/** Settings of the serving controllers. */
import { type Infer, s } from '@slipway/core/api'

export const servingConfig = s.object({
  domain: s.string().default('localhost').describe('Hosts are NAME.NAMESPACE.DOMAIN; names below localhost need no DNS.'),
  clusterDomain: s.string().default('cluster.local'),
  externalPort: s
    .port()
    .optional()
    .describe(
      'The port in URLs, where the gateway is reached; left out when it is the scheme’s own. Default: the gateway’s, else 80.',
    ),
  externalScheme: s.enum('http', 'https').default('http'),
  progressDeadline: s.duration().default('600s').describe('How long a Revision may take until its first pod is ready.'),
  drainSeconds: s.int().min(0).default(30).describe('How long a pod may go on with its requests once it is told to stop.'),
  initialScale: s.int().min(0).default(1),
})
export type ServingConfig = Infer<typeof servingConfig> & { externalPort: number }
