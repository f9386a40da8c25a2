/**
 * The Job of a Build: one pod, its steps as init containers in order, the last one as the pod's own container.
 * Source: knative/build pkg/builder/cluster/convert (which ran all steps before a container that did nothing).
 */
import { type k8s, k8s as kinds, objectOf, parseDuration } from '@slipway/core/api'
import type { Build } from '@slipway/core/api/build'
import type { BuildConfig } from './config.ts'
import { type CredentialSecret, credentialStepOf } from './credentials-step.ts'
import { buildNameAnnotation, buildNameLabel, jobName, ownImages, paths, stepName } from './names.ts'
import { sourceSteps, workingDirectory } from './source-step.ts'
import type { Expanded } from './substitute.ts'

export interface JobInputs {
  build: Build
  /** The build's own steps and volumes, its template filled in. */
  expanded: Expanded
  secrets: CredentialSecret[]
  /** `builder` to the reference of the image. */
  images: Record<string, string>
  config: BuildConfig
}

const shared: k8s.Volume[] = [
  { name: 'workspace', emptyDir: {} },
  { name: 'home', emptyDir: {} },
  { name: 'results', emptyDir: {} },
]
const mounts: k8s.Container['volumeMounts'] = [
  { name: 'workspace', mountPath: paths.workspace },
  { name: 'home', mountPath: paths.home },
  { name: 'results', mountPath: paths.results },
]

/** `slipway.dev/builder` becomes this installation's image. @throws Error naming an image that is not known */
export function resolveOwnImage(image: string, images: Record<string, string>): string {
  if (!image.startsWith(ownImages)) return image
  const name = image.slice(ownImages.length)
  const known = images[name]
  if (!known) throw new Error(`no image is known for ${image}; this installation has ${Object.keys(images).join(', ') || 'none'}`)
  return known
}

/** Arguments may name the installation's images too: `--base=slipway.dev/base-node`. */
const resolveArgument = (argument: string, images: Record<string, string>): string => {
  const at = argument.lastIndexOf(ownImages)
  const isImage = at === 0 || argument[at - 1] === '='
  return at >= 0 && isImage ? argument.slice(0, at) + resolveOwnImage(argument.slice(at), images) : argument
}

/** What every step has: the shared folders, HOME, and its last words as the message of its end. */
function complete(step: k8s.Container, images: Record<string, string>, workingDir: string): k8s.Container {
  const mounted = new Set((step.volumeMounts ?? []).map(m => m.mountPath))
  return {
    terminationMessagePolicy: 'FallbackToLogsOnError',
    workingDir,
    ...step,
    image: resolveOwnImage(step.image ?? '', images),
    ...(step.args && { args: step.args.map(argument => resolveArgument(argument, images)) }),
    env: [{ name: 'HOME', value: paths.home }, ...(step.env ?? [])],
    volumeMounts: [...(step.volumeMounts ?? []), ...mounts!.filter(m => !mounted.has(m.mountPath))],
  }
}

export function jobOf({ build, expanded, secrets, images, config }: JobInputs): k8s.Job {
  const { metadata, spec } = build
  const credentials = credentialStepOf(secrets)
  const directory = workingDirectory(spec)
  const own = expanded.steps.map((step, i) => complete({ ...step, name: stepName(step.name, i) }, images, directory))
  const before = [credentials.step, ...sourceSteps(spec)].map(step => complete(step, images, paths.workspace))
  const labels = { [buildNameLabel]: metadata.name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '') }
  const annotations = { [buildNameAnnotation]: metadata.name }
  const { nodeSelector, affinity, tolerations, serviceAccountName } = spec
  return objectOf(kinds.Job, {
    metadata: { name: jobName(metadata.name), namespace: metadata.namespace!, labels, annotations },
    spec: {
      backoffLimit: 0,
      // A failed step is the user's; a node that was stopped under the build is not, and the build begins anew.
      podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
      ttlSecondsAfterFinished: Math.round(parseDuration(config.keepFinished) / 1000),
      template: {
        metadata: { labels, annotations: { ...annotations, 'sidecar.istio.io/inject': 'false' } },
        spec: {
          restartPolicy: 'Never',
          initContainers: [...before, ...own.slice(0, -1)],
          containers: own.slice(-1),
          volumes: [...shared, ...credentials.volumes, ...expanded.volumes],
          ...(serviceAccountName && { serviceAccountName }),
          ...(nodeSelector && { nodeSelector }),
          ...(affinity && { affinity }),
          ...(tolerations && { tolerations }),
        },
      },
    },
  } as never)
}
