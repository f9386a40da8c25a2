/** Settings of the build controller. */
import { type Infer, s } from '@slipway/core/api'

export const buildConfig = s.object({
  concurrency: s.int().min(1).default(4).describe('Builds that run at once on this cluster.'),
  defaultTimeout: s.duration().default('10m'),
  pullTimeout: s.duration().default('60s').describe('How long a step may wait for its image before the build fails.'),
  keepFinished: s.duration().default('24h').describe('How long the Job and the pod of a finished build are kept.'),
})
export type BuildConfig = Infer<typeof buildConfig>
