/** From a Build and what it refers to, to its Job, or to the reason why there can be none. Pure. */
import { type k8s, no, type Verdict } from '@slipway/core/api'
import type { Build, BuildTemplate, ClusterBuildTemplate } from '@slipway/core/api/build'
import { jobOf } from './build.job.ts'
import type { BuildConfig } from './config.ts'
import { credentialSecrets } from './credentials-step.ts'
import { expandTemplate } from './substitute.ts'

/** How a build's references are read: from caches or from the server. */
export interface References {
  template: BuildTemplate | ClusterBuildTemplate | undefined
  serviceAccount: k8s.ServiceAccount | undefined
  secret(name: string): k8s.Secret | undefined
}
export type Plan = { job: k8s.Job } | { failure: Verdict }

const failed = (reason: string, message: string): Plan => ({ failure: no(reason, message) })

export function planBuild(build: Build, references: References, images: Record<string, string>, config: BuildConfig): Plan {
  const { template, serviceAccountName } = build.spec
  const { namespace } = build.metadata
  if (template && !references.template) {
    const where = template.kind === 'ClusterBuildTemplate' ? 'in this cluster' : `in namespace ${namespace}`
    return failed('BuildTemplateNotFound', `there is no ${template.kind} "${template.name}" ${where}`)
  }
  const expanded = expandTemplate(build.spec, references.template?.spec)
  if ('problem' in expanded) return failed('BuildArgumentsInvalid', expanded.problem)
  if (serviceAccountName && !references.serviceAccount)
    return failed('ServiceAccountNotFound', `there is no ServiceAccount "${serviceAccountName}" in namespace ${namespace}`)
  const names = [...(references.serviceAccount?.secrets ?? []), ...(references.serviceAccount?.imagePullSecrets ?? [])].flatMap(
    s => (s.name ? [s.name] : []),
  )
  const secrets = [...new Set(names)].map(name => ({ name, secret: references.secret(name) }))
  const missing = secrets.filter(({ secret }) => !secret).map(({ name }) => name)
  if (missing.length)
    return failed(
      'SecretNotFound',
      `ServiceAccount "${serviceAccountName}" names Secret ${missing.map(m => `"${m}"`).join(', ')}, which is not in namespace ${namespace}`,
    )
  try {
    return { job: jobOf({ build, expanded, secrets: credentialSecrets(secrets.map(({ secret }) => secret!)), images, config }) }
  } catch (error) {
    return failed('BuildImageUnknown', error instanceof Error ? error.message : String(error))
  }
}
