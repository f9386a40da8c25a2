/** Names and labels of Build. Source: knative/build pkg/builder/cluster/convert/convert.go */
import { createHash } from 'node:crypto'

export const buildNameLabel = 'build.knative.dev/buildName'
export const buildNameAnnotation = 'build.knative.dev/build'
export const stepPrefix = 'build-step-'
export const credentialStep = `${stepPrefix}credential-initializer`
/** Templates name the installation's own images so; see the StepImages token. */
export const ownImages = 'slipway.dev/'

export const paths = {
  workspace: '/workspace',
  home: '/builder/home',
  /** Files that steps leave as results. */
  results: '/builder/results',
  secrets: '/var/build-secrets',
} as const

/** A Job's name becomes a label's value, which takes 63 characters; pods add six. */
const longestJobName = 57
export function jobName(build: string): string {
  if (build.length <= longestJobName) return build
  const hash = createHash('sha256').update(build).digest('hex').slice(0, 8)
  return `${build.slice(0, longestJobName - 9).replace(/[^a-z0-9]+$/, '')}-${hash}`
}
export const stepName = (name: string | undefined, index: number) => `${stepPrefix}${name || `unnamed-${index + 1}`}`
